//! How a service with a database runs: the server beside its sequencer, its jobs and the feeds it follows, ready
//! while the database answers, all ended together.

use std::time::Duration;

use canopy_platform::{MethodTable, Server, ServerSettings};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tonic::service::Routes;

use crate::consumer::Consumer;
use crate::job::Jobs;
use crate::sequencer::Sequencer;
use crate::store::Store;

/// How often readiness looks at the database.
const PROBE: Duration = Duration::from_secs(1);

/// What makes up a service.
pub struct Host {
    /// Its database.
    pub store: Store,
    /// Full names of the gRPC services that it serves.
    pub services: &'static [&'static str],
    /// Their routes.
    pub routes: Routes,
    /// The feeds that it follows.
    pub consumers: Vec<Consumer>,
    /// Its work on a clock.
    pub jobs: Jobs,
}

impl Host {
    /// Runs the service until the shutdown, then drains: no new calls, background work to its next stop.
    pub async fn serve(
        self,
        settings: &ServerSettings,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> anyhow::Result<()> {
        let table = MethodTable::from_image(canopy_proto::CONTRACT)?;
        let (stop, stopped) = watch::channel(false);
        let (ready, is_ready) = watch::channel(false);
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(Sequencer::run(self.store.clone(), stopped.clone()));
        tasks.spawn(self.jobs.run(stopped.clone()));
        for consumer in self.consumers {
            tasks.spawn(consumer.run(stopped.clone()));
        }
        tasks.spawn(probe(self.store.clone(), ready, stopped));
        let server = Server::new(settings, table, self.services)?.routes(self.routes).readiness(is_ready);
        let served = server.serve(listener, shutdown).await;
        stop.send_replace(true);
        while tasks.join_next().await.is_some() {}
        self.store.close().await;
        served
    }
}

/// Keeps readiness to what the database says.
async fn probe(store: Store, ready: watch::Sender<bool>, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        let up = store.is_up().await;
        if ready.send_replace(up) != up {
            tracing::info!(service = store.service(), database.up = up, "readiness changed");
        }
        tokio::select! {
            () = tokio::time::sleep(PROBE) => {}
            _ = stopped.changed() => {}
        }
    }
}
