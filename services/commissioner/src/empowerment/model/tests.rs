//! The way of an empowerment from application to its end, day by day.

use jiff::Timestamp;
use jiff::civil::date;

use super::*;

const CLEAR: Rights = Rights { disputed: false, classified: false, co_owner: CoOwner::None };

fn account() -> LedgerAccountId {
    LedgerAccountId::at(Timestamp::UNIX_EPOCH)
}

fn shares(parts: &[(&str, i32)]) -> Shares {
    Shares::new(parts.iter().map(|(name, bp)| ((*name).to_owned(), *bp))).unwrap()
}

fn applied(basis: Basis, on: Date) -> Empowerment {
    Empowerment {
        id: EmpowermentId::at(Timestamp::UNIX_EPOCH),
        grant: Grant {
            unit: Uscc::from_stored("124200002429921889").unwrap(),
            number: "FQ1".to_owned(),
            title: "一种装备".to_owned(),
            basis,
        },
        dates: Dates { applied_on: Some(on), ..Dates::default() },
        co_owner: CoOwner::None,
        agreements: Vec::new(),
        accounts: Accounts { payer: account(), costs: account(), unit: account() },
        version: 1,
    }
}

/// Filed on 2022-06-01 with a use right of 30 years from that day.
fn filed() -> Empowerment {
    applied(Basis::UnitOwned { term_years: 30 }, date(2022, 5, 1))
        .clear_rights(CLEAR, date(2022, 5, 2))
        .and_then(|it| it.sign(&shares(&[("甲", 10_000)]), account, date(2022, 5, 3)))
        .and_then(|it| it.publish(date(2022, 5, 10)))
        .and_then(|it| it.file(15, date(2022, 6, 1), date(2022, 6, 1)))
        .unwrap()
}

#[test]
fn each_state_holds_from_its_own_day() {
    let filed = filed();
    let states = [
        (date(2022, 5, 1), State::Applied),
        (date(2022, 5, 2), State::RightsCleared),
        (date(2022, 5, 3), State::AgreementSigned),
        (date(2022, 5, 10), State::Publicised),
        (date(2022, 5, 31), State::Publicised),
        (date(2022, 6, 1), State::InForce),
        (date(2052, 6, 1), State::InForce),
        (date(2052, 6, 2), State::Expired),
    ];
    for (day, state) in states {
        assert_eq!(filed.state_on(day), state, "{day}");
    }
}

#[test]
fn the_last_day_of_a_term_is_the_corresponding_day() {
    assert_eq!(filed().last_on(), Some(date(2052, 6, 1)));
    let mut leap = filed();
    leap.dates.start_on = Some(date(2020, 2, 29));
    assert_eq!(leap.last_on(), Some(date(2050, 2, 28)));
    leap.grant.basis = Basis::OtherService;
    assert_eq!(leap.last_on(), None);
    assert_eq!(leap.state_on(date(2099, 1, 1)), State::InForce);
}

#[test]
fn it_is_filed_only_after_the_last_day_of_publicity() {
    let posted = applied(Basis::OtherService, date(2022, 5, 1))
        .clear_rights(CLEAR, date(2022, 5, 1))
        .and_then(|it| it.sign(&shares(&[("甲", 10_000)]), account, date(2022, 5, 1)))
        .and_then(|it| it.publish(date(2022, 5, 1)))
        .unwrap();
    // The posting day is day 1, so 05-15 is day 15.
    let early = posted.clone().file(15, date(2022, 6, 1), date(2022, 5, 15));
    assert_eq!(early.unwrap_err().reason().name, "PUBLICITY_NOT_OVER");
    let late = posted.file(15, date(2022, 6, 1), date(2022, 5, 16)).unwrap();
    assert_eq!(late.state_on(date(2022, 5, 31)), State::Filed);
    assert_eq!(late.state_on(date(2022, 6, 1)), State::InForce);
}

#[test]
fn no_step_is_skipped_or_done_twice() {
    let day = date(2022, 5, 1);
    let new = || applied(Basis::OtherService, day);
    let wrong = |outcome: Result<Empowerment, Failure>| outcome.unwrap_err().reason().name;
    assert_eq!(wrong(new().sign(&shares(&[("甲", 10_000)]), account, day)), "STATE_NOT_ALLOWED");
    assert_eq!(wrong(new().publish(day)), "STATE_NOT_ALLOWED");
    assert_eq!(wrong(new().file(15, day, day)), "STATE_NOT_ALLOWED");
    assert_eq!(wrong(filed().clear_rights(CLEAR, date(2022, 7, 1))), "STATE_NOT_ALLOWED");
    assert_eq!(wrong(filed().publish(date(2022, 7, 1))), "STATE_NOT_ALLOWED");
    let ended = filed().terminate(date(2022, 7, 1)).unwrap();
    assert_eq!(wrong(ended.clone().terminate(date(2022, 7, 2))), "STATE_NOT_ALLOWED");
    assert_eq!(ended.state_on(date(2022, 6, 30)), State::InForce);
    assert_eq!(
        ended.require_in_force(date(2022, 7, 1)).unwrap_err().reason().name,
        "EMPOWERMENT_NOT_IN_FORCE"
    );
}

#[test]
fn a_changed_agreement_holds_from_its_day_and_keeps_accounts() {
    let mut serial = 0_u128;
    let mut fresh = || {
        serial += 1;
        LedgerAccountId::new(uuid::Uuid::from_u128(serial))
    };
    let before = filed();
    let kept = before.agreements[0].shares[0].1;
    let changed =
        before.change(&shares(&[("乙", 4_000), ("甲", 6_000)]), &mut fresh, date(2022, 9, 1)).unwrap();
    assert_eq!(changed.agreement_on(date(2022, 8, 31)).unwrap().version_no, 1);
    let second = changed.agreement_on(date(2022, 9, 1)).unwrap();
    assert_eq!(second.version_no, 2);
    assert_eq!((second.shares[0].0.inventor.as_str(), second.shares[1].1), ("乙", kept));
    assert_eq!(changed.agreement_on(date(2022, 5, 2)), None);
    let stated =
        |version_no| changed.agreement_in_force(date(2022, 8, 31), version_no).map(|it| it.version_no);
    assert_eq!((stated(0), stated(1)), (Ok(1), Ok(1)));
    assert_eq!(stated(2).unwrap_err().reason().name, "AGREEMENT_NOT_IN_FORCE");
    let again = changed.change(&shares(&[("甲", 10_000)]), &mut fresh, date(2022, 9, 1));
    assert_eq!(again.unwrap_err().reason().name, "STATUS_DATE_ORDER");
}
