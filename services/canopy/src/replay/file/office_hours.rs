//! `office_hours.csv`: opening hours of the service window.

use canopy_proto::registry::v1::{OfficeHours, ReferenceKind, reference_row::Row};

use super::{Kind, RecordFile};
use crate::replay::table::{Malformed, Record};

/// The file.
pub const FILE: RecordFile = RecordFile {
    name: "office_hours.csv",
    columns: &["weekday", "opens", "closes", "kind"],
    key: &["weekday", "opens"],
    kind: Kind::Reference { kind: ReferenceKind::OfficeHours, row },
};

fn row(record: &Record) -> Result<Row, Malformed> {
    Ok(Row::OfficeHours(OfficeHours {
        weekday: record.int("weekday")?,
        opens: record.text("opens").to_owned(),
        closes: record.text("closes").to_owned(),
        extra: record.word("kind", &[("ORDINARY", 0), ("EXTRA", 1)])? == 1,
    }))
}
