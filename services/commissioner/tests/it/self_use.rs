//! Results that their unit uses itself: the operating profit of a year, the award out of it, and who gets what.

use canopy_platform::from_status;
use canopy_proto::commissioner::v1 as pb;
use canopy_proto::commissioner::v1::empowerment_service_client::EmpowermentServiceClient;
use canopy_proto::commissioner::v1::self_use_service_client::SelfUseServiceClient;

use crate::empowerment::{self, OTHER_UNIT, UNIT, in_force, share};
use crate::suite::{As, Suite, id, reason_of};

/// When the unit tells of what runs since 2021-03-01; the first year is over since 2022-03-01.
const ON: &str = "2022-07-01";

fn unit(suite: &Suite, on: &str) -> SelfUseServiceClient<As> {
    SelfUseServiceClient::new(suite.institute(UNIT, on))
}

fn in_production(empowerment: &str, number: &str) -> pb::StartSelfUseRequest {
    pb::StartSelfUseRequest {
        request_id: id(),
        self_use_no: number.to_owned(),
        empowerment: empowerment.to_owned(),
        in_use_on: "2021-03-01".to_owned(),
        years: 3,
        ..Default::default()
    }
}

/// A further empowerment in force, of that number; its name.
async fn another(suite: &Suite, number: &str) -> String {
    assert_eq!(empowerment::enter(suite, vec![empowerment::row(number)]).await, [""]);
    let asked = pb::GetEmpowermentRequest { empowerment_no: number.to_owned(), ..Default::default() };
    empowerment::unit(suite, ON).get_empowerment(asked).await.unwrap().into_inner().name
}

async fn started(suite: &Suite, empowerment: &str, number: &str) -> pb::SelfUse {
    unit(suite, ON).start_self_use(in_production(empowerment, number)).await.unwrap().into_inner()
}

fn profit(
    name: &str,
    year_no: i32,
    operating_profit_fen: i64,
    award_fen: i64,
) -> pb::RecordOperatingProfitRequest {
    pb::RecordOperatingProfitRequest {
        request_id: id(),
        name: name.to_owned(),
        year_no,
        operating_profit_fen,
        award_fen,
        ..Default::default()
    }
}

async fn awarded(suite: &Suite, on: &str, request: pb::RecordOperatingProfitRequest) -> pb::SelfUse {
    unit(suite, on).record_operating_profit(request).await.unwrap().into_inner()
}

async fn on_day(suite: &Suite, name: &str, day: &str) -> pb::SelfUse {
    let request =
        pb::GetSelfUseRequest { name: name.to_owned(), as_of: day.to_owned(), ..Default::default() };
    unit(suite, ON).get_self_use(request).await.unwrap().into_inner()
}

fn parts(award: &pb::SelfUseAward) -> Vec<(&str, i64)> {
    assert_eq!(award.parts.iter().map(|it| it.amount_fen).sum::<i64>(), award.award_fen);
    award.parts.iter().map(|it| (it.party.as_str(), it.amount_fen)).collect()
}

