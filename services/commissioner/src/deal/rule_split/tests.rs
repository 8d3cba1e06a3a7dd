//! Worked examples of divisions, to the fen.

use canopy_kernel::{RuleParameter, RuleUnit};
use jiff::civil::date;

use super::*;

fn fen(fen: i64) -> Fen {
    Fen::new(fen).unwrap()
}

fn bp(value: i64) -> BasisPoints {
    BasisPoints::new(value).unwrap()
}

fn policy(inventors: i64) -> Policy {
    Policy { inventors: bp(inventors), version: "ref_1".to_owned() }
}

/// Divides among inventors with those inner shares: unit, then each inventor.
fn divided(receipts: i64, costs: i64, shares: &[i64]) -> Vec<i64> {
    let shares: Vec<BasisPoints> = shares.iter().map(|share| bp(*share)).collect();
    let cash = cash(fen(receipts), fen(costs), &policy(9_600), &shares).unwrap();
    assert_eq!(Fen::sum([cash.unit, cash.inventors]), Some(cash.net));
    assert_eq!(Fen::sum(cash.parts.iter().copied()), Some(cash.inventors));
    std::iter::once(cash.unit.get()).chain(cash.parts.iter().map(|part| part.get())).collect()
}

#[test]
fn the_inventors_get_their_share_of_net_income_and_the_unit_the_rest() {
    // Receipts 1,200,000.00 less 36,000.00.
    assert_eq!(divided(120_000_000, 3_600_000, &[10_000]), [4_656_000, 111_744_000]);
    // 96 % of 2,000,000.01 is 1,920,000.0096.
    assert_eq!(divided(200_000_001, 0, &[10_000]), [8_000_000, 192_000_001]);
    // Half a fen goes up, to the inventors.
    assert_eq!(divided(13, 0, &[10_000]), [1, 12]);
    assert_eq!(divided(0, 0, &[10_000]), [0, 0]);
}

#[test]
fn within_the_team_the_largest_remainders_get_the_last_fen() {
    assert_eq!(
        divided(200_000_001, 0, &[696, 1_457, 1_424, 2_457, 3_966]),
        [8_000_000, 13_363_200, 27_974_400, 27_340_800, 47_174_400, 76_147_201]
    );
    // 96 fen among three equal parts and a tie: declared order.
    assert_eq!(divided(100, 0, &[5_000, 5_000]), [4, 48, 48]);
    assert_eq!(divided(101, 0, &[5_000, 5_000]), [4, 49, 48]);
}

#[test]
fn of_shares_the_unit_gets_its_part_and_the_inventors_the_rest() {
    // Technology of 3,000,000 in a company of 10,000,000.
    let equity = Equity::new(fen(1_000_000_000), fen(300_000_000)).unwrap();
    let stake = stake(equity, &policy(9_000)).unwrap();
    assert_eq!((stake.unit.get(), stake.inventors.get()), (30_000_000, 270_000_000));
    assert_eq!(of_company(stake.unit, equity.capital).get(), 30_000);
    assert_eq!(of_company(stake.inventors, equity.capital).get(), 270_000);
    // Rounded half up for each party.
    assert_eq!(of_company(fen(33_500_000), fen(1_574_500_000)).get(), 21_277);
    assert_eq!(of_company(fen(301_500_000), fen(1_574_500_000)).get(), 191_489);
}

fn rules(inventors: &str, unit: &str) -> RuleTable {
    let rule = |key: &str, value: &str| RuleParameter {
        key: key.to_owned(),
        value: value.to_owned(),
        unit: RuleUnit::BasisPoints,
        valid_from: date(2019, 7, 1),
        valid_to: None,
        version: "ref_1".to_owned(),
    };
    RuleTable::new([rule(INVENTORS, inventors), rule(UNIT, unit)]).unwrap()
}

#[test]
fn a_policy_below_the_statutory_floor_is_refused() {
    let day = date(2022, 1, 1);
    let cash =
        |inventors| Policy::of_cash(&rules(inventors, "1000"), day, bp(5_000)).map(|it| it.inventors.get());
    assert_eq!(cash("5000"), Ok(5_000));
    assert_eq!(cash("4999").unwrap_err().reason().name, "BELOW_STATUTORY_FLOOR");
    assert_eq!(cash("10001").unwrap_err().reason().name, "FIELD_OUT_OF_RANGE");
    let equity = |unit| Policy::of_equity(&rules("9600", unit), day, bp(5_000)).map(|it| it.inventors.get());
    assert_eq!(equity("1000"), Ok(9_000));
    assert_eq!(equity("5001").unwrap_err().reason().name, "BELOW_STATUTORY_FLOOR");
}

#[test]
fn the_version_in_force_on_the_day_decides() {
    let early = Policy::of_cash(&rules("9600", "1000"), date(2019, 6, 30), bp(5_000));
    assert_eq!(early.unwrap_err().reason().name, "RULE_NOT_LOADED");
}
