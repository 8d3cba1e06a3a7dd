//! `MatchService`: matches and declared interests at the edge.

use canopy_kernel::id::MatchId;
use canopy_kernel::{Failure, Role, Uscc, on_the_wire, reason};
use canopy_persistence::Write;
use canopy_persistence::edge::named;
use canopy_platform::{Call, answer};
use canopy_proto::commissioner::v1 as pb;
use canopy_proto::commissioner::v1::match_service_server::MatchService;
use tonic::{Request, Response, Status};

use super::model::{Match, MatchState, Proposer};
use super::rule_credit::Share;
use super::store::{self, Listing};
use super::{Order, Propose, Say, Split};
use crate::broker::caller;
use crate::edge::{Desk, opened};
use crate::interest;

on_the_wire!(MatchState <=> pb::MatchState { Proposed, Accepted, Negotiating, Signed, Declined, Ended });

/// The service.
pub(crate) struct MatchRpc(pub(crate) Desk);

#[tonic::async_trait]
impl MatchService for MatchRpc {
    async fn propose_match(
        &self,
        request: Request<pb::ProposeMatchRequest>,
    ) -> Result<Response<pb::Match>, Status> {
        answer(propose(&self.0, request).await)
    }

    async fn accept_match(
        &self,
        request: Request<pb::AcceptMatchRequest>,
    ) -> Result<Response<pb::Match>, Status> {
        answer(accept(&self.0, request).await)
    }

    async fn decline_match(
        &self,
        request: Request<pb::DeclineMatchRequest>,
    ) -> Result<Response<pb::Match>, Status> {
        answer(decline(&self.0, request).await)
    }

    async fn start_negotiation(
        &self,
        request: Request<pb::StartNegotiationRequest>,
    ) -> Result<Response<pb::Match>, Status> {
        answer(negotiate(&self.0, request).await)
    }

    async fn end_match(&self, request: Request<pb::EndMatchRequest>) -> Result<Response<pb::Match>, Status> {
        answer(end(&self.0, request).await)
    }

    async fn split_credit(
        &self,
        request: Request<pb::SplitCreditRequest>,
    ) -> Result<Response<pb::Match>, Status> {
        answer(split(&self.0, request).await)
    }

    async fn get_match(&self, request: Request<pb::GetMatchRequest>) -> Result<Response<pb::Match>, Status> {
        answer(get(&self.0, request).await)
    }

    async fn list_matches(
        &self,
        request: Request<pb::ListMatchesRequest>,
    ) -> Result<Response<pb::ListMatchesResponse>, Status> {
        answer(list(&self.0, request).await)
    }

    async fn declare_interest(
        &self,
        request: Request<pb::DeclareInterestRequest>,
    ) -> Result<Response<pb::Interest>, Status> {
        answer(interest::rpc::declare(&self.0, request).await)
    }

    async fn list_interests(
        &self,
        request: Request<pb::ListInterestsRequest>,
    ) -> Result<Response<pb::ListInterestsResponse>, Status> {
        answer(interest::rpc::list(&self.0, request).await)
    }
}

/// The number of a commissioner and that of a broker on the wire; the one that he is not is empty.
pub(crate) fn numbers(who: Proposer) -> (String, String) {
    match who {
        Proposer::Commissioner(number) => (number, String::new()),
        Proposer::Broker(number) => (String::new(), number),
    }
}

/// The match on the wire.
pub(crate) fn message(found: Match) -> pb::Match {
    let credit = |share: Share| pb::CreditShare { commissioner_no: share.commissioner, share_bp: share.bp };
    let (proposed_by, proposed_by_broker) = numbers(found.proposed_by);
    pb::Match {
        name: found.id.to_string(),
        demand: found.demand.to_string(),
        achievement: found.achievement.to_string(),
        state: found.state.to_wire(),
        proposed_by,
        credits: found.credits.into_iter().map(credit).collect(),
        proposed_on: found.proposed_on.to_string(),
        state_since: found.since.to_string(),
        note: found.note,
        etag: found.version.to_string(),
        proposed_by_broker,
    }
}

fn read_proposal(request: pb::ProposeMatchRequest) -> Result<Propose, Failure> {
    Ok(Propose {
        demand: named("demand", &request.demand)?,
        achievement: named("achievement", &request.achievement)?,
        note: request.note,
    })
}

async fn propose(it: &Desk, request: Request<pb::ProposeMatchRequest>) -> Result<pb::Match, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("propose_match", &request.request_id, &request).validate_only(request.validate_only);
    it.store
        .write(&call, write, read_proposal(request), |tx, command| {
            Box::pin(async move { super::propose(tx, &command).await.map(message) })
        })
        .await
}

