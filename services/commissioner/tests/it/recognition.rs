//! Recognition: from application to the registry's grant, and yearly assessments.

use canopy_kernel::Role;
use canopy_proto::commissioner::v1 as pb;
use canopy_proto::commissioner::v1::recognition_service_client::RecognitionServiceClient;
use canopy_proto::registry::v1 as registry;

use crate::grants::{Fate, Seen, locks};
use crate::registry::qualification;
use crate::suite::{As, Suite, id, person, reason_of};

pub const FIRM: &str = "91420111MA4KXA0264";
pub const OTHER_FIRM: &str = "91420105MA4KTTYX61";

pub async fn start() -> Suite {
    let suite = Suite::start().await;
    suite.registry.enter(FIRM, "武汉长江光电有限公司");
    suite.registry.enter(OTHER_FIRM, "武汉第二有限公司");
    suite.registry.rules(&[("publicity_wd", "5", "working days")]);
    suite.followed().await;
    suite
}

pub fn firm(suite: &Suite, on: &str) -> RecognitionServiceClient<As> {
    RecognitionServiceClient::new(suite.firm(FIRM, on))
}

pub fn bureau(suite: &Suite, on: &str) -> RecognitionServiceClient<As> {
    RecognitionServiceClient::new(suite.bureau(on))
}

fn institution(projects_brokered: i32, transfer_staff: i32) -> pb::ApplyRecognitionRequest {
    pb::ApplyRecognitionRequest {
        request_id: id(),
        applicant_uscc: FIRM.to_owned(),
        kind: pb::RecognitionKind::TransferInstitution.into(),
        level: pb::RecognitionLevel::Municipal.into(),
        institution: Some(pb::InstitutionFigures { projects_brokered, staff: 10_000, transfer_staff }),
        ..Default::default()
    }
}

/// Applies, is recommended and reviewed.
async fn reviewed(suite: &Suite, application: pb::ApplyRecognitionRequest) -> pb::Recognition {
    let applied = firm(suite, "2022-06-01").apply_recognition(application).await.unwrap().into_inner();
    let name = applied.name;
    let request =
        pb::RecommendRecognitionRequest { request_id: id(), name: name.clone(), ..Default::default() };
    let mut district = RecognitionServiceClient::new(suite.district("2022-06-10"));
    district.recommend_recognition(request).await.unwrap();
    let request = pb::ReviewRecognitionRequest { request_id: id(), name, ..Default::default() };
    bureau(suite, "2022-07-01").review_recognition(request).await.unwrap().into_inner()
}

async fn publicised(suite: &Suite) -> pb::Recognition {
    let name = reviewed(suite, institution(6, 6_000)).await.name;
    let request = pb::PublishRecognitionRequest { request_id: id(), name, ..Default::default() };
    bureau(suite, "2022-09-28").publish_recognition(request).await.unwrap().into_inner()
}

fn grant(name: &str) -> pb::RecogniseRequest {
    pb::RecogniseRequest {
        request_id: id(),
        name: name.to_owned(),
        number: "SHISF-2022-0001".to_owned(),
        ..Default::default()
    }
}

#[tokio::test]
async fn what_lacks_conditions_is_rejected_with_all_of_them() {
    let suite = start().await;
    // Five projects and 59.99 % of the staff.
    let rejected = reviewed(&suite, institution(5, 5_999)).await;
    assert_eq!(rejected.state(), pb::RecognitionState::Rejected);
    let unmet: Vec<&str> = rejected.unmet.iter().map(|it| it.reason.as_str()).collect();
    assert_eq!(unmet, ["PROJECTS_TOO_FEW", "TRANSFER_STAFF_TOO_FEW"]);
    let publish =
        pb::PublishRecognitionRequest { request_id: id(), name: rejected.name, ..Default::default() };
    assert_eq!(
        reason_of(bureau(&suite, "2022-07-02").publish_recognition(publish).await),
        "STATE_NOT_ALLOWED"
    );
    // A rejected one does not stand in the way of the next.
    assert_eq!(reviewed(&suite, institution(6, 6_000)).await.state(), pb::RecognitionState::Reviewed);
    suite.close().await;
}

