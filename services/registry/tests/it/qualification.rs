//! Qualifications: refusals, liveness, levels, revocation, assessment and counts.

use canopy_kernel::{Reason, Role, reason};
use canopy_proto::registry::v1 as pb;

use crate::refusal::{refused, row_refused};
use crate::rows::{code, firm, qualification};
use crate::suite::{Suite, id};

const INSTITUTION: &str = "TRANSFER_INSTITUTION";

fn levelled(holder: usize, level: pb::QualificationLevel, number: &str, day: &str) -> pb::QualificationRow {
    pb::QualificationRow { level: level.into(), ..qualification(holder, INSTITUTION, number, day) }
}

/// A high-tech certificate of three years.
fn certificate(holder: usize, serial: u32, granted_on: &str, expires_on: &str) -> pb::QualificationRow {
    let number = format!("GR202242{serial:06}");
    pb::QualificationRow {
        expires_on: expires_on.to_owned(),
        ..qualification(holder, "HNTE", &number, granted_on)
    }
}

async fn live(suite: &Suite, holder: usize, day: &str) -> Vec<String> {
    let request = pb::ListQualificationsRequest {
        holder_uscc: code(holder),
        live_on: day.to_owned(),
        ..Default::default()
    };
    let answer = suite.qualifications(Role::Auditor).list_qualifications(request).await.unwrap();
    answer.into_inner().qualifications.into_iter().map(|it| it.number).collect()
}

