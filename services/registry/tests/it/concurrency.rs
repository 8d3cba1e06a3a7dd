//! Many importers at once, and streams of every kind.

use canopy_kernel::{Role, reason};
use canopy_proto::registry::v1 as pb;
use futures::StreamExt;
use futures::future::join_all;

use crate::refusal::refused;
use crate::rows::{firm, institute, qualification};
use crate::suite::Suite;

#[tokio::test]
async fn of_many_importers_of_one_firm_exactly_one_enters_it() {
    let suite = Suite::start().await;
    // Each importer sends the same firms, every second one in the other direction.
    let pieces = (0..8).map(|importer| {
        let mut rows: Vec<_> = (0..100).map(firm).collect();
        if importer % 2 == 1 {
            rows.reverse();
        }
        suite.enter(rows)
    });
    let answers = join_all(pieces).await;
    let taken = answers.iter().flatten().filter(|row| row.refusal.is_none()).count();
    assert_eq!(taken, 100);
    for count in ["select count(*) from registry.subject", "select count(*) from platform.outbox"] {
        assert_eq!(suite.count(count).await, 100, "{count}");
    }
    suite.close().await;
}

#[tokio::test]
async fn two_levels_granted_at_once_never_live_side_by_side() {
    let suite = Suite::start().await;
    suite.enter((0..10).map(firm).collect()).await;
    let grant = |holder: usize, level: pb::QualificationLevel, day: &str| pb::QualificationRow {
        level: level.into(),
        ..qualification(holder, "TRANSFER_INSTITUTION", &format!("{level:?}-{holder}"), day)
    };
    let pieces = (0..10).flat_map(|holder| {
        let lower = grant(holder, pb::QualificationLevel::Municipal, "2022-03-01");
        let higher = grant(holder, pb::QualificationLevel::Provincial, "2022-06-01");
        [suite.grant(vec![lower]), suite.grant(vec![higher])]
    });
    assert!(join_all(pieces).await.iter().flatten().all(|row| row.refusal.is_none()));
    for (day, level) in [
        ("2022-05-31", pb::QualificationLevel::Municipal),
        ("2022-06-01", pb::QualificationLevel::Provincial),
    ] {
        let request = pb::CountQualificationsRequest {
            kind: "TRANSFER_INSTITUTION".to_owned(),
            as_of: day.to_owned(),
            live_only: true,
            ..Default::default()
        };
        let counted = suite.qualifications(Role::Auditor).count_qualifications(request).await.unwrap();
        let counts: Vec<_> = counted.into_inner().counts.iter().map(|it| (it.level(), it.holders)).collect();
        assert_eq!(counts, [(level, 10)], "{day}");
    }
    suite.close().await;
}

#[tokio::test]
async fn institutes_and_qualifications_come_as_streams_too() {
    let suite = Suite::start().await;
    let pieces = [vec![institute(1), institute(1)], vec![institute(2)]]
        .map(|rows| pb::ImportInstitutesRequest { rows });
    let mut subjects = suite.subjects(Role::Registrar);
    let answers = subjects.import_institutes(futures::stream::iter(pieces)).await.unwrap().into_inner();
    let answers: Vec<_> = answers.map(|it| it.unwrap().results).collect().await;
    let taken = |rows: &Vec<_>| {
        rows.iter().map(|row: &canopy_proto::common::v1::RowResult| row.refusal.is_none()).collect::<Vec<_>>()
    };
    assert_eq!(answers.iter().map(taken).collect::<Vec<_>>(), [vec![true, false], vec![true]]);

    suite.enter(vec![firm(1)]).await;
    let grant =
        |holder, serial: u32| qualification(holder, "HNTE", &format!("GR202242{serial:06}"), "2022-10-12");
    let pieces = [vec![grant(1, 1)], vec![grant(2, 2), grant(1, 1)]]
        .map(|rows| pb::ImportQualificationsRequest { rows });
    let mut qualifications = suite.qualifications(Role::Registrar);
    let answers =
        qualifications.import_qualifications(futures::stream::iter(pieces)).await.unwrap().into_inner();
    let answers: Vec<_> = answers.map(|it| it.unwrap().results).collect().await;
    assert_eq!(answers.iter().map(taken).collect::<Vec<_>>(), [vec![true], vec![false, false]]);
    suite.close().await;
}

#[tokio::test]
async fn a_piece_of_more_than_a_thousand_rows_is_refused_and_ends_the_stream() {
    let suite = Suite::start().await;
    let piece = |count: usize| pb::ImportEnterprisesRequest {
        rows: (0..count).map(firm).collect(),
        ..Default::default()
    };
    let mut subjects = suite.subjects(Role::Registrar);
    let pieces = futures::stream::iter([piece(1), piece(1001), piece(2)]);
    let answers = subjects.import_enterprises(pieces).await.unwrap().into_inner();
    let mut answers: Vec<_> = answers.collect().await;
    assert_eq!(answers.len(), 2);
    let last = answers.pop().unwrap();
    refused(last.map(tonic::Response::new), &reason::FIELD_TOO_LONG, "rows");
    let request = pb::BatchImportEnterprisesRequest { rows: piece(1001).rows };
    refused(subjects.batch_import_enterprises(request).await, &reason::FIELD_TOO_LONG, "rows");
    assert_eq!(suite.count("select count(*) from registry.subject").await, 1);
    suite.close().await;
}
