//! `canopy.sandbox.v1.SandboxBankService`: the operator's switches.

use canopy_kernel::{Failure, date, reason};
use canopy_platform::{Call, answer, check};
use canopy_proto::sandbox::v1 as wire;
use prost::Message;
use redb::WriteTransaction;
use tonic::{Request as Asked, Response, Status};

use super::model::{Behaviour, Misbehaviour, Script};
use super::store::{self, Request};
use crate::bank::digest::Digest;
use crate::bank::payment::model::Bounce;
use crate::bank::store::{Kept, Store};

/// Serves the switches from the book.
#[derive(Clone, Debug)]
pub struct Switches {
    book: Store,
}

impl Switches {
    /// Serves this book.
    pub fn new(book: Store) -> Self {
        Self { book }
    }

    async fn scripted(
        &self,
        asked: Asked<wire::ScriptReturnRequest>,
    ) -> Result<wire::ScriptReturnResponse, Failure> {
        let call = Call::of(&asked)?;
        let request = asked.into_inner();
        check(&request)?;
        let on = date::parse(&request.returned_on).map_err(|failure| failure.on("returned_on"))?;
        let key = RequestKey::new(&call, &request.request_id, &request);
        let script = Script {
            payee: request.payee_uscc,
            purpose: request.purpose,
            bounce: Bounce { on, reason: request.reason },
        };
        self.once(key, move |transaction| store::keep_script(transaction, &script)).await?;
        Ok(wire::ScriptReturnResponse {})
    }

    async fn set(
        &self,
        asked: Asked<wire::SetBehaviourRequest>,
    ) -> Result<wire::SetBehaviourResponse, Failure> {
        let call = Call::of(&asked)?;
        let request = asked.into_inner();
        check(&request)?;
        let behaviour = behaviour(&request)?;
        let key = RequestKey::new(&call, &request.request_id, &request);
        self.once(key, move |transaction| store::queue(transaction, &behaviour)).await?;
        Ok(wire::SetBehaviourResponse {})
    }

    /// Does the work when the request is new, nothing when it is repeated.
    async fn once(
        &self,
        key: RequestKey,
        work: impl FnOnce(&WriteTransaction) -> Kept<()> + Send + 'static,
    ) -> Result<(), Failure> {
        let seen = self.book.write(move |transaction| {
            let seen = store::remember(transaction, &key.text, &key.body)?;
            if seen == Request::New {
                work(transaction)?;
            }
            Ok(seen)
        });
        match seen.await? {
            Request::New | Request::Repeated => Ok(()),
            Request::Reused => Err(Failure::new(&reason::REQUEST_ID_REUSED).on("request_id")),
        }
    }
}

#[tonic::async_trait]
impl wire::sandbox_bank_service_server::SandboxBankService for Switches {
    async fn script_return(
        &self,
        request: Asked<wire::ScriptReturnRequest>,
    ) -> Result<Response<wire::ScriptReturnResponse>, Status> {
        answer(self.scripted(request).await)
    }

    async fn set_behaviour(
        &self,
        request: Asked<wire::SetBehaviourRequest>,
    ) -> Result<Response<wire::SetBehaviourResponse>, Status> {
        answer(self.set(request).await)
    }
}

/// A request id belongs to a caller and a method; the body tells a repetition from another request.
struct RequestKey {
    text: String,
    body: Digest,
}

impl RequestKey {
    fn new(call: &Call, request_id: &str, request: &impl Message) -> Self {
        let text = format!("{}|{}|{request_id}", call.actor().caller_key(), call.method());
        Self { text, body: Digest::of_message(request) }
    }
}

fn behaviour(request: &wire::SetBehaviourRequest) -> Result<Behaviour, Failure> {
    use wire::Misbehaviour as Said;

    let misbehaviour = match request.misbehaviour() {
        Said::SilentAfter => Misbehaviour::SilentAfter,
        Said::SilentBefore => Misbehaviour::SilentBefore,
        Said::Unavailable => Misbehaviour::Unavailable,
        Said::Twice => Misbehaviour::Twice,
        Said::Unordered => Misbehaviour::Unordered,
        Said::Larger => Misbehaviour::Larger,
        Said::Unspecified => return Err(Failure::new(&reason::ENUM_UNKNOWN).on("misbehaviour")),
    };
    let calls = u32::try_from(request.calls)
        .map_err(|_| Failure::new(&reason::FIELD_OUT_OF_RANGE).on("calls").with("min", 1))?;
    Ok(Behaviour::new(misbehaviour, calls))
}
