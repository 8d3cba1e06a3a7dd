//! Matchmaking events (对接活动).

use canopy_kernel::id::MatchEventId;
use canopy_kernel::{Failure, reason, words};
use jiff::civil::Date;

words! {
    /// Kind of event.
    EventKind {
        /// Road show (路演).
        Roadshow = "ROADSHOW",
        /// Matching meeting (对接会).
        Matching = "MATCHING",
        /// Salon (沙龙).
        Salon = "SALON",
    }
}

words! {
    /// Whether it took place; only held ones count.
    EventStatus {
        /// Planned.
        Planned = "PLANNED",
        /// Held.
        Held = "HELD",
        /// Cancelled.
        Cancelled = "CANCELLED",
    }
}

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchEvent {
    /// Id.
    pub id: MatchEventId,
    /// Business number.
    pub number: String,
    /// Day.
    pub held_on: Date,
    /// Kind.
    pub kind: EventKind,
    /// Title.
    pub title: String,
    /// Head count; 0 = not known.
    pub attendees: i32,
    /// Whether it took place.
    pub status: EventStatus,
    /// Counts writes.
    pub version: i64,
}

impl MatchEvent {
    /// Says on a day what became of a planned event. It is held on its day or after it, never before.
    pub fn settle(self, status: EventStatus, attendees: i32, on: Date) -> Result<Self, Failure> {
        let early = status == EventStatus::Held && on < self.held_on;
        if self.status != EventStatus::Planned || status == EventStatus::Planned || early {
            return Err(Failure::new(&reason::STATE_NOT_ALLOWED).with("state", self.status.as_str()));
        }
        Ok(Self { status, attendees, version: self.version + 1, ..self })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_planned_event_is_settled_once_and_not_held_before_its_day() {
        let planned = MatchEvent {
            id: MatchEventId::new(uuid::Uuid::from_u128(1)),
            number: "DJ1".to_owned(),
            held_on: date(2022, 6, 10),
            kind: EventKind::Salon,
            title: "对接活动".to_owned(),
            attendees: 0,
            status: EventStatus::Planned,
            version: 1,
        };
        let settle = |event: &MatchEvent, status, on| event.clone().settle(status, 40, on);
        assert!(settle(&planned, EventStatus::Held, date(2022, 6, 9)).is_err());
        assert!(settle(&planned, EventStatus::Planned, date(2022, 6, 10)).is_err());
        assert!(settle(&planned, EventStatus::Cancelled, date(2022, 6, 9)).is_ok());
        let held = settle(&planned, EventStatus::Held, date(2022, 6, 10)).unwrap();
        assert_eq!((held.attendees, held.version), (40, 2));
        assert!(settle(&held, EventStatus::Cancelled, date(2022, 6, 11)).is_err());
    }
}
