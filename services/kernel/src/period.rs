//! Periods of the civil code (民法典 201–203): the day of the event is not counted, a month ends on
//! the corresponding day or the month's last, and a last day on a holiday moves forward. A period
//! that would end after the year 9999 ends there.

use jiff::Span;
use jiff::civil::Date;

use crate::calendar::WorkCalendar;
use crate::failure::Failure;

/// The last day of a period of `n` days that begins the day after `day`.
pub fn add_days(day: Date, n: u32) -> Date {
    after(day, Span::new().try_days(n))
}

/// The last day of a period of `n` months: the corresponding day, or the last of that month.
pub fn add_months(day: Date, n: u32) -> Date {
    after(day, Span::new().try_months(n))
}

/// The last day of a period of `n` years: the corresponding day, or the last of that month.
pub fn add_years(day: Date, n: u32) -> Date {
    after(day, Span::new().try_years(n))
}

/// Moves a last day that is not a working day to the next one that is (民法典 203).
pub fn roll_forward(day: Date, calendar: &WorkCalendar) -> Result<Date, Failure> {
    calendar.next_working_day_on_or_after(day)
}

/// The last day of a publicity window (公示期) of `n` calendar days, the posting day included.
pub fn publicity_calendar_days(posted_on: Date, n: u32) -> Date {
    add_days(posted_on, n.saturating_sub(1))
}

fn after(day: Date, span: Result<Span, jiff::Error>) -> Date {
    span.map_or(Date::MAX, |span| day.saturating_add(span))
}
