//! Yearly assessments, settled once with the registry, and rectifications closed by what shows them.

use canopy_kernel::Role;
use canopy_proto::commissioner::v1 as pb;
use canopy_proto::commissioner::v1::recognition_service_client::RecognitionServiceClient;
use canopy_proto::registry::v1 as registry;

use crate::grants::Fate;
use crate::recognition::{FIRM, OTHER_FIRM, bureau, firm, start};
use crate::registry::qualification;
use crate::suite::{As, Suite, id, person, reason_of};

const FAILED_ON: &str = "2021-08-25";

/// A suite in which the firm is recognised since 2020.
async fn begun() -> (Suite, registry::Qualification) {
    let suite = start().await;
    let held = qualification(FIRM, "TRANSFER_INSTITUTION", "SHISF-2020-0001", "2020-08-25");
    suite.grants.hold(held.clone());
    (suite, held)
}

fn graded(held: &registry::Qualification, grade: pb::AssessmentGrade) -> pb::AssessInstitutionRequest {
    pb::AssessInstitutionRequest {
        request_id: id(),
        qualification: held.name.clone(),
        grade: grade.into(),
        ..Default::default()
    }
}

async fn assessed(
    suite: &Suite,
    held: &registry::Qualification,
    grade: pb::AssessmentGrade,
    on: &str,
) -> pb::AssessInstitutionResponse {
    bureau(suite, on).assess_institution(graded(held, grade)).await.unwrap().into_inner()
}

fn closing(name: &str, closed_on: &str) -> pb::CloseRectificationRequest {
    pb::CloseRectificationRequest {
        request_id: id(),
        name: name.to_owned(),
        closed_on: closed_on.to_owned(),
        evidence: "整改验收意见2021-17号".to_owned(),
        ..Default::default()
    }
}

/// Days and states of the assessments as of a day.
async fn listed(suite: &Suite, as_of: &str, to_rectify_only: bool) -> Vec<(String, pb::AssessmentState)> {
    let request =
        pb::ListAssessmentsRequest { as_of: as_of.to_owned(), to_rectify_only, ..Default::default() };
    let listed = bureau(suite, "2025-01-01").list_assessments(request).await.unwrap().into_inner();
    listed.assessments.iter().map(|it| (it.assessed_on.clone(), it.state())).collect()
}

#[tokio::test]
async fn a_closed_rectification_leaves_the_institution_recognised_from_that_day() {
    let (suite, held) = begun().await;
    let failed = assessed(&suite, &held, pb::AssessmentGrade::Fail, FAILED_ON).await;
    assert_eq!(failed.outcome(), pb::AssessmentOutcome::Rectify);
    let once = closing(&failed.assessment, "2021-11-01");
    let only = pb::CloseRectificationRequest { validate_only: true, ..once.clone() };
    let before = suite.tables().await;
    bureau(&suite, "2021-11-03").close_rectification(only).await.unwrap();
    assert_eq!(suite.tables().await, before);
    let closed = bureau(&suite, "2021-11-03").close_rectification(once.clone()).await.unwrap().into_inner();
    assert_eq!((closed.state(), closed.closed_on.as_str()), (pb::AssessmentState::Recognised, "2021-11-01"));
    assert_eq!((closed.evidence.as_str(), closed.holder_uscc.as_str()), ("整改验收意见2021-17号", FIRM));
    let again = bureau(&suite, "2021-11-03").close_rectification(once).await.unwrap().into_inner();
    assert_eq!(again, closed);
    let second = bureau(&suite, "2021-11-04").close_rectification(closing(&closed.name, "2021-11-04")).await;
    assert_eq!(reason_of(second), "STATE_NOT_ALLOWED");

    use pb::AssessmentState::{Recognised, Rectify, Revoked, Superseded};
    let day = || FAILED_ON.to_owned();
    assert!(listed(&suite, "2021-08-24", false).await.is_empty());
    assert_eq!(listed(&suite, "2021-10-31", true).await, [(day(), Rectify)]);
    assert_eq!(listed(&suite, "2021-11-01", false).await, [(day(), Recognised)]);
    assert!(listed(&suite, "2021-11-01", true).await.is_empty());
    // The fault is put right, and still the first of two in a row.
    let revoked = assessed(&suite, &held, pb::AssessmentGrade::Fail, "2022-08-25").await;
    assert_eq!(revoked.outcome(), pb::AssessmentOutcome::Revoked);
    let all = [(day(), Superseded), ("2022-08-25".to_owned(), Revoked)];
    assert_eq!(listed(&suite, "2022-08-25", false).await, all);
    let told = "select count(*) from platform.outbox where type like '%AssessmentChanged'";
    assert_eq!(suite.count(told).await, 3);
    suite.close().await;
}

