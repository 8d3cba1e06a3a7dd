//! The public port: accepts connections, and lets them end in order when the gateway stops.

use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use crate::gate::Gate;

/// A peer that has not finished its TLS handshake by then is let go.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Pause after a failed accept, mostly for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Pause between two pings to a caller that says nothing.
const PING_EVERY: Duration = Duration::from_secs(30);

/// What a caller may send ahead per stream and per connection, in bytes.
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 4 << 20;

/// Calls in flight on one connection.
const STREAMS: u32 = 1_000;

/// The public port.
pub(crate) struct Server {
    pub(crate) gate: Arc<Gate>,
    pub(crate) tls: Option<TlsAcceptor>,
    /// How long calls in flight may take to end after `shutdown`.
    pub(crate) drain: Duration,
}

impl Server {
    /// Serves until `shutdown`, then until the last call has ended or the drain time is over.
    pub(crate) async fn serve(self, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        let (stop, stopping) = watch::channel(false);
        let mut connections = JoinSet::new();
        let mut shutdown = pin!(shutdown);
        self.gate.own.set_ready(true).await;
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        connections.spawn(connection(stream, self.tls.clone(), self.gate.clone(), stopping.clone()));
                    }
                    Err(fault) => {
                        tracing::warn!(%fault, "cannot accept a connection");
                        sleep(ACCEPT_PAUSE).await;
                    }
                },
                Some(_) = connections.join_next() => {}
                () = &mut shutdown => break,
            }
        }
        drop(listener);
        self.gate.own.set_ready(false).await;
        stop.send_replace(true);
        // Raced, because a mute peer keeps its connection open for as long as it likes.
        let drained = timeout(self.drain, async { while connections.join_next().await.is_some() {} });
        if drained.await.is_err() {
            tracing::warn!(connections = connections.len(), "drain time is over");
            connections.shutdown().await;
        }
    }
}

async fn connection(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    gate: Arc<Gate>,
    stopping: watch::Receiver<bool>,
) {
    // Refused only for a socket that is already gone.
    let _ = stream.set_nodelay(true);
    let Some(tls) = tls else { return speak(stream, gate, stopping).await };
    match timeout(HANDSHAKE, tls.accept(stream)).await {
        Ok(Ok(stream)) => speak(stream, gate, stopping).await,
        Ok(Err(fault)) => tracing::debug!(%fault, "TLS handshake failed"),
        Err(_) => tracing::debug!("TLS handshake timed out"),
    }
}

async fn speak(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    gate: Arc<Gate>,
    mut stopping: watch::Receiver<bool>,
) {
    let service = service_fn(move |request| {
        let gate = gate.clone();
        async move { Ok::<_, Infallible>(gate.answer(request).await) }
    });
    let mut connection = pin!(builder().serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = told(&mut stopping) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(fault) = ended {
        tracing::debug!(%fault, "connection ended");
    }
}

/// Ends when the gateway is told to stop, or is gone.
async fn told(stopping: &mut watch::Receiver<bool>) {
    // Only fails when nobody is left to say it.
    let _ = stopping.wait_for(|stop| *stop).await;
}

fn builder() -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .keep_alive_interval(PING_EVERY)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_concurrent_streams(STREAMS)
        .auto_date_header(false);
    builder
}
