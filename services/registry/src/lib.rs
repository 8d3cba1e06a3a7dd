//! The registry: who an organisation or person is, what it holds, whether it is in good standing; and the
//! reference data of the suite. `RULES.md` has the words, the state machines and the rules.

pub mod account;
pub mod config;
pub mod credit;
mod edge;
mod event;
pub mod fact;
pub mod person;
pub mod qualification;
pub mod reference;
pub mod subject;

use std::sync::Arc;

use canopy_kernel::Clock;
use canopy_persistence::{Host, Jobs, Store};
use canopy_platform::process;
use canopy_proto::registry::v1::credit_service_server::CreditServiceServer;
use canopy_proto::registry::v1::fact_service_server::FactServiceServer;
use canopy_proto::registry::v1::feed_service_server::FeedServiceServer;
use canopy_proto::registry::v1::operations_service_server::OperationsServiceServer;
use canopy_proto::registry::v1::qualification_service_server::QualificationServiceServer;
use canopy_proto::registry::v1::reference_service_server::ReferenceServiceServer;
use canopy_proto::registry::v1::subject_service_server::SubjectServiceServer;
use sqlx::migrate::Migrator;
use tokio::net::TcpListener;
use tonic::service::Routes;

pub use config::Config;
use edge::Registry;

mod feed {
    //! The feed, as every service serves it.
    canopy_persistence::feed_service!(canopy_proto::registry::v1);
}

mod operations {
    //! Operation and audit, as every service serves them.
    canopy_persistence::operations_service!(canopy_proto::registry::v1);
}

/// Name of the service: its schema, its audience, its issuer.
pub const NAME: &str = "registry";

/// The tables of the registry.
pub static MIGRATOR: Migrator = sqlx::migrate!();

/// What it serves.
const SERVICES: &[&str] = &[
    "canopy.registry.v1.SubjectService",
    "canopy.registry.v1.QualificationService",
    "canopy.registry.v1.FactService",
    "canopy.registry.v1.CreditService",
    "canopy.registry.v1.ReferenceService",
    "canopy.registry.v1.FeedService",
    "canopy.registry.v1.OperationsService",
];

/// Brings the database to the schema of this build.
pub async fn migrate(config: &Config) -> anyhow::Result<()> {
    canopy_persistence::migrate(&config.database.url, NAME, &MIGRATOR).await?;
    Ok(())
}

/// Serves on the listener until the shutdown, then drains.
pub async fn run(
    config: Config,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let store = Store::open(&config.database, NAME, Clock::System, config.server.zone()?, &MIGRATOR).await?;
    let jobs = Jobs::new(store.clone(), Vec::new(), config.server.tryout);
    let registry = Registry {
        store: store.clone(),
        codes: Arc::new(config.register.codes()),
        rules: reference::rules::Rules::default(),
        standings: credit::standing::gathered(&store),
        snapshot_max_ended: config.register.snapshot_max_ended()?,
    };
    let routes = routes(&registry, &jobs);
    let host = Host { store, services: SERVICES, routes, consumers: Vec::new(), jobs };
    host.serve(&config.server, listener, shutdown).await
}

/// Serves at the configured address until the process is told to stop.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    let settings = config.server.clone();
    process::serve(&settings, |listener, stop| run(config, listener, stop)).await
}

fn routes(registry: &Registry, jobs: &Jobs) -> Routes {
    let store = registry.store.clone();
    let operations =
        operations::OperationsRpc { store: store.clone(), jobs: jobs.clone(), consumers: Arc::default() };
    Routes::new(SubjectServiceServer::new(subject::rpc::SubjectRpc(registry.clone())))
        .add_service(QualificationServiceServer::new(qualification::rpc::QualificationRpc(registry.clone())))
        .add_service(FactServiceServer::new(fact::rpc::FactRpc(registry.clone())))
        .add_service(CreditServiceServer::new(credit::rpc::CreditRpc(registry.clone())))
        .add_service(ReferenceServiceServer::new(reference::rpc::ReferenceRpc(registry.clone())))
        .add_service(FeedServiceServer::new(feed::FeedRpc(store)))
        .add_service(OperationsServiceServer::new(operations))
}
