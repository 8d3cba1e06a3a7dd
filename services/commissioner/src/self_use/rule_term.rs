//! For which years a unit awards its own use of a result (`RULES.md` R49; 促进科技成果转化法 45): the agreed ones from the
//! start of production on, each to its corresponding day (民法典 202).

use canopy_kernel::period::{add_days, add_years};
use canopy_kernel::{Failure, reason};
use jiff::civil::Date;

/// How many years a unit may agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Fewest.
    pub min: u32,
    /// Most.
    pub max: u32,
}

impl Bounds {
    /// Takes a number of years within both bounds.
    pub fn admit(self, years: u32) -> Result<u32, Failure> {
        match (self.min..=self.max).contains(&years) {
            true => Ok(years),
            false => {
                let failure = Failure::new(&reason::FIELD_OUT_OF_RANGE).on("years");
                Err(failure.with("min", self.min).with("max", self.max))
            }
        }
    }
}

/// The agreed years.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// Start of production (投产).
    pub in_use_on: Date,
    /// How many years.
    pub years: u32,
}

impl Term {
    /// First day of a year: the start of production, or the day after the year before.
    pub fn first_of(self, year_no: u32) -> Date {
        match year_no {
            0 | 1 => self.in_use_on,
            _ => add_days(self.last_of(year_no - 1), 1),
        }
    }

    /// Last day of a year: the corresponding day.
    pub fn last_of(self, year_no: u32) -> Date {
        add_years(self.in_use_on, year_no)
    }

    /// Last day of the agreed years.
    pub fn last_on(self) -> Date {
        self.last_of(self.years)
    }

    /// Whether some day lies within the agreed years of both.
    pub fn overlaps(self, other: Self) -> bool {
        self.in_use_on <= other.last_on() && other.in_use_on <= self.last_on()
    }

    /// Refuses a year that is not one of the agreed ones, or whose last day has not passed.
    pub fn require_over(self, year_no: u32, day: Date) -> Result<(), Failure> {
        if !(1..=self.years).contains(&year_no) {
            return Err(Failure::new(&reason::YEAR_OUTSIDE_TERM).on("year_no").with("years", self.years));
        }
        let last = self.last_of(year_no);
        match last < day {
            true => Ok(()),
            false => Err(Failure::new(&reason::YEAR_NOT_OVER).on("year_no").with("last_day", last)),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn three_to_five_years_are_agreed() {
        let bounds = Bounds { min: 3, max: 5 };
        assert_eq!([3, 4, 5].map(|years| bounds.admit(years)), [Ok(3), Ok(4), Ok(5)]);
        for years in [0, 2, 6] {
            let failure = bounds.admit(years).unwrap_err();
            assert_eq!((failure.reason().name, failure.field()), ("FIELD_OUT_OF_RANGE", Some("years")));
        }
    }

    #[test]
    fn years_follow_each_other_without_a_gap() {
        let term = Term { in_use_on: date(2021, 3, 1), years: 3 };
        assert_eq!((term.first_of(1), term.last_of(1)), (date(2021, 3, 1), date(2022, 3, 1)));
        assert_eq!((term.first_of(2), term.last_of(2)), (date(2022, 3, 2), date(2023, 3, 1)));
        assert_eq!((term.first_of(3), term.last_on()), (date(2023, 3, 2), date(2024, 3, 1)));
        let leap = Term { in_use_on: date(2020, 2, 29), years: 4 };
        assert_eq!((leap.last_of(1), leap.first_of(2)), (date(2021, 2, 28), date(2021, 3, 1)));
        assert_eq!(leap.last_on(), date(2024, 2, 29));
    }

    #[test]
    fn terms_overlap_from_the_first_to_the_last_day() {
        let term = |in_use_on| Term { in_use_on, years: 3 };
        let held = term(date(2021, 3, 1));
        let days = [
            (date(2018, 2, 28), false),
            (date(2018, 3, 1), true),
            (date(2021, 3, 1), true),
            (date(2024, 3, 1), true),
            (date(2024, 3, 2), false),
        ];
        for (day, answer) in days {
            assert_eq!((held.overlaps(term(day)), term(day).overlaps(held)), (answer, answer), "{day}");
        }
    }

    #[test]
    fn a_year_of_the_term_is_awarded_once_its_last_day_has_passed() {
        let term = Term { in_use_on: date(2021, 3, 1), years: 3 };
        let answer = |year_no, day| term.require_over(year_no, day).err().map(|it| it.reason().name);
        assert_eq!(answer(1, date(2022, 3, 1)), Some("YEAR_NOT_OVER"));
        assert_eq!(answer(1, date(2022, 3, 2)), None);
        assert_eq!(answer(3, date(2024, 3, 2)), None);
        assert_eq!(answer(0, date(2030, 1, 1)), Some("YEAR_OUTSIDE_TERM"));
        assert_eq!(answer(4, date(2030, 1, 1)), Some("YEAR_OUTSIDE_TERM"));
    }
}
