//! Yearly assessments, settled once with the registry.

use canopy_kernel::Role;
use canopy_proto::commissioner::v1 as pb;
use canopy_proto::commissioner::v1::recognition_service_client::RecognitionServiceClient;
use canopy_proto::registry::v1 as registry;

use crate::grants::Fate;
use crate::recognition::{FIRM, OTHER_FIRM, bureau, firm, start};
use crate::registry::qualification;
use crate::suite::{As, Suite, id, person, reason_of};

pub const FAILED_ON: &str = "2021-08-25";

/// A suite in which the firm is recognised since 2020.
pub async fn begun() -> (Suite, registry::Qualification) {
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

pub async fn assessed(
    suite: &Suite,
    held: &registry::Qualification,
    grade: pb::AssessmentGrade,
    on: &str,
) -> pb::AssessInstitutionResponse {
    bureau(suite, on).assess_institution(graded(held, grade)).await.unwrap().into_inner()
}

/// Days and states of the assessments as of a day.
pub async fn listed(suite: &Suite, as_of: &str, to_rectify_only: bool) -> Vec<(String, pb::AssessmentState)> {
    let request =
        pb::ListAssessmentsRequest { as_of: as_of.to_owned(), to_rectify_only, ..Default::default() };
    let listed = bureau(suite, "2025-01-01").list_assessments(request).await.unwrap().into_inner();
    listed.assessments.iter().map(|it| (it.assessed_on.clone(), it.state())).collect()
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
