//! A server of the suite: its routes behind the stack, health, reflection, and an orderly end.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tonic::service::Routes;
use tonic::transport::server::TcpIncoming;

use crate::method::MethodTable;
use crate::stack::{self, Shared};
use crate::telemetry;

mod health;
mod reflection;
mod settings;

pub use health::READINESS;
pub use reflection::reflection;
pub use settings::{IdentitySettings, ServerSettings};

const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(20);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);

/// A server before it serves.
pub struct Server {
    shared: Arc<Shared>,
    drain: Duration,
    services: &'static [&'static str],
    routes: Routes,
    ready: Option<watch::Receiver<bool>>,
}

impl Server {
    /// A server of these services. Fails when one of their methods declares nobody who may call it, or when the
    /// keys cannot be read.
    pub fn new(
        settings: &ServerSettings,
        table: MethodTable,
        services: &'static [&'static str],
    ) -> anyhow::Result<Self> {
        table.require_services(services)?;
        let shared = Shared::new(settings, table.serving(services))?;
        Ok(Self {
            shared: Arc::new(shared),
            drain: Duration::from_secs(settings.drain_seconds),
            services,
            routes: Routes::default(),
            ready: None,
        })
    }

    /// Sets the services' routes.
    #[must_use]
    pub fn routes(mut self, routes: Routes) -> Self {
        self.routes = routes;
        self
    }

    /// Makes readiness follow that value; without it the server is ready as soon as it serves.
    #[must_use]
    pub fn readiness(mut self, ready: watch::Receiver<bool>) -> Self {
        self.ready = Some(ready);
        self
    }

    /// Serves until `shutdown` is over, then lets calls in flight finish for as long as the drain allows.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> anyhow::Result<()> {
        let (reporter, health_service) = tonic_health::server::health_reporter();
        let routes = reflection::add_to(self.routes.add_service(health_service), self.services)?;
        // Kept alive here when nobody else says whether the server is ready.
        let (_always, always_ready) = watch::channel(true);
        let ready = self.ready.unwrap_or(always_ready);
        let following = tokio::spawn(health::follow(reporter.clone(), self.services, ready));

        let services = self.services;
        let shared = self.shared.clone();
        let stopping = self.shared.stopping.subscribe();
        let signal = async move {
            shutdown.await;
            following.abort();
            health::set(&reporter, services, false).await;
            shared.stopping.send_replace(true);
        };
        let server = tonic::transport::Server::builder()
            .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
            .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
            .serve_with_incoming_shutdown(
                stack::service(self.shared, routes.prepare()),
                TcpIncoming::from(listener).with_nodelay(Some(true)),
                signal,
            );
        let served = tokio::select! {
            served = server => served.context("serve"),
            // A mute peer keeps its connection open for ever; the drain does not wait for it (hyper#4170).
            () = drained(stopping, self.drain) => {
                tracing::warn!(drain_seconds = self.drain.as_secs(), "stopped with connections still open");
                Ok(())
            }
        };
        telemetry::flush().await;
        served
    }
}

async fn drained(stopping: watch::Receiver<bool>, drain: Duration) {
    stack::stopped(stopping).await;
    tokio::time::sleep(drain).await;
}
