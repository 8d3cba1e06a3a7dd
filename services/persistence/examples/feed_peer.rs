//! A producer or a consumer of a feed as a process of its own, for the kill test: `feed_peer CONFIG`, a JSON file.
//! The producer writes events until there are as many as asked, and serves them; the consumer notes each effect.

use std::sync::Arc;

use canopy_kernel::clock::time_zone;
use canopy_kernel::{Clock, Failure};
use canopy_persistence::{Consumer, DatabaseSettings, FeedClient, Host, Jobs, Listener, Store, Tx, db};
use canopy_platform::{Call, Peer, ServerSettings};
use canopy_proto::common::v1::Envelope;
use canopy_proto::registry::v1::feed_service_server::FeedServiceServer;
use canopy_proto::registry::v1::{Subject, SubjectChanged};
use futures::future::BoxFuture;
use jiff::civil::date;
use serde::Deserialize;
use sqlx::migrate::Migrator;
use tokio::net::TcpListener;
use tonic::service::Routes;

canopy_persistence::feed_service!(canopy_proto::registry::v1);

/// Aggregates that the producer changes in turn.
const AGGREGATES: i64 = 7;

#[derive(Deserialize)]
struct Config {
    service: String,
    database: DatabaseSettings,
    server: ServerSettings,
    /// Producer: how many events there shall be. Consumer: 0.
    events: i64,
    /// Consumer: where the producer listens.
    producer: String,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let path = std::env::args().nth(1).ok_or_else(|| anyhow::anyhow!("usage: feed_peer CONFIG"))?;
    let config: Config = serde_json::from_slice(&std::fs::read(path)?)?;
    let service: &'static str = config.service.clone().leak();
    let zone = time_zone(&config.server.time_zone)?;
    let store = Store::open(&config.database, service, Clock::System, zone, &migrator(service)).await?;
    let listener = TcpListener::bind(&config.server.listen).await?;
    let mut consumers = Vec::new();
    if config.events == 0 {
        let peer = Peer::new(&config.producer, "registry", config.server.identity.signing()?, Clock::System)?;
        let feed = FeedClient::new(peer, "registry");
        consumers.push(Consumer::new(store.clone(), feed, Arc::new(Effects)));
    } else {
        tokio::spawn(produce(store.clone(), config.events));
    }
    let host = Host {
        services: &["canopy.registry.v1.FeedService"],
        routes: Routes::new(FeedServiceServer::new(FeedRpc(store.clone()))),
        consumers,
        jobs: Jobs::new(store.clone(), Vec::new(), false),
        store,
    };
    host.serve(&config.server, listener, std::future::pending()).await
}

fn migrator(service: &str) -> Migrator {
    let mut migrator = Migrator::with_migrations(Vec::new());
    migrator.create_schema(service.to_owned());
    migrator.dangerous_set_table_name(format!("{service}.schema_version"));
    migrator
}

/// Writes what is missing, one event a transaction, eight at a time.
async fn produce(store: Store, events: i64) -> Result<(), Failure> {
    let mut writers = tokio::task::JoinSet::new();
    for aggregate in 0..AGGREGATES {
        let store = store.clone();
        writers.spawn(async move {
            let name = format!("sub_{aggregate}");
            let count = "select count(*) from platform.outbox where aggregate = $1";
            let written: i64 =
                sqlx::query_scalar(count).bind(&name).fetch_one(store.pool()).await.map_err(db)?;
            for version in written + 1..=events / AGGREGATES {
                let name = name.clone();
                let call = Call::internal("registry", "produce", None, Clock::System);
                store.job_tx(&call, "produce", move |tx| Box::pin(tell(tx, name.clone(), version))).await?;
            }
            Ok::<(), Failure>(())
        });
    }
    while let Some(written) = writers.join_next().await {
        written.unwrap_or(Ok(()))?;
    }
    Ok(())
}

async fn tell(tx: &mut Tx, name: String, version: i64) -> Result<(), Failure> {
    let subject = Subject { name: name.clone(), ..Subject::default() };
    tx.emit(&SubjectChanged { subject: Some(subject) }, &name, version, date(2022, 11, 30));
    Ok(())
}

/// Notes each event that takes effect; a second effect of one event is a second row.
struct Effects;

impl Listener for Effects {
    fn apply<'t>(&'t self, tx: &'t mut Tx, events: &'t [Envelope]) -> BoxFuture<'t, Result<(), Failure>> {
        Box::pin(async move {
            for event in events {
                sqlx::query("insert into probe.effect (event_id, aggregate, version) values ($1, $2, $3)")
                    .bind(&event.id)
                    .bind(&event.aggregate)
                    .bind(event.aggregate_version)
                    .execute(tx.conn())
                    .await
                    .map_err(db)?;
            }
            Ok(())
        })
    }

    fn forget<'t>(&'t self, tx: &'t mut Tx) -> BoxFuture<'t, Result<(), Failure>> {
        Box::pin(async move {
            sqlx::query("delete from probe.effect").execute(tx.conn()).await.map_err(db)?;
            Ok(())
        })
    }
}
