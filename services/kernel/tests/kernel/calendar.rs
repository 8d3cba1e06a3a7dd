//! Working days and publicity windows. `fixtures/state_council_calendar.csv` names the days of the
//! State Council's notices for 2020–2026 as the package chinesecalendar 1.11.0 records them; it was
//! compared day by day with a second list that does not come from that package.

use canopy_kernel::{DayKind, WorkCalendar, reason};
use jiff::civil::Date;
use proptest::prelude::*;

pub fn day(text: &str) -> Date {
    text.parse().unwrap()
}

pub fn rows() -> impl Iterator<Item = (Date, DayKind)> {
    include_str!("../fixtures/state_council_calendar.csv").lines().skip(1).map(|line| {
        let (day_text, kind) = line.split_once(',').unwrap();
        (day(day_text), DayKind::from_name(kind).unwrap())
    })
}

pub fn calendar() -> WorkCalendar {
    WorkCalendar::new(rows())
}

#[test]
fn every_year_has_as_many_working_days_as_its_notice_leaves() {
    let expected =
        [(2020, 249), (2021, 250), (2022, 249), (2023, 249), (2024, 251), (2025, 248), (2026, 248)];
    for (year, count) in expected {
        assert_eq!(calendar().working_days_in(year).unwrap(), count, "{year}");
    }
}

#[test]
fn the_days_of_the_2022_and_2023_notices_are_off_or_worked() {
    let off = [
        ("2022-01-01", 3),
        ("2022-01-31", 7),
        ("2022-04-03", 3),
        ("2022-04-30", 5),
        ("2022-06-03", 3),
        ("2022-09-10", 3),
        ("2022-10-01", 7),
        ("2022-12-31", 3),
        ("2023-01-21", 7),
        ("2023-04-05", 1),
        ("2023-04-29", 5),
        ("2023-06-22", 3),
        ("2023-09-29", 8),
    ];
    let worked = [
        "2022-01-29",
        "2022-01-30",
        "2022-04-02",
        "2022-04-24",
        "2022-05-07",
        "2022-10-08",
        "2022-10-09",
        "2023-01-28",
        "2023-01-29",
        "2023-04-23",
        "2023-05-06",
        "2023-06-25",
        "2023-10-07",
        "2023-10-08",
    ];
    let calendar = calendar();
    for (first, count) in off {
        for free in day(first).series(jiff::Span::new().days(1)).take(count) {
            assert!(!calendar.is_working(free).unwrap(), "{free}");
        }
    }
    for weekend in worked {
        assert!(calendar.is_working(day(weekend)).unwrap(), "{weekend}");
    }
}

#[test]
fn working_days_are_counted_from_the_day_after_the_event() {
    let examples = [
        ("2022-09-30", 1, "2022-10-08"),
        ("2022-10-08", 1, "2022-10-09"),
        ("2022-11-19", 1, "2022-11-21"),
        ("2022-04-29", 5, "2022-05-10"),
        ("2022-09-29", 20, "2022-11-01"),
        ("2022-07-05", 10, "2022-07-19"),
        ("2022-10-31", 5, "2022-11-07"),
        ("2022-11-19", 0, "2022-11-19"),
    ];
    let calendar = calendar();
    for (event, count, result) in examples {
        assert_eq!(calendar.add_working_days(day(event), count).unwrap(), day(result), "{event} + {count}");
        assert_eq!(
            calendar.working_days_between(day(event), day(result)).unwrap(),
            count,
            "{event} – {result}"
        );
    }
}

#[test]
fn nothing_is_counted_when_the_end_is_not_later() {
    let calendar = calendar();
    assert_eq!(calendar.working_days_between(day("2022-11-21"), day("2022-11-21")).unwrap(), 0);
    assert_eq!(calendar.working_days_between(day("2022-11-25"), day("2022-11-21")).unwrap(), 0);
}

#[test]
fn the_posting_day_is_day_one_of_publicity() {
    let examples = [
        ("2022-11-15", 5, "2022-11-21"),
        ("2022-09-28", 5, "2022-10-09"),
        ("2022-01-27", 5, "2022-02-07"),
        ("2022-11-19", 5, "2022-11-25"), // posted on a Saturday: Monday is day 1
        ("2024-03-27", 5, "2024-04-02"),
        ("2023-02-21", 5, "2023-02-27"),
        ("2022-11-15", 1, "2022-11-15"),
    ];
    for (posted, count, last) in examples {
        assert_eq!(
            calendar().publicity_last_day(day(posted), count).unwrap(),
            day(last),
            "{posted} + {count}"
        );
    }
}

