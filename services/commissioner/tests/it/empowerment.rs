//! Empowerments: a unit's register row by row, and the way of one from application to its end.

use canopy_proto::commissioner::v1 as pb;
use canopy_proto::commissioner::v1::empowerment_service_client::EmpowermentServiceClient;

use crate::suite::{As, Suite, id, reason_of, reasons_of};

pub const UNIT: &str = "124200002429921889";
pub const OTHER_UNIT: &str = "124200004416255673";
const ON: &str = "2022-12-31";

/// A service that knows the pilot unit and another one.
pub async fn start() -> Suite {
    let suite = Suite::start().await;
    suite.registry.institute(UNIT, "湖北工业大学", true);
    suite.registry.institute(OTHER_UNIT, "武汉职业技术大学", false);
    suite.followed().await;
    suite
}

pub fn share(inventor: &str, share_bp: i32) -> pb::InventorShare {
    pb::InventorShare { inventor: inventor.to_owned(), share_bp }
}

/// A sound row: a use right of 10 years from 2022-06-20, filed before.
pub fn row(number: &str) -> pb::EmpowermentRow {
    pb::EmpowermentRow {
        request_id: id(),
        empowerment_no: number.to_owned(),
        title: "绿色桥梁健康监测平台关键技术研究".to_owned(),
        unit_uscc: UNIT.to_owned(),
        basis: pb::EmpowermentBasis::UnitOwned.into(),
        term_years: 10,
        start_on: "2022-06-20".to_owned(),
        inventors: vec![share("谭勇静", 10_000)],
        agreement_signed_on: "2022-05-01".to_owned(),
        publicity_posted_on: "2022-05-11".to_owned(),
        filed_on: "2022-06-15".to_owned(),
        ..Default::default()
    }
}

pub fn unit(suite: &Suite, on: &str) -> EmpowermentServiceClient<As> {
    EmpowermentServiceClient::new(suite.institute(UNIT, on))
}

/// Enters rows as the unit; the answer is their refusals by place.
pub async fn enter(suite: &Suite, rows: Vec<pb::EmpowermentRow>) -> Vec<&'static str> {
    let request = pb::BatchImportEmpowermentsRequest { rows };
    reasons_of(&unit(suite, ON).batch_import_empowerments(request).await.unwrap().into_inner().results)
}

