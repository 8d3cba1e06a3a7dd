//! The outbox: events written in the transaction of the change they tell of.

use jiff::civil::Date;

/// Version of the events' meaning that this build writes.
pub const SCHEMA_VERSION: i32 = 1;

/// An event as an operation states it.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    /// Full name of the payload's message.
    pub kind: String,
    /// Name of the aggregate.
    pub aggregate: String,
    /// Version of the aggregate after the change.
    pub version: i64,
    /// Day from which the fact counts.
    pub effective_on: Date,
    /// Encoded message.
    pub payload: Vec<u8>,
}