async fn count(suite: &Suite, request: pb::CountQualificationsRequest) -> pb::CountQualificationsResponse {
    suite.qualifications(Role::Auditor).count_qualifications(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn each_bad_row_is_refused_with_its_reason_and_leaves_no_trace() {
    let suite = Suite::start().await;
    suite.enter(vec![firm(1), firm(2)]).await;
    suite.grant(vec![levelled(1, pb::QualificationLevel::Provincial, "S-1", "2017-07-20")]).await;
    let before = suite.tables().await;
    let spoilt = |spoil: fn(&mut pb::QualificationRow)| {
        let mut row = certificate(2, 1, "2022-10-01", "2025-09-30");
        spoil(&mut row);
        row
    };
    let bad: Vec<(pb::QualificationRow, &'static Reason, &str)> = vec![
        (spoilt(|row| row.holder_uscc.truncate(17)), &reason::USCC_FORMAT, "holder_uscc"),
        (
            spoilt(|row| row.holder_uscc = "91350203M0001QAY9B".to_owned()),
            &reason::USCC_CHECK_DIGIT,
            "holder_uscc",
        ),
        (
            spoilt(|row| row.number = "GX202242000001".to_owned()),
            &reason::CERTIFICATE_NUMBER_FORMAT,
            "number",
        ),
        (
            qualification(2, "TECH_SME", "20224201110A00001", "2022-03-01"),
            &reason::LISTING_NUMBER_FORMAT,
            "number",
        ),
        (qualification(3, INSTITUTION, "S-9", "2022-03-01"), &reason::UNKNOWN_HOLDER, "holder_uscc"),
        (qualification(1, INSTITUTION, "S-1", "2022-03-01"), &reason::DUPLICATE_QUALIFICATION, "number"),
        (
            levelled(1, pb::QualificationLevel::Municipal, "SHI-1", "2022-08-25"),
            &reason::HIGHER_LEVEL_HELD,
            "level",
        ),
        (spoilt(|row| row.granted_on = "2022-9-1".to_owned()), &reason::DATE_FORMAT, "granted_on"),
        (spoilt(|row| row.kind = "hnte".to_owned()), &reason::FIELD_INVALID, "kind"),
        (spoilt(|row| row.level = 9), &reason::ENUM_UNKNOWN, "level"),
        (spoilt(|row| row.tier = -1), &reason::FIELD_OUT_OF_RANGE, "tier"),
        (spoilt(|row| row.request_id = "7".to_owned()), &reason::REQUEST_ID_MISSING, "request_id"),
    ];
    let results = suite.grant(bad.iter().map(|(row, _, _)| row.clone()).collect()).await;
    for (result, (_, reason, field)) in results.iter().zip(&bad) {
        row_refused(result, reason, field);
    }
    assert_eq!(suite.tables().await, before);
    suite.close().await;
}

#[tokio::test]
async fn rows_of_one_piece_are_decided_in_their_order() {
    let suite = Suite::start().await;
    suite.enter(vec![firm(1), firm(2)]).await;
    let results = suite
        .grant(vec![
            levelled(1, pb::QualificationLevel::Municipal, "SHI-1", "2018-01-28"),
            levelled(1, pb::QualificationLevel::Municipal, "SHI-1", "2018-01-28"),
            levelled(1, pb::QualificationLevel::Provincial, "S-1", "2022-07-01"),
            levelled(1, pb::QualificationLevel::Municipal, "SHI-2", "2022-08-25"),
            // The number of a refused row is free.
            levelled(1, pb::QualificationLevel::Provincial, "SHI-2", "2022-08-26"),
            qualification(2, "TECH_SME", "202242011100000001", ""),
        ])
        .await;
    row_refused(&results[1], &reason::DUPLICATE_QUALIFICATION, "number");
    row_refused(&results[3], &reason::HIGHER_LEVEL_HELD, "level");
    for taken in [0, 2, 4, 5] {
        assert!(results[taken].name.starts_with("qua_"), "{taken}");
    }
    assert_eq!(live(&suite, 1, "2022-06-30").await, ["SHI-1"]);
    assert_eq!(live(&suite, 1, "2022-07-01").await, ["S-1"]);
    assert!(live(&suite, 2, "2030-01-01").await.is_empty());
    suite.close().await;
}

#[tokio::test]
async fn a_higher_level_ends_the_lower_from_its_day_on() {
    let suite = Suite::start().await;
    suite.enter(vec![firm(1)]).await;
    let lower = levelled(1, pb::QualificationLevel::Municipal, "SHI-1", "2016-12-04");
    let lower = suite.grant(vec![lower]).await.remove(0).name;
    suite.grant(vec![levelled(1, pb::QualificationLevel::Provincial, "S-1", "2022-04-18")]).await;
    let get = async |day: &str| {
        let request = pb::GetQualificationRequest { name: lower.clone(), as_of: day.to_owned() };
        suite.qualifications(Role::StBureau).get_qualification(request).await.unwrap().into_inner()
    };
    assert_eq!(get("2022-04-17").await.superseded_on, "");
    let ended = get("2022-04-18").await;
    assert_eq!((ended.superseded_on.as_str(), ended.etag.as_str()), ("2022-04-18", "2"));
    assert_eq!(live(&suite, 1, "2022-04-17").await, ["SHI-1"]);
    assert_eq!(live(&suite, 1, "2022-04-18").await, ["S-1"]);
    let counted = count(
        &suite,
        pb::CountQualificationsRequest {
            kind: INSTITUTION.to_owned(),
            as_of: "2022-11-30".to_owned(),
            live_only: true,
            ..Default::default()
        },
    )
    .await;
    assert_eq!((counted.holders, counted.counts.len()), (1, 1));
    assert_eq!(counted.counts[0].level(), pb::QualificationLevel::Provincial);
    assert_eq!((counted.counts[0].holders, counted.counts[0].upgrades), (1, 1));
    suite.close().await;
}

#[tokio::test]
async fn a_qualification_lives_from_its_grant_to_the_last_day_of_validity() {
    let suite = Suite::start().await;
    suite.enter(vec![firm(1), firm(2)]).await;
    let mut revoked = certificate(2, 2, "2020-12-01", "2023-11-30");
    revoked.revoked_on = "2022-06-01".to_owned();
    suite.grant(vec![certificate(1, 1, "2019-11-28", "2022-11-27"), revoked]).await;
    for (holder, day, lives) in [
        (1, "2019-11-27", false),
        (1, "2019-11-28", true),
        (1, "2022-11-27", true),
        (1, "2022-11-28", false),
        (2, "2022-05-31", true),
        (2, "2022-06-01", false),
    ] {
        assert_eq!(!live(&suite, holder, day).await.is_empty(), lives, "{holder} {day}");
    }
    suite.close().await;
}

#[tokio::test]
async fn what_is_recognised_can_be_revoked_once_and_assessed_while_it_lives() {
    let suite = Suite::start().await;
    suite.enter(vec![firm(1)]).await;
    let mut stated = certificate(1, 1, "2020-01-01", "2022-12-31");
    stated.assessment = pb::AssessmentResult::Pass.into();
    let name = suite.grant(vec![stated]).await.remove(0).name;
    let mut bureau = suite.qualifications(Role::StBureau);
    let assess = |day: &str, result: pb::AssessmentResult| pb::AssessQualificationRequest {
        request_id: id(),
        name: name.clone(),
        assessed_on: day.to_owned(),
        result: result.into(),
        ..Default::default()
    };
    let revoke = |day: &str, etag: &str| pb::RevokeQualificationRequest {
        request_id: id(),
        name: name.clone(),
        revoked_on: day.to_owned(),
        reason: "弄虚作假".to_owned(),
        etag: etag.to_owned(),
        ..Default::default()
    };
    let known = async |day: &str| {
        let request = pb::GetQualificationRequest { name: name.clone(), as_of: day.to_owned() };
        let found = suite.qualifications(Role::Auditor).get_qualification(request).await.unwrap();
        found.into_inner().assessment()
    };
    bureau.assess_qualification(assess("2022-03-01", pb::AssessmentResult::Fail)).await.unwrap();
    // One that is told late does not hide the later one.
    bureau.assess_qualification(assess("2021-03-01", pb::AssessmentResult::Excellent)).await.unwrap();
    assert_eq!(known("2021-02-28").await, pb::AssessmentResult::Pass);
    assert_eq!(known("2022-02-28").await, pb::AssessmentResult::Excellent);
    assert_eq!(known("2022-03-01").await, pb::AssessmentResult::Fail);

    let before = suite.tables().await;
    let unborn = bureau.assess_qualification(assess("2019-12-31", pb::AssessmentResult::Pass)).await;
    refused(unborn, &reason::STATE_NOT_ALLOWED, "");
    refused(bureau.revoke_qualification(revoke("2022-06-01", "1")).await, &reason::VERSION_CONFLICT, "etag");
    let mut unknown = revoke("2022-06-01", "");
    unknown.name = "qua_01890a5d-ac96-774b-bcce-b302099a8057".to_owned();
    refused(bureau.revoke_qualification(unknown).await, &reason::UNKNOWN_RECORD, "name");
    assert_eq!(suite.tables().await, before);

    let revoked = bureau.revoke_qualification(revoke("2022-06-01", "3")).await.unwrap().into_inner();
    assert_eq!((revoked.revoked_on.as_str(), revoked.etag.as_str()), ("2022-06-01", "4"));
    refused(bureau.revoke_qualification(revoke("2022-07-01", "")).await, &reason::STATE_NOT_ALLOWED, "");
    let late = bureau.assess_qualification(assess("2022-06-01", pb::AssessmentResult::Pass)).await;
    assert_eq!(refused(late, &reason::STATE_NOT_ALLOWED, "").details()["state"], "REVOKED");
    suite.close().await;
}

#[tokio::test]
async fn counts_go_by_day_kind_level_and_batch() {
    let suite = Suite::start().await;
    suite.enter((1..6).map(firm).collect()).await;
    let mut renewal = certificate(1, 11, "2022-10-12", "2025-10-11");
    renewal.first_recognition = false;
    let centre = |holder: usize, number: &str, day: &str, batch_no: i32| pb::QualificationRow {
        batch_no,
        ..qualification(holder, "CONVERSION_CENTRE", number, day)
    };
    suite
        .grant(vec![
            certificate(1, 1, "2019-11-28", "2022-11-27"),
            renewal,
            certificate(2, 2, "2022-10-12", "2025-10-11"),
            certificate(3, 3, "2022-12-01", "2025-11-30"),
            centre(4, "C-1", "2022-06-01", 1),
            centre(5, "C-2", "2022-06-02", 1),
            centre(5, "C-3", "2021-06-02", 7),
        ])
        .await;
    let ask = |kind: &str, as_of: &str| pb::CountQualificationsRequest {
        kind: kind.to_owned(),
        as_of: as_of.to_owned(),
        ..Default::default()
    };
    let live =
        count(&suite, pb::CountQualificationsRequest { live_only: true, ..ask("HNTE", "2022-11-27") }).await;
    // A renewal does not make a second holder.
    assert_eq!((live.holders, live.recognitions), (2, 3));
    assert_eq!(live.latest_granted_on, "2022-10-12");
    let first = pb::CountQualificationsRequest {
        first_recognition_only: true,
        granted_from: "2022-01-01".to_owned(),
        granted_to: "2022-12-31".to_owned(),
        ..ask("HNTE", "2022-11-30")
    };
    assert_eq!(count(&suite, first).await.holders, 1);
    let centres = count(
        &suite,
        pb::CountQualificationsRequest {
            granted_from: "2022-01-01".to_owned(),
            ..ask("CONVERSION_CENTRE", "2022-11-30")
        },
    )
    .await;
    assert_eq!(centres.counts.len(), 1);
    assert_eq!((centres.counts[0].batch_no, centres.counts[0].holders), (1, 2));
    let unknown_then =
        pb::CountQualificationsRequest { known_at: "2022-11-30".to_owned(), ..ask("HNTE", "2022-11-30") };
    // All of it was recorded today, so nothing was known on that day.
    assert_eq!(count(&suite, unknown_then).await, pb::CountQualificationsResponse::default());
    suite.close().await;
}

#[tokio::test]
async fn a_service_grants_one_with_the_refusals_of_a_row() {
    let suite = Suite::start().await;
    suite.enter(vec![firm(1)]).await;
    let grant = |row: pb::QualificationRow| pb::GrantQualificationRequest {
        request_id: id(),
        validate_only: false,
        row: Some(row),
    };
    let municipal = || levelled(1, pb::QualificationLevel::Municipal, "M-1", "2022-08-25");
    let mut service = suite.qualifications(Role::System);
    let only = pb::GrantQualificationRequest { validate_only: true, ..grant(municipal()) };
    service.grant_qualification(only).await.unwrap();
    assert!(live(&suite, 1, "2022-08-25").await.is_empty());
    let once = grant(municipal());
    let granted = service.grant_qualification(once.clone()).await.unwrap().into_inner();
    assert_eq!((granted.number.as_str(), granted.granted_on.as_str()), ("M-1", "2022-08-25"));
    assert_eq!(service.grant_qualification(once).await.unwrap().into_inner(), granted);
    assert_eq!(live(&suite, 1, "2022-08-25").await, ["M-1"]);

    let before = suite.tables().await;
    let again = service.grant_qualification(grant(municipal())).await;
    refused(again, &reason::DUPLICATE_QUALIFICATION, "number");
    let unknown =
        service.grant_qualification(grant(qualification(2, INSTITUTION, "M-2", "2022-08-25"))).await;
    refused(unknown, &reason::UNKNOWN_HOLDER, "holder_uscc");
    let bureau = suite.qualifications(Role::StBureau).grant_qualification(grant(municipal())).await;
    refused(bureau, &reason::ROLE_NOT_ALLOWED, "");
    assert_eq!(suite.tables().await, before);
    suite.close().await;
}
