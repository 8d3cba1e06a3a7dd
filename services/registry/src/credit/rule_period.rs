//! How long a listing lasts (`RULES.md` R10): until its maximum period is over, as the rule stands on the day
//! of the question.

use canopy_kernel::{Failure, RuleTable, period};
use jiff::ToSpan;
use jiff::civil::Date;

use super::model::CreditGrade;

/// The maximum period of a grade, in months.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Maximum(u32);

impl Maximum {
    /// The one in force on a day.
    pub fn in_force(rules: &RuleTable, grade: CreditGrade, day: Date) -> Result<Self, Failure> {
        rules.months(&key("credit_max_months", grade.as_str()), day).map(Self)
    }

    /// Whether a listing decided on that day is over on another: it lives on each day before the corresponding
    /// one.
    pub fn is_over(self, decided_on: Date, day: Date) -> bool {
        day >= period::add_months(decided_on, self.0)
    }

    /// The last day on which a listing decided on that day is live.
    pub fn last_day(self, decided_on: Date) -> Date {
        period::add_months(decided_on, self.0).saturating_sub(1.day())
    }

    /// The earliest decision day of a listing that is not over on a day.
    pub fn earliest_decision(self, day: Date) -> Date {
        // A month's end may lie a few days after the corresponding day of a shorter month.
        let back = day.saturating_sub(jiff::Span::new().months(self.0)).saturating_sub(3.days());
        let mut candidates = back.series(1.day());
        candidates.find(|decided_on| !self.is_over(*decided_on, day)).unwrap_or(day)
    }
}

/// Name of a rule parameter for a word of the data: `credit_max_months` and `GENERAL` give
/// `credit_max_months_general`.
pub(super) fn key(name: &str, word: &str) -> String {
    format!("{name}_{}", word.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_listing_lives_up_to_the_day_before_the_corresponding_day() {
        let year = Maximum(12);
        assert!(!year.is_over(date(2021, 11, 30), date(2022, 11, 29)));
        assert!(year.is_over(date(2021, 11, 30), date(2022, 11, 30)));
        assert_eq!(year.last_day(date(2021, 11, 30)), date(2022, 11, 29));
        // The corresponding day of 31 August plus six months is the end of February.
        assert!(!Maximum(6).is_over(date(2022, 8, 31), date(2023, 2, 27)));
        assert!(Maximum(6).is_over(date(2022, 8, 31), date(2023, 2, 28)));
    }

    #[test]
    fn the_earliest_decision_parts_the_live_from_the_over() {
        for months in [1, 3, 6, 12, 36] {
            let maximum = Maximum(months);
            for day in date(2023, 1, 1).series(1.day()).take(800) {
                let first = maximum.earliest_decision(day);
                assert!(!maximum.is_over(first, day), "{months} {day}");
                assert!(maximum.is_over(first.saturating_sub(1.day()), day), "{months} {day}");
            }
        }
    }
}
