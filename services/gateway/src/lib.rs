//! The gateway: the only public port of the suite. Says who is calling and passes the call on, body
//! undecoded, to the service that its package belongs to. No domain, no database.

mod answer;
mod backend;
mod caller;
pub mod config;
mod deadline;
mod gate;
mod load;
mod observe;
mod own;
mod quota;
mod recent;
mod relay;
mod route;
mod server;
mod tls;
mod token;
mod trace;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use canopy_platform::{MethodTable, telemetry};
use tokio::net::TcpListener;

use crate::caller::{Assertions, Callers};
use crate::deadline::Cap;
use crate::gate::Gate;
use crate::load::Load;
use crate::observe::Observer;
use crate::own::Own;
use crate::route::Routes;
use crate::server::Server;

pub use crate::config::Config;

/// Serves on the listener until `shutdown`, then lets calls in flight end for as long as
/// `server.drain_seconds` says.
pub async fn run(
    config: Config,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let server = Server {
        gate: Arc::new(gate(&config)?),
        tls: config.tls.as_ref().map(tls::acceptor).transpose()?,
        drain: Duration::from_secs(config.server.drain_seconds),
    };
    tracing::info!(address = %listener.local_addr()?, tls = config.tls.is_some(), "gateway serves");
    server.serve(listener, shutdown).await;
    tracing::info!("gateway has stopped");
    telemetry::flush().await;
    Ok(())
}

fn gate(config: &Config) -> anyhow::Result<Gate> {
    let routes = Routes::new(config, &MethodTable::of_suite()?)?;
    let signer = config.server.identity.signing().context("server.identity")?;
    Ok(Gate {
        observer: Observer::new(&config.server.telemetry),
        own: Own::new(&routes.services())?,
        load: Load::new(config.server.max_in_flight),
        callers: Callers::new(config)?,
        assertions: Assertions::new(signer, routes.audiences()),
        routes,
        cap: Cap::seconds(config.server.deadline_cap_seconds),
    })
}
