//! `QualificationService`: qualifications at the edge.

use canopy_kernel::{Failure, UsccRules, reason};
use canopy_persistence::{ImportRow, Turn, Write};
use canopy_platform::{Call, answer, check};
use canopy_proto::common::v1::RowResult;
use canopy_proto::registry::v1 as pb;
use canopy_proto::registry::v1::qualification_service_server::QualificationService;
use tonic::{Request, Response, Status, Streaming};

use super::model::{AssessmentResult, Grant, Qualification, QualificationLevel};
use super::store::{self, Counted, Group, Listing, Place};
use super::{Assess, Revoke, rule_number};
use crate::edge::{Answers, Registry, answers, day, day_if_any, day_text, opened, rows_of};
use canopy_kernel::on_the_wire;

on_the_wire!(QualificationLevel <=> pb::QualificationLevel { Municipal, Provincial, National });
on_the_wire!(AssessmentResult <=> pb::AssessmentResult { Excellent, Pass, Fail });

/// The service.
pub(crate) struct QualificationRpc(pub(crate) Registry);

#[tonic::async_trait]
impl QualificationService for QualificationRpc {
    type ImportQualificationsStream = Answers<pb::ImportQualificationsResponse>;

    async fn import_qualifications(
        &self,
        request: Request<Streaming<pb::ImportQualificationsRequest>>,
    ) -> Result<Response<Self::ImportQualificationsStream>, Status> {
        let it = self.0.clone();
        answer(Call::of(&request).map(|call| {
            answers(request.into_inner(), move |mut message: pb::ImportQualificationsRequest, turn| {
                let (it, call) = (it.clone(), call.clone());
                async move {
                    let rows = rows_of(&mut message, |it| &mut it.rows)?;
                    let results = piece(&it, &call, turn, &rows).await?;
                    Ok(pb::ImportQualificationsResponse { results })
                }
            })
        }))
    }

    async fn batch_import_qualifications(
        &self,
        request: Request<pb::BatchImportQualificationsRequest>,
    ) -> Result<Response<pb::BatchImportQualificationsResponse>, Status> {
        answer(batch(&self.0, request).await)
    }

    async fn grant_qualification(
        &self,
        request: Request<pb::GrantQualificationRequest>,
    ) -> Result<Response<pb::Qualification>, Status> {
        answer(grant(&self.0, request).await)
    }

    async fn revoke_qualification(
        &self,
        request: Request<pb::RevokeQualificationRequest>,
    ) -> Result<Response<pb::Qualification>, Status> {
        answer(revoke(&self.0, request).await)
    }

    async fn assess_qualification(
        &self,
        request: Request<pb::AssessQualificationRequest>,
    ) -> Result<Response<pb::Qualification>, Status> {
        answer(assess(&self.0, request).await)
    }

    async fn get_qualification(
        &self,
        request: Request<pb::GetQualificationRequest>,
    ) -> Result<Response<pb::Qualification>, Status> {
        answer(get(&self.0, request).await)
    }

    async fn list_qualifications(
        &self,
        request: Request<pb::ListQualificationsRequest>,
    ) -> Result<Response<pb::ListQualificationsResponse>, Status> {
        answer(list(&self.0, request).await)
    }

    async fn count_qualifications(
        &self,
        request: Request<pb::CountQualificationsRequest>,
    ) -> Result<Response<pb::CountQualificationsResponse>, Status> {
        answer(count(&self.0, request).await)
    }
}

/// The qualification on the wire.
pub(crate) fn message(qualification: Qualification) -> pb::Qualification {
    let grant = qualification.grant;
    pb::Qualification {
        name: qualification.id.to_string(),
        holder_uscc: grant.holder.to_string(),
        kind: grant.kind,
        level: level_to_wire(grant.level),
        tier: grant.tier,
        number: grant.number,
        granted_on: day_text(grant.granted_on),
        expires_on: day_text(grant.expires_on),
        first_recognition: grant.first_recognition,
        assessment: grant.assessment.map_or(0, AssessmentResult::to_wire),
        batch_no: grant.batch_no,
        revoked_on: day_text(grant.revoked_on),
        superseded_on: day_text(qualification.superseded_on),
        etag: qualification.version.to_string(),
    }
}

