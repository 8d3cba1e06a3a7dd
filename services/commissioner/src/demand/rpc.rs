//! `DemandService`: demands at the edge.

mod read;

use canopy_kernel::{Failure, Fen, on_the_wire};
use canopy_persistence::Write;
use canopy_persistence::edge::named;
use canopy_platform::{Call, answer};
use canopy_proto::commissioner::v1 as pb;
use canopy_proto::commissioner::v1::demand_service_server::DemandService;
use tonic::{Request, Response, Status};

use super::model::{DemandState, is_stale};
use super::store::AsOf;
use super::{Collect, Merge, Order, Step, Undo};
use crate::broker::require_own;
use crate::edge::{Desk, day, day_if_any, day_text, opened};
use crate::party;

on_the_wire!(DemandState <=> pb::DemandState {
    Collected, Verified, Published, Matched, Negotiating, Signed, Registered, Closed, Withdrawn,
});

/// The service.
pub(crate) struct DemandRpc(pub(crate) Desk);

#[tonic::async_trait]
impl DemandService for DemandRpc {
    async fn collect_demand(
        &self,
        request: Request<pb::CollectDemandRequest>,
    ) -> Result<Response<pb::Demand>, Status> {
        answer(collect(&self.0, request).await)
    }

    async fn verify_demand(
        &self,
        request: Request<pb::VerifyDemandRequest>,
    ) -> Result<Response<pb::Demand>, Status> {
        answer(verify(&self.0, request).await)
    }

    async fn publish_demand(
        &self,
        request: Request<pb::PublishDemandRequest>,
    ) -> Result<Response<pb::Demand>, Status> {
        answer(publish(&self.0, request).await)
    }

    async fn withdraw_demand(
        &self,
        request: Request<pb::WithdrawDemandRequest>,
    ) -> Result<Response<pb::Demand>, Status> {
        answer(withdraw(&self.0, request).await)
    }

    async fn close_demand(
        &self,
        request: Request<pb::CloseDemandRequest>,
    ) -> Result<Response<pb::Demand>, Status> {
        answer(close(&self.0, request).await)
    }

    async fn merge_demands(
        &self,
        request: Request<pb::MergeDemandsRequest>,
    ) -> Result<Response<pb::Demand>, Status> {
        answer(merge(&self.0, request).await)
    }

    async fn undo_demand_merge(
        &self,
        request: Request<pb::UndoDemandMergeRequest>,
    ) -> Result<Response<pb::Demand>, Status> {
        answer(undo(&self.0, request).await)
    }

    async fn get_demand(
        &self,
        request: Request<pb::GetDemandRequest>,
    ) -> Result<Response<pb::Demand>, Status> {
        answer(read::get(&self.0, request).await)
    }

    async fn list_demands(
        &self,
        request: Request<pb::ListDemandsRequest>,
    ) -> Result<Response<pb::ListDemandsResponse>, Status> {
        answer(read::list(&self.0, request).await)
    }

    async fn count_demands(
        &self,
        request: Request<pb::CountDemandsRequest>,
    ) -> Result<Response<pb::CountDemandsResponse>, Status> {
        answer(read::count(&self.0, request).await)
    }

    async fn get_funnel(
        &self,
        request: Request<pb::GetFunnelRequest>,
    ) -> Result<Response<pb::GetFunnelResponse>, Status> {
        answer(read::funnel(&self.0, request).await)
    }

    async fn list_funnel_rows(
        &self,
        request: Request<pb::ListFunnelRowsRequest>,
    ) -> Result<Response<pb::ListFunnelRowsResponse>, Status> {
        answer(read::funnel_rows(&self.0, request).await)
    }
}

/// The demand on the wire; `stale` as of the day asked.
pub(crate) fn message(found: AsOf, stale: bool) -> pb::Demand {
    let AsOf { demand, verified_on, published_on, merged_into } = found;
    let withdrawn_on = (demand.state == DemandState::Withdrawn).then_some(demand.since);
    pb::Demand {
        name: demand.id.to_string(),
        demand_no: demand.number,
        enterprise_uscc: demand.enterprise.to_string(),
        commissioner_no: demand.commissioner,
        field: demand.field,
        text: demand.words,
        budget_fen: demand.budget.get(),
        needed_by: day_text(demand.needed_by),
        state: demand.state.to_wire(),
        stale,
        collected_on: demand.collected_on.to_string(),
        verified_on: day_text(verified_on),
        published_on: day_text(published_on),
        withdrawn_on: day_text(withdrawn_on),
        merged_into: merged_into.map(|id| id.to_string()).unwrap_or_default(),
        etag: demand.version.to_string(),
    }
}

/// The demand as it is told right after a write.
fn written(it: &Desk, found: AsOf, today: jiff::civil::Date) -> pb::Demand {
    let stale = is_stale(found.demand.state, found.demand.since, today, it.config.matching.stale_months);
    message(found, stale)
}