#[tokio::test]
async fn a_centre_is_judged_by_its_own_conditions() {
    let suite = start().await;
    let centre = pb::CentreFigures {
        site_m2: 299,
        equipment_fen: 500_000_000,
        staff: 25,
        full_time_staff: 10,
        experts: 5,
        senior_experts: 2,
        service_income_fen: 1_000_000_000,
        serious_event: true,
        joint_projects: 10,
        validation_projects: 20,
    };
    let application = pb::ApplyRecognitionRequest {
        request_id: id(),
        applicant_uscc: FIRM.to_owned(),
        kind: pb::RecognitionKind::ConversionCentre.into(),
        centre: Some(centre),
        ..Default::default()
    };
    let rejected = reviewed(&suite, application.clone()).await;
    let unmet: Vec<&str> = rejected.unmet.iter().map(|it| it.reason.as_str()).collect();
    assert_eq!(unmet, ["SITE_TOO_SMALL", "SERIOUS_EVENT"]);
    let without = pb::ApplyRecognitionRequest { request_id: id(), centre: None, ..application.clone() };
    assert_eq!(reason_of(firm(&suite, "2022-07-02").apply_recognition(without).await), "FIELD_MISSING");
    let above = Some(pb::CentreFigures { full_time_staff: 26, ..centre });
    let above = pb::ApplyRecognitionRequest { request_id: id(), centre: above, ..application };
    assert_eq!(reason_of(firm(&suite, "2022-07-02").apply_recognition(above).await), "FIELD_OUT_OF_RANGE");
    suite.close().await;
}

#[tokio::test]
async fn the_registry_grants_after_the_publicity_and_not_before() {
    let suite = start().await;
    let posted = publicised(&suite).await;
    // Five working days across National Day.
    assert_eq!(posted.publicity_last_on, "2022-10-09");
    let early = bureau(&suite, "2022-10-09").recognise(grant(&posted.name)).await;
    assert_eq!(reason_of(early), "PUBLICITY_NOT_OVER");
    let only = pb::RecogniseRequest { validate_only: true, ..grant(&posted.name) };
    bureau(&suite, "2022-10-10").recognise(only).await.unwrap();
    assert!(suite.grants.granted().is_empty());
    let once = grant(&posted.name);
    let recognised = bureau(&suite, "2022-10-10").recognise(once.clone()).await.unwrap().into_inner();
    assert_eq!(recognised.state(), pb::RecognitionState::Recognised);
    assert_eq!(bureau(&suite, "2022-10-10").recognise(once).await.unwrap().into_inner(), recognised);
    let granted = suite.grants.granted();
    assert_eq!(granted.len(), 1);
    assert_eq!(
        (granted[0].name.as_str(), granted[0].granted_on.as_str()),
        (&*recognised.qualification, "2022-10-10")
    );
    assert_eq!(granted[0].level(), registry::QualificationLevel::Municipal);
    let again = bureau(&suite, "2022-10-11").recognise(grant(&posted.name)).await;
    assert_eq!(reason_of(again), "STATE_NOT_ALLOWED");
    suite.close().await;
}

#[tokio::test]
async fn a_grant_whose_answer_was_lost_is_taken_up_by_the_next_call() {
    let suite = start().await;
    let posted = publicised(&suite).await;
    suite.grants.set_down(true);
    let lost = bureau(&suite, "2022-10-10").recognise(grant(&posted.name)).await;
    assert_eq!(reason_of(lost), "SERVICE_DOWN");
    suite.grants.set_down(false);
    let recognised = bureau(&suite, "2022-10-10").recognise(grant(&posted.name)).await.unwrap().into_inner();
    assert_eq!(recognised.state(), pb::RecognitionState::Recognised);
    assert_eq!(suite.grants.granted().len(), 1);
    suite.close().await;
}

