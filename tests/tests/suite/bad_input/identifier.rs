//! Malformed or out of domain (INVALID_ARGUMENT): each row of an import is judged by itself.

use canopy_kernel::Role;
use canopy_proto::registry::v1 as pb;
use canopy_proto::registry::v1::fact_service_client::FactServiceClient;
use canopy_proto::registry::v1::qualification_service_client::QualificationServiceClient;
use canopy_proto::registry::v1::subject_service_client::SubjectServiceClient;
use tonic::Code::InvalidArgument;

use super::world::{FIRM, World, id};
use super::year::{certificate, code, firm};

#[tokio::test]
async fn what_is_malformed_is_refused_with_its_field_and_leaves_nothing() {
    let world = World::with_year(1).await;
    rows_of_firms(&world).await;
    rows_of_certificates(&world).await;
    an_entry_without_the_number_of_its_evidence(&world).await;
    persons(&world).await;
    world.stop().await;
}

async fn rows_of_firms(world: &World) {
    let row = |change: fn(&mut pb::EnterpriseRow)| {
        let mut row = firm(2);
        change(&mut row);
        row
    };
    let rows = vec![
        // The published example with its last two characters swapped, and one that a public list wrongly calls sound.
        row(|it| it.uscc = "124200004416255637".to_owned()),
        row(|it| it.uscc = "91350203M0001QAY9B".to_owned()),
        row(|it| it.uscc = "914201".to_owned()),
        row(|it| it.uscc = "9142010OMA4KPR3D8L".to_owned()),
        row(|it| it.area_code = "42x".to_owned()),
        row(|it| it.established_on = "2022-02-30".to_owned()),
        row(|it| it.registered_capital_fen = -1),
        row(|it| it.title = String::new()),
        row(|it| it.title = "长".repeat(201)),
        row(|it| it.status = 99),
    ];
    let mut subjects = SubjectServiceClient::new(world.desk("qian", Role::Registrar, "").await);
    let import = async || {
        let request = pb::BatchImportEnterprisesRequest { rows: rows.clone() };
        subjects.batch_import_enterprises(request).await.unwrap().into_inner().results
    };
    let expected = [
        (InvalidArgument, "USCC_CHECK_DIGIT", "uscc"),
        (InvalidArgument, "USCC_CHECK_DIGIT", "uscc"),
        (InvalidArgument, "USCC_FORMAT", "uscc"),
        (InvalidArgument, "USCC_FORMAT", "uscc"),
        (InvalidArgument, "AREA_CODE_FORMAT", "area_code"),
        (InvalidArgument, "DATE_FORMAT", "established_on"),
        (InvalidArgument, "FIELD_OUT_OF_RANGE", "registered_capital_fen"),
        (InvalidArgument, "FIELD_MISSING", "title"),
        (InvalidArgument, "FIELD_TOO_LONG", "title"),
        (InvalidArgument, "ENUM_UNKNOWN", "status"),
    ];
    world.refuses_rows(import, &expected).await;
}

async fn rows_of_certificates(world: &World) {
    let row = |change: fn(&mut pb::QualificationRow)| {
        let mut row = certificate(1);
        change(&mut row);
        row
    };
    let rows = vec![
        row(|it| it.number = "GR2022".to_owned()),
        row(|it| (it.kind, it.number) = ("TECH_SME".to_owned(), "2022".to_owned())),
        row(|it| it.number = String::new()),
        row(|it| it.kind = "no word".to_owned()),
        row(|it| (it.number, it.granted_on) = ("GR202242999999".to_owned(), "2022/03/01".to_owned())),
    ];
    let mut register = QualificationServiceClient::new(world.desk("qian", Role::Registrar, "").await);
    let import = async || {
        let request = pb::BatchImportQualificationsRequest { rows: rows.clone() };
        register.batch_import_qualifications(request).await.unwrap().into_inner().results
    };
    let expected = [
        (InvalidArgument, "CERTIFICATE_NUMBER_FORMAT", "number"),
        (InvalidArgument, "LISTING_NUMBER_FORMAT", "number"),
        (InvalidArgument, "FIELD_MISSING", "number"),
        (InvalidArgument, "FIELD_INVALID", "kind"),
        (InvalidArgument, "DATE_FORMAT", "granted_on"),
    ];
    world.refuses_rows(import, &expected).await;
}

async fn an_entry_without_the_number_of_its_evidence(world: &World) {
    let mut facts = FactServiceClient::new(world.desk("qian", Role::Registrar, "").await);
    let fact = |change: fn(&mut pb::RecordFactRequest)| {
        let mut fact = pb::RecordFactRequest {
            request_id: id(),
            uscc: code(1),
            kind: "TURNOVER".to_owned(),
            value: 1,
            unit: "fen".to_owned(),
            occurred_on: "2022-03-01".to_owned(),
            source: "统计局".to_owned(),
            evidence_no: "PZ-1".to_owned(),
            ..Default::default()
        };
        change(&mut fact);
        fact
    };
    for (request, reason, field) in [
        (fact(|it| it.evidence_no = String::new()), "FIELD_MISSING", "evidence_no"),
        (fact(|it| it.unit = "pounds".to_owned()), "ENUM_UNKNOWN", "unit"),
        (fact(|it| it.request_id = String::new()), "REQUEST_ID_MISSING", "request_id"),
    ] {
        world.refuses(facts.record_fact(request), (InvalidArgument, reason, field)).await;
    }
}

async fn persons(world: &World) {
    let mut subjects = SubjectServiceClient::new(world.desk("qian", Role::Registrar, "").await);
    let passport = |nationality: &str, passport_no: &str| pb::PassportData {
        nationality: nationality.to_owned(),
        passport_no: passport_no.to_owned(),
    };
    for (passport, reason, field) in [
        (Some(passport("DEU", "L8989-02C3")), "PASSPORT_FORMAT", "passport.passport_no"),
        (Some(passport("de", "L898902C3")), "PASSPORT_FORMAT", "passport.nationality"),
        (None, "FIELD_MISSING", "passport"),
    ] {
        let title = "ANNA ERIKSSON".to_owned();
        let request = pb::RegisterPersonRequest { request_id: id(), passport, title, ..Default::default() };
        world.refuses(subjects.register_person(request), (InvalidArgument, reason, field)).await;
    }
    let unstated = pb::ChangeSubjectStatusRequest {
        request_id: id(),
        uscc: FIRM.to_owned(),
        effective_on: "2022-09-01".to_owned(),
        ..Default::default()
    };
    let refused = (InvalidArgument, "ENUM_UNKNOWN", "status");
    world.refuses(subjects.change_subject_status(unstated), refused).await;
}
