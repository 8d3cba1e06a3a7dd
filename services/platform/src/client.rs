//! Calls from one service of the suite to another: with the own assertion, on the caller's deadline and trace.

use std::time::{Duration, Instant};

use anyhow::Context;
use canopy_kernel::{Actor, Clock, Failure, Role, reason};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, Endpoint};

use crate::assertion::SigningIdentity;
use crate::call::Call;
use crate::metadata::{ASSERTION, TRACEPARENT};
use crate::status::from_status;

/// Kept back of the caller's time, so that the answer about a late peer still reaches the caller.
const REPLY_MARGIN: Duration = Duration::from_millis(20);

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Without a sign of life a partition never heals: HTTP/2 keepalive is off by default.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(5);

/// Another service of the suite, reached over one channel that connects when it is needed. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Peer {
    channel: Channel,
    audience: String,
    identity: SigningIdentity,
    clock: Clock,
}

impl Peer {
    /// The service called `audience` at that address. Must be made inside a runtime.
    pub fn new(uri: &str, audience: &str, identity: SigningIdentity, clock: Clock) -> anyhow::Result<Self> {
        let endpoint = Endpoint::from_shared(uri.to_owned())
            .with_context(|| format!("address of {audience}: {uri:?}"))?;
        let channel = endpoint
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(KEEPALIVE_INTERVAL)
            .keep_alive_timeout(KEEPALIVE_TIMEOUT)
            .keep_alive_while_idle(true)
            .connect_lazy();
        Ok(Self { channel, audience: audience.to_owned(), identity, clock })
    }

    /// The channel, for a generated client.
    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// Name of the service.
    pub fn audience(&self) -> &str {
        &self.audience
    }

    /// The message as a request on behalf of `call`: as SYSTEM, for the same person, at the same business time,
    /// with what is left of the deadline. Fails with DEADLINE_EXCEEDED when nothing is left.
    pub fn request<M>(&self, call: &Call, message: M) -> Result<tonic::Request<M>, Failure> {
        let mut request = tonic::Request::new(message);
        let actor = self.actor(call.actor());
        let token = self.identity.issue(&actor, &self.audience, call.business_time(), self.clock.now())?;
        request.metadata_mut().insert(ASSERTION, ascii(&token)?);
        if let Some(traceparent) = call.traceparent() {
            request.metadata_mut().insert(TRACEPARENT, ascii(traceparent)?);
        }
        if let Some(deadline) = call.deadline() {
            let left = deadline.saturating_duration_since(Instant::now()).saturating_sub(REPLY_MARGIN);
            if left.is_zero() {
                return Err(Failure::new(&reason::DEADLINE_EXCEEDED));
            }
            request.set_timeout(left);
        }
        Ok(request)
    }

    /// Why the service did not answer, or what it answered.
    pub fn failure(&self, status: tonic::Status) -> Failure {
        let broken = std::error::Error::source(&status).is_some() && status.code() != tonic::Code::Cancelled;
        if broken && status.details().is_empty() {
            let internal = format_args!("{:?}: {}", status.code(), status.message()).to_string();
            return Failure::new(&reason::SERVICE_DOWN).with("service", &self.audience).because(internal);
        }
        from_status(&status)
    }

    fn actor(&self, on_behalf: &Actor) -> Actor {
        Actor {
            issuer: self.identity.name().to_owned(),
            agency: on_behalf.agency.clone(),
            system: self.identity.name().to_owned(),
            person: on_behalf.person.clone(),
            assurance: on_behalf.assurance.clone(),
            represented: on_behalf.represented,
            roles: [Role::System].into(),
            purpose: on_behalf.purpose.clone(),
        }
    }
}

fn ascii(text: &str) -> Result<MetadataValue<Ascii>, Failure> {
    text.parse().map_err(|_| Failure::new(&reason::INTERNAL).because("metadata is not ASCII"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assertion::generate_key;
    use crate::call::Admitted;
    use crate::metadata::GRPC_TIMEOUT;
    use crate::method::MethodTable;

    fn call_until(deadline: Instant) -> Call {
        let rule =
            MethodTable::of_suite().unwrap().get("/canopy.registry.v1.FeedService/ListEvents").cloned();
        Call::admitted(Admitted {
            actor: Call::internal("registry", "any", None, Clock::System).actor().clone(),
            rule: rule.unwrap(),
            business_time: None,
            deadline: Some(deadline),
            traceparent: None,
        })
    }

    fn peer() -> Peer {
        let (pem, _) = generate_key().unwrap();
        let identity = SigningIdentity::from_bytes("subsidy", pem.as_bytes()).unwrap();
        Peer::new("http://127.0.0.1:1", "registry", identity, Clock::System).unwrap()
    }

    #[tokio::test]
    async fn nothing_is_sent_when_no_time_is_left_for_the_reply() {
        let failure = peer().request(&call_until(Instant::now() + REPLY_MARGIN), ()).unwrap_err();
        assert_eq!(failure.reason().name, "DEADLINE_EXCEEDED");
    }

    #[tokio::test]
    async fn what_is_left_of_the_deadline_travels_along() {
        let request = peer().request(&call_until(Instant::now() + Duration::from_secs(9)), ()).unwrap();
        assert!(request.metadata().contains_key(GRPC_TIMEOUT));
    }
}
