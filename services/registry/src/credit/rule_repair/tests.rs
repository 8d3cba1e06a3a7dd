//! Worked examples of credit repair.

use canopy_kernel::id::CreditListingId;
use canopy_kernel::{RuleParameter, RuleUnit, Uscc};
use jiff::civil::date;
use uuid::Uuid;

use super::*;
use crate::credit::model::{CreditGrade, Decision};

fn rules() -> RuleTable {
    let old = (date(2019, 7, 1), Some(date(2023, 4, 30)));
    let new = (date(2023, 5, 1), None);
    let rows = [
        ("credit_repair_min_months_general", "3", old),
        ("credit_repair_min_months_serious", "6", old),
        ("credit_max_months_general", "12", old),
        ("credit_max_months_serious", "36", old),
        ("credit_repair_min_months_general", "3", new),
        ("credit_repair_min_months_serious", "3", new),
        ("credit_repair_min_months_work_safety", "12", new),
        ("credit_max_months_general", "36", new),
        ("credit_max_months_serious", "36", new),
    ];
    RuleTable::new(rows.map(|(key, value, (valid_from, valid_to))| RuleParameter {
        key: key.to_owned(),
        value: value.to_owned(),
        unit: RuleUnit::Months,
        valid_from,
        valid_to,
        version: "ref_x".to_owned(),
    }))
    .unwrap()
}

fn listing(kind: &str, grade: CreditGrade, decided_on: Date) -> CreditListing {
    CreditListing {
        id: CreditListingId::new(Uuid::from_u128(1)),
        decision: Decision {
            listing_no: "L-1".to_owned(),
            uscc: Uscc::parse("91420111MA4KXA0264").unwrap(),
            kind: kind.to_owned(),
            grade,
            decided_on,
            authority: "市场监督管理局".to_owned(),
            measures: vec!["FISCAL_FUNDS".to_owned()],
        },
        repair_applied_on: None,
        repaired_on: None,
        version: 1,
    }
}

#[test]
fn exactly_the_earliest_day_is_taken_up() {
    let rules = rules();
    for (grade, decided_on, earliest) in [
        (CreditGrade::General, date(2022, 3, 10), date(2022, 6, 10)),
        (CreditGrade::Serious, date(2022, 3, 10), date(2022, 9, 10)),
        (CreditGrade::Serious, date(2022, 8, 31), date(2023, 2, 28)),
    ] {
        let listing = listing("TAX", grade, decided_on);
        let on_time = answer(&rules, &listing, earliest).unwrap();
        assert_eq!(on_time, Answer { decision: RepairDecision::Verifying, earliest_on: earliest });
        let early = answer(&rules, &listing, earliest.yesterday().unwrap()).unwrap();
        assert_eq!(early, Answer { decision: RepairDecision::Refused, earliest_on: earliest });
    }
}

#[test]
fn the_version_in_force_on_the_day_of_application_decides() {
    let serious = listing("TAX", CreditGrade::Serious, date(2023, 1, 31));
    let before = answer(&rules(), &serious, date(2023, 4, 30)).unwrap();
    assert_eq!(before, Answer { decision: RepairDecision::Refused, earliest_on: date(2023, 7, 31) });
    let after = answer(&rules(), &serious, date(2023, 5, 1)).unwrap();
    assert_eq!(after, Answer { decision: RepairDecision::Verifying, earliest_on: date(2023, 4, 30) });
}

#[test]
fn a_kind_with_a_minimum_of_its_own_keeps_to_it_from_its_first_day() {
    let safety = listing("WORK_SAFETY", CreditGrade::General, date(2023, 2, 1));
    assert_eq!(answer(&rules(), &safety, date(2023, 4, 30)).unwrap().earliest_on, date(2023, 5, 1));
    assert_eq!(answer(&rules(), &safety, date(2023, 5, 1)).unwrap().earliest_on, date(2024, 2, 1));
}

#[test]
fn what_is_over_repaired_or_under_examination_takes_no_application() {
    let day = date(2022, 12, 1);
    let general = |decided_on| listing("TAX", CreditGrade::General, decided_on);
    let over = answer(&rules(), &general(date(2021, 12, 1)), day).unwrap_err();
    assert_eq!(over.reason(), &reason::ALREADY_REPAIRED);
    let repaired = CreditListing { repaired_on: Some(day), ..general(date(2022, 1, 1)) };
    assert_eq!(answer(&rules(), &repaired, day).unwrap_err().reason(), &reason::ALREADY_REPAIRED);
    let open = CreditListing { repair_applied_on: Some(day), ..general(date(2022, 1, 1)) };
    assert_eq!(answer(&rules(), &open, day).unwrap_err().reason(), &reason::STATE_NOT_ALLOWED);
    let unruled = answer(&rules(), &general(date(2018, 1, 1)), date(2018, 6, 1)).unwrap_err();
    assert_eq!(unruled.reason(), &reason::RULE_NOT_LOADED);
}
