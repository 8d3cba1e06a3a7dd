//! A service behind the gateway: several HTTP/2 connections used in turn, opened when needed and
//! opened again when lost.
//!
//! The `h2` client itself and no client library over it: those hand every call to a task of their
//! own and its answer back through a second one, which costs more than all that the gateway does.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context as _, bail};
use arc_swap::ArcSwapOption;
use bytes::Bytes;
use canopy_kernel::{Failure, reason};
use h2::client::{Connection, SendRequest};
use h2::{Ping, PingPong};
use http::Uri;
use http::uri::{Authority, Scheme};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, timeout};

use crate::config::BackendSettings;

/// Pause between two pings; without them a partition never heals.
const PING_EVERY: Duration = Duration::from_secs(10);

/// A service that does not answer a ping for so long is away.
const PING_PATIENCE: Duration = Duration::from_secs(5);

/// After a failed attempt to connect, calls fail at once for so long, instead of queueing up for
/// one attempt each.
const QUIET: Duration = Duration::from_millis(200);

/// When a caller should try a service again that is away.
const RETRY: Duration = Duration::from_secs(1);

/// What a service may send ahead per stream and per connection, in bytes.
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 4 << 20;

/// A service, by its address.
pub(crate) struct Backend {
    service: String,
    address: String,
    authority: Authority,
    slots: Box<[Slot]>,
    next: AtomicUsize,
    connect_timeout: Duration,
}

/// Place of one connection.
#[derive(Default)]
struct Slot {
    live: ArcSwapOption<SendRequest<Bytes>>,
    /// When connecting last failed; held while one caller connects for all.
    failed: Mutex<Option<Instant>>,
}

impl Backend {
    pub(crate) fn new(service: &str, address: &str, settings: &BackendSettings) -> anyhow::Result<Self> {
        let uri: Uri = address.parse().with_context(|| format!("routes: {address} is no address"))?;
        if uri.scheme() != Some(&Scheme::HTTP) || uri.path() != "/" || uri.query().is_some() {
            bail!("routes: {address} should look like http://host:port");
        }
        let authority = uri.authority().context("an address with a scheme has an authority")?.clone();
        let port = uri.port_u16().unwrap_or(80);
        Ok(Self {
            service: service.to_owned(),
            address: format!("{}:{port}", authority.host()),
            authority,
            slots: (0..settings.connections.get()).map(|_| Slot::default()).collect(),
            next: AtomicUsize::new(0),
            connect_timeout: Duration::from_millis(settings.connect_timeout_ms.into()),
        })
    }

    pub(crate) fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The next connection, open and willing to take a call.
    pub(crate) async fn connection(&self) -> Result<SendRequest<Bytes>, Failure> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.slots.len();
        let slot = &self.slots[turn];
        match slot.willing().await {
            Some(connection) => Ok(connection),
            None => self.connect(slot).await,
        }
    }

    /// The failure of a call that the service did not answer.
    pub(crate) fn down(&self, why: impl std::fmt::Display) -> Failure {
        Failure::new(&reason::SERVICE_DOWN).with("service", &self.service).retry_after(RETRY).because(why)
    }

    async fn connect(&self, slot: &Slot) -> Result<SendRequest<Bytes>, Failure> {
        let mut failed = slot.failed.lock().await;
        // Who held the lock before may have connected, or failed, for this caller too.
        if let Some(connection) = slot.willing().await {
            return Ok(connection);
        }
        if failed.is_some_and(|at| at.elapsed() < QUIET) {
            return Err(self.down("connecting failed a moment ago"));
        }
        let attempt = timeout(self.connect_timeout, open(&self.address)).await;
        match attempt.context("timed out").and_then(|opened| opened) {
            Ok((sender, connection)) => {
                *failed = None;
                slot.live.store(Some(std::sync::Arc::new(sender.clone())));
                tokio::spawn(keep(connection, self.service.clone()));
                Ok(sender)
            }
            Err(fault) => {
                *failed = Some(Instant::now());
                tracing::warn!(service = self.service, address = self.address, %fault, "cannot connect");
                Err(self.down(fault))
            }
        }
    }
}

impl Slot {
    /// The connection, unless it is closed or closing.
    async fn willing(&self) -> Option<SendRequest<Bytes>> {
        let live = self.live.load().as_deref().cloned()?;
        live.ready().await.ok()
    }
}

type Opened = (SendRequest<Bytes>, Connection<TcpStream, Bytes>);

async fn open(address: &str) -> anyhow::Result<Opened> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let opened = h2::client::Builder::new()
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .enable_push(false)
        .handshake(stream)
        .await?;
    Ok(opened)
}

/// Drives a connection until it ends or its peer falls mute.
async fn keep(mut connection: Connection<TcpStream, Bytes>, service: String) {
    let pings = connection.ping_pong().expect("taken once, here");
    tokio::select! {
        ended = connection => match ended {
            Ok(()) => tracing::debug!(service, "connection closed"),
            Err(fault) => tracing::warn!(service, %fault, "connection lost"),
        },
        () = mute(pings) => tracing::warn!(service, "connection given up: no answer to a ping"),
    }
}

/// Ends when a ping is not answered in time.
async fn mute(mut pings: PingPong) {
    loop {
        sleep(PING_EVERY).await;
        if !matches!(timeout(PING_PATIENCE, pings.ping(Ping::opaque())).await, Ok(Ok(_))) {
            return;
        }
    }
}
