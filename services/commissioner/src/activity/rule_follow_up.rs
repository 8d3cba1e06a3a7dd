//! When something counts as not followed up (`RULES.md` R5): the months to wait are counted from the day after the
//! last thing that happened, to the corresponding day.

use canopy_kernel::period::add_months;
use jiff::ToSpan;
use jiff::civil::Date;

/// The latest day such that what last happened on it is, on `day`, not followed up any more: its last day to wait lies
/// before `day`.
pub fn last_day_to_wait_from(day: Date, months: u32) -> Date {
    // The corresponding day of an earlier month; a month's end may move it, so the days around it are tried.
    let span = i64::from(months).months();
    let mut candidate = day.saturating_sub(span);
    while add_months(candidate, months) >= day {
        let Ok(before) = candidate.yesterday() else { return candidate };
        candidate = before;
    }
    candidate
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn six_months_are_waited_to_the_corresponding_day() {
        let table = [
            // Last seen on 05-30: waited for until 11-30, so not yet late on that day.
            (date(2022, 11, 30), date(2022, 5, 29)),
            (date(2022, 12, 1), date(2022, 5, 31)),
            // 08-29 to 08-31 all wait until 02-28.
            (date(2023, 2, 28), date(2022, 8, 27)),
            (date(2023, 3, 1), date(2022, 8, 31)),
        ];
        for (day, expected) in table {
            assert_eq!(last_day_to_wait_from(day, 6), expected, "{day}");
        }
    }
}