fn level_to_wire(level: Option<QualificationLevel>) -> i32 {
    level.map_or(0, QualificationLevel::to_wire)
}

/// Reads a row: codes first, then the rest.
fn read(codes: &UsccRules, row: &pb::QualificationRow) -> Result<Grant, Failure> {
    let holder = codes.parse(&row.holder_uscc).map_err(|failure| failure.on("holder_uscc"))?;
    check(row)?;
    rule_number::require_word(&row.kind)?;
    rule_number::require_form(&row.kind, &row.number)?;
    Ok(Grant {
        holder,
        kind: row.kind.clone(),
        level: QualificationLevel::from_wire(row.level),
        tier: row.tier,
        number: row.number.clone(),
        granted_on: day_if_any("granted_on", &row.granted_on)?,
        expires_on: day_if_any("expires_on", &row.expires_on)?,
        first_recognition: row.first_recognition,
        assessment: AssessmentResult::from_wire(row.assessment),
        batch_no: row.batch_no,
        revoked_on: day_if_any("revoked_on", &row.revoked_on)?,
    })
}

async fn piece(
    it: &Registry,
    call: &Call,
    turn: Turn,
    rows: &[pb::QualificationRow],
) -> Result<Vec<RowResult>, Failure> {
    let rows = rows
        .iter()
        .map(|row| {
            ImportRow::of(row, &row.request_id, &row.external_ref, read(&it.codes, row))
                .about(|it| [it.holder])
        })
        .collect();
    it.store
        .import(call, "import_qualifications", turn, rows, |tx, rows| {
            Box::pin(async move { super::grant(tx, &rows).await })
        })
        .await
}

async fn batch(
    it: &Registry,
    request: Request<pb::BatchImportQualificationsRequest>,
) -> Result<pb::BatchImportQualificationsResponse, Failure> {
    let call = Call::of(&request)?;
    let rows = rows_of(&mut request.into_inner(), |it| &mut it.rows)?;
    let results = piece(it, &call, Turn::alone(), &rows).await?;
    Ok(pb::BatchImportQualificationsResponse { results })
}

async fn grant(
    it: &Registry,
    request: Request<pb::GrantQualificationRequest>,
) -> Result<pb::Qualification, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("grant_qualification", &request.request_id, &request).validate_only(request.validate_only);
    let row = request.row.unwrap_or_default();
    let command = read(&it.codes, &row);
    it.store
        .write(&call, write.external_ref(&row.external_ref), command, |tx, command| {
            Box::pin(async move { super::grant_one(tx, &command).await.map(message) })
        })
        .await
}

fn read_revocation(request: pb::RevokeQualificationRequest) -> Result<Revoke, Failure> {
    Ok(Revoke {
        id: request.name.parse().map_err(|failure: Failure| failure.on("name"))?,
        revoked_on: day("revoked_on", &request.revoked_on)?,
        reason: request.reason,
        etag: request.etag,
    })
}

async fn revoke(
    it: &Registry,
    request: Request<pb::RevokeQualificationRequest>,
) -> Result<pb::Qualification, Failure> {
    let (call, request) = opened(request)?;
    let write = Write::new("revoke_qualification", &request.request_id, &request)
        .validate_only(request.validate_only);
    it.store
        .write(&call, write, read_revocation(request), |tx, command| {
            Box::pin(async move { super::revoke(tx, &command).await.map(message) })
        })
        .await
}

