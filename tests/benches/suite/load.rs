//! Callers that call as fast as they are answered: unary gRPC by the `h2` client itself, so that the load costs as
//! little as it can beside what it measures.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use bytes::{BufMut as _, Bytes, BytesMut};
use h2::client::SendRequest;
use http::{HeaderMap, HeaderValue, Request};
use tokio::net::TcpStream;
use tokio::task::{JoinHandle, JoinSet};

/// What is called, and by whom.
#[derive(Clone)]
pub struct Target {
    address: SocketAddr,
    path: String,
    authorization: Option<HeaderValue>,
}

/// Makes the message of each call.
pub type Message = Arc<dyn Fn() -> Vec<u8> + Send + Sync>;

/// How a load went.
pub struct Answered {
    /// Calls a second.
    pub rate: f64,
    /// Median time of a call in microseconds.
    pub median: f64,
}

impl Target {
    /// A method at an address, with a bearer token where one is asked for.
    pub fn new(address: SocketAddr, path: &str, token: Option<&str>) -> anyhow::Result<Target> {
        let authorization =
            token.map(|token| HeaderValue::from_str(&format!("Bearer {token}"))).transpose()?;
        Ok(Target { address, path: path.to_owned(), authorization })
    }

    /// That many callers, each on a connection of its own, for that long. Any answer but OK ends it.
    pub async fn load(&self, callers: usize, time: Duration, message: &Message) -> anyhow::Result<Answered> {
        let mut connections = Vec::new();
        for _ in 0..callers {
            connections.push(Connection::open(self).await?);
        }
        let began = Instant::now();
        let mut running = JoinSet::new();
        for mut connection in connections {
            let (target, message) = (self.clone(), message.clone());
            running.spawn(async move {
                let mut times = Vec::new();
                while began.elapsed() < time {
                    let start = Instant::now();
                    connection.call(&target, &message()).await?;
                    times.push(start.elapsed());
                }
                anyhow::Ok(times)
            });
        }
        let mut times = Vec::new();
        while let Some(ended) = running.join_next().await {
            times.extend(ended??);
        }
        let rate = times.len() as f64 / began.elapsed().as_secs_f64();
        times.sort_unstable();
        let median = times.get(times.len() / 2).context("nothing was answered")?.as_secs_f64() * 1e6;
        Ok(Answered { rate, median })
    }

    /// One call; the answer's message, encoded.
    pub async fn once(&self, message: &[u8]) -> anyhow::Result<Bytes> {
        Connection::open(self).await?.call(self, message).await
    }
}

/// One caller's connection; it ends with the value.
struct Connection {
    sender: SendRequest<Bytes>,
    driver: JoinHandle<()>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Connection {
    async fn open(target: &Target) -> anyhow::Result<Connection> {
        let stream = TcpStream::connect(target.address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = h2::client::handshake(stream).await?;
        let driver = tokio::spawn(async move {
            // A connection that breaks fails the call on it, which says so.
            let _ = connection.await;
        });
        Ok(Connection { sender, driver })
    }

    async fn call(&mut self, target: &Target, message: &[u8]) -> anyhow::Result<Bytes> {
        let mut request = Request::post(format!("http://{}{}", target.address, target.path))
            .header("content-type", "application/grpc")
            .header("te", "trailers");
        if let Some(authorization) = &target.authorization {
            request = request.header("authorization", authorization);
        }
        std::future::poll_fn(|cx| self.sender.poll_ready(cx)).await?;
        let (answer, mut body) = self.sender.send_request(request.body(())?, false)?;
        body.send_data(framed(message)?, true)?;
        let (head, mut body) = answer.await?.into_parts();
        let mut data = BytesMut::new();
        while let Some(chunk) = body.data().await {
            let chunk = chunk?;
            body.flow_control().release_capacity(chunk.len())?;
            data.extend_from_slice(&chunk);
        }
        let trailers = body.trailers().await?.unwrap_or(head.headers);
        require_ok(&trailers)?;
        ensure!(data.len() >= 5, "an answer without a message");
        Ok(data.freeze().slice(5..))
    }
}

/// The message with the five bytes before it that gRPC has.
fn framed(message: &[u8]) -> anyhow::Result<Bytes> {
    let mut framed = BytesMut::with_capacity(message.len() + 5);
    framed.put_u8(0);
    framed.put_u32(u32::try_from(message.len())?);
    framed.put_slice(message);
    Ok(framed.freeze())
}

fn require_ok(trailers: &HeaderMap) -> anyhow::Result<()> {
    let status = trailers.get("grpc-status").context("an answer without a status")?;
    ensure!(status == "0", "status {status:?}: {:?}", trailers.get("grpc-message"));
    Ok(())
}
