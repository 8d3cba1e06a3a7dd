//! `lpr.csv`: loan prime rate, change points.

use canopy_proto::registry::v1::{LprRate, ReferenceKind, reference_row::Row};

use super::{Kind, RecordFile};
use crate::replay::table::{Malformed, Record};

/// The file.
pub const FILE: RecordFile = RecordFile {
    name: "lpr.csv",
    columns: &["published_on", "lpr_1y_bp", "lpr_5y_bp"],
    key: &["published_on"],
    kind: Kind::Reference { kind: ReferenceKind::Lpr, row },
};

fn row(record: &Record) -> Result<Row, Malformed> {
    Ok(Row::LprRate(LprRate {
        published_on: record.text("published_on").to_owned(),
        one_year_bp: record.int("lpr_1y_bp")?,
        five_year_bp: record.int("lpr_5y_bp")?,
    }))
}