#[tokio::test]
async fn a_year_is_awarded_to_the_fen_and_once() {
    let suite = empowerment::start().await;
    let empowerment = in_force(&suite).await.name;
    let start = in_production(&empowerment, "ZS1");
    let running = unit(&suite, ON).start_self_use(start.clone()).await.unwrap().into_inner();
    assert_eq!(unit(&suite, ON).start_self_use(start).await.unwrap().into_inner(), running);
    assert_eq!((running.state(), running.last_on.as_str()), (pb::SelfUseState::AwardDue, "2024-03-01"));
    // 5 % of 2,400,000.00, at 60:40.
    let once = profit(&running.name, 1, 240_000_000, 12_000_000);
    let after = awarded(&suite, ON, once.clone()).await;
    assert_eq!((after.state(), after.awarded_fen), (pb::SelfUseState::Running, 12_000_000));
    let award = &after.awards[0];
    assert_eq!(parts(award), [("甲", 7_200_000), ("乙", 4_800_000)]);
    let years = (award.first_on.as_str(), award.last_on.as_str(), award.awarded_on.as_str());
    assert_eq!(years, ("2021-03-01", "2022-03-01", ON));
    assert_eq!((award.floor_bp, award.least_fen), (500, 12_000_000));
    let told = award.parts.iter().all(|it| it.outside_wage_cap && it.taxable_fen == it.amount_fen);
    assert!(told, "{award:?}");
    // The same request again has the same answer, and nothing happens.
    let before = suite.tables().await;
    assert_eq!(awarded(&suite, ON, once.clone()).await, after);
    let again = pb::RecordOperatingProfitRequest { request_id: id(), ..once };
    assert_eq!(reason_of(unit(&suite, ON).record_operating_profit(again).await), "YEAR_ALREADY_AWARDED");
    assert_eq!(suite.tables().await, before);
    let paid = "select sum(t.amount_fen)::bigint from platform.ledger_transfer t
                join commissioner.self_use u on u.award_account = t.debit_account";
    assert_eq!(suite.count(paid).await, 12_000_000);
    let left = "select (credits_posted - debits_posted)::bigint from platform.ledger_account a
                join commissioner.self_use u on u.award_account = a.id";
    assert_eq!(suite.count(left).await, 0);
    canopy_persistence::verify(&suite.pool).await.unwrap();
    suite.close().await;
}

#[tokio::test]
async fn years_follow_the_agreement_of_their_award_until_the_last_is_done() {
    use pb::SelfUseState::{AwardDue, Completed, Running};
    let suite = empowerment::start().await;
    let empowerment = in_force(&suite).await.name;
    let name = started(&suite, &empowerment, "ZS1").await.name;
    // 5 % of 29 is 1.45, so 2 at least; of 7 there are 4.2 and 2.8.
    let first = awarded(&suite, ON, profit(&name, 1, 29, 7)).await;
    assert_eq!(parts(&first.awards[0]), [("甲", 4), ("乙", 3)]);
    assert_eq!(first.awards[0].least_fen, 2);
    let change = pb::ChangeAgreementRequest {
        request_id: id(),
        name: empowerment.clone(),
        shares: vec![share("丙", 10_000)],
        signed_by: vec!["丙".to_owned()],
        ..Default::default()
    };
    empowerment::unit(&suite, "2022-09-01").change_agreement(change).await.unwrap();
    let early = unit(&suite, "2023-03-01").record_operating_profit(profit(&name, 2, 100, 5)).await;
    assert_eq!(reason_of(early), "YEAR_NOT_OVER");
    let second = awarded(&suite, "2023-03-02", profit(&name, 2, 100, 5)).await;
    assert_eq!(parts(&second.awards[1]), [("丙", 5)]);
    let versions: Vec<i32> = second.awards.iter().map(|it| it.agreement_version_no).collect();
    assert_eq!(versions, [1, 2]);
    // A loss awards nothing, also after the empowerment has ended.
    let end = pb::TerminateEmpowermentRequest {
        request_id: id(),
        name: empowerment,
        reason: "完成人与单位协商一致".to_owned(),
        ..Default::default()
    };
    empowerment::unit(&suite, "2023-06-01").terminate_empowerment(end).await.unwrap();
    let third = awarded(&suite, "2024-03-10", profit(&name, 3, 0, 0)).await;
    assert_eq!((third.state(), third.awarded_fen), (Completed, 12));
    let states = [
        ("2021-03-01", Running, 0),
        ("2022-03-01", Running, 0),
        ("2022-03-02", AwardDue, 0),
        (ON, Running, 7),
        ("2023-03-01", Running, 7),
        ("2023-03-02", Running, 12),
        ("2024-03-02", AwardDue, 12),
        ("2024-03-10", Completed, 12),
    ];
    for (day, state, awarded_fen) in states {
        let it = on_day(&suite, &name, day).await;
        assert_eq!((it.state(), it.awarded_fen), (state, awarded_fen), "{day}");
    }
    let before = pb::GetSelfUseRequest { name, as_of: "2021-02-28".to_owned(), ..Default::default() };
    assert_eq!(reason_of(unit(&suite, ON).get_self_use(before).await), "UNKNOWN_SELF_USE");
    // The start and three awards are told and audited.
    let steps = "select count(*) from platform.audit where aggregate like 'sfu_%'";
    assert_eq!(suite.count(steps).await, 4);
    canopy_persistence::verify(&suite.pool).await.unwrap();
    suite.close().await;
}

