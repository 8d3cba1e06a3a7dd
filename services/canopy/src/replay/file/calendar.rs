//! `calendar.csv`: days off and weekend working days.

use canopy_proto::registry::v1::{CalendarDay, CalendarDayKind, ReferenceKind, reference_row::Row};

use super::{Kind, RecordFile};
use crate::replay::table::{Malformed, Record};

/// The file.
pub const FILE: RecordFile = RecordFile {
    name: "calendar.csv",
    columns: &["day", "kind"],
    key: &["day"],
    kind: Kind::Reference { kind: ReferenceKind::Calendar, row },
};

fn row(record: &Record) -> Result<Row, Malformed> {
    let kind = record.word("kind", &[("OFF", CalendarDayKind::Off), ("WORK", CalendarDayKind::Work)])?;
    Ok(Row::CalendarDay(CalendarDay { day: record.text("day").to_owned(), kind }))
}
