//! Objections: heard while publicity runs, and what they do to an entry.

use canopy_kernel::Role;
use canopy_proto::subsidy::v1 as pb;
use canopy_proto::subsidy::v1::run_service_client::RunServiceClient;

use crate::story::{CONFIRM_ON, FIRST, LAST_DAY, PAY_ON, POSTED_ON, code, terms};
use crate::suite::{Suite, id, person, reason_of};

fn objection(number: &str, n: usize) -> pb::FileObjectionRequest {
    pb::FileObjectionRequest {
        request_id: id(),
        objection_no: number.to_owned(),
        policy_code: "HNTE".to_owned(),
        uscc: code(n),
        objector: "乔明洋".to_owned(),
        contact: "13953026273".to_owned(),
        text: "乔明洋认为其人员结构不符合条件".to_owned(),
        ..Default::default()
    }
}

fn closing(number: &str, outcome: pb::ObjectionOutcome) -> pb::CloseObjectionRequest {
    pb::CloseObjectionRequest {
        request_id: id(),
        objection_no: number.to_owned(),
        outcome: outcome.into(),
        reason: "核查".to_owned(),
    }
}

async fn suite() -> Suite {
    let suite = Suite::start().await;
    suite.policy(terms()).await;
    suite.budget("BL01", 100 * FIRST).await;
    suite.firms(4);
    suite
}

#[tokio::test]
async fn an_open_objection_keeps_its_entry_out_and_the_rest_goes_on() {
    let suite = suite().await;
    let run = suite.published("HNTE").await;
    for (number, n) in [("YY-1", 1), ("YY-2", 2), ("YY-3", 3)] {
        suite.runs("zhang", LAST_DAY).file_objection(objection(number, n)).await.unwrap();
    }
    let states: Vec<_> = suite.candidates(&run.name).await.iter().map(|it| it.state()).collect();
    let (objected, publicised) = (pb::CandidateState::Objected, pb::CandidateState::Publicised);
    assert_eq!(states, [objected, objected, objected, publicised]);
    let mut zhang = suite.runs("zhang", CONFIRM_ON);
    let closed =
        zhang.close_objection(closing("YY-1", pb::ObjectionOutcome::Upheld)).await.unwrap().into_inner();
    assert_eq!((closed.outcome(), closed.closed_on.as_str()), (pb::ObjectionOutcome::Upheld, CONFIRM_ON));
    zhang.close_objection(closing("YY-2", pb::ObjectionOutcome::Dismissed)).await.unwrap();
    suite.confirm(&run.name, CONFIRM_ON).await.unwrap();
    let states: Vec<_> = suite.candidates(&run.name).await.iter().map(|it| it.state()).collect();
    let confirmed = pb::CandidateState::Confirmed;
    assert_eq!(states, [pb::CandidateState::Excluded, confirmed, objected, confirmed]);
    let batch = suite.batch(&run.name, PAY_ON).await.unwrap();
    assert_eq!((batch.lines, batch.total_fen), (2, 2 * FIRST));
    suite.approve(&batch.name, "liu").await.unwrap();
    suite.fund(&batch.name, PAY_ON).await.unwrap();
    assert_eq!(suite.exclusions("HNTE", PAY_ON).await, [(code(1), "OBJECTION_UPHELD".to_owned())]);
    suite.close().await;
}

#[tokio::test]
async fn an_objection_concerns_every_list_in_publicity_on_its_day() {
    let suite = suite().await;
    let (first, second) = (suite.published("HNTE").await, suite.published("HNTE").await);
    let filed =
        suite.runs("zhang", POSTED_ON).file_objection(objection("YY-1", 1)).await.unwrap().into_inner();
    assert_eq!(filed.runs, [first.name.clone(), second.name.clone()]);
    let close = closing("YY-1", pb::ObjectionOutcome::Upheld);
    suite.runs("zhang", CONFIRM_ON).close_objection(close).await.unwrap();
    for run in [first, second] {
        assert_eq!(suite.run(&run.name).await.excluded, 1);
    }
    suite.close().await;
}

#[tokio::test]
async fn an_anonymous_objection_is_kept_and_changes_nothing() {
    let suite = suite().await;
    let run = suite.published("HNTE").await;
    let anonymous = pb::FileObjectionRequest { objector: String::new(), ..objection("YY-1", 1) };
    let filed = suite.runs("zhang", POSTED_ON).file_objection(anonymous).await.unwrap().into_inner();
    assert_eq!((filed.accepted, filed.reason.as_str()), (false, "ANONYMOUS"));
    let close = closing("YY-1", pb::ObjectionOutcome::Upheld);
    let refused = suite.runs("zhang", POSTED_ON).close_objection(close).await;
    assert_eq!(reason_of(refused), "STATE_NOT_ALLOWED");
    let run = suite.confirm(&run.name, CONFIRM_ON).await.unwrap();
    assert_eq!((run.candidates, run.excluded), (4, 0));
    suite.close().await;
}

#[tokio::test]
async fn an_objection_that_cannot_be_heard_is_refused_and_leaves_no_trace() {
    let suite = suite().await;
    suite.published("HNTE").await;
    suite.runs("zhang", POSTED_ON).file_objection(objection("YY-1", 1)).await.unwrap();
    let before = suite.tables().await;
    let unknown = pb::FileObjectionRequest { policy_code: "NONE".to_owned(), ..objection("YY-2", 1) };
    let malformed = pb::FileObjectionRequest { uscc: "9142".to_owned(), ..objection("YY-2", 1) };
    for (day, request, reason) in [
        (CONFIRM_ON, objection("YY-2", 1), "PUBLICITY_CLOSED"),
        ("2022-09-06", objection("YY-2", 1), "PUBLICITY_CLOSED"),
        (LAST_DAY, objection("YY-2", 9), "UNKNOWN_CANDIDATE"),
        (LAST_DAY, objection("YY-1", 2), "DUPLICATE_OBJECTION"),
        (LAST_DAY, unknown, "UNKNOWN_POLICY"),
        (LAST_DAY, malformed, "USCC_FORMAT"),
    ] {
        assert_eq!(reason_of(suite.runs("zhang", day).file_objection(request).await), reason);
    }
    let close = closing("YY-9", pb::ObjectionOutcome::Upheld);
    assert_eq!(reason_of(suite.runs("zhang", LAST_DAY).close_objection(close).await), "UNKNOWN_OBJECTION");
    assert_eq!(suite.tables().await, before);
    suite.close().await;
}

#[tokio::test]
async fn who_objects_is_shown_to_the_bureau_alone_and_stands_encrypted() {
    let suite = suite().await;
    suite.published("HNTE").await;
    let request = objection("YY-1", 1);
    let first = suite.runs("zhang", POSTED_ON).file_objection(request.clone()).await.unwrap().into_inner();
    let again = suite.runs("zhang", POSTED_ON).file_objection(request).await.unwrap().into_inner();
    assert_eq!((first.objector.as_str(), &again), ("乔明洋", &first));
    let list = pb::ListObjectionsRequest { policy_code: "HNTE".to_owned(), ..Default::default() };
    let seen = suite.runs("zhang", POSTED_ON).list_objections(list.clone()).await.unwrap().into_inner();
    assert_eq!(seen.objections, [first]);
    let mut auditor = RunServiceClient::new(suite.calls(&person("audit", Role::Auditor), POSTED_ON));
    let seen = auditor.list_objections(list).await.unwrap().into_inner();
    assert_eq!(seen.objections[0].objector, "");
    suite.require_unreadable(&["乔明洋", "13953026273", "人员结构"]).await;
    suite.close().await;
}
