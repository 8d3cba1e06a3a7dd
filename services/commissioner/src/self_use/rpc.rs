//! `SelfUseService`: results that their unit uses itself, at the edge.

use canopy_kernel::id::SelfUseId;
use canopy_kernel::{Failure, Fen};
use canopy_persistence::{Write, db};
use canopy_platform::{Call, answer};
use canopy_proto::commissioner::v1 as pb;
use canopy_proto::commissioner::v1::self_use_service_server::SelfUseService;
use tonic::{Request, Response, Status};

use super::model::Statement;
use super::rule_term::Term;
use super::store::{self, Place};
use super::wire::message;
use super::{Record, Start, unknown};
use crate::edge::{Desk, day, named, opened, own_unit, unit_if_any};
use crate::empowerment::require_own;

/// The service.
pub(crate) struct SelfUseRpc(pub(crate) Desk);

#[tonic::async_trait]
impl SelfUseService for SelfUseRpc {
    async fn start_self_use(
        &self,
        request: Request<pb::StartSelfUseRequest>,
    ) -> Result<Response<pb::SelfUse>, Status> {
        answer(start(&self.0, request).await)
    }

    async fn record_operating_profit(
        &self,
        request: Request<pb::RecordOperatingProfitRequest>,
    ) -> Result<Response<pb::SelfUse>, Status> {
        answer(record(&self.0, request).await)
    }

    async fn get_self_use(
        &self,
        request: Request<pb::GetSelfUseRequest>,
    ) -> Result<Response<pb::SelfUse>, Status> {
        answer(get(&self.0, request).await)
    }

    async fn list_self_uses(
        &self,
        request: Request<pb::ListSelfUsesRequest>,
    ) -> Result<Response<pb::ListSelfUsesResponse>, Status> {
        answer(list(&self.0, request).await)
    }
}

fn read_start(it: &Desk, call: &Call, request: pb::StartSelfUseRequest) -> Result<Start, Failure> {
    let years = u32::try_from(request.years).unwrap_or_default();
    Ok(Start {
        empowerment: named("empowerment", &request.empowerment)?,
        unit: own_unit(call)?,
        term: Term {
            in_use_on: day("in_use_on", &request.in_use_on)?,
            years: it.config.transfer.self_use.bounds().admit(years)?,
        },
        number: request.self_use_no,
    })
}

async fn start(it: &Desk, request: Request<pb::StartSelfUseRequest>) -> Result<pb::SelfUse, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("start_self_use", &request.request_id, &request).validate_only(request.validate_only);
    it.store
        .write(&call, write, read_start(it, &call, request), |tx, command| {
            Box::pin(async move {
                let started = super::start(tx, &command).await?;
                Ok(message(&started, tx.today()))
            })
        })
        .await
}

fn read_profit(it: &Desk, call: &Call, request: pb::RecordOperatingProfitRequest) -> Result<Record, Failure> {
    Ok(Record {
        id: named("name", &request.name)?,
        unit: own_unit(call)?,
        statement: Statement {
            year_no: u32::try_from(request.year_no).unwrap_or_default(),
            profit: Fen::new(request.operating_profit_fen)?,
            award: Fen::new(request.award_fen)?,
        },
        floor: it.config.transfer.self_use.floor()?,
        etag: request.etag,
    })
}

async fn record(
    it: &Desk,
    request: Request<pb::RecordOperatingProfitRequest>,
) -> Result<pb::SelfUse, Failure> {
    let (call, request) = opened(request)?;
    let write = Write::new("record_operating_profit", &request.request_id, &request)
        .validate_only(request.validate_only);
    it.store
        .write(&call, write, read_profit(it, &call, request), |tx, command| {
            Box::pin(async move {
                let after = super::record(tx, &command).await?;
                Ok(message(&after, tx.today()))
            })
        })
        .await
}

async fn get(it: &Desk, request: Request<pb::GetSelfUseRequest>) -> Result<pb::SelfUse, Failure> {
    let (call, request) = opened(request)?;
    let day = it.store.as_of(&call, "as_of", &request.as_of)?;
    let unit = own_unit(&call)?;
    let mut conn = it.store.pool().acquire().await.map_err(db)?;
    let (id, field): (Option<SelfUseId>, _) = match request.name.is_empty() {
        false => (Some(named("name", &request.name)?), "name"),
        true => {
            let unit = unit_if_any(&call, "unit_uscc", &request.unit_uscc)?;
            (store::by_number(&mut conn, &request.self_use_no, unit).await?, "self_use_no")
        }
    };
    let found = store::load(&mut conn, id.as_slice()).await?.pop().ok_or_else(|| unknown(field))?;
    require_own(unit, found.unit)?;
    match found.term.in_use_on <= day {
        true => Ok(message(&found, day)),
        false => Err(unknown(field)),
    }
}

async fn list(
    it: &Desk,
    request: Request<pb::ListSelfUsesRequest>,
) -> Result<pb::ListSelfUsesResponse, Failure> {
    let (call, request) = opened(request)?;
    let query = pb::ListSelfUsesRequest { page_size: 0, page_token: String::new(), ..request.clone() };
    let page = it.store.page::<Place>(query, (request.page_size, &request.page_token), 100)?;
    let day = it.store.as_of(&call, "as_of", &request.as_of)?;
    let unit = unit_if_any(&call, "unit_uscc", &request.unit_uscc)?;
    let ids = store::page(it.store.pool(), unit, day, page.after.as_ref(), page.limit()).await?;
    let mut conn = it.store.pool().acquire().await.map_err(db)?;
    let found = store::load(&mut conn, &ids).await?;
    let (found, next_page_token) = it.store.cut(&page, found, Place::of)?;
    Ok(pb::ListSelfUsesResponse {
        self_uses: found.iter().map(|it| message(it, day)).collect(),
        next_page_token,
    })
}
