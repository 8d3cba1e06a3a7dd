//! Persons are found by any of their passports.

use canopy_kernel::{Role, reason};
use canopy_proto::registry::v1 as pb;

use crate::refusal::refused;
use crate::suite::{Suite, id};

fn passport(nationality: &str, number: &str) -> Option<pb::PassportData> {
    Some(pb::PassportData { nationality: nationality.to_owned(), passport_no: number.to_owned() })
}

fn register(nationality: &str, number: &str) -> pb::RegisterPersonRequest {
    pb::RegisterPersonRequest {
        request_id: id(),
        passport: passport(nationality, number),
        title: "ANNA ERIKSSON".to_owned(),
        ..Default::default()
    }
}

fn renew(name: &str, nationality: &str, number: &str) -> pb::RenewPassportRequest {
    pb::RenewPassportRequest {
        request_id: id(),
        name: name.to_owned(),
        passport: passport(nationality, number),
    }
}

#[tokio::test]
async fn a_renewed_passport_finds_the_same_person() {
    let suite = Suite::start().await;
    let mut registrar = suite.subjects(Role::Registrar);
    let person = registrar.register_person(register("UTO", "L898902C3")).await.unwrap().into_inner();
    assert_eq!((person.kind(), person.title.as_str()), (pb::SubjectKind::Person, "ANNA ERIKSSON"));
    let renewal = renew(&person.name, "UTO", "X1");
    let renewed = registrar.renew_passport(renewal.clone()).await.unwrap().into_inner();
    assert_eq!((renewed.name.as_str(), renewed.title.as_str()), (person.name.as_str(), "ANNA ERIKSSON"));
    assert_eq!(registrar.renew_passport(renewal).await.unwrap().into_inner(), renewed);
    for number in ["L898902C3", "X1"] {
        let request = pb::FindPersonRequest { passport: passport("UTO", number) };
        let found = suite.subjects(Role::System).find_person(request).await.unwrap().into_inner();
        assert_eq!((found.name, found.title), (person.name.clone(), "ANNA ERIKSSON".to_owned()));
    }
    // Another state may give the same number.
    assert!(registrar.register_person(register("DEU", "X1")).await.is_ok());
    // Those who may see a subject do not see a person's name by it.
    let request = pb::GetSubjectRequest { name: person.name, as_of: String::new() };
    let seen = suite.subjects(Role::Auditor).get_subject(request).await.unwrap().into_inner();
    assert_eq!((seen.kind(), seen.title.as_str()), (pb::SubjectKind::Person, ""));
    suite.close().await;
}

#[tokio::test]
async fn malformed_and_known_passports_are_refused() {
    let suite = Suite::start().await;
    let mut registrar = suite.subjects(Role::Registrar);
    let person = registrar.register_person(register("UTO", "L898902C3")).await.unwrap().into_inner();
    let before = suite.tables().await;
    for (nationality, number, field) in [
        ("UT", "L898902C3", "passport.nationality"),
        ("uto", "L898902C3", "passport.nationality"),
        ("UTO", "", "passport.passport_no"),
        ("UTO", "L898902C34", "passport.passport_no"),
        ("UTO", "l898902c3", "passport.passport_no"),
    ] {
        let refusal = registrar.register_person(register(nationality, number)).await;
        refused(refusal, &reason::PASSPORT_FORMAT, field);
    }
    let again = registrar.register_person(register("UTO", "L898902C3")).await;
    refused(again, &reason::DUPLICATE_PERSON, "passport");
    let taken = registrar.renew_passport(renew(&person.name, "UTO", "L898902C3")).await;
    refused(taken, &reason::DUPLICATE_PERSON, "passport");
    let nobody = renew("sub_01890a5d-ac96-774b-bcce-b302099a8057", "UTO", "X1");
    refused(registrar.renew_passport(nobody).await, &reason::UNKNOWN_SUBJECT, "name");
    refused(registrar.renew_passport(renew("zhang", "UTO", "X1")).await, &reason::ID_FORMAT, "name");
    let request = pb::FindPersonRequest { passport: passport("UTO", "X9") };
    refused(registrar.find_person(request).await, &reason::UNKNOWN_SUBJECT, "passport");
    let missing = pb::RegisterPersonRequest { passport: None, ..register("UTO", "X2") };
    refused(registrar.register_person(missing).await, &reason::FIELD_MISSING, "passport");
    assert_eq!(suite.tables().await, before);
    suite.close().await;
}

#[tokio::test]
async fn no_table_holds_a_passport_number_or_a_persons_name() {
    let suite = Suite::start().await;
    let mut registrar = suite.subjects(Role::Registrar);
    let person = registrar.register_person(register("UTO", "QZ7654321")).await.unwrap().into_inner();
    registrar.renew_passport(renew(&person.name, "UTO", "QZ7654322")).await.unwrap();
    suite.require_unreadable(&["ANNA ERIKSSON", "QZ7654321", "QZ7654322"]).await;
    suite.close().await;
}
