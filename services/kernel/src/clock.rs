//! The clock as a parameter. This is the one place of the suite that reads the system's.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::failure::Failure;
use crate::reason;

/// Where now comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The system clock.
    System,
    /// That instant: business time of a try-out, or a test.
    Fixed(Timestamp),
}

impl Clock {
    /// The present instant.
    pub fn now(&self) -> Timestamp {
        match self {
            Clock::System => system_now(),
            Clock::Fixed(instant) => *instant,
        }
    }

    /// The local day of the present instant.
    pub fn today(&self, zone: &TimeZone) -> Date {
        local_day(self.now(), zone)
    }
}

#[expect(clippy::disallowed_methods, reason = "the one reader of the system clock")]
fn system_now() -> Timestamp {
    Timestamp::now()
}

/// The local day of an instant.
pub fn local_day(instant: Timestamp, zone: &TimeZone) -> Date {
    zone.to_datetime(instant).date()
}

/// The first instant of a local day.
pub fn start_of_day(day: Date, zone: &TimeZone) -> Result<Timestamp, Failure> {
    zone.to_timestamp(day.at(0, 0, 0, 0))
        .map_err(|fault| Failure::new(&reason::DATE_FORMAT).with("value", day).because(fault))
}

/// The time zone of that IANA name, such as `Asia/Shanghai`.
pub fn time_zone(name: &str) -> Result<TimeZone, Failure> {
    TimeZone::get(name).map_err(|fault| {
        Failure::new(&reason::FIELD_INVALID).on("time_zone").with("value", name).because(fault)
    })
}
