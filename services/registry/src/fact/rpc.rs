//! `FactService`: facts at the edge.

use canopy_kernel::{Failure, reason};
use canopy_persistence::Write;
use canopy_platform::answer;
use canopy_proto::registry::v1 as pb;
use canopy_proto::registry::v1::fact_service_server::FactService;
use tonic::{Request, Response, Status};

use super::model::{Fact, FactUnit, Statement};
use super::store::{self, Listing, Place};
use crate::edge::{Registry, day, opened};

/// The service.
pub(crate) struct FactRpc(pub(crate) Registry);

#[tonic::async_trait]
impl FactService for FactRpc {
    async fn record_fact(
        &self,
        request: Request<pb::RecordFactRequest>,
    ) -> Result<Response<pb::Fact>, Status> {
        answer(record(&self.0, request).await)
    }

    async fn list_facts(
        &self,
        request: Request<pb::ListFactsRequest>,
    ) -> Result<Response<pb::ListFactsResponse>, Status> {
        answer(list(&self.0, request).await)
    }
}

/// The fact on the wire.
pub(crate) fn message(fact: Fact) -> pb::Fact {
    let statement = fact.statement;
    pb::Fact {
        name: fact.id.to_string(),
        uscc: statement.uscc.to_string(),
        kind: statement.kind,
        value: statement.value,
        unit: statement.unit.as_str().to_owned(),
        occurred_on: statement.occurred_on.to_string(),
        source: statement.source,
        evidence_no: statement.evidence_no,
    }
}

fn read(it: &Registry, request: pb::RecordFactRequest) -> Result<Statement, Failure> {
    let statement = Statement {
        uscc: it.code("uscc", &request.uscc)?,
        kind: request.kind,
        value: request.value,
        unit: FactUnit::stored(&request.unit).map_err(|_| Failure::new(&reason::ENUM_UNKNOWN).on("unit"))?,
        occurred_on: day("occurred_on", &request.occurred_on)?,
        source: request.source,
        evidence_no: request.evidence_no,
    };
    statement.require_value()?;
    Ok(statement)
}

async fn record(it: &Registry, request: Request<pb::RecordFactRequest>) -> Result<pb::Fact, Failure> {
    let (call, request) = opened(request)?;
    let write = Write::new("record_fact", &request.request_id, &request).validate_only(request.validate_only);
    it.store
        .write(&call, write, read(it, request), |tx, command| {
            Box::pin(async move { super::record(tx, &command).await.map(message) })
        })
        .await
}

async fn list(
    it: &Registry,
    request: Request<pb::ListFactsRequest>,
) -> Result<pb::ListFactsResponse, Failure> {
    let (call, request) = opened(request)?;
    let query = pb::ListFactsRequest { page_size: 0, page_token: String::new(), ..request.clone() };
    let page = it.store.page::<Place>(query, (request.page_size, &request.page_token), 100)?;
    let asked = Listing {
        uscc: it.own_code(&call, "uscc", &request.uscc)?,
        kind: &request.kind,
        day: it.store.as_of(&call, "as_of", &request.as_of)?,
        known_before: it.store.known_before("known_at", &request.known_at)?,
        after: page.after.as_ref(),
        limit: page.limit(),
    };
    let found = store::list(it.store.pool(), &asked).await?;
    let (found, next_page_token) = it.store.cut(&page, found, Place::of)?;
    Ok(pb::ListFactsResponse { facts: found.into_iter().map(message).collect(), next_page_token })
}
