//! Worked examples of awards for a unit's own use, to the fen and the day.

use jiff::Timestamp;
use jiff::civil::date;

use super::*;
use crate::empowerment::rule_share::Share;

fn fen(fen: i64) -> Fen {
    Fen::new(fen).unwrap()
}

fn floor() -> Floor {
    Floor::new(BasisPoints::new(500).unwrap()).unwrap()
}

fn agreement(shares: &[(&str, i64)]) -> Agreement {
    let share = |(inventor, share): &(&str, i64)| {
        let share = Share { inventor: (*inventor).to_owned(), share: BasisPoints::new(*share).unwrap() };
        (share, LedgerAccountId::at(Timestamp::UNIX_EPOCH))
    };
    let shares = shares.iter().map(share).collect();
    Agreement { version_no: 2, effective_on: date(2021, 1, 1), shares }
}

/// In production since 2021-03-01, awards agreed for three years.
fn running() -> SelfUse {
    SelfUse {
        id: SelfUseId::at(Timestamp::UNIX_EPOCH),
        empowerment: EmpowermentId::at(Timestamp::UNIX_EPOCH),
        empowerment_no: "FQ1".to_owned(),
        unit: Uscc::from_stored("91420105MA4KTTYX61").unwrap(),
        number: "ZS1".to_owned(),
        term: Term { in_use_on: date(2021, 3, 1), years: 3 },
        awards: Vec::new(),
        award_account: LedgerAccountId::at(Timestamp::UNIX_EPOCH),
        version: 1,
    }
}

fn stated(year_no: u32, profit: i64, award: i64) -> Statement {
    Statement { year_no, profit: fen(profit), award: fen(award) }
}

#[test]
fn an_award_is_divided_by_inner_shares_to_the_fen() {
    let team = agreement(&[("甲", 6_000), ("乙", 4_000)]);
    let divided = |award: i64| {
        let outcome = running().award(stated(1, 240_000_000, award), floor(), &team, date(2022, 7, 1));
        let (after, made) = outcome.unwrap();
        assert_eq!(Fen::sum(made.parts.iter().map(|(_, part)| *part)), Some(fen(award)));
        assert_eq!((after.version, after.awards.as_slice()), (2, [made.clone()].as_slice()));
        assert_eq!((made.agreement_version_no, made.awarded_on), (2, date(2022, 7, 1)));
        made.parts.iter().map(|(_, part)| part.get()).collect::<Vec<i64>>()
    };
    // 5 % of 2,400,000.00.
    assert_eq!(divided(12_000_000), [7_200_000, 4_800_000]);
    // 7,200,001.2 and 4,800,000.8: the larger remainder gets the fen.
    assert_eq!(divided(12_000_002), [7_200_001, 4_800_001]);
}

#[test]
fn faults_are_told_in_order_and_a_year_is_awarded_once() {
    let team = agreement(&[("甲", 10_000)]);
    let (first, _) = running().award(stated(1, 100, 5), floor(), &team, date(2022, 7, 1)).unwrap();
    let answer = |stated: Statement| {
        let outcome = first.clone().award(stated, floor(), &team, date(2023, 3, 2));
        outcome.err().map(|failure| failure.reason().name)
    };
    assert_eq!(answer(stated(4, 100, 0)), Some("YEAR_OUTSIDE_TERM"));
    assert_eq!(answer(stated(3, 100, 0)), Some("YEAR_NOT_OVER"));
    assert_eq!(answer(stated(1, 100, 0)), Some("YEAR_ALREADY_AWARDED"));
    assert_eq!(answer(stated(2, 100, 101)), Some("AWARD_ABOVE_PROFIT"));
    assert_eq!(answer(stated(2, 100, 4)), Some("AWARD_BELOW_FLOOR"));
    assert_eq!(answer(stated(2, 100, 5)), None);
}

#[test]
fn the_state_on_a_day_follows_from_years_and_awards() {
    let team = agreement(&[("甲", 10_000)]);
    let mut it = running();
    let states = |it: &SelfUse| {
        [date(2022, 3, 1), date(2022, 3, 2), date(2023, 3, 2), date(2024, 3, 1), date(2024, 3, 2)]
            .map(|day| it.state_on(day))
    };
    use State::{AwardDue, Completed, Running};
    assert_eq!(states(&it), [Running, AwardDue, AwardDue, AwardDue, AwardDue]);
    // Of the second year first; what is awarded later leaves the days before as they were.
    for (year_no, day) in [(2, date(2023, 3, 2)), (1, date(2023, 3, 10)), (3, date(2024, 3, 2))] {
        (it, _) = it.award(stated(year_no, 0, 0), floor(), &team, day).unwrap();
    }
    assert_eq!(states(&it), [Running, AwardDue, AwardDue, Running, Completed]);
    let years: Vec<u32> = it.awards_by(date(2023, 3, 10)).map(|award| award.year_no).collect();
    assert_eq!(years, [1, 2]);
}
