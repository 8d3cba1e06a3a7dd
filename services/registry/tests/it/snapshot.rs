//! Complete lists: what is missing ends, unless too much would.

use canopy_kernel::{Role, reason};
use canopy_proto::common::v1::ImportMode;
use canopy_proto::registry::v1 as pb;
use futures::StreamExt;
use tonic::Status;

use crate::refusal::{refused, row_refused};
use crate::rows::{code, firm};
use crate::suite::Suite;

async fn send(
    suite: &Suite,
    pieces: Vec<Vec<pb::EnterpriseRow>>,
    on: &str,
) -> Vec<Result<pb::ImportEnterprisesResponse, Status>> {
    let pieces = pieces.into_iter().map(|rows| pb::ImportEnterprisesRequest {
        mode: ImportMode::Snapshot.into(),
        snapshot_on: on.to_owned(),
        rows,
    });
    let pieces: Vec<_> = pieces.collect();
    let mut subjects = suite.subjects(Role::Registrar);
    match subjects.import_enterprises(futures::stream::iter(pieces)).await {
        Ok(answers) => answers.into_inner().collect().await,
        Err(status) => vec![Err(status)],
    }
}

async fn status(suite: &Suite, n: usize, as_of: &str) -> pb::SubjectStatus {
    let request = pb::GetSubjectRequest { name: code(n), as_of: as_of.to_owned() };
    suite.subjects(Role::Auditor).get_subject(request).await.unwrap().into_inner().status()
}

#[tokio::test]
async fn firms_that_a_complete_list_lacks_end_on_its_day() {
    let suite = Suite::start().await;
    let mut moved = firm(50);
    moved.status = pb::SubjectStatus::MovedOut.into();
    moved.status_changed_on = "2022-05-01".to_owned();
    suite.enter((0..40).map(firm).chain([moved]).collect()).await;

    // 2 of 40 active firms are exactly the 500 basis points allowed; one firm is new.
    let answers = send(
        &suite,
        vec![(0..20).map(firm).collect(), (20..38).map(firm).chain([firm(60), firm(60)]).collect()],
        "2022-10-01",
    )
    .await;
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    assert_eq!(answers.len(), 3);
    assert!(answers[0].results.iter().all(|row| row.name.starts_with("sub_")));
    // The new firm enters once; the second row of one piece is a duplicate.
    assert!(answers[1].results[18].name.starts_with("sub_"));
    row_refused(&answers[1].results[19], &reason::DUPLICATE_ENTERPRISE, "uscc");
    assert_eq!((answers[2].results.len(), answers[2].ended), (0, 2));
    assert_eq!(status(&suite, 38, "2022-09-30").await, pb::SubjectStatus::Active);
    assert_eq!(status(&suite, 38, "2022-10-01").await, pb::SubjectStatus::Deregistered);
    assert_eq!(status(&suite, 39, "2022-10-01").await, pb::SubjectStatus::Deregistered);
    assert_eq!(status(&suite, 0, "2022-10-01").await, pb::SubjectStatus::Active);
    // Who moved out is not in the city's list and does not end a second time.
    assert_eq!(status(&suite, 50, "2022-10-01").await, pb::SubjectStatus::MovedOut);

    let before = suite.tables().await;
    let again = send(&suite, vec![(0..38).map(firm).chain([firm(60)]).collect()], "2022-10-01").await;
    assert_eq!(again.into_iter().map(Result::unwrap).next_back().unwrap().ended, 0);
    assert_eq!(suite.tables().await, before);
    suite.close().await;
}

#[tokio::test]
async fn a_list_that_lacks_too_many_ends_nobody_and_keeps_the_new_ones() {
    let suite = Suite::start().await;
    suite.enter((0..40).map(firm).collect()).await;
    let answers = send(&suite, vec![(0..37).map(firm).collect()], "2022-10-01").await;
    let last = answers.into_iter().next_back().unwrap();
    let refusal = refused(last.map(tonic::Response::new), &reason::SNAPSHOT_SHRINKS_TOO_MUCH, "");
    assert_eq!(refusal.details()["ending"], "3");
    assert_eq!(refusal.details()["limit_bp"], "500");
    assert_eq!(suite.count("select count(*) from registry.subject_status").await, 0);
    suite.close().await;
}

#[tokio::test]
async fn a_list_of_which_a_piece_failed_ends_nobody_and_keeps_what_was_taken_before() {
    let suite = Suite::start().await;
    suite.enter((0..40).map(firm).collect()).await;
    // What came before the failure lacks two firms, as many as may end.
    let too_many = vec![firm(0); 1_001];
    let pieces = vec![(0..38).map(firm).chain([firm(60)]).collect(), too_many, vec![firm(61)]];
    let mut answers = send(&suite, pieces, "2022-10-01").await.into_iter();
    assert!(answers.next().unwrap().unwrap().results.iter().all(|row| row.name.starts_with("sub_")));
    let second = answers.next().unwrap();
    refused(second.map(tonic::Response::new), &reason::FIELD_TOO_LONG, "rows");
    assert!(answers.next().is_none());
    assert_eq!(suite.count("select count(*) from registry.subject_status").await, 0);
    assert_eq!(suite.count("select count(*) from registry.subject").await, 41);
    suite.close().await;
}

#[tokio::test]
async fn a_row_refused_for_another_fault_still_shows_that_the_list_has_the_firm() {
    let suite = Suite::start().await;
    suite.enter((0..2).map(firm).collect()).await;
    let mut faulty = firm(1);
    faulty.area_code = "x".to_owned();
    let answers = send(&suite, vec![vec![firm(0), faulty]], "2022-10-01").await;
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    row_refused(&answers[0].results[1], &reason::AREA_CODE_FORMAT, "area_code");
    assert_eq!(answers[1].ended, 0);
    suite.close().await;
}

#[tokio::test]
async fn a_complete_list_names_its_day() {
    let suite = Suite::start().await;
    let answers = send(&suite, vec![vec![firm(0)]], "").await;
    let first = answers.into_iter().next().unwrap();
    refused(first.map(tonic::Response::new), &reason::DATE_FORMAT, "snapshot_on");
    assert_eq!(suite.count("select count(*) from registry.subject").await, 0);
    suite.close().await;
}