#[test]
fn a_publicity_of_no_days_is_refused() {
    let failure = calendar().publicity_last_day(day("2022-11-15"), 0).unwrap_err();
    assert_eq!(failure.reason(), &reason::FIELD_OUT_OF_RANGE);
}

#[test]
fn a_year_that_is_not_loaded_is_out_of_range_and_named() {
    let calendar = calendar();
    let asked = [
        (calendar.is_working(day("2019-12-31")).map(drop), "2019"),
        (calendar.is_working(day("2027-01-01")).map(drop), "2027"),
        (calendar.add_working_days(day("2019-12-31"), 1).map(drop), "2019"),
        (calendar.add_working_days(day("2026-12-31"), 1).map(drop), "2027"),
        (calendar.add_working_days(day("2026-12-31"), u32::MAX).map(drop), "2027"),
        (calendar.working_days_between(day("2026-12-31"), day("2027-01-04")).map(drop), "2027"),
        (calendar.working_days_between(day("2019-12-31"), day("2020-01-02")).map(drop), "2019"),
        (calendar.next_working_day_on_or_after(day("2027-01-01")).map(drop), "2027"),
        (calendar.publicity_last_day(day("2026-12-30"), 5).map(drop), "2027"),
        (calendar.working_days_in(2019).map(drop), "2019"),
    ];
    for (answer, year) in asked {
        let failure = answer.unwrap_err();
        assert_eq!(failure.reason(), &reason::CALENDAR_YEAR_NOT_LOADED);
        assert_eq!(failure.details()["year"], year);
    }
    assert!(calendar.is_loaded(2026) && !calendar.is_loaded(2027));
}

#[test]
fn no_count_runs_across_a_year_that_is_missing_between_loaded_ones() {
    let gapped = WorkCalendar::new(rows().filter(|(day, _)| day.year() != 2021));
    let (before, after) = (day("2020-12-31"), day("2022-01-04"));
    for (from, to) in [(before, after), (after, before)] {
        let failure = gapped.working_days_between(from, to).unwrap_err();
        assert_eq!(failure.details()["year"], "2021");
    }
    assert_eq!(gapped.add_working_days(before, 1).unwrap_err().details()["year"], "2021");
    assert!(gapped.is_working(before).unwrap() && gapped.is_working(after).unwrap());
}

#[test]
fn an_empty_calendar_answers_nothing() {
    let failure = WorkCalendar::default().is_working(day("2022-11-21")).unwrap_err();
    assert_eq!(failure.code().as_str(), "OUT_OF_RANGE");
}

fn any_day() -> impl Strategy<Value = Date> {
    (0i64..2190).prop_map(|offset| day("2020-01-01").saturating_add(jiff::Span::new().days(offset)))
}

proptest! {
    #[test]
    fn what_is_added_is_counted_between(from in any_day(), count in 1u32..200) {
        let calendar = calendar();
        let to = calendar.add_working_days(from, count).unwrap();
        prop_assert!(calendar.is_working(to).unwrap());
        prop_assert_eq!(calendar.working_days_between(from, to).unwrap(), count);
    }

    #[test]
    fn a_count_is_the_days_found_working_one_by_one(from in any_day(), length in 0usize..300) {
        let calendar = calendar();
        let to = from.saturating_add(jiff::Span::new().days(length as i64));
        let one_by_one = from.series(jiff::Span::new().days(1)).skip(1).take(length);
        let found = one_by_one.filter(|day| calendar.is_working(*day).unwrap()).count();
        prop_assert_eq!(calendar.working_days_between(from, to).unwrap() as usize, found);
    }

    #[test]
    fn publicity_ends_on_a_working_day_with_its_count_inside(posted in any_day(), count in 1u32..60) {
        let calendar = calendar();
        let last = calendar.publicity_last_day(posted, count).unwrap();
        prop_assert!(calendar.is_working(last).unwrap());
        let eve = posted.yesterday().unwrap();
        if calendar.is_loaded(eve.year()) {
            prop_assert_eq!(calendar.working_days_between(eve, last).unwrap(), count);
        }
    }
}
