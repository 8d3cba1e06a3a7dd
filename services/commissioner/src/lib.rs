//! Achievement commissioners (科技成果联络员) and technology transfer: who is posted where, what they do, which needs
//! and achievements they find, what is matched, signed and converted. `RULES.md` has the words, the state machines and
//! the rules.

pub mod achievement;
pub mod activity;
pub mod assessment;
mod broker;
pub mod commissioner;
pub mod config;
pub mod contract;
pub mod convert_first;
pub mod deal;
pub mod demand;
mod edge;
pub mod empowerment;
mod event;
pub mod handover;
pub mod interest;
mod job;
pub mod match_event;
pub mod matching;
mod merge;
pub mod method;
mod party;
mod period;
pub mod recognition;
mod registry;
pub mod score;
pub mod self_use;
pub mod signing;
pub mod suggest;
pub mod training;

use std::sync::Arc;

use canopy_kernel::Clock;
use canopy_persistence::{Consumer, FeedClient, Host, Jobs, Store};
use canopy_platform::{Peer, process};
use canopy_proto::commissioner::v1::achievement_service_server::AchievementServiceServer;
use canopy_proto::commissioner::v1::activity_service_server::ActivityServiceServer;
use canopy_proto::commissioner::v1::commissioner_service_server::CommissionerServiceServer;
use canopy_proto::commissioner::v1::deal_service_server::DealServiceServer;
use canopy_proto::commissioner::v1::demand_service_server::DemandServiceServer;
use canopy_proto::commissioner::v1::empowerment_service_server::EmpowermentServiceServer;
use canopy_proto::commissioner::v1::feed_service_server::FeedServiceServer;
use canopy_proto::commissioner::v1::handover_service_server::HandoverServiceServer;
use canopy_proto::commissioner::v1::match_event_service_server::MatchEventServiceServer;
use canopy_proto::commissioner::v1::match_service_server::MatchServiceServer;
use canopy_proto::commissioner::v1::method_service_server::MethodServiceServer;
use canopy_proto::commissioner::v1::operations_service_server::OperationsServiceServer;
use canopy_proto::commissioner::v1::recognition_service_server::RecognitionServiceServer;
use canopy_proto::commissioner::v1::score_service_server::ScoreServiceServer;
use canopy_proto::commissioner::v1::self_use_service_server::SelfUseServiceServer;
use canopy_proto::commissioner::v1::signing_service_server::SigningServiceServer;
use canopy_proto::commissioner::v1::suggestion_service_server::SuggestionServiceServer;
use canopy_proto::commissioner::v1::training_service_server::TrainingServiceServer;
use sqlx::migrate::Migrator;
use tokio::net::TcpListener;
use tonic::service::Routes;

pub use config::Config;
use edge::Desk;
use registry::Registry;
use suggest::Suggest;
use suggest::keeper::Keeper;

mod feed {
    //! The feed, as every service serves it.
    canopy_persistence::feed_service!(canopy_proto::commissioner::v1);
}

mod operations {
    //! Operation and audit, as every service serves them.
    canopy_persistence::operations_service!(canopy_proto::commissioner::v1);
}

/// Name of the service: its schema, its audience, its issuer.
pub const NAME: &str = "commissioner";

/// The service that it follows.
const REGISTRY: &str = "registry";

/// The service whose registered contracts it follows where there is one.
const PERMIT: &str = "permit";

/// The tables of the service.
pub static MIGRATOR: Migrator = sqlx::migrate!();

/// What it serves.
const SERVICES: &[&str] = &[
    "canopy.commissioner.v1.CommissionerService",
    "canopy.commissioner.v1.MethodService",
    "canopy.commissioner.v1.ActivityService",
    "canopy.commissioner.v1.ScoreService",
    "canopy.commissioner.v1.DealService",
    "canopy.commissioner.v1.SelfUseService",
    "canopy.commissioner.v1.EmpowermentService",
    "canopy.commissioner.v1.TrainingService",
    "canopy.commissioner.v1.RecognitionService",
    "canopy.commissioner.v1.AchievementService",
    "canopy.commissioner.v1.DemandService",
    "canopy.commissioner.v1.HandoverService",
    "canopy.commissioner.v1.MatchService",
    "canopy.commissioner.v1.MatchEventService",
    "canopy.commissioner.v1.SigningService",
    "canopy.commissioner.v1.SuggestionService",
    "canopy.commissioner.v1.FeedService",
    "canopy.commissioner.v1.OperationsService",
];

