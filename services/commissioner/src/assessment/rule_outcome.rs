//! When an institution is assessed and what a grade leads to (`RULES.md` R47): a full year after the recognition, once
//! a year; a second failed one in a row revokes.

use canopy_kernel::{Failure, period, reason, words};
use jiff::ToSpan;
use jiff::civil::Date;

words! {
    /// Grade of a yearly assessment (年度考核).
    Grade {
        /// Excellent (优秀).
        Excellent = "EXCELLENT",
        /// Passed (合格).
        Pass = "PASS",
        /// Failed (不合格).
        Fail = "FAIL",
    }
}

words! {
    /// What an assessment leads to.
    Outcome {
        /// Excellent.
        Excellent = "EXCELLENT",
        /// Passed.
        Pass = "PASS",
        /// It has to rectify (整改).
        Rectify = "RECTIFY",
        /// Revoked (撤销).
        Revoked = "REVOKED",
    }
}

/// Refuses an assessment before a full year has passed since the recognition.
pub fn require_full_year(granted_on: Date, day: Date) -> Result<(), Failure> {
    let earliest = period::add_years(granted_on, 1);
    match earliest <= day {
        true => Ok(()),
        false => Err(Failure::new(&reason::TOO_EARLY_TO_ASSESS).with("earliest", earliest)),
    }
}

/// The last day of the year before: by then those were made that stand before an assessment of this year.
pub fn eve_of_year(day: Date) -> Date {
    day.first_of_year().saturating_sub(1.day())
}

/// Refuses a second assessment in one year: so many are known by the end of the year before, and by the day.
pub fn require_first_of_year(by_eve: usize, by_day: usize) -> Result<(), Failure> {
    match by_day > by_eve {
        true => Err(Failure::new(&reason::ALREADY_ASSESSED).on("qualification")),
        false => Ok(()),
    }
}

/// What a grade leads to after those before it, oldest first, when so many failed ones in a row revoke.
pub fn outcome(before: &[&str], grade: Grade, fails_to_revoke: u32) -> Outcome {
    let in_row = before.iter().rev().take_while(|it| **it == Grade::Fail.as_str()).count();
    match grade {
        Grade::Excellent => Outcome::Excellent,
        Grade::Pass => Outcome::Pass,
        Grade::Fail if u32::try_from(in_row + 1).is_ok_and(|fails| fails >= fails_to_revoke) => {
            Outcome::Revoked
        }
        Grade::Fail => Outcome::Rectify,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_first_assessment_comes_after_a_full_year() {
        let granted_on = date(2021, 8, 25);
        assert_eq!(require_full_year(granted_on, date(2022, 8, 25)), Ok(()));
        let early = require_full_year(granted_on, date(2022, 8, 24));
        assert_eq!(early.unwrap_err().reason().name, "TOO_EARLY_TO_ASSESS");
    }

    #[test]
    fn the_year_before_ends_with_its_last_day() {
        for day in [date(2022, 1, 1), date(2022, 8, 25), date(2022, 12, 31)] {
            assert_eq!(eve_of_year(day), date(2021, 12, 31));
        }
    }

    #[test]
    fn an_institution_is_assessed_once_a_year() {
        assert_eq!(require_first_of_year(0, 0), Ok(()));
        assert_eq!(require_first_of_year(2, 2), Ok(()));
        assert_eq!(require_first_of_year(1, 2).unwrap_err().reason().name, "ALREADY_ASSESSED");
    }

    #[test]
    fn a_second_failed_assessment_in_a_row_revokes() {
        assert_eq!(outcome(&[], Grade::Fail, 2), Outcome::Rectify);
        assert_eq!(outcome(&["FAIL"], Grade::Fail, 2), Outcome::Revoked);
        assert_eq!(outcome(&["FAIL", "PASS"], Grade::Fail, 2), Outcome::Rectify);
        assert_eq!(outcome(&["FAIL"], Grade::Pass, 2), Outcome::Pass);
        assert_eq!(outcome(&["FAIL"], Grade::Excellent, 2), Outcome::Excellent);
    }
}