#[tokio::test]
async fn each_bad_closing_is_refused_with_its_reason_and_leaves_no_trace() {
    let (suite, held) = begun().await;
    let failed = assessed(&suite, &held, pb::AssessmentGrade::Fail, FAILED_ON).await.assessment;
    let spoilt = |spoil: fn(&mut pb::CloseRectificationRequest)| {
        let mut request = closing(&failed, "2021-11-01");
        spoil(&mut request);
        request
    };
    let before = suite.tables().await;
    let bad = [
        (spoilt(|it| it.closed_on = "2021-08-24".to_owned()), "PERIOD_ORDER"),
        (spoilt(|it| it.closed_on = "2021-11-02".to_owned()), "DATE_IN_FUTURE"),
        (spoilt(|it| it.closed_on = "2021-13-01".to_owned()), "DATE_FORMAT"),
        (spoilt(|it| it.evidence = String::new()), "FIELD_MISSING"),
        (spoilt(|it| it.etag = "9".to_owned()), "VERSION_CONFLICT"),
        (spoilt(|it| it.name = "asm_01890a5d-ac96-774b-bcce-b302099a8057".to_owned()), "UNKNOWN_RECORD"),
    ];
    for (request, reason) in bad {
        let answer = bureau(&suite, "2021-11-01").close_rectification(request.clone()).await;
        assert_eq!(reason_of(answer), reason, "{request:?}");
    }
    let mut district = RecognitionServiceClient::new(suite.district("2021-11-01"));
    let refused = district.close_rectification(closing(&failed, "2021-11-01")).await;
    assert_eq!(reason_of(refused), "ROLE_NOT_ALLOWED");
    assert_eq!(suite.tables().await, before);
    // What another hand revoked is not recognised any more, whatever was put right.
    suite.registry.end(registry::Qualification { revoked_on: "2021-10-01".to_owned(), ..held });
    let late = bureau(&suite, "2021-11-01").close_rectification(closing(&failed, "2021-11-01")).await;
    assert_eq!(reason_of(late), "STATE_NOT_ALLOWED");
    suite.close().await;
}

#[tokio::test]
async fn a_later_assessment_decides_about_an_open_rectification() {
    let (suite, held) = begun().await;
    let failed = assessed(&suite, &held, pb::AssessmentGrade::Fail, FAILED_ON).await;
    assessed(&suite, &held, pb::AssessmentGrade::Pass, "2022-08-25").await;
    use pb::AssessmentState::{Recognised, Rectify, Superseded};
    let day = || FAILED_ON.to_owned();
    assert_eq!(listed(&suite, "2022-08-24", true).await, [(day(), Rectify)]);
    assert!(listed(&suite, "2022-08-25", true).await.is_empty());
    let all = [(day(), Superseded), ("2022-08-25".to_owned(), Recognised)];
    assert_eq!(listed(&suite, "2022-08-25", false).await, all);
    let late =
        bureau(&suite, "2022-09-01").close_rectification(closing(&failed.assessment, "2022-08-01")).await;
    assert_eq!(reason_of(late), "STATE_NOT_ALLOWED");
    suite.close().await;
}

