//! How a server runs as a process of its own: telemetry, the configured address, and the signals that end it.

use anyhow::Context as _;
use futures::future::BoxFuture;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::server::ServerSettings;
use crate::telemetry;

/// Resolves when the process is told to stop.
pub type Stop = BoxFuture<'static, ()>;

/// Serves at the configured address until SIGTERM or Ctrl-C, then drains and sends the telemetry that is left.
pub async fn serve<F>(
    settings: &ServerSettings,
    run: impl FnOnce(TcpListener, Stop) -> F,
) -> anyhow::Result<()>
where
    F: Future<Output = anyhow::Result<()>>,
{
    let telemetry = telemetry::init(&settings.telemetry)?;
    let listener = TcpListener::bind(&settings.listen)
        .await
        .with_context(|| format!("listen on {}", settings.listen))?;
    let mut terminate = signal(SignalKind::terminate())?;
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            // Without a handler for Ctrl-C the service still stops on SIGTERM.
            Ok(()) = tokio::signal::ctrl_c() => {}
        }
    };
    let served = run(listener, Box::pin(stop)).await;
    telemetry.shutdown().await;
    served
}
