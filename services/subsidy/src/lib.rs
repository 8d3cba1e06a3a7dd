//! Subsidy without application (免申即享): policies, runs, budgets, and money paid exactly once. `RULES.md` has the
//! words, the state machines and the rules.

mod bank;
pub mod batch;
pub mod budget;
pub mod config;
mod edge;
mod event;
mod job;
pub mod mirror;
pub mod objection;
pub mod payment;
pub mod policy;
mod registry;
pub mod run;

use std::sync::Arc;

use canopy_kernel::Clock;
use canopy_persistence::{Consumer, FeedClient, Host, Jobs, Store};
use canopy_platform::{Peer, telemetry};
use canopy_proto::subsidy::v1::budget_service_server::BudgetServiceServer;
use canopy_proto::subsidy::v1::feed_service_server::FeedServiceServer;
use canopy_proto::subsidy::v1::operations_service_server::OperationsServiceServer;
use canopy_proto::subsidy::v1::payment_service_server::PaymentServiceServer;
use canopy_proto::subsidy::v1::policy_service_server::PolicyServiceServer;
use canopy_proto::subsidy::v1::run_service_server::RunServiceServer;
use sqlx::migrate::Migrator;
use tokio::net::TcpListener;
use tonic::service::Routes;

use bank::Bank;
pub use config::Config;
use edge::Subsidy;
use registry::Registry;

mod feed {
    //! The feed, as every service serves it.
    canopy_persistence::feed_service!(canopy_proto::subsidy::v1);
}

mod operations {
    //! Operation and audit, as every service serves them.
    canopy_persistence::operations_service!(canopy_proto::subsidy::v1);
}

/// Name of the service: its schema, its audience, its issuer.
pub const NAME: &str = "subsidy";

/// The service that it follows.
const REGISTRY: &str = "registry";

/// The tables of the service.
pub static MIGRATOR: Migrator = sqlx::migrate!();

/// What it serves.
const SERVICES: &[&str] = &[
    "canopy.subsidy.v1.PolicyService",
    "canopy.subsidy.v1.RunService",
    "canopy.subsidy.v1.BudgetService",
    "canopy.subsidy.v1.PaymentService",
    "canopy.subsidy.v1.FeedService",
    "canopy.subsidy.v1.OperationsService",
];

/// Brings the database to the schema of this build.
pub async fn migrate(config: &Config) -> anyhow::Result<()> {
    canopy_persistence::migrate(&config.database.url, NAME, &MIGRATOR).await?;
    Ok(())
}

/// Gives the feed a new epoch, after the database was put back to an earlier copy.
pub async fn renew_epoch(config: &Config) -> anyhow::Result<()> {
    canopy_persistence::migrate::renew_epoch(&config.database.url, NAME).await?;
    Ok(())
}

/// Serves on the listener until the shutdown, then drains.
pub async fn run(
    config: Config,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let store = Store::open(&config.database, NAME, Clock::System, config.server.zone()?, &MIGRATOR).await?;
    let identity = config.server.identity.signing()?;
    let peer = |uri: &str, audience: &str| Peer::new(uri, audience, identity.clone(), Clock::System);
    let to_registry = peer(&config.registry, REGISTRY)?;
    let to_bank = peer(&config.treasury, &config.payment.treasury_audience)?;

    let feed = FeedClient::new(to_registry.clone(), REGISTRY);
    let consumer = Consumer::new(store.clone(), feed, Arc::new(event::RegistryListener));
    let registry = Registry::new(to_registry);
    let bank = Bank::new(to_bank, config.payment.patience());
    let pay = job::pay::Pay { registry: registry.clone(), bank: bank.clone() };
    let jobs = Jobs::new(store.clone(), vec![Arc::new(pay)], config.server.tryout);

    let subsidy = Subsidy { store: store.clone(), registry, feed: consumer.clone(), bank };
    let routes = routes(&subsidy, &jobs, std::slice::from_ref(&consumer));
    let host = Host { store, services: SERVICES, routes, consumers: vec![consumer], jobs };
    host.serve(&config.server, listener, shutdown).await
}

/// Serves at the configured address until the process is told to stop.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let telemetry = telemetry::init(&config.server.telemetry)?;
    let listener = TcpListener::bind(&config.server.listen).await?;
    let mut terminate = signal(SignalKind::terminate())?;
    let shutdown = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    };
    let served = run(config, listener, shutdown).await;
    telemetry.shutdown().await;
    served
}

fn routes(subsidy: &Subsidy, jobs: &Jobs, consumers: &[Consumer]) -> Routes {
    let store = subsidy.store.clone();
    let consumers = Arc::new(consumers.to_vec());
    let operations = operations::OperationsRpc { store: store.clone(), jobs: jobs.clone(), consumers };
    Routes::new(PolicyServiceServer::new(policy::rpc::PolicyRpc(subsidy.clone())))
        .add_service(RunServiceServer::new(run::rpc::RunRpc(subsidy.clone())))
        .add_service(BudgetServiceServer::new(budget::rpc::BudgetRpc(subsidy.clone())))
        .add_service(PaymentServiceServer::new(payment::rpc::PaymentRpc(subsidy.clone())))
        .add_service(FeedServiceServer::new(feed::FeedRpc(store)))
        .add_service(OperationsServiceServer::new(operations))
}
