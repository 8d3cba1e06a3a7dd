//! When a held or bounced line is sent again: on the day from which a corrected account holds (RULES.md R8).

use jiff::civil::Date;

use super::model::State;

/// Whether a correction that holds from that day releases the line: after the day of a hold, from the day of a return
/// on. A line that is not waiting is released by nothing.
pub fn releases(state: State, state_on: Date, correction: Date) -> bool {
    match state {
        State::Held => correction > state_on,
        State::Returned => correction >= state_on,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::payment::model::Line;
    use crate::payment::model::tests::{PAY_ON, credited, held, returned, submitted};

    fn released(line: &Line, correction: Date) -> bool {
        releases(line.state, line.state_on, correction)
    }

    #[test]
    fn a_held_line_waits_for_a_correction_after_the_day_of_the_hold() {
        let table = [(date(2022, 9, 1), false), (PAY_ON, false), (date(2022, 9, 23), true)];
        for (correction, expected) in table {
            assert_eq!(released(&held(), correction), expected, "{correction}");
        }
    }

    #[test]
    fn a_bounced_line_takes_a_correction_of_the_day_of_the_return() {
        let table = [(date(2022, 9, 26), false), (date(2022, 9, 27), true), (date(2022, 11, 14), true)];
        for (correction, expected) in table {
            assert_eq!(released(&returned(), correction), expected, "{correction}");
        }
    }

    #[test]
    fn a_line_on_its_way_is_not_sent_again() {
        for line in [submitted(), credited()] {
            assert!(!released(&line, date(2022, 10, 12)));
        }
    }
}
