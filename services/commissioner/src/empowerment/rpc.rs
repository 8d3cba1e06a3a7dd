//! `EmpowermentService`: empowerments at the edge.

use canopy_kernel::id::EmpowermentId;
use canopy_kernel::{Failure, reason};
use canopy_persistence::edge::named;
use canopy_persistence::{ImportRow, Turn, Write, db};
use canopy_platform::{Call, answer, check};
use canopy_proto::commissioner::v1 as pb;
use canopy_proto::commissioner::v1::empowerment_service_server::EmpowermentService;
use canopy_proto::common::v1::RowResult;
use tonic::{Request, Response, Status, Streaming};

use super::model::{Basis, Dates, Grant};
use super::rule_rights::Rights;
use super::rule_share::Shares;
use super::store::{self, Place};
use super::wire::{co_owner, message};
use super::{Order, Stated, Step, require_own, unknown};
use crate::edge::{
    Answers, CATCH_UP, Desk, answers, day_if_any, day_text, opened, own_code, own_unit, rows_of, unit_if_any,
};

/// The service.
pub(crate) struct EmpowermentRpc(pub(crate) Desk);

#[tonic::async_trait]
impl EmpowermentService for EmpowermentRpc {
    type ImportEmpowermentsStream = Answers<pb::ImportEmpowermentsResponse>;

    async fn import_empowerments(
        &self,
        request: Request<Streaming<pb::ImportEmpowermentsRequest>>,
    ) -> Result<Response<Self::ImportEmpowermentsStream>, Status> {
        let it = self.0.clone();
        answer(Call::of(&request).map(|call| {
            answers(request.into_inner(), move |mut message: pb::ImportEmpowermentsRequest, turn| {
                let (it, call) = (it.clone(), call.clone());
                async move {
                    let rows = rows_of(&mut message, |it| &mut it.rows)?;
                    let results = piece(&it, &call, turn, &rows).await?;
                    Ok(pb::ImportEmpowermentsResponse { results })
                }
            })
        }))
    }

    async fn batch_import_empowerments(
        &self,
        request: Request<pb::BatchImportEmpowermentsRequest>,
    ) -> Result<Response<pb::BatchImportEmpowermentsResponse>, Status> {
        answer(batch(&self.0, request).await)
    }

    async fn apply_empowerment(
        &self,
        request: Request<pb::ApplyEmpowermentRequest>,
    ) -> Result<Response<pb::Empowerment>, Status> {
        answer(apply(&self.0, request).await)
    }

    async fn clear_rights(
        &self,
        request: Request<pb::ClearRightsRequest>,
    ) -> Result<Response<pb::Empowerment>, Status> {
        answer(clear_rights(&self.0, request).await)
    }

    async fn sign_agreement(
        &self,
        request: Request<pb::SignAgreementRequest>,
    ) -> Result<Response<pb::Empowerment>, Status> {
        answer(sign(&self.0, request).await)
    }

    async fn publish_empowerment(
        &self,
        request: Request<pb::PublishEmpowermentRequest>,
    ) -> Result<Response<pb::Empowerment>, Status> {
        answer(publish(&self.0, request).await)
    }

    async fn file_empowerment(
        &self,
        request: Request<pb::FileEmpowermentRequest>,
    ) -> Result<Response<pb::Empowerment>, Status> {
        answer(file(&self.0, request).await)
    }

    async fn change_agreement(
        &self,
        request: Request<pb::ChangeAgreementRequest>,
    ) -> Result<Response<pb::Empowerment>, Status> {
        answer(change(&self.0, request).await)
    }

    async fn terminate_empowerment(
        &self,
        request: Request<pb::TerminateEmpowermentRequest>,
    ) -> Result<Response<pb::Empowerment>, Status> {
        answer(terminate(&self.0, request).await)
    }

    async fn get_empowerment(
        &self,
        request: Request<pb::GetEmpowermentRequest>,
    ) -> Result<Response<pb::Empowerment>, Status> {
        answer(get(&self.0, request).await)
    }

    async fn list_empowerments(
        &self,
        request: Request<pb::ListEmpowermentsRequest>,
    ) -> Result<Response<pb::ListEmpowermentsResponse>, Status> {
        answer(list(&self.0, request).await)
    }

    async fn count_empowerments(
        &self,
        request: Request<pb::CountEmpowermentsRequest>,
    ) -> Result<Response<pb::CountEmpowermentsResponse>, Status> {
        answer(count(&self.0, request).await)
    }
}

/// Reads a footing with its term; full ownership has none.
fn basis(number: i32, term_years: i32) -> Result<Basis, Failure> {
    match (pb::EmpowermentBasis::try_from(number), u32::try_from(term_years)) {
        (Ok(pb::EmpowermentBasis::UnitOwned), Ok(term_years)) => Ok(Basis::UnitOwned { term_years }),
        (Ok(pb::EmpowermentBasis::OtherService), Ok(0)) => Ok(Basis::OtherService),
        (Ok(pb::EmpowermentBasis::OtherService), _) => {
            Err(Failure::new(&reason::FIELD_INVALID).on("term_years"))
        }
        _ => Err(Failure::new(&reason::ENUM_UNKNOWN).on("basis")),
    }
}

