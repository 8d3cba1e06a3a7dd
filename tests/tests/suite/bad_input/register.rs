//! The registers: unknown (NOT_FOUND), duplicate (ALREADY_EXISTS), wrong state (FAILED_PRECONDITION), overtaken
//! (ABORTED).

use canopy_kernel::Role;
use canopy_proto::registry::v1 as pb;
use canopy_proto::registry::v1::fact_service_client::FactServiceClient;
use canopy_proto::registry::v1::qualification_service_client::QualificationServiceClient;
use canopy_proto::registry::v1::subject_service_client::SubjectServiceClient;
use tonic::Code;

use super::world::{FIRM, World, id};
use super::year::{certificate, code, firm};

const NOBODY: &str = "qua_01890a5d-ac96-774b-bcce-b302099a8057";

#[tokio::test]
async fn the_registers_refuse_the_unknown_the_duplicate_and_the_overtaken() {
    let world = World::with_year(1).await;
    duplicates(&world).await;
    unknowns(&world).await;
    holders_of_a_higher_level(&world).await;
    changes_that_come_too_late(&world).await;
    a_request_id_for_another_request(&world).await;
    world.stop().await;
}

async fn duplicates(world: &World) {
    let qian = world.desk("qian", Role::Registrar, "").await;
    let mut subjects = SubjectServiceClient::new(qian.clone());
    let rows = vec![firm(1)];
    let import = async || {
        let request = pb::BatchImportEnterprisesRequest { rows: rows.clone() };
        subjects.batch_import_enterprises(request).await.unwrap().into_inner().results
    };
    world.refuses_rows(import, &[(Code::AlreadyExists, "DUPLICATE_ENTERPRISE", "uscc")]).await;
    let mut register = QualificationServiceClient::new(qian.clone());
    let rows = vec![certificate(1)];
    let import = async || {
        let request = pb::BatchImportQualificationsRequest { rows: rows.clone() };
        register.batch_import_qualifications(request).await.unwrap().into_inner().results
    };
    world.refuses_rows(import, &[(Code::AlreadyExists, "DUPLICATE_QUALIFICATION", "number")]).await;

    let fact = || pb::RecordFactRequest {
        request_id: id(),
        uscc: code(1),
        kind: "TURNOVER".to_owned(),
        unit: "fen".to_owned(),
        occurred_on: "2022-03-01".to_owned(),
        source: "统计局".to_owned(),
        evidence_no: "PZ-1".to_owned(),
        ..Default::default()
    };
    let mut facts = FactServiceClient::new(qian.clone());
    facts.record_fact(fact()).await.unwrap();
    let duplicate = (Code::AlreadyExists, "DUPLICATE_FACT", "evidence_no");
    world.refuses(facts.record_fact(fact()), duplicate).await;

    let correction = || pb::CorrectPaymentAccountRequest {
        request_id: id(),
        uscc: code(1),
        effective_on: "2022-09-01".to_owned(),
        account: firm(1).account,
        ..Default::default()
    };
    subjects.correct_payment_account(correction()).await.unwrap();
    let duplicate = (Code::AlreadyExists, "DUPLICATE_CORRECTION", "effective_on");
    world.refuses(subjects.correct_payment_account(correction()), duplicate).await;

    let person = || pb::RegisterPersonRequest {
        request_id: id(),
        passport: Some(pb::PassportData {
            nationality: "DEU".to_owned(),
            passport_no: "L898902C3".to_owned(),
        }),
        title: "ANNA ERIKSSON".to_owned(),
        ..Default::default()
    };
    subjects.register_person(person()).await.unwrap();
    let duplicate = (Code::AlreadyExists, "DUPLICATE_PERSON", "passport");
    world.refuses(subjects.register_person(person()), duplicate).await;
}

async fn unknowns(world: &World) {
    let qian = world.desk("qian", Role::Registrar, "").await;
    let mut subjects = SubjectServiceClient::new(qian.clone());
    let asked = pb::GetSubjectRequest { name: FIRM.to_owned(), as_of: String::new() };
    let unknown = |field| (Code::NotFound, "UNKNOWN_SUBJECT", field);
    world.refuses(subjects.get_subject(asked), unknown("name")).await;
    let change = pb::ChangeSubjectStatusRequest {
        request_id: id(),
        uscc: FIRM.to_owned(),
        status: pb::SubjectStatus::MovedOut.into(),
        effective_on: "2022-09-01".to_owned(),
        ..Default::default()
    };
    world.refuses(subjects.change_subject_status(change), unknown("uscc")).await;
    let correction = pb::CorrectPaymentAccountRequest {
        request_id: id(),
        uscc: FIRM.to_owned(),
        effective_on: "2022-09-01".to_owned(),
        account: firm(1).account,
        ..Default::default()
    };
    world.refuses(subjects.correct_payment_account(correction), unknown("uscc")).await;
    let mut register = QualificationServiceClient::new(qian);
    let rows = vec![pb::QualificationRow { holder_uscc: FIRM.to_owned(), ..certificate(9) }];
    let import = async || {
        let request = pb::BatchImportQualificationsRequest { rows: rows.clone() };
        register.batch_import_qualifications(request).await.unwrap().into_inner().results
    };
    world.refuses_rows(import, &[(Code::NotFound, "UNKNOWN_HOLDER", "holder_uscc")]).await;
    let mut register = QualificationServiceClient::new(world.desk("qian", Role::Registrar, "").await);
    let asked = pb::GetQualificationRequest { name: NOBODY.to_owned(), as_of: String::new() };
    world.refuses(register.get_qualification(asked), (Code::NotFound, "UNKNOWN_RECORD", "name")).await;
    let malformed = pb::GetQualificationRequest { name: "qua_1".to_owned(), as_of: String::new() };
    world.refuses(register.get_qualification(malformed), (Code::InvalidArgument, "ID_FORMAT", "name")).await;
}

