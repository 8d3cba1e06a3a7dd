//! Rectifications that failed assessments open, closed by what shows them or decided by a later assessment.

use canopy_proto::commissioner::v1 as pb;
use canopy_proto::commissioner::v1::recognition_service_client::RecognitionServiceClient;
use canopy_proto::registry::v1 as registry;

use crate::assessment::{FAILED_ON, assessed, begun, listed};
use crate::recognition::{FIRM, bureau};
use crate::suite::{id, reason_of};

fn closing(name: &str, closed_on: &str) -> pb::CloseRectificationRequest {
    pb::CloseRectificationRequest {
        request_id: id(),
        name: name.to_owned(),
        closed_on: closed_on.to_owned(),
        evidence: "整改验收意见2021-17号".to_owned(),
        ..Default::default()
    }
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
async fn a_pass_that_is_told_late_leaves_the_evidence() {
    let (suite, held) = begun().await;
    let failed = assessed(&suite, &held, pb::AssessmentGrade::Fail, FAILED_ON).await;
    let closed = closing(&failed.assessment, "2021-11-01");
    bureau(&suite, "2021-11-03").close_rectification(closed.clone()).await.unwrap();
    suite.registry.tell(&registry::QualificationAssessed {
        qualification: Some(registry::Qualification {
            assessment: registry::AssessmentResult::Pass.into(),
            ..held
        }),
        assessed_on: "2021-10-15".to_owned(),
    });
    suite.followed().await;
    for (day, closed_on, evidence) in [
        ("2021-10-14", "", ""),
        ("2021-10-15", "2021-10-15", ""),
        ("2021-10-31", "2021-10-15", ""),
        ("2021-11-01", "2021-10-15", closed.evidence.as_str()),
    ] {
        let request = pb::ListAssessmentsRequest { as_of: day.to_owned(), ..Default::default() };
        let seen = bureau(&suite, "2021-11-03").list_assessments(request).await.unwrap().into_inner();
        let seen = &seen.assessments[0];
        assert_eq!((seen.closed_on.as_str(), seen.evidence.as_str()), (closed_on, evidence), "{day}");
    }
    suite.close().await;
}

#[tokio::test]
async fn an_assessment_that_another_hand_passed_leaves_nothing_to_rectify() {
    use pb::AssessmentState::{Recognised, Rectify};
    use registry::AssessmentResult::{Excellent, Fail, Pass};
    let told_on = "2022-08-24";
    for (result, state, closed_on, reason) in [
        (Pass, Recognised, told_on, "STATE_NOT_ALLOWED"),
        (Excellent, Recognised, told_on, "STATE_NOT_ALLOWED"),
        (Fail, Rectify, "", ""),
    ] {
        let (suite, held) = begun().await;
        let failed = assessed(&suite, &held, pb::AssessmentGrade::Fail, FAILED_ON).await;
        suite.registry.tell(&registry::QualificationAssessed {
            qualification: Some(registry::Qualification { assessment: result.into(), ..held }),
            assessed_on: told_on.to_owned(),
        });
        suite.followed().await;
        assert_eq!(listed(&suite, "2022-08-23", true).await, [(FAILED_ON.to_owned(), Rectify)]);
        assert_eq!(listed(&suite, told_on, true).await.is_empty(), state == Recognised, "{result:?}");
        let request = pb::ListAssessmentsRequest { as_of: told_on.to_owned(), ..Default::default() };
        let seen = bureau(&suite, told_on).list_assessments(request).await.unwrap().into_inner().assessments;
        assert_eq!((seen[0].state(), seen[0].closed_on.as_str()), (state, closed_on), "{result:?}");
        let late = closing(&failed.assessment, "2022-08-25");
        let late = bureau(&suite, "2022-08-25").close_rectification(late).await;
        assert_eq!(if late.is_ok() { "" } else { reason_of(late) }, reason, "{result:?}");
        suite.close().await;
    }
}
