//! Versioned rule parameters.

use canopy_kernel::period::add_months;
use canopy_kernel::{RuleParameter, RuleTable, RuleUnit, reason};

use crate::calendar::day;

fn version(key: &str, value: &str, unit: RuleUnit, valid: (&str, Option<&str>)) -> RuleParameter {
    RuleParameter {
        key: key.to_owned(),
        value: value.to_owned(),
        unit,
        valid_from: day(valid.0),
        valid_to: valid.1.map(day),
        version: format!("{key}@{}", valid.0),
    }
}

fn table() -> RuleTable {
    let old = ("2019-07-01", Some("2023-04-30"));
    let new = ("2023-05-01", None);
    let always = ("2019-07-01", None);
    RuleTable::new([
        version("repair_min_general", "3", RuleUnit::Months, old),
        version("repair_min_serious", "3", RuleUnit::Months, new),
        version("repair_min_serious", "6", RuleUnit::Months, old),
        version("publicity_wd", "5", RuleUnit::WorkingDays, always),
        version("use_right_max_years", "30", RuleUnit::Years, always),
        version("loan_cap_fen", "1000000000", RuleUnit::Fen, always),
        version("penalty_rate_bp", "15000", RuleUnit::BasisPoints, always),
        version("tolerance_clock", "PAUSE", RuleUnit::Word, always),
    ])
    .unwrap()
}

#[test]
fn the_version_in_force_on_the_day_decides() {
    let table = table();
    for (asked, months) in [("2019-07-01", 6), ("2023-04-30", 6), ("2023-05-01", 3), ("2030-01-01", 3)] {
        assert_eq!(table.months("repair_min_serious", day(asked)).unwrap(), months, "{asked}");
    }
    let found = table.in_force("repair_min_serious", day("2022-09-01")).unwrap();
    assert_eq!(found.version, "repair_min_serious@2019-07-01");
}

#[test]
fn the_earliest_repair_days_of_the_2019_rules_come_out() {
    let (table, listed) = (table(), day("2022-03-10"));
    let earliest = |key| add_months(listed, table.months(key, listed).unwrap());
    assert_eq!(earliest("repair_min_general"), day("2022-06-10"));
    assert_eq!(earliest("repair_min_serious"), day("2022-09-10"));
}

#[test]
fn each_unit_is_read_as_its_type() {
    let (table, on) = (table(), day("2022-11-30"));
    assert_eq!(table.fen("loan_cap_fen", on).unwrap().get(), 1_000_000_000);
    assert_eq!(table.bp("penalty_rate_bp", on).unwrap().get(), 15_000);
    assert_eq!(table.days("publicity_wd", on).unwrap(), 5);
    assert_eq!(table.years("use_right_max_years", on).unwrap(), 30);
    assert_eq!(table.word("tolerance_clock", on).unwrap(), "PAUSE");
}

#[test]
fn a_day_or_key_without_a_version_is_out_of_range() {
    let table = table();
    let missing =
        [("repair_min_general", "2023-05-01"), ("publicity_wd", "2019-06-30"), ("no_such", "2022-01-01")];
    for (key, asked) in missing {
        let failure = table.in_force(key, day(asked)).unwrap_err();
        assert_eq!((failure.reason(), failure.code().as_str()), (&reason::RULE_NOT_LOADED, "OUT_OF_RANGE"));
        assert_eq!(failure.details()["key"], key);
    }
}

#[test]
fn overlapping_versions_are_refused_in_either_order() {
    let early = || version("k", "1", RuleUnit::Days, ("2020-01-01", Some("2022-12-31")));
    let overlapping = [
        ("2022-12-31", None),
        ("2020-01-01", None),
        ("2019-01-01", None),
        ("2019-01-01", Some("2020-01-01")),
        ("2021-01-01", Some("2021-12-31")),
    ];
    for valid in overlapping {
        let late = || version("k", "2", RuleUnit::Days, valid);
        assert_eq!(
            RuleTable::new([early(), late()]).unwrap_err().reason(),
            &reason::DUPLICATE_RULE,
            "{valid:?}"
        );
        assert_eq!(
            RuleTable::new([late(), early()]).unwrap_err().reason(),
            &reason::DUPLICATE_RULE,
            "{valid:?}"
        );
    }
    for valid in [("2023-01-01", None), ("2019-01-01", Some("2019-12-31"))] {
        assert!(RuleTable::new([early(), version("k", "2", RuleUnit::Days, valid)]).is_ok(), "{valid:?}");
    }
}

#[test]
fn a_value_that_its_unit_cannot_hold_is_refused() {
    let unreadable = [
        ("-1", RuleUnit::Fen),
        ("1.5", RuleUnit::Months),
        ("-3", RuleUnit::WorkingDays),
        ("1000001", RuleUnit::BasisPoints),
        ("", RuleUnit::Word),
        ("five", RuleUnit::Days),
    ];
    for (value, unit) in unreadable {
        assert!(RuleTable::new([version("k", value, unit, ("2020-01-01", None))]).is_err(), "{value} {unit}");
    }
    let backwards = version("k", "1", RuleUnit::Days, ("2020-01-02", Some("2020-01-01")));
    assert_eq!(RuleTable::new([backwards]).unwrap_err().reason(), &reason::FIELD_INVALID);
}

#[test]
fn a_parameter_is_not_read_in_another_unit() {
    let failure = table().months("publicity_wd", day("2022-11-30")).unwrap_err();
    assert!(failure.internal().unwrap().contains("working days"), "{failure}");
}

#[test]
fn units_are_known_by_their_names_in_the_data() {
    for unit in RuleUnit::ALL {
        assert_eq!(unit.as_str().parse::<RuleUnit>().unwrap(), unit);
    }
    assert_eq!("weeks".parse::<RuleUnit>().unwrap_err().reason(), &reason::ENUM_UNKNOWN);
}
