//! The RPCs about objections, and their messages. Who objects is shown to the bureau alone.

use canopy_kernel::{Failure, Role, reason};
use canopy_persistence::Write;
use canopy_platform::Call;
use canopy_proto::subsidy::v1 as pb;
use tonic::Request;
use uuid::Uuid;

use super::model::{Outcome, State};
use super::{Close, File, Filed, store};
use crate::edge::{Subsidy, code, day_text, opened};

/// The objection on the wire.
fn message(filed: Filed) -> pb::Objection {
    let Filed { objection, runs, objector } = filed;
    let (outcome, closed_on) = match objection.state {
        State::Closed { outcome: Outcome::Upheld, on } => (pb::ObjectionOutcome::Upheld, Some(on)),
        State::Closed { outcome: Outcome::Dismissed, on } => (pb::ObjectionOutcome::Dismissed, Some(on)),
        State::NotAccepted | State::Open => (pb::ObjectionOutcome::Unspecified, None),
    };
    let accepted = objection.state.is_accepted();
    pb::Objection {
        name: objection.id.to_string(),
        objection_no: objection.objection_no,
        policy_code: objection.policy_code,
        uscc: objection.uscc,
        runs: runs.into_iter().map(|run| run.to_string()).collect(),
        filed_on: objection.filed_on.to_string(),
        accepted,
        reason: if accepted { String::new() } else { reason::ANONYMOUS.name.to_owned() },
        outcome: outcome.into(),
        closed_on: day_text(closed_on),
        objector,
    }
}

fn is_bureau(call: &Call) -> bool {
    call.actor().has(Role::StBureau)
}

pub(crate) async fn file(
    it: &Subsidy,
    request: Request<pb::FileObjectionRequest>,
) -> Result<pb::Objection, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("file_objection", &request.request_id, &request).validate_only(request.validate_only);
    let command = code(&request.uscc).map(|uscc| File {
        uscc,
        objection_no: request.objection_no,
        policy_code: request.policy_code,
        objector: request.objector,
        contact: request.contact,
        words: request.text,
    });
    let for_bureau = is_bureau(&call);
    // The answer is kept for repeats, so the name is added to it only on its way out.
    let filed = it.store.write(&call, write, command, |tx, command| {
        Box::pin(async move { super::file(tx, &command).await.map(message) })
    });
    with_objector(it, filed.await?, for_bureau).await
}

fn read_outcome(stated: pb::ObjectionOutcome) -> Result<Outcome, Failure> {
    match stated {
        pb::ObjectionOutcome::Upheld => Ok(Outcome::Upheld),
        pb::ObjectionOutcome::Dismissed => Ok(Outcome::Dismissed),
        pb::ObjectionOutcome::Unspecified => Err(Failure::new(&reason::ENUM_UNKNOWN).on("outcome")),
    }
}

pub(crate) async fn close(
    it: &Subsidy,
    request: Request<pb::CloseObjectionRequest>,
) -> Result<pb::Objection, Failure> {
    let (call, request) = opened(request)?;
    let write = Write::new("close_objection", &request.request_id, &request);
    let outcome = read_outcome(request.outcome());
    let command =
        outcome.map(|outcome| Close { objection_no: request.objection_no, outcome, reason: request.reason });
    let for_bureau = is_bureau(&call);
    let closed = it.store.write(&call, write, command, |tx, command| {
        Box::pin(async move { super::close(tx, &command).await.map(message) })
    });
    with_objector(it, closed.await?, for_bureau).await
}

/// Adds the name of the objector from its encrypted column.
async fn with_objector(
    it: &Subsidy,
    objection: pb::Objection,
    for_bureau: bool,
) -> Result<pb::Objection, Failure> {
    if !for_bureau {
        return Ok(objection);
    }
    let objector = store::objector(&it.store, &objection.objection_no).await?;
    Ok(pb::Objection { objector, ..objection })
}

pub(crate) async fn list(
    it: &Subsidy,
    request: Request<pb::ListObjectionsRequest>,
) -> Result<pb::ListObjectionsResponse, Failure> {
    let (call, request) = opened(request)?;
    let query = ("objections", &request.policy_code);
    let page = it.store.page::<String>(query, (request.page_size, &request.page_token), 100)?;
    let after = page.after.as_deref().unwrap_or_default();
    let found = store::list(&it.store, &request.policy_code, after, page.limit()).await?;
    let (found, next_page_token) =
        it.store.cut(&page, found, |(objection, _)| objection.objection_no.clone())?;
    let ids: Vec<Uuid> = found.iter().map(|(objection, _)| objection.id.as_uuid()).collect();
    let mut runs = store::runs_of(&it.store, &ids).await?;
    let for_bureau = is_bureau(&call);
    let objections = found
        .into_iter()
        .map(|(objection, objector)| {
            let runs = runs.remove(&objection.id.as_uuid()).unwrap_or_default();
            let objector = if for_bureau { objector } else { String::new() };
            message(Filed { objection, runs, objector })
        })
        .collect();
    Ok(pb::ListObjectionsResponse { objections, next_page_token })
}