async fn read_demand(it: &Desk, call: &Call, request: pb::CollectDemandRequest) -> Result<Collect, Failure> {
    let (enterprise, known) =
        party::registered(it, call, "enterprise_uscc", &request.enterprise_uscc).await?;
    Ok(Collect {
        number: request.demand_no,
        enterprise,
        is_registered: known.is_some_and(|subject| subject.kind == "ENTERPRISE"),
        commissioner: request.commissioner_no,
        field: request.field,
        words: request.text,
        budget: Fen::new(request.budget_fen)?,
        needed_by: day_if_any("needed_by", &request.needed_by)?,
        external_ref: request.external_ref,
    })
}

async fn collect(it: &Desk, request: Request<pb::CollectDemandRequest>) -> Result<pb::Demand, Failure> {
    let (call, request) = opened(request)?;
    let write = Write::new("collect_demand", &request.request_id, &request)
        .validate_only(request.validate_only)
        .external_ref(&request.external_ref);
    require_own(call.actor(), &request.commissioner_no)?;
    let command = read_demand(it, &call, request).await;
    it.store
        .write(&call, write, command, |tx, command| {
            Box::pin(async move { super::collect(tx, &command).await.map(|found| message(found, false)) })
        })
        .await
}

async fn verify(it: &Desk, request: Request<pb::VerifyDemandRequest>) -> Result<pb::Demand, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("verify_demand", &request.request_id, &request).validate_only(request.validate_only);
    let order = named("name", &request.name).map(|id| Order {
        id,
        step: Step::Verify,
        reason: String::new(),
        etag: request.etag,
    });
    ordered(it, &call, write, order).await
}

fn read_publication(request: pb::PublishDemandRequest) -> Result<Order, Failure> {
    Ok(Order {
        id: named("name", &request.name)?,
        step: Step::Publish(day("agreed_on", &request.agreed_on)?),
        reason: String::new(),
        etag: request.etag,
    })
}

async fn publish(it: &Desk, request: Request<pb::PublishDemandRequest>) -> Result<pb::Demand, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("publish_demand", &request.request_id, &request).validate_only(request.validate_only);
    ordered(it, &call, write, read_publication(request)).await
}

async fn withdraw(it: &Desk, request: Request<pb::WithdrawDemandRequest>) -> Result<pb::Demand, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("withdraw_demand", &request.request_id, &request).validate_only(request.validate_only);
    let order = named("name", &request.name).map(|id| Order {
        id,
        step: Step::Withdraw,
        reason: request.reason,
        etag: request.etag,
    });
    ordered(it, &call, write, order).await
}

async fn close(it: &Desk, request: Request<pb::CloseDemandRequest>) -> Result<pb::Demand, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("close_demand", &request.request_id, &request).validate_only(request.validate_only);
    let order = named("name", &request.name).map(|id| Order {
        id,
        step: Step::Close,
        reason: request.reason,
        etag: request.etag,
    });
    ordered(it, &call, write, order).await
}

async fn ordered(
    it: &Desk,
    call: &Call,
    write: Write,
    order: Result<Order, Failure>,
) -> Result<pb::Demand, Failure> {
    it.store
        .write(call, write, order, |tx, order| {
            // What just took a step is not stale.
            Box::pin(async move { super::step(tx, &order).await.map(|found| message(found, false)) })
        })
        .await
}

fn read_merge(request: pb::MergeDemandsRequest) -> Result<Merge, Failure> {
    Ok(Merge {
        kept: named("kept", &request.kept)?,
        duplicate: named("duplicate", &request.duplicate)?,
        reason: request.reason,
    })
}

async fn merge(it: &Desk, request: Request<pb::MergeDemandsRequest>) -> Result<pb::Demand, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("merge_demands", &request.request_id, &request).validate_only(request.validate_only);
    let desk = it.clone();
    it.store
        .write(&call, write, read_merge(request), move |tx, command| {
            let desk = desk.clone();
            Box::pin(async move {
                let kept = super::merge(tx, &command).await?;
                Ok(written(&desk, kept, tx.today()))
            })
        })
        .await
}

async fn undo(it: &Desk, request: Request<pb::UndoDemandMergeRequest>) -> Result<pb::Demand, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("undo_demand_merge", &request.request_id, &request).validate_only(request.validate_only);
    let command =
        named("duplicate", &request.duplicate).map(|duplicate| Undo { duplicate, reason: request.reason });
    let desk = it.clone();
    it.store
        .write(&call, write, command, move |tx, command| {
            let desk = desk.clone();
            Box::pin(async move {
                let restored = super::undo(tx, &command).await?;
                Ok(written(&desk, restored, tx.today()))
            })
        })
        .await
}
