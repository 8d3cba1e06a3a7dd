//! Periods of the civil code and calendar-day publicity.

use canopy_kernel::period::{add_days, add_months, add_years, publicity_calendar_days, roll_forward};
use canopy_kernel::reason;
use jiff::civil::Date;

use crate::calendar::{calendar, day};

#[test]
fn months_end_on_the_corresponding_day_or_the_months_last() {
    let examples = [
        ("2022-03-10", 3, "2022-06-10"),
        ("2022-03-10", 6, "2022-09-10"),
        ("2022-08-31", 6, "2023-02-28"),
        ("2023-08-31", 6, "2024-02-29"),
        ("2022-01-31", 1, "2022-02-28"),
        ("2022-06-01", 0, "2022-06-01"),
    ];
    for (from, months, last) in examples {
        assert_eq!(add_months(day(from), months), day(last), "{from} + {months} months");
    }
}

#[test]
fn years_end_on_the_corresponding_day_or_the_months_last() {
    assert_eq!(add_years(day("2022-06-01"), 30), day("2052-06-01"));
    assert_eq!(add_years(day("2020-02-29"), 30), day("2050-02-28"));
    assert_eq!(add_years(day("2020-02-29"), 4), day("2024-02-29"));
}

#[test]
fn days_are_counted_from_the_next_day() {
    assert_eq!(add_days(day("2022-11-01"), 30), day("2022-12-01"));
}

#[test]
fn a_period_beyond_all_years_ends_with_them() {
    assert_eq!(add_years(day("2022-06-01"), u32::MAX), Date::MAX);
    assert_eq!(add_months(day("2022-06-01"), u32::MAX), Date::MAX);
    assert_eq!(add_days(day("9999-12-30"), 2), Date::MAX);
}

#[test]
fn the_posting_day_is_included_in_calendar_day_publicity() {
    assert_eq!(publicity_calendar_days(day("2023-02-20"), 7), day("2023-02-26"));
    assert_eq!(publicity_calendar_days(day("2022-03-01"), 15), day("2022-03-15"));
}

#[test]
fn a_last_day_on_a_holiday_moves_forward() {
    for (last, moved) in
        [("2022-10-01", "2022-10-08"), ("2022-10-08", "2022-10-08"), ("2022-11-19", "2022-11-21")]
    {
        assert_eq!(roll_forward(day(last), &calendar()).unwrap(), day(moved), "{last}");
    }
    let failure = roll_forward(day("2030-01-05"), &calendar()).unwrap_err();
    assert_eq!(failure.reason(), &reason::CALENDAR_YEAR_NOT_LOADED);
}
