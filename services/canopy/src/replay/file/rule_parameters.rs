//! `rule_parameters.csv`: thresholds, ratios and deadlines by validity.

use canopy_proto::registry::v1::{ReferenceKind, RuleParameter, reference_row::Row};

use super::{Kind, RecordFile};
use crate::replay::table::{Malformed, Record};

/// The file.
pub const FILE: RecordFile = RecordFile {
    name: "rule_parameters.csv",
    columns: &["rule_key", "value", "unit", "valid_from", "valid_to", "meaning"],
    key: &["rule_key", "valid_from"],
    kind: Kind::Reference { kind: ReferenceKind::RuleParameters, row },
};

fn row(record: &Record) -> Result<Row, Malformed> {
    Ok(Row::RuleParameter(RuleParameter {
        key: record.text("rule_key").to_owned(),
        value: record.text("value").to_owned(),
        unit: record.text("unit").to_owned(),
        valid_from: record.text("valid_from").to_owned(),
        valid_to: record.text("valid_to").to_owned(),
        meaning: record.text("meaning").to_owned(),
    }))
}
