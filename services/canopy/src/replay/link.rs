//! Calls through the gateway: with the acting person's token and the business time, tried again under the same
//! `request_id` while the suite is away or busy, so that a suite that was killed and comes back finds its caller.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use canopy_kernel::{Code, Failure, reason};
use canopy_platform::from_status;
use canopy_platform::metadata::{AUTHORIZATION, BUSINESS_TIME};
use jiff::Timestamp;
use prost::bytes::Bytes;
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Channel, Endpoint};

use super::codec::Raw;
use super::desk::Desk;
use super::plan::Person;

/// Deadline of one attempt.
const DEADLINE: Duration = Duration::from_secs(60);

/// First and longest pause between attempts, where the suite names none.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The way to the suite. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Link {
    channel: Channel,
    desk: Arc<Desk>,
    patience: Duration,
}

/// One call.
#[derive(Clone, Debug)]
pub struct Ask<'a> {
    /// Method, `/package.Service/Method`.
    pub path: &'a str,
    /// Who calls.
    pub by: &'a Person,
    /// Business time; none = the suite's own clock.
    pub at: Option<Timestamp>,
    /// The message, encoded.
    pub body: Bytes,
}

/// What the suite answered.
#[derive(Clone, Debug)]
pub enum Answer {
    /// The reply, encoded.
    Given(Bytes),
    /// A final refusal.
    Refused(Box<Failure>),
}

/// How a failed attempt is taken.
pub(super) enum Judgement {
    /// It may pass later: after that delay, where one was named.
    Again(Option<Duration>),
    /// A final refusal.
    Refused(Box<Failure>),
    /// Nothing that a row could be blamed for: the replay stops.
    Fault(Box<Failure>),
}

impl Link {
    /// The suite at an address, such as `127.0.0.1:50051`; it may come up later. A call is tried again for as long
    /// as `patience`.
    pub fn new(address: &str, desk: Desk, patience: Duration) -> anyhow::Result<Self> {
        let uri = if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
        let endpoint = Endpoint::from_shared(uri).with_context(|| format!("address {address:?}"))?;
        let channel = endpoint
            .connect_timeout(Duration::from_secs(2))
            .tcp_nodelay(true)
            .http2_keep_alive_interval(Duration::from_secs(10))
            .keep_alive_timeout(Duration::from_secs(5))
            .connect_lazy();
        Ok(Self { channel, desk: Arc::new(desk), patience })
    }

    /// Calls until there is a final answer.
    pub async fn ask(&self, ask: &Ask<'_>) -> anyhow::Result<Answer> {
        let mut pauses = self.pauses();
        loop {
            match self.attempt(ask).await? {
                Ok(reply) => return Ok(Answer::Given(reply)),
                Err(status) => match judge(&status) {
                    Judgement::Refused(failure) => return Ok(Answer::Refused(failure)),
                    Judgement::Fault(failure) => bail!("{} by {}: {failure}", ask.path, ask.by.name),
                    Judgement::Again(delay) => pauses.pause(delay, ask.path, &status).await?,
                },
            }
        }
    }

    /// Calls for a message; a refusal is an error.
    pub async fn get(&self, ask: &Ask<'_>) -> anyhow::Result<Bytes> {
        match self.ask(ask).await? {
            Answer::Given(reply) => Ok(reply),
            Answer::Refused(failure) => bail!("{} was refused: {failure}", ask.path),
        }
    }

    async fn attempt(&self, ask: &Ask<'_>) -> anyhow::Result<Result<Bytes, tonic::Status>> {
        let mut request = self.request(ask.by, ask.at, ask.body.clone())?;
        request.set_timeout(DEADLINE);
        let path = path(ask.path)?;
        let mut client = tonic::client::Grpc::new(self.channel.clone());
        if let Err(away) = client.ready().await {
            return Ok(Err(tonic::Status::from_error(Box::new(away))));
        }
        Ok(client.unary(request, path, Raw).await.map(tonic::Response::into_inner))
    }

    /// Opens a stream of messages both ways.
    pub(super) async fn open(
        &self,
        path_text: &str,
        by: &Person,
        messages: ReceiverStream<Bytes>,
    ) -> anyhow::Result<Result<tonic::Streaming<Bytes>, tonic::Status>> {
        let request = self.request(by, None, messages)?;
        let path = path(path_text)?;
        let mut client = tonic::client::Grpc::new(self.channel.clone());
        if let Err(away) = client.ready().await {
            return Ok(Err(tonic::Status::from_error(Box::new(away))));
        }
        Ok(client.streaming(request, path, Raw).await.map(tonic::Response::into_inner))
    }

    pub(super) fn pauses(&self) -> Pauses {
        Pauses { until: Instant::now() + self.patience, next: FIRST_PAUSE, told: false }
    }

    fn request<M>(
        &self,
        by: &Person,
        at: Option<Timestamp>,
        message: M,
    ) -> anyhow::Result<tonic::Request<M>> {
        let mut request = tonic::Request::new(message);
        request.metadata_mut().insert(AUTHORIZATION, self.desk.authorization(by)?);
        if let Some(at) = at {
            request.metadata_mut().insert(BUSINESS_TIME, at.to_string().parse()?);
        }
        Ok(request)
    }
}

fn path(text: &str) -> anyhow::Result<PathAndQuery> {
    text.parse().with_context(|| format!("method {text:?}"))
}

/// Judges a failed attempt. What carries no details was not said by the suite: the connection broke.
pub(super) fn judge(status: &tonic::Status) -> Judgement {
    let failure = Box::new(from_status(status));
    if status.details().is_empty() && status.code() != tonic::Code::Unimplemented {
        return Judgement::Again(None);
    }
    match failure.code() {
        Code::Unavailable | Code::Aborted | Code::DeadlineExceeded | Code::Cancelled => {
            Judgement::Again(failure.retry_delay())
        }
        Code::ResourceExhausted if failure.retry_delay().is_some() => Judgement::Again(failure.retry_delay()),
        Code::Unauthenticated | Code::Unimplemented | Code::Internal => Judgement::Fault(failure),
        _ if failure.reason() == &reason::ROLE_NOT_ALLOWED => Judgement::Fault(failure),
        _ if failure.reason() == &reason::BUSINESS_TIME_REFUSED => Judgement::Fault(failure),
        _ => Judgement::Refused(failure),
    }
}

/// Pauses between attempts, growing, until patience is over.
pub(super) struct Pauses {
    until: Instant,
    next: Duration,
    told: bool,
}

impl Pauses {
    /// Waits before the next attempt.
    pub(super) async fn pause(
        &mut self,
        named: Option<Duration>,
        what: impl fmt::Display,
        why: &tonic::Status,
    ) -> anyhow::Result<()> {
        if Instant::now() >= self.until {
            return Err(anyhow!("{:?}: {}", why.code(), why.message()).context(format!("{what}: no answer")));
        }
        if self.next == LONGEST_PAUSE && !std::mem::replace(&mut self.told, true) {
            tracing::warn!(call = %what, code = ?why.code(), "the suite is away or busy; trying again");
        }
        let pause = named.unwrap_or(self.next).min(LONGEST_PAUSE);
        self.next = (self.next * 2).min(LONGEST_PAUSE);
        tokio::time::sleep(pause).await;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
