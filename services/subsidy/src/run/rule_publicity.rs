//! Publicity (公示) of a list: its window in working days, when objections are heard and when it is over (RULES.md R7).

use canopy_kernel::{Failure, WorkCalendar, reason};
use jiff::civil::Date;

/// The window of a posted list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Publicity {
    /// Day of posting; day 1 when it is worked, else the next working day is.
    pub posted_on: Date,
    /// Last day on which an objection is heard.
    pub last_day: Date,
}

impl Publicity {
    /// The window of that many working days.
    pub fn open(posted_on: Date, working_days: u32, calendar: &WorkCalendar) -> Result<Self, Failure> {
        let last_day = calendar.publicity_last_day(posted_on, working_days)?;
        Ok(Self { posted_on, last_day })
    }

    /// Whether an objection filed on that day is heard.
    pub fn hears(&self, filed_on: Date) -> bool {
        self.posted_on <= filed_on && filed_on <= self.last_day
    }

    /// The list may be confirmed only on a day after the last one.
    pub fn require_over(&self, today: Date) -> Result<(), Failure> {
        match today > self.last_day {
            true => Ok(()),
            false => Err(Failure::new(&reason::PUBLICITY_NOT_OVER).with("last_day", self.last_day)),
        }
    }
}

#[cfg(test)]
mod tests {
    use canopy_kernel::DayKind;
    use jiff::civil::date;

    use super::*;

    /// The days of autumn 2022 that the State Council's notice names.
    fn calendar() -> WorkCalendar {
        let off = [10, 11, 12].map(|day| (date(2022, 9, day), DayKind::Off));
        let national = [1, 2, 3, 4, 5, 6, 7].map(|day| (date(2022, 10, day), DayKind::Off));
        let worked = [8, 9].map(|day| (date(2022, 10, day), DayKind::Work));
        WorkCalendar::new(off.into_iter().chain(national).chain(worked))
    }

    #[test]
    fn the_posting_day_is_day_one_of_five_working_days() {
        for (posted_on, last_day) in [
            (date(2022, 9, 7), date(2022, 9, 14)),
            (date(2022, 8, 8), date(2022, 8, 12)),
            (date(2022, 9, 28), date(2022, 10, 9)),
            (date(2022, 11, 15), date(2022, 11, 21)),
            (date(2022, 11, 19), date(2022, 11, 25)),
        ] {
            assert_eq!(Publicity::open(posted_on, 5, &calendar()).unwrap().last_day, last_day, "{posted_on}");
        }
    }

    #[test]
    fn objections_are_heard_from_the_posting_day_to_the_last_day() {
        let publicity = Publicity::open(date(2022, 9, 7), 5, &calendar()).unwrap();
        for (day, heard) in [(6, false), (7, true), (14, true), (15, false)] {
            assert_eq!(publicity.hears(date(2022, 9, day)), heard, "{day}");
        }
    }

    #[test]
    fn publicity_is_over_the_day_after_its_last_day() {
        let publicity = Publicity::open(date(2022, 9, 28), 5, &calendar()).unwrap();
        assert_eq!(publicity.require_over(date(2022, 10, 10)), Ok(()));
        let failure = publicity.require_over(date(2022, 10, 9)).unwrap_err();
        assert_eq!(
            (failure.reason().name, failure.details()["last_day"].as_str()),
            ("PUBLICITY_NOT_OVER", "2022-10-09")
        );
    }

    #[test]
    fn a_year_that_is_not_loaded_is_never_guessed() {
        let failure = Publicity::open(date(2023, 1, 3), 5, &calendar()).unwrap_err();
        assert_eq!(failure.reason().name, "CALENDAR_YEAR_NOT_LOADED");
    }
}