#[tokio::test]
async fn awards_that_cannot_be_are_refused_and_leave_no_trace() {
    let suite = empowerment::start().await;
    let empowerment = in_force(&suite).await.name;
    let name = started(&suite, &empowerment, "ZS1").await.name;
    let before = suite.tables().await;
    let refused = [
        (profit(&name, 1, 240_000_000, 11_999_999), "AWARD_BELOW_FLOOR"),
        (profit(&name, 1, 29, 1), "AWARD_BELOW_FLOOR"),
        (profit(&name, 1, 10, 11), "AWARD_ABOVE_PROFIT"),
        (profit(&name, 2, 100, 5), "YEAR_NOT_OVER"),
        (profit(&name, 4, 100, 5), "YEAR_OUTSIDE_TERM"),
        (profit(&name, 0, 100, 5), "FIELD_OUT_OF_RANGE"),
        (profit(&name, 1, -1, 0), "FIELD_OUT_OF_RANGE"),
        (
            pb::RecordOperatingProfitRequest { etag: "9".to_owned(), ..profit(&name, 1, 100, 5) },
            "VERSION_CONFLICT",
        ),
        (profit("sfu_01890a5d-ac96-774b-bcce-b302099a8057", 1, 100, 5), "UNKNOWN_SELF_USE"),
    ];
    for (request, reason) in refused {
        let answer = unit(&suite, ON).record_operating_profit(request.clone()).await;
        assert_eq!(reason_of(answer), reason, "{request:?}");
    }
    // The year is judged first; no agreement was in force before 2022-05-03.
    for (year_no, reason) in [(2, "YEAR_NOT_OVER"), (1, "AGREEMENT_NOT_IN_FORCE")] {
        let early = unit(&suite, "2022-05-02").record_operating_profit(profit(&name, year_no, 100, 5)).await;
        assert_eq!(reason_of(early), reason);
    }
    let only = pb::RecordOperatingProfitRequest { validate_only: true, ..profit(&name, 1, 100, 5) };
    awarded(&suite, ON, only).await;
    let mut other = SelfUseServiceClient::new(suite.institute(OTHER_UNIT, ON));
    let foreign = other.record_operating_profit(profit(&name, 1, 100, 5)).await;
    assert_eq!(reason_of(foreign), "NOT_REPRESENTED");
    let mut bureau = SelfUseServiceClient::new(suite.bureau(ON));
    let decided = bureau.record_operating_profit(profit(&name, 1, 100, 5)).await;
    assert_eq!(reason_of(decided), "ROLE_NOT_ALLOWED");
    assert_eq!(suite.tables().await, before);
    suite.close().await;
}

#[tokio::test]
async fn a_use_that_does_not_fit_is_refused_when_it_is_stated() {
    let suite = empowerment::start().await;
    let empowerment = in_force(&suite).await.name;
    started(&suite, &empowerment, "ZS1").await;
    let before = suite.tables().await;
    let fresh = || in_production(&empowerment, "ZS2");
    let years = |years| pb::StartSelfUseRequest { years, ..fresh() };
    let since = |day: &str| pb::StartSelfUseRequest { in_use_on: day.to_owned(), ..fresh() };
    let refused = [
        (years(2), "FIELD_OUT_OF_RANGE"),
        (years(6), "FIELD_OUT_OF_RANGE"),
        (years(-3), "FIELD_OUT_OF_RANGE"),
        (since("2022-07-02"), "DATE_IN_FUTURE"),
        (since("2021-02-29"), "DATE_FORMAT"),
        (in_production("emp_01890a5d-ac96-774b-bcce-b302099a8057", "ZS2"), "UNKNOWN_EMPOWERMENT"),
        (in_production(&empowerment, "ZS1"), "DUPLICATE_SELF_USE"),
        (fresh(), "DUPLICATE_SELF_USE"),
    ];
    for (request, reason) in refused {
        let answer = unit(&suite, ON).start_self_use(request.clone()).await;
        assert_eq!(reason_of(answer), reason, "{request:?}");
    }
    // Before it was filed.
    assert_eq!(
        reason_of(unit(&suite, "2022-05-20").start_self_use(fresh()).await),
        "EMPOWERMENT_NOT_IN_FORCE"
    );
    let mut other = SelfUseServiceClient::new(suite.institute(OTHER_UNIT, ON));
    assert_eq!(reason_of(other.start_self_use(fresh()).await), "NOT_REPRESENTED");
    assert_eq!(suite.tables().await, before);
    // Both bounds are taken.
    for (number, years) in [("ZS3", 3), ("ZS5", 5)] {
        let other = another(&suite, &format!("FQ{number}")).await;
        let request = pb::StartSelfUseRequest { years, ..in_production(&other, number) };
        unit(&suite, ON).start_self_use(request).await.unwrap();
    }
    suite.close().await;
}