async fn counted(suite: &Suite, as_of: &str) -> pb::CountEmpowermentsResponse {
    let request = pb::CountEmpowermentsRequest { as_of: as_of.to_owned(), ..Default::default() };
    let mut bureau = EmpowermentServiceClient::new(suite.bureau(ON));
    bureau.count_empowerments(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn a_row_is_refused_for_its_first_fault() {
    let suite = start().await;
    let term = |number: &str, term_years| pb::EmpowermentRow { term_years, ..row(number) };
    let shares = |number: &str, parts: &[i32]| pb::EmpowermentRow {
        inventors: parts.iter().zip(1..).map(|(bp, at)| share(&format!("完成人{at}"), *bp)).collect(),
        ..row(number)
    };
    let rows = vec![
        term("FQ1", 30),
        term("FQ2", 31),
        term("FQ3", 9),
        shares("FQ4", &[5_107, 2_553, 2_240]),
        shares("FQ5", &[5_000, 5_001]),
        pb::EmpowermentRow { disputed: true, ..row("FQ6") },
        pb::EmpowermentRow { classified: true, ..row("FQ7") },
        pb::EmpowermentRow { co_owner: pb::CoOwnerConsent::Refused.into(), ..row("FQ8") },
        pb::EmpowermentRow { co_owner: pb::CoOwnerConsent::Given.into(), ..row("FQ9") },
        row("FQ1"),
        pb::EmpowermentRow { disputed: true, ..term("FQ10", 31) },
        pb::EmpowermentRow { unit_uscc: OTHER_UNIT.to_owned(), ..row("FQ11") },
        pb::EmpowermentRow { filed_on: "2022-06-31".to_owned(), ..row("FQ12") },
    ];
    let expected = [
        "",
        "TERM_TOO_LONG",
        "TERM_TOO_SHORT",
        "SHARES_NOT_10000",
        "SHARES_NOT_10000",
        "RIGHTS_NOT_CLEAR",
        "RIGHTS_NOT_CLEAR",
        "RIGHTS_NOT_CLEAR",
        "",
        "DUPLICATE_EMPOWERMENT",
        "TERM_TOO_LONG",
        "NOT_REPRESENTED",
        "DATE_FORMAT",
    ];
    assert_eq!(enter(&suite, rows).await, expected);
    assert_eq!(suite.count("select count(*) from commissioner.empowerment").await, 2);
    suite.close().await;
}

#[tokio::test]
async fn what_is_in_force_is_counted_on_any_day() {
    let suite = start().await;
    let rows = vec![
        pb::EmpowermentRow {
            term_years: 30,
            start_on: "2020-02-29".to_owned(),
            filed_on: "2020-02-24".to_owned(),
            agreement_signed_on: "2020-01-10".to_owned(),
            ..row("FQ1")
        },
        pb::EmpowermentRow { basis: pb::EmpowermentBasis::OtherService.into(), term_years: 0, ..row("FQ2") },
        pb::EmpowermentRow { terminated_on: "2022-07-06".to_owned(), ..row("FQ3") },
        pb::EmpowermentRow { filed_on: String::new(), ..row("FQ4") },
        pb::EmpowermentRow { start_on: "2012-06-20".to_owned(), ..row("FQ5") },
    ];
    assert_eq!(enter(&suite, rows).await, [""; 5]);
    let at_cut_off = counted(&suite, "2022-11-30").await;
    let expected = pb::CountEmpowermentsResponse {
        in_force: 2,
        unit_owned: 1,
        other_service: 1,
        longest_term_years: 30,
        latest_last_on: "2050-02-28".to_owned(),
    };
    assert_eq!(at_cut_off, expected);
    assert_eq!(counted(&suite, "2022-07-05").await.in_force, 3);
    // The last day of a term is the corresponding day.
    let fifth = counted(&suite, "2022-06-20").await;
    assert_eq!((fifth.in_force, fifth.latest_last_on.as_str()), (4, "2050-02-28"));
    assert_eq!(counted(&suite, "2022-06-14").await.in_force, 1);
    let request = pb::GetEmpowermentRequest {
        empowerment_no: "FQ1".to_owned(),
        as_of: "2022-11-30".to_owned(),
        ..Default::default()
    };
    let shown = unit(&suite, ON).get_empowerment(request).await.unwrap().into_inner();
    assert_eq!((shown.last_on.as_str(), shown.state()), ("2050-02-28", pb::EmpowermentState::InForce));
    assert_eq!(shown.disposal(), pb::Disposal::Joint);
    suite.close().await;
}

fn application() -> pb::ApplyEmpowermentRequest {
    pb::ApplyEmpowermentRequest {
        request_id: id(),
        empowerment_no: "FQ9".to_owned(),
        title: "一种装备".to_owned(),
        unit_uscc: UNIT.to_owned(),
        basis: pb::EmpowermentBasis::UnitOwned.into(),
        term_years: 15,
        ..Default::default()
    }
}

/// An empowerment of two inventors in force from 2022-06-01, by every step at its own day.
pub async fn in_force(suite: &Suite) -> pb::Empowerment {
    let name = unit(suite, "2022-05-01").apply_empowerment(application()).await.unwrap().into_inner().name;
    let clear = pb::ClearRightsRequest { request_id: id(), name: name.clone(), ..Default::default() };
    unit(suite, "2022-05-02").clear_rights(clear).await.unwrap();
    let sign = pb::SignAgreementRequest {
        request_id: id(),
        name: name.clone(),
        shares: vec![share("甲", 6_000), share("乙", 4_000)],
        signed_by: vec!["甲".to_owned(), "乙".to_owned()],
        ..Default::default()
    };
    unit(suite, "2022-05-03").sign_agreement(sign).await.unwrap();
    let publish =
        pb::PublishEmpowermentRequest { request_id: id(), name: name.clone(), ..Default::default() };
    unit(suite, "2022-05-10").publish_empowerment(publish).await.unwrap();
    let file = pb::FileEmpowermentRequest { request_id: id(), name, ..Default::default() };
    unit(suite, "2022-06-01").file_empowerment(file).await.unwrap().into_inner()
}

#[tokio::test]
async fn an_empowerment_goes_its_way_step_by_step() {
    let suite = start().await;
    let filed = in_force(&suite).await;
    assert_eq!(filed.state(), pb::EmpowermentState::InForce);
    assert_eq!((filed.start_on.as_str(), filed.last_on.as_str()), ("2022-06-01", "2037-06-01"));
    let change = pb::ChangeAgreementRequest {
        request_id: id(),
        name: filed.name.clone(),
        shares: vec![share("甲", 5_000), share("丙", 5_000)],
        signed_by: vec!["甲".to_owned(), "丙".to_owned()],
        etag: filed.etag.clone(),
        ..Default::default()
    };
    let changed = unit(&suite, "2022-09-01").change_agreement(change.clone()).await.unwrap().into_inner();
    assert_eq!(
        unit(&suite, "2022-09-01").change_agreement(change.clone()).await.unwrap().into_inner(),
        changed
    );
    let versions: Vec<_> =
        changed.agreements.iter().map(|it| (it.effective_on.as_str(), it.replaced_on.as_str())).collect();
    assert_eq!(versions, [("2022-05-03", "2022-09-01"), ("2022-09-01", "")]);
    let stale = pb::ChangeAgreementRequest { request_id: id(), ..change };
    assert_eq!(reason_of(unit(&suite, "2022-09-02").change_agreement(stale).await), "VERSION_CONFLICT");
    let end = pb::TerminateEmpowermentRequest {
        request_id: id(),
        name: filed.name.clone(),
        reason: "单位与完成人协商终止".to_owned(),
        ..Default::default()
    };
    let ended = unit(&suite, "2022-10-01").terminate_empowerment(end.clone()).await.unwrap().into_inner();
    assert_eq!(ended.state(), pb::EmpowermentState::Terminated);
    let again = pb::TerminateEmpowermentRequest { request_id: id(), ..end };
    assert_eq!(reason_of(unit(&suite, "2022-10-02").terminate_empowerment(again).await), "STATE_NOT_ALLOWED");
    // As of a day before a step the step is not shown.
    let request =
        pb::GetEmpowermentRequest { name: filed.name, as_of: "2022-05-05".to_owned(), ..Default::default() };
    let shown = unit(&suite, ON).get_empowerment(request).await.unwrap().into_inner();
    assert_eq!(shown.state(), pb::EmpowermentState::AgreementSigned);
    assert_eq!((shown.filed_on.as_str(), shown.agreements.len()), ("", 1));
    suite.close().await;
}

#[tokio::test]
async fn steps_that_are_not_due_are_refused_and_leave_no_trace() {
    let suite = start().await;
    let applied = unit(&suite, "2022-05-01").apply_empowerment(application()).await.unwrap().into_inner();
    let before = suite.tables().await;
    let name = applied.name;
    let mut today = unit(&suite, "2022-05-02");
    let again = application();
    assert_eq!(reason_of(today.apply_empowerment(again).await), "DUPLICATE_EMPOWERMENT");
    let long =
        pb::ApplyEmpowermentRequest { empowerment_no: "FQ10".to_owned(), term_years: 31, ..application() };
    assert_eq!(reason_of(today.apply_empowerment(long).await), "TERM_TOO_LONG");
    let foreign = pb::ApplyEmpowermentRequest { unit_uscc: OTHER_UNIT.to_owned(), ..application() };
    assert_eq!(reason_of(today.apply_empowerment(foreign.clone()).await), "NOT_REPRESENTED");
    let mut other = EmpowermentServiceClient::new(suite.institute(OTHER_UNIT, "2022-05-02"));
    assert_eq!(reason_of(other.apply_empowerment(foreign).await), "NOT_PILOT_UNIT");
    let clear = pb::ClearRightsRequest { request_id: id(), name: name.clone(), ..Default::default() };
    let disputed = pb::ClearRightsRequest { request_id: id(), disputed: true, ..clear.clone() };
    assert_eq!(reason_of(today.clear_rights(disputed).await), "RIGHTS_NOT_CLEAR");
    assert_eq!(reason_of(other.clear_rights(clear.clone()).await), "NOT_REPRESENTED");
    let publish =
        pb::PublishEmpowermentRequest { request_id: id(), name: name.clone(), ..Default::default() };
    assert_eq!(reason_of(today.publish_empowerment(publish).await), "STATE_NOT_ALLOWED");
    let unsigned = pb::SignAgreementRequest {
        request_id: id(),
        name,
        shares: vec![share("甲", 6_000), share("乙", 4_000)],
        signed_by: vec!["甲".to_owned()],
        ..Default::default()
    };
    assert_eq!(reason_of(today.sign_agreement(unsigned.clone()).await), "SIGNATURE_MISSING");
    let above =
        pb::SignAgreementRequest { shares: vec![share("甲", 5_000), share("乙", 5_001)], ..unsigned };
    assert_eq!(
        reason_of(today.sign_agreement(pb::SignAgreementRequest { request_id: id(), ..above }).await),
        "SHARES_NOT_10000"
    );
    let only = pb::ClearRightsRequest { validate_only: true, ..clear };
    today.clear_rights(only).await.unwrap();
    assert_eq!(suite.tables().await, before);
    suite.close().await;
}

#[tokio::test]
async fn a_unit_sees_its_own_alone() {
    let suite = start().await;
    enter(&suite, vec![row("FQ1"), row("FQ2"), row("FQ3")]).await;
    let mut other = EmpowermentServiceClient::new(suite.institute(OTHER_UNIT, ON));
    let all = pb::ListEmpowermentsRequest::default();
    assert!(other.list_empowerments(all.clone()).await.unwrap().into_inner().empowerments.is_empty());
    let asked = pb::ListEmpowermentsRequest { unit_uscc: UNIT.to_owned(), ..all };
    assert_eq!(reason_of(other.list_empowerments(asked).await), "NOT_REPRESENTED");
    let by_number = pb::GetEmpowermentRequest { empowerment_no: "FQ1".to_owned(), ..Default::default() };
    assert_eq!(reason_of(other.get_empowerment(by_number.clone()).await), "UNKNOWN_EMPOWERMENT");
    let found = unit(&suite, ON).get_empowerment(by_number).await.unwrap().into_inner();
    let by_name = pb::GetEmpowermentRequest { name: found.name, ..Default::default() };
    assert_eq!(reason_of(other.get_empowerment(by_name).await), "NOT_REPRESENTED");
    let mut bureau = EmpowermentServiceClient::new(suite.bureau(ON));
    let mut numbers = Vec::new();
    let mut request = pb::ListEmpowermentsRequest { page_size: 2, ..Default::default() };
    loop {
        let page = bureau.list_empowerments(request.clone()).await.unwrap().into_inner();
        numbers.extend(page.empowerments.into_iter().map(|it| it.empowerment_no));
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    assert_eq!(numbers, ["FQ1", "FQ2", "FQ3"]);
    suite.close().await;
}
