//! Who may call: roles, represented organisations, and business time.

use canopy_kernel::{Actor, Role, reason};
use canopy_proto::registry::v1 as pb;
use canopy_proto::registry::v1::credit_service_client::CreditServiceClient;
use canopy_proto::registry::v1::fact_service_client::FactServiceClient;
use canopy_proto::registry::v1::qualification_service_client::QualificationServiceClient;
use canopy_proto::registry::v1::reference_service_client::ReferenceServiceClient;
use canopy_proto::registry::v1::subject_service_client::SubjectServiceClient;

use crate::refusal::refused;
use crate::rows::{code, credit_rules, firm, listing, qualification};
use crate::suite::{Suite, id, person};

#[tokio::test]
async fn a_firm_sees_itself_and_nobody_else() {
    let suite = Suite::start().await;
    suite.rules(credit_rules()).await;
    let names = suite.enter(vec![firm(1), firm(2)]).await;
    suite.grant(vec![qualification(1, "HNTE", "GR202242000001", "2022-10-12")]).await;
    let as_firm = suite.firm(&code(1));
    let mut subjects = SubjectServiceClient::new(as_firm.clone());
    let get = |name: &str| pb::GetSubjectRequest { name: name.to_owned(), as_of: String::new() };
    assert!(subjects.get_subject(get(&code(1))).await.is_ok());
    assert!(subjects.get_subject(get(&names[0].name)).await.is_ok());
    refused(subjects.get_subject(get(&code(2))).await, &reason::NOT_REPRESENTED, "name");
    refused(subjects.get_subject(get(&names[1].name)).await, &reason::NOT_REPRESENTED, "name");
    let all = subjects.list_subjects(pb::ListSubjectsRequest::default()).await;
    refused(all, &reason::ROLE_NOT_ALLOWED, "");

    let mut qualifications = QualificationServiceClient::new(as_firm.clone());
    let list = |holder: String| pb::ListQualificationsRequest { holder_uscc: holder, ..Default::default() };
    let own = qualifications.list_qualifications(list(code(1))).await.unwrap().into_inner();
    assert_eq!(own.qualifications.len(), 1);
    let other = qualifications.list_qualifications(list(code(2))).await;
    refused(other, &reason::NOT_REPRESENTED, "holder_uscc");
    let everyone = qualifications.list_qualifications(list(String::new())).await;
    refused(everyone, &reason::NOT_REPRESENTED, "holder_uscc");

    let mut facts = FactServiceClient::new(as_firm.clone());
    let list = pb::ListFactsRequest { uscc: code(2), ..Default::default() };
    refused(facts.list_facts(list).await, &reason::NOT_REPRESENTED, "uscc");

    let mut credit = CreditServiceClient::new(as_firm);
    let check = |n: usize| pb::CheckStandingRequest {
        uscc: code(n),
        purpose: pb::StandingPurpose::Subsidy.into(),
        on: String::new(),
    };
    assert!(credit.check_standing(check(1)).await.unwrap().into_inner().good);
    refused(credit.check_standing(check(2)).await, &reason::NOT_REPRESENTED, "uscc");
    let listings = credit.list_listings(pb::ListListingsRequest::default()).await;
    refused(listings, &reason::NOT_REPRESENTED, "uscc");
    let many = pb::BatchCheckStandingRequest {
        usccs: vec![code(1)],
        purpose: pb::StandingPurpose::Subsidy.into(),
        on: "2022-10-01".to_owned(),
    };
    refused(credit.batch_check_standing(many).await, &reason::ROLE_NOT_ALLOWED, "");
    suite.close().await;
}

#[tokio::test]
async fn an_operator_takes_no_business_decision_and_an_auditor_writes_nothing() {
    let suite = Suite::start().await;
    suite.enter(vec![firm(1)]).await;
    let before = suite.tables().await;
    let change = || pb::ChangeSubjectStatusRequest {
        request_id: id(),
        uscc: code(1),
        status: pb::SubjectStatus::MovedOut.into(),
        effective_on: "2022-09-01".to_owned(),
        ..Default::default()
    };
    for role in [Role::Operator, Role::Auditor, Role::StBureau] {
        let answer = suite.subjects(role).change_subject_status(change()).await;
        refused(answer, &reason::ROLE_NOT_ALLOWED, "");
        let answer = suite.credit(role).record_listing(listing("L-1", 1, "2022-03-10")).await;
        refused(answer, &reason::ROLE_NOT_ALLOWED, "");
        let rows = pb::BatchImportEnterprisesRequest { rows: vec![firm(2)] };
        let answer = suite.subjects(role).batch_import_enterprises(rows).await;
        refused(answer, &reason::ROLE_NOT_ALLOWED, "");
    }
    let mut bureau = ReferenceServiceClient::new(suite.calls(&person("zhang", Role::StBureau), None));
    let create = pb::CreateReferenceSetRequest { request_id: id(), kind: pb::ReferenceKind::Settings.into() };
    refused(bureau.create_reference_set(create).await, &reason::ROLE_NOT_ALLOWED, "");
    assert_eq!(suite.tables().await, before);
    suite.close().await;
}

#[tokio::test]
async fn a_set_made_by_nobody_in_particular_is_never_activated() {
    let suite = Suite::start().await;
    let nobody = Actor { person: None, ..person("", Role::Operator) };
    let mut system = ReferenceServiceClient::new(suite.calls(&nobody, None));
    let create = pb::CreateReferenceSetRequest { request_id: id(), kind: pb::ReferenceKind::Settings.into() };
    let name = system.create_reference_set(create).await.unwrap().into_inner().name;
    let activate = pb::ActivateReferenceSetRequest { request_id: id(), name, ..Default::default() };
    let answer = suite.reference("wang").activate_reference_set(activate).await;
    refused(answer, &reason::MAKER_IS_APPROVER, "");
    suite.close().await;
}

#[tokio::test]
async fn today_is_the_business_day_of_the_call() {
    let suite = Suite::start().await;
    let mut moved = firm(1);
    moved.status = pb::SubjectStatus::MovedOut.into();
    moved.status_changed_on = "2022-09-01".to_owned();
    suite.enter(vec![moved]).await;
    for (day, status) in
        [("2022-08-31", pb::SubjectStatus::Active), ("2022-09-01", pb::SubjectStatus::MovedOut)]
    {
        let at = suite.calls(&person("zhang", Role::Auditor), Some(day));
        let request = pb::GetSubjectRequest { name: code(1), as_of: String::new() };
        let found = SubjectServiceClient::new(at).get_subject(request).await.unwrap().into_inner();
        assert_eq!(found.status(), status, "{day}");
    }
    suite.close().await;
}