#[tokio::test]
async fn an_institution_is_assessed_once_a_year() {
    let (suite, held) = begun().await;
    let once = graded(&held, pb::AssessmentGrade::Fail);
    let only = pb::AssessInstitutionRequest { validate_only: true, ..once.clone() };
    let checked = bureau(&suite, FAILED_ON).assess_institution(only).await.unwrap().into_inner();
    assert_eq!(checked.outcome(), pb::AssessmentOutcome::Rectify);
    assert!(listed(&suite, FAILED_ON, false).await.is_empty());
    let failed = bureau(&suite, FAILED_ON).assess_institution(once.clone()).await.unwrap().into_inner();
    assert_eq!(failed.outcome(), pb::AssessmentOutcome::Rectify);
    // The same request is the same assessment; another one of the year would be the second in a row.
    let same = bureau(&suite, FAILED_ON).assess_institution(once).await.unwrap().into_inner();
    assert_eq!(same, failed);
    for day in [FAILED_ON, "2021-12-31"] {
        let again = bureau(&suite, day).assess_institution(graded(&held, pb::AssessmentGrade::Fail)).await;
        assert_eq!(reason_of(again), "ALREADY_ASSESSED", "{day}");
    }
    assert_eq!(
        assessed(&suite, &held, pb::AssessmentGrade::Pass, "2022-01-04").await.outcome(),
        pb::AssessmentOutcome::Pass
    );
    suite.close().await;
}

#[tokio::test]
async fn an_assessment_whose_answer_was_lost_is_settled_once_with_its_own_day_and_outcome() {
    let (suite, held) = begun().await;
    let once = graded(&held, pb::AssessmentGrade::Fail);
    suite.grants.set_down(true);
    let lost = bureau(&suite, FAILED_ON).assess_institution(once.clone()).await;
    assert_eq!(reason_of(lost), "SERVICE_DOWN");
    suite.grants.set_down(false);
    assert!(listed(&suite, FAILED_ON, false).await.is_empty());
    let other =
        bureau(&suite, "2021-08-26").assess_institution(graded(&held, pb::AssessmentGrade::Pass)).await;
    assert_eq!(reason_of(other), "ASSESSMENT_UNSETTLED");
    // The registry told of the failed one meanwhile: it is this one, and no second in a row.
    let settled = bureau(&suite, "2021-08-26").assess_institution(once).await.unwrap().into_inner();
    assert_eq!(settled.outcome(), pb::AssessmentOutcome::Rectify);
    assert_eq!(settled.assessed_on, FAILED_ON);
    assert_eq!(suite.grants.assessed(), [FAILED_ON]);

    // The second one revokes, also when another person takes it up.
    suite.grants.set_down(true);
    let lost =
        bureau(&suite, "2022-08-25").assess_institution(graded(&held, pb::AssessmentGrade::Fail)).await;
    assert_eq!(reason_of(lost), "SERVICE_DOWN");
    suite.grants.set_down(false);
    let wang = suite.calls(&person("wang", Role::StBureau), "2022-08-29");
    let taken_up = RecognitionServiceClient::new(wang)
        .assess_institution(graded(&held, pb::AssessmentGrade::Fail))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(taken_up.outcome(), pb::AssessmentOutcome::Revoked);
    assert_eq!(taken_up.assessed_on, "2022-08-25");
    assert_eq!(suite.grants.assessed(), [FAILED_ON, "2022-08-25"]);
    assert_eq!(suite.grants.granted()[0].revoked_on, "2022-08-25");
    suite.close().await;
}