fn shares(parts: &[pb::InventorShare]) -> Vec<(String, i32)> {
    parts.iter().map(|part| (part.inventor.clone(), part.share_bp)).collect()
}

fn read(call: &Call, row: &pb::EmpowermentRow) -> Result<Stated, Failure> {
    let unit = own_code(call, "unit_uscc", &row.unit_uscc)?;
    check(row)?;
    Ok(Stated {
        grant: Grant {
            unit,
            number: row.empowerment_no.clone(),
            title: row.title.clone(),
            basis: basis(row.basis, row.term_years)?,
        },
        dates: Dates {
            applied_on: None,
            rights_cleared_on: None,
            publicity_posted_on: day_if_any("publicity_posted_on", &row.publicity_posted_on)?,
            filed_on: day_if_any("filed_on", &row.filed_on)?,
            start_on: day_if_any("start_on", &row.start_on)?,
            terminated_on: day_if_any("terminated_on", &row.terminated_on)?,
        },
        rights: Rights {
            disputed: row.disputed,
            classified: row.classified,
            co_owner: co_owner(row.co_owner),
        },
        shares: shares(&row.inventors),
        agreement_signed_on: day_if_any("agreement_signed_on", &row.agreement_signed_on)?,
    })
}

async fn piece(
    it: &Desk,
    call: &Call,
    turn: Turn,
    rows: &[pb::EmpowermentRow],
) -> Result<Vec<RowResult>, Failure> {
    // Units and bounds are the registry's: what it answered before this call counts.
    it.feed.catch_up(call, CATCH_UP).await?;
    let rows = rows
        .iter()
        .map(|row| ImportRow::of(row, &row.request_id, &row.external_ref, read(call, row)))
        .collect();
    it.store
        .import(call, "import_empowerments", turn, rows, |tx, rows| {
            Box::pin(async move { super::enter(tx, &rows).await })
        })
        .await
}

async fn batch(
    it: &Desk,
    request: Request<pb::BatchImportEmpowermentsRequest>,
) -> Result<pb::BatchImportEmpowermentsResponse, Failure> {
    let call = Call::of(&request)?;
    let rows = rows_of(&mut request.into_inner(), |it| &mut it.rows)?;
    let results = piece(it, &call, Turn::alone(), &rows).await?;
    Ok(pb::BatchImportEmpowermentsResponse { results })
}

async fn read_application(
    it: &Desk,
    call: &Call,
    request: pb::ApplyEmpowermentRequest,
) -> Result<Grant, Failure> {
    let grant = Grant {
        unit: own_code(call, "unit_uscc", &request.unit_uscc)?,
        basis: basis(request.basis, request.term_years)?,
        number: request.empowerment_no,
        title: request.title,
    };
    it.feed.catch_up(call, CATCH_UP).await?;
    Ok(grant)
}

async fn apply(it: &Desk, request: Request<pb::ApplyEmpowermentRequest>) -> Result<pb::Empowerment, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("apply_empowerment", &request.request_id, &request).validate_only(request.validate_only);
    let command = read_application(it, &call, request).await;
    it.store
        .write(&call, write, command, |tx, command| {
            Box::pin(async move {
                let applied = super::apply(tx, &command).await?;
                Ok(message(&applied, tx.today()))
            })
        })
        .await
}

/// What every step states: the empowerment and the version that was read.
struct Aim<'r> {
    name: &'r str,
    etag: &'r str,
}

async fn step(
    it: &Desk,
    call: &Call,
    write: Write,
    aim: Aim<'_>,
    step: Result<Step, Failure>,
) -> Result<pb::Empowerment, Failure> {
    let order = step.and_then(|step| {
        Ok(Order { id: named("name", aim.name)?, unit: own_unit(call)?, etag: aim.etag.to_owned(), step })
    });
    it.store
        .write(call, write, order, |tx, order| {
            Box::pin(async move {
                let after = super::step(tx, &order).await?;
                Ok(message(&after, tx.today()))
            })
        })
        .await
}

async fn clear_rights(
    it: &Desk,
    request: Request<pb::ClearRightsRequest>,
) -> Result<pb::Empowerment, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("clear_rights", &request.request_id, &request).validate_only(request.validate_only);
    let rights = Rights {
        disputed: request.disputed,
        classified: request.classified,
        co_owner: co_owner(request.co_owner),
    };
    let aim = Aim { name: &request.name, etag: &request.etag };
    step(it, &call, write, aim, Ok(Step::ClearRights(rights))).await
}

/// Reads shares under which every inventor's signature stands.
fn signed(parts: &[pb::InventorShare], signed_by: &[String]) -> Result<Shares, Failure> {
    let shares = Shares::new(shares(parts))?;
    shares.require_signed(signed_by)?;
    Ok(shares)
}