#[tokio::test]
async fn a_grant_whose_answer_was_lost_keeps_its_number_and_its_day() {
    let suite = start().await;
    let posted = publicised(&suite).await;
    suite.grants.set_down(true);
    let once = grant(&posted.name);
    let lost = bureau(&suite, "2022-10-10").recognise(once.clone()).await;
    assert_eq!(reason_of(lost), "SERVICE_DOWN");
    suite.grants.set_down(false);
    // Whether the first one was granted is not known, so another one would be one too many.
    let other = pb::RecogniseRequest { number: "SHISF-2022-0002".to_owned(), ..grant(&posted.name) };
    assert_eq!(reason_of(bureau(&suite, "2022-10-11").recognise(other).await), "GRANT_UNSETTLED");
    let recognised = bureau(&suite, "2022-10-11").recognise(once).await.unwrap().into_inner();
    assert_eq!(recognised.state(), pb::RecognitionState::Recognised);
    assert_eq!(recognised.recognised_on, "2022-10-10");
    let granted = suite.grants.granted();
    assert_eq!((granted.len(), granted[0].granted_on.as_str()), (1, "2022-10-10"));
    suite.close().await;
}

#[tokio::test]
async fn a_grant_that_another_call_had_done_is_not_taken_back() {
    let suite = start().await;
    let posted = publicised(&suite).await;
    suite.grants.set_fate(Fate::Overtaken(registry::AssessmentResult::Unspecified));
    let refused = bureau(&suite, "2022-10-10").recognise(grant(&posted.name)).await;
    assert_eq!(reason_of(refused), "STATE_NOT_ALLOWED");
    suite.grants.set_fate(Fate::Done);
    let other = pb::RecogniseRequest { number: "SHISF-2022-0002".to_owned(), ..grant(&posted.name) };
    assert_eq!(reason_of(bureau(&suite, "2022-10-11").recognise(other).await), "GRANT_UNSETTLED");
    let recognised = bureau(&suite, "2022-10-11").recognise(grant(&posted.name)).await.unwrap().into_inner();
    assert_eq!(recognised.recognised_on, "2022-10-10");
    assert_eq!(suite.grants.granted().len(), 1);
    suite.close().await;
}

#[tokio::test]
async fn a_number_that_the_registry_refuses_gives_way_to_another() {
    let suite = start().await;
    let posted = publicised(&suite).await;
    // The holder had that number once.
    suite.grants.hold(qualification(FIRM, "TRANSFER_INSTITUTION", "SHISF-2022-0001", "2019-05-01"));
    let refused = grant(&posted.name);
    for _ in 0..2 {
        let answer = bureau(&suite, "2022-10-10").recognise(refused.clone()).await;
        assert_eq!(reason_of(answer), "DUPLICATE_QUALIFICATION");
    }
    let taken_back = "select count(*) from platform.audit where reason like 'GRANT_REFUSED%'";
    assert_eq!(suite.count(taken_back).await, 1);
    let other = pb::RecogniseRequest { number: "SHISF-2022-0002".to_owned(), ..grant(&posted.name) };
    let recognised = bureau(&suite, "2022-10-11").recognise(other).await.unwrap().into_inner();
    assert_eq!(recognised.recognised_on, "2022-10-11");
    suite.close().await;
}

#[tokio::test]
async fn the_registry_is_asked_while_no_transaction_holds_what_is_decided() {
    let suite = start().await;
    let posted = publicised(&suite).await;
    let held = qualification(OTHER_FIRM, "TRANSFER_INSTITUTION", "SHISF-2020-0001", "2020-08-25");
    suite.grants.hold(held.clone());
    // Such a transaction would be seen.
    let mut tx = suite.pool.begin().await.unwrap();
    sqlx::query("select id from commissioner.recognition for update").fetch_all(&mut *tx).await.unwrap();
    assert!(locks(&suite.pool).await > 0);
    tx.rollback().await.unwrap();

    suite.grants.watch(&suite.pool);
    bureau(&suite, "2022-10-10").recognise(grant(&posted.name)).await.unwrap();
    for day in ["2021-08-25", "2022-08-25"] {
        let assess = pb::AssessInstitutionRequest {
            request_id: id(),
            qualification: held.name.clone(),
            grade: pb::AssessmentGrade::Fail.into(),
            ..Default::default()
        };
        bureau(&suite, day).assess_institution(assess).await.unwrap();
    }
    // One grant, two assessments, one revocation.
    assert_eq!(suite.grants.seen(), Seen { calls: 4, locks: 0 });
    suite.close().await;
}