#[tokio::test]
async fn no_day_of_an_empowerment_is_awarded_by_two_uses() {
    let suite = empowerment::start().await;
    let empowerment = in_force(&suite).await.name;
    let crowd = (1..=8).map(|at| {
        let mut caller = unit(&suite, ON);
        let request = in_production(&empowerment, &format!("ZS{at}"));
        async move { caller.start_self_use(request).await }
    });
    let answers = futures::future::join_all(crowd).await;
    assert_eq!(answers.iter().filter(|it| it.is_ok()).count(), 1);
    for refused in answers.into_iter().filter(Result::is_err) {
        assert_eq!(reason_of(refused), "DUPLICATE_SELF_USE");
    }
    // Its years run from 2021-03-01 to 2024-03-01.
    let days = [
        ("2018-02-28", ""),
        ("2018-03-01", "DUPLICATE_SELF_USE"),
        ("2024-03-01", "DUPLICATE_SELF_USE"),
        ("2024-03-02", ""),
    ];
    for (at, (day, reason)) in (11..).zip(days) {
        let request = in_production(&empowerment, &format!("ZS{at}"));
        let request = pb::StartSelfUseRequest { in_use_on: day.to_owned(), ..request };
        let answer = unit(&suite, "2024-03-10").start_self_use(request).await;
        assert_eq!(if answer.is_ok() { "" } else { reason_of(answer) }, reason, "{day}");
    }
    suite.close().await;
}

#[tokio::test]
async fn the_bounds_and_the_floor_are_those_of_the_installation() {
    let suite = Suite::start_with(|config| {
        config.transfer.self_use.years_max = 6;
        config.transfer.self_use.floor_bp = 1_000;
    })
    .await;
    suite.registry.institute(UNIT, "湖北工业大学", true);
    suite.followed().await;
    let empowerment = in_force(&suite).await.name;
    let request = pb::StartSelfUseRequest { years: 6, ..in_production(&empowerment, "ZS1") };
    let name = unit(&suite, ON).start_self_use(request).await.unwrap().into_inner().name;
    let below = unit(&suite, ON).record_operating_profit(profit(&name, 1, 100, 9)).await;
    assert_eq!(reason_of(below), "AWARD_BELOW_FLOOR");
    let award = awarded(&suite, ON, profit(&name, 1, 100, 10)).await.awards.remove(0);
    assert_eq!((award.floor_bp, award.least_fen), (1_000, 10));
    suite.close().await;
}