async fn sign(it: &Desk, request: Request<pb::SignAgreementRequest>) -> Result<pb::Empowerment, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("sign_agreement", &request.request_id, &request).validate_only(request.validate_only);
    let shares = signed(&request.shares, &request.signed_by);
    let aim = Aim { name: &request.name, etag: &request.etag };
    step(it, &call, write, aim, shares.map(Step::Sign)).await
}

async fn publish(
    it: &Desk,
    request: Request<pb::PublishEmpowermentRequest>,
) -> Result<pb::Empowerment, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("publish_empowerment", &request.request_id, &request).validate_only(request.validate_only);
    let aim = Aim { name: &request.name, etag: &request.etag };
    step(it, &call, write, aim, Ok(Step::Publish)).await
}

async fn file(it: &Desk, request: Request<pb::FileEmpowermentRequest>) -> Result<pb::Empowerment, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("file_empowerment", &request.request_id, &request).validate_only(request.validate_only);
    let start_on = day_if_any("start_on", &request.start_on);
    let publicity_days = it.config.transfer.empowerment_publicity_days;
    let aim = Aim { name: &request.name, etag: &request.etag };
    step(it, &call, write, aim, start_on.map(|on| Step::File(publicity_days, on))).await
}

async fn change(it: &Desk, request: Request<pb::ChangeAgreementRequest>) -> Result<pb::Empowerment, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("change_agreement", &request.request_id, &request).validate_only(request.validate_only);
    let shares = signed(&request.shares, &request.signed_by);
    let aim = Aim { name: &request.name, etag: &request.etag };
    step(it, &call, write, aim, shares.map(Step::Change)).await
}

async fn terminate(
    it: &Desk,
    request: Request<pb::TerminateEmpowermentRequest>,
) -> Result<pb::Empowerment, Failure> {
    let (call, request) = opened(request)?;
    let write = Write::new("terminate_empowerment", &request.request_id, &request)
        .validate_only(request.validate_only);
    let aim = Aim { name: &request.name, etag: &request.etag };
    step(it, &call, write, aim, Ok(Step::Terminate(request.reason.clone()))).await
}

async fn get(it: &Desk, request: Request<pb::GetEmpowermentRequest>) -> Result<pb::Empowerment, Failure> {
    let (call, request) = opened(request)?;
    let day = it.store.as_of(&call, "as_of", &request.as_of)?;
    let unit = own_unit(&call)?;
    let mut conn = it.store.pool().acquire().await.map_err(db)?;
    let id: EmpowermentId = match request.name.is_empty() {
        false => named("name", &request.name)?,
        true => {
            let found = store::by_numbers(&mut conn, &[request.empowerment_no], unit).await?;
            found.first().map(|(_, _, id)| *id).ok_or_else(unknown)?
        }
    };
    let found = store::load(&mut conn, &[id]).await?.pop().ok_or_else(unknown)?;
    require_own(unit, found.grant.unit)?;
    Ok(message(&found, day))
}

async fn list(
    it: &Desk,
    request: Request<pb::ListEmpowermentsRequest>,
) -> Result<pb::ListEmpowermentsResponse, Failure> {
    let (call, request) = opened(request)?;
    let query = pb::ListEmpowermentsRequest { page_size: 0, page_token: String::new(), ..request.clone() };
    let page = it.store.page::<Place>(query, (request.page_size, &request.page_token), 100)?;
    let day = it.store.as_of(&call, "as_of", &request.as_of)?;
    let unit = unit_if_any(&call, "unit_uscc", &request.unit_uscc)?;
    let ids = store::page(it.store.pool(), unit, page.after.as_ref(), page.limit()).await?;
    let mut conn = it.store.pool().acquire().await.map_err(db)?;
    let found = store::load(&mut conn, &ids).await?;
    let (found, next_page_token) = it.store.cut(&page, found, Place::of)?;
    let empowerments = found.iter().map(|it| message(it, day)).collect();
    Ok(pb::ListEmpowermentsResponse { empowerments, next_page_token })
}

async fn count(
    it: &Desk,
    request: Request<pb::CountEmpowermentsRequest>,
) -> Result<pb::CountEmpowermentsResponse, Failure> {
    let (call, request) = opened(request)?;
    let unit = unit_if_any(&call, "unit_uscc", &request.unit_uscc)?;
    let day = it.store.as_of(&call, "as_of", &request.as_of)?;
    let known_before = it.store.known_before("known_at", &request.known_at)?;
    let sums = store::count(it.store.pool(), unit, day, known_before).await?;
    Ok(pb::CountEmpowermentsResponse {
        in_force: sums.in_force,
        unit_owned: sums.unit_owned,
        other_service: sums.in_force - sums.unit_owned,
        longest_term_years: sums.longest_term_years,
        latest_last_on: day_text(sums.latest_last_on),
    })
}