#[tokio::test]
async fn an_assessment_that_the_registry_refuses_leaves_nothing_open() {
    let (suite, held) = begun().await;
    suite.grants.set_fate(Fate::Refused);
    let once = graded(&held, pb::AssessmentGrade::Fail);
    for _ in 0..2 {
        let refused = bureau(&suite, FAILED_ON).assess_institution(once.clone()).await;
        assert_eq!(reason_of(refused), "STATE_NOT_ALLOWED");
    }
    assert_eq!(suite.count("select count(*) from commissioner.assessment").await, 0);
    assert_eq!(suite.count("select count(*) from platform.audit where to_state = 'REFUSED'").await, 1);
    suite.grants.set_fate(Fate::Done);
    let passed = assessed(&suite, &held, pb::AssessmentGrade::Pass, "2021-08-26").await;
    assert_eq!(passed.outcome(), pb::AssessmentOutcome::Pass);
    suite.close().await;
}

#[tokio::test]
async fn what_another_call_had_recorded_is_not_taken_back() {
    let (suite, held) = begun().await;
    suite.grants.set_fate(Fate::Overtaken(registry::AssessmentResult::Fail));
    let refused =
        bureau(&suite, FAILED_ON).assess_institution(graded(&held, pb::AssessmentGrade::Fail)).await;
    assert_eq!(reason_of(refused), "STATE_NOT_ALLOWED");
    suite.grants.set_fate(Fate::Done);
    let settled = assessed(&suite, &held, pb::AssessmentGrade::Fail, "2021-08-27").await;
    assert_eq!(
        (settled.assessed_on.as_str(), settled.outcome()),
        (FAILED_ON, pb::AssessmentOutcome::Rectify)
    );
    assert_eq!(suite.grants.assessed(), [FAILED_ON]);
    suite.close().await;
}

#[tokio::test]
async fn what_is_laid_down_gives_way_to_another_grade_of_the_registry() {
    let (suite, held) = begun().await;
    let fail = || graded(&held, pb::AssessmentGrade::Fail);
    // Refused, and the registry tells another grade: taken back.
    suite.grants.set_fate(Fate::Overtaken(registry::AssessmentResult::Pass));
    assert_eq!(reason_of(bureau(&suite, FAILED_ON).assess_institution(fail()).await), "STATE_NOT_ALLOWED");
    assert_eq!(suite.count("select count(*) from commissioner.assessment").await, 0);
    // Never arrived, and the registry has another grade of the year meanwhile: not recorded beside it.
    suite.grants.set_fate(Fate::Lost);
    assert_eq!(reason_of(bureau(&suite, "2022-08-25").assess_institution(fail()).await), "SERVICE_DOWN");
    suite.grants.set_fate(Fate::Done);
    suite.registry.tell(&registry::QualificationAssessed {
        qualification: Some(registry::Qualification {
            assessment: registry::AssessmentResult::Pass.into(),
            ..held.clone()
        }),
        assessed_on: "2022-08-24".to_owned(),
    });
    assert_eq!(reason_of(bureau(&suite, "2022-08-26").assess_institution(fail()).await), "ALREADY_ASSESSED");
    assert_eq!(suite.grants.assessed(), [FAILED_ON]);
    suite.close().await;
}

#[tokio::test]
async fn a_firm_sees_its_own_assessments_alone() {
    let (suite, held) = begun().await;
    assessed(&suite, &held, pb::AssessmentGrade::Excellent, FAILED_ON).await;
    let seen = async |mut calls: RecognitionServiceClient<As>, holder: &str| {
        let request = pb::ListAssessmentsRequest { holder_uscc: holder.to_owned(), ..Default::default() };
        calls.list_assessments(request).await.map(|answer| answer.into_inner().assessments.len())
    };
    let other = || RecognitionServiceClient::new(suite.firm(OTHER_FIRM, "2022-01-01"));
    assert_eq!(seen(firm(&suite, "2022-01-01"), "").await.unwrap(), 1);
    assert_eq!(seen(firm(&suite, "2022-01-01"), FIRM).await.unwrap(), 1);
    assert_eq!(seen(other(), "").await.unwrap(), 0);
    assert_eq!(reason_of(seen(other(), FIRM).await), "NOT_REPRESENTED");
    assert_eq!(seen(bureau(&suite, "2022-01-01"), FIRM).await.unwrap(), 1);
    suite.close().await;
}
