//! `HandoverService`: referrals and hand-overs at the edge.

use canopy_kernel::id::HandoverId;
use canopy_kernel::{Failure, on_the_wire, reason};
use canopy_persistence::Write;
use canopy_persistence::edge::named;
use canopy_platform::answer;
use canopy_proto::commissioner::v1 as pb;
use canopy_proto::commissioner::v1::handover_service_server::HandoverService;
use jiff::civil::Date;
use tonic::{Request, Response, Status};

use super::model::{Handover, HandoverKind, HandoverState};
use super::store::{self, Listing};
use super::{Answer, Offer};
use crate::edge::{Desk, day_text, opened};

on_the_wire!(HandoverKind <=> pb::HandoverKind { Referral, HandOver });

/// The service.
pub(crate) struct HandoverRpc(pub(crate) Desk);

#[tonic::async_trait]
impl HandoverService for HandoverRpc {
    async fn offer_handover(
        &self,
        request: Request<pb::OfferHandoverRequest>,
    ) -> Result<Response<pb::Handover>, Status> {
        answer(offer(&self.0, request).await)
    }

    async fn accept_handover(
        &self,
        request: Request<pb::AcceptHandoverRequest>,
    ) -> Result<Response<pb::Handover>, Status> {
        answer(accept(&self.0, request).await)
    }

    async fn decline_handover(
        &self,
        request: Request<pb::DeclineHandoverRequest>,
    ) -> Result<Response<pb::Handover>, Status> {
        answer(decline(&self.0, request).await)
    }

    async fn list_handovers(
        &self,
        request: Request<pb::ListHandoversRequest>,
    ) -> Result<Response<pb::ListHandoversResponse>, Status> {
        answer(list(&self.0, request).await)
    }
}

/// The offer on the wire as of a day.
fn message(handover: Handover, day: Date) -> pb::Handover {
    let answered_on = handover.answered_on.filter(|on| *on <= day);
    let state = match (handover.state, answered_on) {
        (HandoverState::Accepted, Some(_)) => pb::HandoverState::Accepted,
        (HandoverState::Declined, Some(_)) => pb::HandoverState::Declined,
        _ if day > handover.answer_by => pb::HandoverState::Lapsed,
        _ => pb::HandoverState::Offered,
    };
    pb::Handover {
        name: handover.id.to_string(),
        demand: handover.demand.to_string(),
        kind: handover.kind.to_wire(),
        from_commissioner_no: handover.from,
        to_commissioner_no: handover.to,
        state: state.into(),
        offered_on: handover.offered_on.to_string(),
        answer_by: handover.answer_by.to_string(),
        answered_on: day_text(answered_on),
        note: handover.note,
        etag: handover.version.to_string(),
    }
}

fn read_offer(it: &Desk, request: pb::OfferHandoverRequest) -> Result<Offer, Failure> {
    let kind = HandoverKind::from_wire(request.kind);
    Ok(Offer {
        demand: named("demand", &request.demand)?,
        kind: kind.ok_or_else(|| Failure::new(&reason::ENUM_UNKNOWN).on("kind"))?,
        to: request.to_commissioner_no,
        note: request.note,
        days: it.config.matching.handover_days,
    })
}

async fn offer(it: &Desk, request: Request<pb::OfferHandoverRequest>) -> Result<pb::Handover, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("offer_handover", &request.request_id, &request).validate_only(request.validate_only);
    it.store
        .write(&call, write, read_offer(it, request), |tx, command| {
            Box::pin(async move {
                let today = tx.today();
                super::offer(tx, &command).await.map(|it| message(it, today))
            })
        })
        .await
}

async fn accept(it: &Desk, request: Request<pb::AcceptHandoverRequest>) -> Result<pb::Handover, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("accept_handover", &request.request_id, &request).validate_only(request.validate_only);
    let command = named("name", &request.name).map(|id| Answer {
        id,
        state: HandoverState::Accepted,
        words: String::new(),
        etag: request.etag,
    });
    answered(it, &call, write, command).await
}

async fn decline(it: &Desk, request: Request<pb::DeclineHandoverRequest>) -> Result<pb::Handover, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("decline_handover", &request.request_id, &request).validate_only(request.validate_only);
    let command = named("name", &request.name).map(|id| Answer {
        id,
        state: HandoverState::Declined,
        words: request.reason,
        etag: request.etag,
    });
    answered(it, &call, write, command).await
}

async fn answered(
    it: &Desk,
    call: &canopy_platform::Call,
    write: Write,
    command: Result<Answer, Failure>,
) -> Result<pb::Handover, Failure> {
    it.store
        .write(call, write, command, |tx, command| {
            Box::pin(async move {
                let today = tx.today();
                super::answer(tx, &command).await.map(|it| message(it, today))
            })
        })
        .await
}

async fn list(
    it: &Desk,
    request: Request<pb::ListHandoversRequest>,
) -> Result<pb::ListHandoversResponse, Failure> {
    let (call, request) = opened(request)?;
    let query = pb::ListHandoversRequest { page_size: 0, page_token: String::new(), ..request.clone() };
    let page = it.store.page::<HandoverId>(query, (request.page_size, &request.page_token), 100)?;
    let day = it.store.as_of(&call, "as_of", &request.as_of)?;
    let demand = match request.demand.as_str() {
        "" => None,
        name => Some(named("demand", name)?),
    };
    let asked = Listing {
        demand,
        commissioner: &request.commissioner_no,
        open_only: request.open_only,
        day,
        after: page.after,
        limit: page.limit(),
    };
    let found = store::list(it.store.pool(), &asked).await?;
    let (found, next_page_token) = it.store.cut(&page, found, |handover| handover.id)?;
    let handovers = found.into_iter().map(|handover| message(handover, day)).collect();
    Ok(pb::ListHandoversResponse { handovers, next_page_token })
}
