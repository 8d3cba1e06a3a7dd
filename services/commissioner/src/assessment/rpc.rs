//! The RPCs about assessments and rectifications, and their messages.

use canopy_kernel::id::{AssessmentId, RequestId};
use canopy_kernel::{Failure, on_the_wire, reason};
use canopy_persistence::edge::named;
use canopy_persistence::{Write, is_remembered};
use canopy_platform::Call;
use canopy_proto::commissioner::v1 as pb;
use jiff::civil::Date;
use tonic::Request;
use uuid::Uuid;

use super::model::{Assessment, Closing, State};
use super::rule_outcome::{Grade, Outcome};
use super::store::{self, Listing};
use super::{Assess, Close, Laid};
use crate::edge::{CATCH_UP, Desk, day, day_text, named_if_any, opened, own_code};
use crate::recognition::rpc::own;

on_the_wire!(Grade <=> pb::AssessmentGrade { Excellent, Pass, Fail });
on_the_wire!(Outcome => pb::AssessmentOutcome { Excellent, Pass, Rectify, Revoked });
on_the_wire!(State => pb::AssessmentState { Recognised, Rectify, Revoked, Superseded });

/// The assessment on the wire, as of a day.
pub(crate) fn message(assessment: &Assessment, day: Date) -> pb::Assessment {
    let rectified_on = assessment.rectified_on().filter(|on| *on <= day);
    // The bureau's own evidence stands, also where another hand's pass of an earlier day was told later.
    let closing = assessment.closing.as_ref().filter(|it| it.on <= day);
    pb::Assessment {
        name: assessment.id.to_string(),
        qualification: assessment.qualification.to_string(),
        holder_uscc: assessment.holder.to_string(),
        assessed_on: assessment.assessed_on.to_string(),
        grade: assessment.grade.to_wire(),
        outcome: assessment.outcome.to_wire(),
        state: assessment.state_on(day).to_wire(),
        closed_on: day_text(rectified_on),
        evidence: closing.map(|it| it.evidence.clone()).unwrap_or_default(),
        etag: assessment.version.to_string(),
    }
}

/// Reads the id of a request, under which the registry is asked as well.
pub(crate) fn request_id(text: &str) -> Result<RequestId, Failure> {
    let read = Uuid::parse_str(text).map(RequestId::new);
    read.map_err(|_| Failure::new(&reason::REQUEST_ID_MISSING).on("request_id"))
}

async fn read(it: &Desk, call: &Call, request: &pb::AssessInstitutionRequest) -> Result<Assess, Failure> {
    let grade = Grade::from_wire(request.grade);
    let assess = Assess {
        request: request_id(&request.request_id)?,
        validate_only: request.validate_only,
        qualification: named("qualification", &request.qualification)?,
        grade: grade.ok_or_else(|| Failure::new(&reason::ENUM_UNKNOWN).on("grade"))?,
        fails_to_revoke: it.config.recognition.fails_to_revoke,
    };
    it.feed.catch_up(call, CATCH_UP).await?;
    Ok(assess)
}

/// Has the registry record an assessment, outside of any transaction: it is laid down before, and settled afterwards.
async fn recorded(it: &Desk, call: &Call, assess: Assess) -> Result<Laid, Failure> {
    let laid = it
        .store
        .job_tx(call, "lay_down_assessment", move |tx| {
            Box::pin(async move { super::lay_down(tx, &assess).await })
        })
        .await?;
    let Err(failure) = it.registry.record(call, &laid).await else { return Ok(laid) };
    if is_remembered(&failure) && !laid.validate_only {
        // What the registry has recorded for another call of the same stands.
        it.feed.catch_up(call, CATCH_UP).await?;
        let refused = laid.assessment;
        it.store
            .job_tx(call, "take_back_assessment", move |tx| {
                let refused = refused.clone();
                Box::pin(async move { super::take_back(tx, &refused).await })
            })
            .await?;
    }
    Err(failure)
}

pub(crate) async fn assess(
    it: &Desk,
    request: Request<pb::AssessInstitutionRequest>,
) -> Result<pb::AssessInstitutionResponse, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("assess_institution", &request.request_id, &request).validate_only(request.validate_only);
    if let Some(before) = it.store.answered(&call, &write).await? {
        return Ok(before);
    }
    let laid = match read(it, &call, &request).await {
        Ok(assess) => recorded(it, &call, assess).await,
        Err(failure) => Err(failure),
    };
    it.store
        .write(&call, write, laid, |tx, laid| {
            Box::pin(async move {
                let assessment = super::settle(tx, &laid).await?;
                Ok(pb::AssessInstitutionResponse {
                    qualification: assessment.qualification.to_string(),
                    assessed_on: assessment.assessed_on.to_string(),
                    outcome: assessment.outcome.to_wire(),
                    assessment: assessment.id.to_string(),
                })
            })
        })
        .await
}

async fn read_closing(
    it: &Desk,
    call: &Call,
    request: pb::CloseRectificationRequest,
) -> Result<Close, Failure> {
    let close = Close {
        id: named("name", &request.name)?,
        closing: Closing { on: day("closed_on", &request.closed_on)?, evidence: request.evidence },
        etag: request.etag,
    };
    it.feed.catch_up(call, CATCH_UP).await?;
    Ok(close)
}

pub(crate) async fn close(
    it: &Desk,
    request: Request<pb::CloseRectificationRequest>,
) -> Result<pb::Assessment, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("close_rectification", &request.request_id, &request).validate_only(request.validate_only);
    let command = read_closing(it, &call, request).await;
    it.store
        .write(&call, write, command, |tx, command| {
            Box::pin(async move {
                let today = tx.today();
                super::close(tx, &command).await.map(|it| message(&it, today))
            })
        })
        .await
}

pub(crate) async fn list(
    it: &Desk,
    request: Request<pb::ListAssessmentsRequest>,
) -> Result<pb::ListAssessmentsResponse, Failure> {
    let (call, request) = opened(request)?;
    let query = pb::ListAssessmentsRequest { page_size: 0, page_token: String::new(), ..request.clone() };
    let page = it.store.page::<AssessmentId>(query, (request.page_size, &request.page_token), 100)?;
    let day = it.store.as_of(&call, "as_of", &request.as_of)?;
    let asked = Listing {
        qualification: named_if_any("qualification", &request.qualification)?,
        holder: match request.holder_uscc.is_empty() {
            true => own(&call)?,
            false => Some(own_code(&call, "holder_uscc", &request.holder_uscc)?),
        },
        to_rectify_only: request.to_rectify_only,
        day,
        after: page.after.as_ref(),
        limit: page.limit(),
    };
    let found = store::list(it.store.pool(), &asked).await?;
    let (found, next_page_token) = it.store.cut(&page, found, |it| it.id)?;
    let assessments = found.iter().map(|found| message(found, day)).collect();
    Ok(pb::ListAssessmentsResponse { assessments, next_page_token })
}