/// Brings the database to the schema of this build.
pub async fn migrate(config: &Config) -> anyhow::Result<()> {
    canopy_persistence::migrate(&config.database.url, NAME, &MIGRATOR).await?;
    Ok(())
}

/// Makes the index of suggestions anew from the database.
pub async fn reindex(config: &Config) -> anyhow::Result<()> {
    let store = Store::open(&config.database, NAME, Clock::System, config.server.zone()?, &MIGRATOR).await?;
    suggest::keeper::reindex(&store, &config.suggest).await
}

/// Serves on the listener until the shutdown, then drains.
pub async fn run(
    config: Config,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    config.transfer.check()?;
    let store = Store::open(&config.database, NAME, Clock::System, config.server.zone()?, &MIGRATOR).await?;
    let identity = config.server.identity.signing()?;
    let registry = Peer::new(&config.registry, REGISTRY, identity.clone(), Clock::System)?;
    let feed = FeedClient::new(registry.clone(), REGISTRY);
    let consumer = Consumer::new(store.clone(), feed, Arc::new(event::RegistryListener));
    let mut consumers = vec![consumer.clone()];
    if let Some(permit) = &config.permit {
        let feed = FeedClient::new(Peer::new(permit, PERMIT, identity, Clock::System)?, PERMIT);
        consumers.push(Consumer::new(store.clone(), feed, Arc::new(event::permit::PermitListener)));
    }
    let follow_up = job::follow_up::FollowUp { months: config.activity.unfollowed_months };
    let jobs = Jobs::new(store.clone(), vec![Arc::new(follow_up)], config.server.tryout);
    let suggest = Suggest::open(&config.suggest)?;
    let keeper = tokio::spawn(Keeper::new(store.clone(), suggest.clone()).run());
    let settings = config.server.clone();
    let desk = Desk {
        store: store.clone(),
        registry: Registry::new(registry),
        feed: consumer,
        config: Arc::new(config),
    };
    let routes = routes(&desk, &jobs, &consumers)
        .add_service(SuggestionServiceServer::new(suggest::rpc::SuggestionRpc { desk, suggest }));
    let host = Host { store, services: SERVICES, routes, consumers, jobs };
    let served = host.serve(&settings, listener, shutdown).await;
    keeper.abort();
    // The index is let go of, so that another server of this folder can take it.
    let _ = keeper.await;
    served
}

/// Serves at the configured address until the process is told to stop.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    let settings = config.server.clone();
    process::serve(&settings, |listener, stop| run(config, listener, stop)).await
}

fn routes(desk: &Desk, jobs: &Jobs, consumers: &[Consumer]) -> Routes {
    let store = desk.store.clone();
    let consumers = Arc::new(consumers.to_vec());
    let operations = operations::OperationsRpc { store: store.clone(), jobs: jobs.clone(), consumers };
    Routes::new(CommissionerServiceServer::new(commissioner::rpc::CommissionerRpc(desk.clone())))
        .add_service(MethodServiceServer::new(method::rpc::MethodRpc(desk.clone())))
        .add_service(ActivityServiceServer::new(activity::rpc::ActivityRpc(desk.clone())))
        .add_service(DealServiceServer::new(deal::rpc::DealRpc(desk.clone())))
        .add_service(SelfUseServiceServer::new(self_use::rpc::SelfUseRpc(desk.clone())))
        .add_service(EmpowermentServiceServer::new(empowerment::rpc::EmpowermentRpc(desk.clone())))
        .add_service(TrainingServiceServer::new(training::rpc::TrainingRpc(desk.clone())))
        .add_service(RecognitionServiceServer::new(recognition::rpc::RecognitionRpc(desk.clone())))
        .add_service(AchievementServiceServer::new(achievement::rpc::AchievementRpc(desk.clone())))
        .add_service(DemandServiceServer::new(demand::rpc::DemandRpc(desk.clone())))
        .add_service(HandoverServiceServer::new(handover::rpc::HandoverRpc(desk.clone())))
        .add_service(MatchServiceServer::new(matching::rpc::MatchRpc(desk.clone())))
        .add_service(MatchEventServiceServer::new(match_event::rpc::MatchEventRpc(desk.clone())))
        .add_service(SigningServiceServer::new(signing::rpc::SigningRpc(desk.clone())))
        .add_service(ScoreServiceServer::new(score::rpc::ScoreRpc(desk.clone())))
        .add_service(FeedServiceServer::new(feed::FeedRpc(store)))
        .add_service(OperationsServiceServer::new(operations))
}