#[tokio::test]
async fn a_unit_sees_its_own_page_by_page() {
    let suite = empowerment::start().await;
    for number in ["ZS1", "ZS2"] {
        let empowerment = another(&suite, &format!("FQ{number}")).await;
        started(&suite, &empowerment, number).await;
    }
    let empowerment = in_force(&suite).await.name;
    let later = pb::StartSelfUseRequest { in_use_on: ON.to_owned(), ..in_production(&empowerment, "ZS3") };
    let later = unit(&suite, ON).start_self_use(later).await.unwrap().into_inner();
    let mut bureau = SelfUseServiceClient::new(suite.bureau(ON));
    let mut numbers = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = pb::ListSelfUsesRequest { page_size: 2, page_token, ..Default::default() };
        let page = bureau.list_self_uses(request).await.unwrap().into_inner();
        numbers.extend(page.self_uses.into_iter().map(|it| it.self_use_no));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(numbers, ["ZS1", "ZS2", "ZS3"]);
    let request = pb::ListSelfUsesRequest { as_of: "2022-06-30".to_owned(), ..Default::default() };
    assert_eq!(bureau.list_self_uses(request).await.unwrap().into_inner().self_uses.len(), 2);
    let by_number = pb::GetSelfUseRequest { self_use_no: "ZS3".to_owned(), ..Default::default() };
    assert_eq!(unit(&suite, ON).get_self_use(by_number.clone()).await.unwrap().into_inner(), later);
    let mut other = SelfUseServiceClient::new(suite.institute(OTHER_UNIT, ON));
    let own = other.list_self_uses(pb::ListSelfUsesRequest::default()).await.unwrap().into_inner();
    assert!(own.self_uses.is_empty());
    let asked = pb::ListSelfUsesRequest { unit_uscc: UNIT.to_owned(), ..Default::default() };
    assert_eq!(reason_of(other.list_self_uses(asked).await), "NOT_REPRESENTED");
    assert_eq!(reason_of(other.get_self_use(by_number).await), "UNKNOWN_SELF_USE");
    let named = pb::GetSelfUseRequest { name: later.name, ..Default::default() };
    assert_eq!(reason_of(other.get_self_use(named).await), "NOT_REPRESENTED");
    suite.close().await;
}

#[tokio::test]
async fn a_number_is_that_of_one_unit() {
    let suite = empowerment::start().await;
    let own = started(&suite, &in_force(&suite).await.name, "ZS1").await;
    let row = pb::EmpowermentRow { unit_uscc: OTHER_UNIT.to_owned(), ..empowerment::row("FQ1") };
    let mut register = EmpowermentServiceClient::new(suite.institute(OTHER_UNIT, ON));
    let request = pb::BatchImportEmpowermentsRequest { rows: vec![row] };
    let empowerment =
        register.batch_import_empowerments(request).await.unwrap().into_inner().results.remove(0).name;
    let mut other = SelfUseServiceClient::new(suite.institute(OTHER_UNIT, ON));
    let theirs = other.start_self_use(in_production(&empowerment, "ZS1")).await.unwrap().into_inner();
    let mut bureau = SelfUseServiceClient::new(suite.bureau(ON));
    let by_number = |number: &str, unit: &str| pb::GetSelfUseRequest {
        self_use_no: number.to_owned(),
        unit_uscc: unit.to_owned(),
        ..Default::default()
    };
    // Without a unit the first one by code.
    for (unit, expected) in [(UNIT, &own), (OTHER_UNIT, &theirs), ("", &own)] {
        let found = bureau.get_self_use(by_number("ZS1", unit)).await.unwrap().into_inner();
        assert_eq!(found, *expected, "{unit}");
    }
    assert_eq!(other.get_self_use(by_number("ZS1", "")).await.unwrap().into_inner(), theirs);
    assert_eq!(reason_of(other.get_self_use(by_number("ZS1", UNIT)).await), "NOT_REPRESENTED");
    // What there is none of is told on the field that it was asked by.
    let before =
        |request: pb::GetSelfUseRequest| pb::GetSelfUseRequest { as_of: "2021-02-28".to_owned(), ..request };
    let named = |name: &str| pb::GetSelfUseRequest { name: name.to_owned(), ..Default::default() };
    let unknown = [
        (by_number("ZS9", UNIT), "self_use_no"),
        (before(by_number("ZS1", UNIT)), "self_use_no"),
        (named("sfu_01890a5d-ac96-774b-bcce-b302099a8057"), "name"),
        (before(named(&own.name)), "name"),
    ];
    for (request, field) in unknown {
        let refused = from_status(&bureau.get_self_use(request.clone()).await.unwrap_err());
        let told = (refused.reason().name, refused.field());
        assert_eq!(told, ("UNKNOWN_SELF_USE", Some(field)), "{request:?}");
    }
    suite.close().await;
}
