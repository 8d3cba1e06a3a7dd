//! Changes of status are recorded in the order of their days (`RULES.md` R3).

use canopy_kernel::{Failure, reason};
use jiff::civil::Date;

use super::model::StatusChange;

/// Refuses a change dated before the latest one. A second change on the same day holds over the first.
pub fn require_order(latest: Option<&StatusChange>, effective_on: Date) -> Result<(), Failure> {
    match latest {
        Some(latest) if effective_on < latest.effective_on => Err(Failure::new(&reason::STATUS_DATE_ORDER)
            .on("effective_on")
            .with("latest", latest.effective_on)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::subject::model::SubjectStatus;

    #[test]
    fn a_change_of_the_same_day_holds_over_the_first_and_an_earlier_one_is_refused() {
        let latest = StatusChange { status: SubjectStatus::MovedOut, effective_on: date(2022, 9, 1) };
        assert!(require_order(None, date(1999, 1, 1)).is_ok());
        assert!(require_order(Some(&latest), date(2022, 9, 2)).is_ok());
        assert!(require_order(Some(&latest), date(2022, 9, 1)).is_ok());
        let refused = require_order(Some(&latest), date(2022, 8, 31)).unwrap_err();
        assert_eq!(refused.reason(), &reason::STATUS_DATE_ORDER);
        assert_eq!(refused.details()["latest"], "2022-09-01");
    }
}
