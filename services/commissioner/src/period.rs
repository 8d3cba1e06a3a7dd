//! Periods of tallies: from a day to a day, as of a day, by what was recorded then.

use canopy_kernel::Failure;
use canopy_platform::Call;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::edge::{Desk, day_if_any};

/// A period of days, and the day as of which it is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Period {
    /// First day; `None` = no bound.
    pub from: Option<Date>,
    /// Last day; `None` = no bound.
    pub to: Option<Date>,
    /// Nothing after this day counts.
    pub day: Date,
    /// Recorded before this instant; `None` = all.
    pub known_before: Option<Timestamp>,
}

impl Period {
    /// Reads the days of a question (from, to, as of, known at); all may be empty.
    pub(crate) fn read(it: &Desk, call: &Call, days: [&str; 4]) -> Result<Self, Failure> {
        let [from, to, as_of, known_at] = days;
        Ok(Self {
            from: day_if_any("from", from)?,
            to: day_if_any("to", to)?,
            day: it.store.as_of(call, "as_of", as_of)?,
            known_before: it.store.known_before("known_at", known_at)?,
        })
    }
}
