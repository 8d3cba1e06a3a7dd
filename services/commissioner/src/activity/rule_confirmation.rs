//! What a counterpart says of an activity on a day (`RULES.md` R4). Silence is told as silence: it neither confirms nor
//! denies.

use canopy_kernel::period::add_days;
use canopy_kernel::{Failure, reason, words};
use jiff::civil::Date;

use super::model::{Answer, Verdict};

words! {
    /// What is known of the counterpart's answer on a day.
    Confirmation {
        /// Not answered yet.
        Awaited = "AWAITED",
        /// It took place.
        Confirmed = "CONFIRMED",
        /// It did not take place so.
        Denied = "DENIED",
        /// The time to answer is over.
        Silent = "SILENT",
    }
}

/// What is known on a day of the answer to an activity that was reported on another.
pub fn on_day(answer: Option<Answer>, reported_on: Date, silence_days: u32, day: Date) -> Confirmation {
    match answer.filter(|answer| answer.answered_on <= day).map(|answer| answer.verdict) {
        Some(Verdict::Confirmed) => Confirmation::Confirmed,
        Some(Verdict::Denied) => Confirmation::Denied,
        None if day > add_days(reported_on, silence_days) => Confirmation::Silent,
        None => Confirmation::Awaited,
    }
}

/// Who may answer: the organisation whose code the activity states, else the one whose registered name it names.
pub fn require_counterpart(stated: &str, named: Option<&str>, represented: &str) -> Result<(), Failure> {
    let own = match stated {
        "" => named == Some(represented),
        stated => stated == represented,
    };
    match own {
        true => Ok(()),
        false => Err(Failure::new(&reason::NOT_COUNTERPART)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use jiff::civil::date;

    use super::*;

    #[test]
    fn silence_is_told_after_the_last_day_to_answer_until_there_is_one() {
        let reported_on = date(2022, 3, 1);
        let late = Some(Answer { verdict: Verdict::Denied, answered_on: date(2022, 4, 1) });
        let table = [
            (None, date(2022, 3, 16), Confirmation::Awaited),
            (None, date(2022, 3, 17), Confirmation::Silent),
            (late, date(2022, 3, 16), Confirmation::Awaited),
            (late, date(2022, 3, 31), Confirmation::Silent),
            (late, date(2022, 4, 1), Confirmation::Denied),
        ];
        for (answer, day, expected) in table {
            assert_eq!(on_day(answer, reported_on, 15, day), expected, "{day}");
        }
    }

    #[test]
    fn the_code_goes_before_the_name() {
        let (own, other) = ("91420111MA4KXA0264", "124200004416255673");
        assert!(require_counterpart(own, None, own).is_ok());
        assert!(require_counterpart("", Some(own), own).is_ok());
        assert!(require_counterpart(other, Some(own), own).is_err());
        assert!(require_counterpart("", Some(other), own).is_err());
        assert!(require_counterpart("", None, own).is_err());
    }
}