fn read_assessment(request: &pb::AssessQualificationRequest) -> Result<Assess, Failure> {
    let result = AssessmentResult::from_wire(request.result);
    Ok(Assess {
        id: request.name.parse().map_err(|failure: Failure| failure.on("name"))?,
        assessed_on: day("assessed_on", &request.assessed_on)?,
        result: result.ok_or_else(|| Failure::new(&reason::ENUM_UNKNOWN).on("result"))?,
    })
}

async fn assess(
    it: &Registry,
    request: Request<pb::AssessQualificationRequest>,
) -> Result<pb::Qualification, Failure> {
    let (call, request) = opened(request)?;
    let write = Write::new("assess_qualification", &request.request_id, &request)
        .validate_only(request.validate_only);
    it.store
        .write(&call, write, read_assessment(&request), |tx, command| {
            Box::pin(async move { super::assess(tx, &command).await.map(message) })
        })
        .await
}

async fn get(
    it: &Registry,
    request: Request<pb::GetQualificationRequest>,
) -> Result<pb::Qualification, Failure> {
    let (call, request) = opened(request)?;
    let day = it.store.as_of(&call, "as_of", &request.as_of)?;
    let id = request.name.parse().map_err(|failure: Failure| failure.on("name"))?;
    let found = store::find(it.store.pool(), id, day).await?;
    let found = found.ok_or_else(|| Failure::new(&reason::UNKNOWN_RECORD).on("name"))?;
    Ok(message(found.as_of(day)))
}

async fn list(
    it: &Registry,
    request: Request<pb::ListQualificationsRequest>,
) -> Result<pb::ListQualificationsResponse, Failure> {
    let (call, request) = opened(request)?;
    let query = pb::ListQualificationsRequest { page_size: 0, page_token: String::new(), ..request.clone() };
    let page = it.store.page::<Place>(query, (request.page_size, &request.page_token), 100)?;
    let live_on = day_if_any("live_on", &request.live_on)?;
    let day = live_on.unwrap_or_else(|| it.store.today(&call));
    let asked = Listing {
        holder: it.code_if_any(&call, "holder_uscc", &request.holder_uscc)?,
        kind: &request.kind,
        live_on,
        day,
        after: page.after.as_ref(),
        limit: page.limit(),
    };
    let found = store::list(it.store.pool(), &asked).await?;
    let (found, next_page_token) = it.store.cut(&page, found, Place::of)?;
    let qualifications = found.into_iter().map(|found| message(found.as_of(day))).collect();
    Ok(pb::ListQualificationsResponse { qualifications, next_page_token })
}

async fn count(
    it: &Registry,
    request: Request<pb::CountQualificationsRequest>,
) -> Result<pb::CountQualificationsResponse, Failure> {
    let (call, request) = opened(request)?;
    let asked = Counted {
        kind: &request.kind,
        day: it.store.as_of(&call, "as_of", &request.as_of)?,
        known_before: it.store.known_before("known_at", &request.known_at)?,
        granted_from: day_if_any("granted_from", &request.granted_from)?,
        granted_to: day_if_any("granted_to", &request.granted_to)?,
        live_only: request.live_only,
        first_recognition_only: request.first_recognition_only,
    };
    let mut answer = pb::CountQualificationsResponse::default();
    for group in store::count(it.store.pool(), &asked).await? {
        match group.of {
            Some((level, batch_no)) => answer.counts.push(count_message(level, batch_no, &group)),
            None => {
                answer.holders = group.holders;
                answer.recognitions = group.recognitions;
                answer.latest_granted_on = day_text(group.latest_granted_on);
            }
        }
    }
    Ok(answer)
}

fn count_message(level: Option<QualificationLevel>, batch_no: i32, group: &Group) -> pb::QualificationCount {
    pb::QualificationCount {
        level: level_to_wire(level),
        batch_no,
        recognitions: group.recognitions,
        holders: group.holders,
        latest_granted_on: day_text(group.latest_granted_on),
        upgrades: group.upgrades,
    }
}
