//! Yearly assessments (`RULES.md` R47): of what is live and was recognised a full year before; a second failed one in a
//! row revokes.

use canopy_kernel::{Failure, period, reason, words};
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
    fn a_second_failed_assessment_in_a_row_revokes() {
        assert_eq!(outcome(&[], Grade::Fail, 2), Outcome::Rectify);
        assert_eq!(outcome(&["FAIL"], Grade::Fail, 2), Outcome::Revoked);
        assert_eq!(outcome(&["FAIL", "PASS"], Grade::Fail, 2), Outcome::Rectify);
        assert_eq!(outcome(&["FAIL"], Grade::Pass, 2), Outcome::Pass);
        assert_eq!(outcome(&["FAIL"], Grade::Excellent, 2), Outcome::Excellent);
    }
}
