//! Days, instants and the clock.

use canopy_kernel::clock::{local_day, start_of_day, time_zone};
use canopy_kernel::{Clock, date, reason};

use crate::calendar::day;

#[test]
fn only_a_real_day_in_full_digits_is_a_day() {
    assert_eq!(date::parse("2022-11-30").unwrap(), day("2022-11-30"));
    assert_eq!(date::parse("2020-02-29").unwrap(), day("2020-02-29"));
    let malformed =
        ["", "2022-11-31", "2021-02-29", "2022-1-3", "20221130", "2022/11/30", "2022-11-30T00:00"];
    for text in malformed {
        assert_eq!(date::parse(text).unwrap_err().reason(), &reason::DATE_FORMAT, "{text}");
    }
}

#[test]
fn an_instant_needs_its_offset() {
    let instant = date::parse_instant("2022-09-14T17:30:00+08:00").unwrap();
    assert_eq!(instant.to_string(), "2022-09-14T09:30:00Z");
    for text in ["", "2022-09-14", "2022-09-14T17:30:00", "yesterday"] {
        assert_eq!(date::parse_instant(text).unwrap_err().reason(), &reason::INSTANT_FORMAT, "{text}");
    }
}

#[test]
fn a_local_day_begins_at_the_citys_midnight() {
    let zone = time_zone("Asia/Shanghai").unwrap();
    let eve = date::parse_instant("2022-11-30T15:59:59Z").unwrap();
    let midnight = date::parse_instant("2022-11-30T16:00:00Z").unwrap();
    assert_eq!(local_day(eve, &zone), day("2022-11-30"));
    assert_eq!(local_day(midnight, &zone), day("2022-12-01"));
    assert_eq!(start_of_day(day("2022-12-01"), &zone).unwrap(), midnight);
}

#[test]
fn an_unknown_time_zone_is_refused() {
    assert_eq!(time_zone("Asia/Wuhan").unwrap_err().reason(), &reason::FIELD_INVALID);
}

#[test]
fn a_fixed_clock_stands_still_and_the_systems_runs() {
    let instant = date::parse_instant("2022-09-14T09:30:00Z").unwrap();
    let zone = time_zone("Asia/Shanghai").unwrap();
    assert_eq!(Clock::Fixed(instant).now(), instant);
    assert_eq!(Clock::Fixed(instant).today(&zone), day("2022-09-14"));
    let first = Clock::System.now();
    assert!(Clock::System.now() >= first && first > instant);
}