async fn holders_of_a_higher_level(world: &World) {
    let mut register = QualificationServiceClient::new(world.desk("qian", Role::Registrar, "").await);
    let level = |level: pb::QualificationLevel, number: &str, granted_on: &str| pb::QualificationRow {
        kind: "INCUBATOR".to_owned(),
        level: level.into(),
        number: number.to_owned(),
        granted_on: granted_on.to_owned(),
        ..certificate(1)
    };
    let provincial = vec![level(pb::QualificationLevel::Provincial, "P-1", "2022-04-18")];
    let request = pb::BatchImportQualificationsRequest { rows: provincial };
    let taken = register.batch_import_qualifications(request).await.unwrap().into_inner().results;
    assert_eq!(taken[0].refusal, None);
    let rows = vec![level(pb::QualificationLevel::Municipal, "M-1", "2022-08-25")];
    let import = async || {
        let request = pb::BatchImportQualificationsRequest { rows: rows.clone() };
        register.batch_import_qualifications(request).await.unwrap().into_inner().results
    };
    world.refuses_rows(import, &[(Code::FailedPrecondition, "HIGHER_LEVEL_HELD", "level")]).await;
}

async fn changes_that_come_too_late(world: &World) {
    let mut subjects = SubjectServiceClient::new(world.desk("qian", Role::Registrar, "").await);
    let change = |effective_on: &str, etag: &str| pb::ChangeSubjectStatusRequest {
        request_id: id(),
        uscc: code(1),
        status: pb::SubjectStatus::MovedOut.into(),
        effective_on: effective_on.to_owned(),
        etag: etag.to_owned(),
        ..Default::default()
    };
    subjects.change_subject_status(change("2022-09-30", "")).await.unwrap();
    let overtaken = (Code::Aborted, "VERSION_CONFLICT", "etag");
    world.refuses(subjects.change_subject_status(change("2022-10-30", "1")), overtaken).await;
    let earlier = (Code::FailedPrecondition, "STATUS_DATE_ORDER", "effective_on");
    world.refuses(subjects.change_subject_status(change("2022-09-29", "")), earlier).await;

    let mut register = QualificationServiceClient::new(world.desk("qian", Role::Registrar, "").await);
    let held =
        pb::ListQualificationsRequest { holder_uscc: code(1), kind: "HNTE".to_owned(), ..Default::default() };
    let held = register.list_qualifications(held).await.unwrap().into_inner().qualifications.remove(0);
    let revoke = |etag: &str| pb::RevokeQualificationRequest {
        request_id: id(),
        name: held.name.clone(),
        revoked_on: "2022-06-01".to_owned(),
        reason: "not met".to_owned(),
        etag: etag.to_owned(),
        ..Default::default()
    };
    world.refuses(register.revoke_qualification(revoke("99")), overtaken).await;
    register.revoke_qualification(revoke(&held.etag)).await.unwrap();
    let state = (Code::FailedPrecondition, "STATE_NOT_ALLOWED", "");
    world.refuses(register.revoke_qualification(revoke("")), state).await;
}

async fn a_request_id_for_another_request(world: &World) {
    let mut facts = FactServiceClient::new(world.desk("qian", Role::Registrar, "").await);
    let fact = |request_id: &str, evidence_no: &str| pb::RecordFactRequest {
        request_id: request_id.to_owned(),
        uscc: code(1),
        kind: "TURNOVER".to_owned(),
        unit: "fen".to_owned(),
        occurred_on: "2022-03-01".to_owned(),
        source: "统计局".to_owned(),
        evidence_no: evidence_no.to_owned(),
        ..Default::default()
    };
    let used = id();
    facts.record_fact(fact(&used, "PZ-2")).await.unwrap();
    let reused = (Code::AlreadyExists, "REQUEST_ID_REUSED", "request_id");
    world.refuses(facts.record_fact(fact(&used, "PZ-3")), reused).await;
}
