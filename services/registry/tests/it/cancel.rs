//! A caller that hangs up in the middle leaves all of a write or nothing.

use std::time::Duration;

use canopy_kernel::Role;
use canopy_proto::registry::v1 as pb;

use crate::rows::{code, firm};
use crate::suite::{Suite, id};

#[tokio::test]
async fn a_piece_whose_caller_hung_up_is_there_whole_or_not_at_all() {
    const ROWS: usize = 50;
    let suite = Suite::start().await;
    let mut seen = [false; 2];
    for round in 0..60 {
        let rows: Vec<_> = (round * ROWS..(round + 1) * ROWS).map(firm).collect();
        let mut subjects = suite.subjects(Role::Registrar);
        let request = pb::BatchImportEnterprisesRequest { rows: rows.clone() };
        // Doubles every fourth round, so that some callers hang up and some wait on any machine.
        let patience = Duration::from_micros(100 << (round / 4));
        let answered = tokio::time::timeout(patience, subjects.batch_import_enterprises(request)).await;
        seen[usize::from(answered.is_ok())] = true;
        // Whatever became of the first call, the second one answers every row: the first one's way or anew.
        let results = suite.enter(rows).await;
        assert!(results.iter().all(|row| row.refusal.is_none()));
        let repeated = results.iter().filter(|row| row.repeated_answer).count();
        assert!(repeated == 0 || repeated == ROWS, "{repeated} of {ROWS} rows");
    }
    assert_eq!(seen, [true; 2], "some callers hung up and some waited");
    let rows = i64::try_from(60 * ROWS).unwrap();
    for count in [
        "select count(*) from registry.subject",
        "select count(*) from registry.account",
        "select count(*) from platform.outbox",
        "select count(*) from platform.audit",
        "select count(*) from platform.idempotency",
    ] {
        assert_eq!(suite.count(count).await, rows, "{count}");
    }
    suite.close().await;
}

#[tokio::test]
async fn a_change_whose_caller_hung_up_happens_once() {
    let suite = Suite::start().await;
    suite.enter(vec![firm(1)]).await;
    for round in 0..40 {
        let request = pb::ChangeSubjectStatusRequest {
            request_id: id(),
            uscc: code(1),
            status: pb::SubjectStatus::MovedOut.into(),
            effective_on: "2022-09-01".to_owned(),
            ..Default::default()
        };
        let mut registrar = suite.subjects(Role::Registrar);
        let patience = Duration::from_micros(100 * round);
        let _ = tokio::time::timeout(patience, registrar.change_subject_status(request.clone())).await;
        let changed = registrar.change_subject_status(request).await.unwrap().into_inner();
        assert_eq!(changed.etag, (round + 2).to_string());
    }
    assert_eq!(suite.count("select count(*) from registry.subject_status").await, 40);
    suite.close().await;
}