#[tokio::test]
async fn who_holds_the_level_or_a_higher_one_has_nothing_to_apply_for() {
    let suite = start().await;
    let held = qualification(FIRM, "TRANSFER_INSTITUTION", "SJSF-2017-0001", "2017-07-20");
    let level = registry::QualificationLevel::Provincial.into();
    suite.grants.hold(registry::Qualification { level, ..held });
    let at = |level: pb::RecognitionLevel| pb::ApplyRecognitionRequest {
        level: level.into(),
        ..institution(6, 6_000)
    };
    let mut applicant = firm(&suite, "2022-06-01");
    for level in [pb::RecognitionLevel::Municipal, pb::RecognitionLevel::Provincial] {
        assert_eq!(reason_of(applicant.apply_recognition(at(level)).await), "HIGHER_LEVEL_HELD");
    }
    // An upgrade is applied for, once.
    let upgrade = at(pb::RecognitionLevel::National);
    applicant.apply_recognition(upgrade.clone()).await.unwrap();
    let again = pb::ApplyRecognitionRequest { request_id: id(), ..upgrade };
    assert_eq!(reason_of(applicant.apply_recognition(again).await), "DUPLICATE_APPLICATION");
    let foreign =
        pb::ApplyRecognitionRequest { applicant_uscc: OTHER_FIRM.to_owned(), ..institution(6, 6_000) };
    assert_eq!(reason_of(applicant.apply_recognition(foreign).await), "NOT_REPRESENTED");
    let mut other = RecognitionServiceClient::new(suite.firm(OTHER_FIRM, "2022-06-01"));
    let listed = other.list_recognitions(pb::ListRecognitionsRequest::default()).await.unwrap().into_inner();
    assert!(listed.recognitions.is_empty());
    let auditor = suite.calls(&person("audit", Role::Auditor), "2022-06-01");
    let listed = RecognitionServiceClient::new(auditor)
        .list_recognitions(pb::ListRecognitionsRequest::default())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(listed.recognitions.len(), 1);
    let name = listed.recognitions[0].name.clone();
    let get = pb::GetRecognitionRequest { name };
    assert_eq!(reason_of(other.get_recognition(get).await), "NOT_REPRESENTED");
    suite.close().await;
}

#[tokio::test]
async fn a_second_failed_assessment_in_a_row_revokes() {
    let suite = start().await;
    let held = qualification(FIRM, "TRANSFER_INSTITUTION", "SHISF-2020-0001", "2020-08-25");
    suite.grants.hold(held.clone());
    let assess = |grade: pb::AssessmentGrade| pb::AssessInstitutionRequest {
        request_id: id(),
        qualification: held.name.clone(),
        grade: grade.into(),
        ..Default::default()
    };
    let early = bureau(&suite, "2021-08-24").assess_institution(assess(pb::AssessmentGrade::Pass)).await;
    assert_eq!(reason_of(early), "TOO_EARLY_TO_ASSESS");
    let steps = [
        ("2021-08-25", pb::AssessmentGrade::Fail, pb::AssessmentOutcome::Rectify),
        ("2022-08-25", pb::AssessmentGrade::Pass, pb::AssessmentOutcome::Pass),
        ("2023-08-25", pb::AssessmentGrade::Fail, pb::AssessmentOutcome::Rectify),
        ("2024-08-25", pb::AssessmentGrade::Fail, pb::AssessmentOutcome::Revoked),
    ];
    for (day, grade, outcome) in steps {
        let answer = bureau(&suite, day).assess_institution(assess(grade)).await.unwrap().into_inner();
        assert_eq!(answer.outcome(), outcome, "{day}");
    }
    let over = bureau(&suite, "2025-08-25").assess_institution(assess(pb::AssessmentGrade::Pass)).await;
    assert_eq!(reason_of(over), "STATE_NOT_ALLOWED");
    let unknown = pb::AssessInstitutionRequest {
        qualification: "qua_01890a5d-ac96-774b-bcce-b302099a8057".to_owned(),
        ..assess(pb::AssessmentGrade::Pass)
    };
    assert_eq!(reason_of(bureau(&suite, "2022-08-25").assess_institution(unknown).await), "UNKNOWN_RECORD");
    suite.close().await;
}