fn order(name: &str, say: Say, reason: String, etag: String) -> Result<Order, Failure> {
    Ok(Order { id: named("name", name)?, say, reason, etag })
}

async fn accept(it: &Desk, request: Request<pb::AcceptMatchRequest>) -> Result<pb::Match, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("accept_match", &request.request_id, &request).validate_only(request.validate_only);
    let order = order(&request.name, Say::Accept, String::new(), request.etag);
    said(it, &call, write, order).await
}

async fn decline(it: &Desk, request: Request<pb::DeclineMatchRequest>) -> Result<pb::Match, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("decline_match", &request.request_id, &request).validate_only(request.validate_only);
    let order = order(&request.name, Say::Decline, request.reason, request.etag);
    said(it, &call, write, order).await
}

async fn negotiate(it: &Desk, request: Request<pb::StartNegotiationRequest>) -> Result<pb::Match, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("start_negotiation", &request.request_id, &request).validate_only(request.validate_only);
    let order = order(&request.name, Say::Negotiate, String::new(), request.etag);
    said(it, &call, write, order).await
}

async fn end(it: &Desk, request: Request<pb::EndMatchRequest>) -> Result<pb::Match, Failure> {
    let (call, request) = opened(request)?;
    let write = Write::new("end_match", &request.request_id, &request).validate_only(request.validate_only);
    let order = order(&request.name, Say::End, request.reason, request.etag);
    said(it, &call, write, order).await
}

async fn said(
    it: &Desk,
    call: &Call,
    write: Write,
    order: Result<Order, Failure>,
) -> Result<pb::Match, Failure> {
    it.store
        .write(call, write, order, |tx, order| {
            Box::pin(async move { super::say(tx, &order).await.map(message) })
        })
        .await
}

async fn split(it: &Desk, request: Request<pb::SplitCreditRequest>) -> Result<pb::Match, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("split_credit", &request.request_id, &request).validate_only(request.validate_only);
    let share = |it: pb::CreditShare| Share { commissioner: it.commissioner_no, bp: it.share_bp };
    let command = named("name", &request.name).map(|id| Split {
        id,
        credits: request.credits.into_iter().map(share).collect(),
        etag: request.etag,
    });
    it.store
        .write(&call, write, command, |tx, command| {
            Box::pin(async move { super::split(tx, &command).await.map(message) })
        })
        .await
}

async fn get(it: &Desk, request: Request<pb::GetMatchRequest>) -> Result<pb::Match, Failure> {
    let (call, request) = opened(request)?;
    let id = named("name", &request.name)?;
    let day = it.store.as_of(&call, "as_of", &request.as_of)?;
    let caller = caller(call.actor());
    let broker = caller.as_ref().and_then(Proposer::broker);
    let asked = Listing { id: Some(id), party: party(&call)?, broker, ..Listing::of(day) };
    let found = store::list(it.store.pool(), &asked).await?.pop();
    found.map(message).ok_or_else(|| Failure::new(&reason::UNKNOWN_MATCH).on("name"))
}

/// The organisation to whose matches the caller is kept.
fn party(call: &Call) -> Result<Option<Uscc>, Failure> {
    let actor = call.actor();
    match actor.has(Role::Enterprise) || actor.has(Role::Institute) {
        true => actor.represented.map(Some).ok_or_else(|| Failure::new(&reason::NOT_REPRESENTED)),
        false => Ok(None),
    }
}

async fn list(
    it: &Desk,
    request: Request<pb::ListMatchesRequest>,
) -> Result<pb::ListMatchesResponse, Failure> {
    let (call, request) = opened(request)?;
    let party = party(&call)?;
    let caller = caller(call.actor());
    let broker = caller.as_ref().and_then(Proposer::broker);
    // The token is good for a caller who sees the same.
    let query = (
        pb::ListMatchesRequest { page_size: 0, page_token: String::new(), ..request.clone() },
        party,
        broker,
    );
    let page = it.store.page::<MatchId>(query, (request.page_size, &request.page_token), 100)?;
    let day = it.store.as_of(&call, "as_of", &request.as_of)?;
    let asked = Listing {
        id: None,
        demand: match request.demand.as_str() {
            "" => None,
            name => Some(named("demand", name)?),
        },
        achievement: match request.achievement.as_str() {
            "" => None,
            name => Some(named("achievement", name)?),
        },
        commissioner: &request.commissioner_no,
        state: MatchState::from_wire(request.state),
        party,
        broker,
        day,
        after: page.after,
        limit: page.limit(),
    };
    let found = store::list(it.store.pool(), &asked).await?;
    let (found, next_page_token) = it.store.cut(&page, found, |found| found.id)?;
    Ok(pb::ListMatchesResponse { matches: found.into_iter().map(message).collect(), next_page_token })
}
