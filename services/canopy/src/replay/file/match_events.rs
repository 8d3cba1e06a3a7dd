//! `match_events.csv`: the register of matchmaking events.

use canopy_proto::commissioner::v1::{
    ImportMatchEventsRequest, MatchEventKind, MatchEventRow, MatchEventStatus,
};
use prost::Message;

use super::{Kind, Place, RecordFile, Sender};
use crate::replay::table::{Malformed, Record};

/// The file.
pub const FILE: RecordFile = RecordFile {
    name: "match_events.csv",
    columns: &["event_id", "held_on", "kind", "title", "attendees", "status"],
    key: &["event_id"],
    kind: Kind::Register {
        path: "/canopy.commissioner.v1.MatchEventService/ImportMatchEvents",
        by: Sender::Bureau,
        piece,
    },
};

const KINDS: &[(&str, MatchEventKind)] = &[
    ("ROADSHOW", MatchEventKind::Roadshow),
    ("MATCHING", MatchEventKind::Matching),
    ("SALON", MatchEventKind::Salon),
];

const STATUSES: &[(&str, MatchEventStatus)] = &[
    ("PLANNED", MatchEventStatus::Planned),
    ("HELD", MatchEventStatus::Held),
    ("CANCELLED", MatchEventStatus::Cancelled),
];

fn piece(records: &[Record], place: &Place<'_>) -> Result<Vec<u8>, Malformed> {
    let rows = records.iter().map(|record| row(record, place)).collect::<Result<_, _>>()?;
    Ok(ImportMatchEventsRequest { rows }.encode_to_vec())
}

fn row(record: &Record, place: &Place<'_>) -> Result<MatchEventRow, Malformed> {
    Ok(MatchEventRow {
        request_id: place.request_id(record.line()),
        external_ref: place.external_ref(record.line()),
        event_no: record.text("event_id").to_owned(),
        held_on: record.text("held_on").to_owned(),
        kind: record.word("kind", KINDS)?,
        title: record.text("title").to_owned(),
        attendees: record.int("attendees")?,
        status: record.word("status", STATUSES)?,
    })
}
