//! `dataset.csv`: what the data set is; settings of the installation.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use canopy_kernel::{clock, date};
use canopy_proto::registry::v1::{ReferenceKind, Setting, reference_row::Row};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{Kind, RecordFile};
use crate::replay::plan::RequestIds;
use crate::replay::table::{Malformed, Record, Table};

/// The file.
pub const FILE: RecordFile = RecordFile {
    name: "dataset.csv",
    columns: &["key", "value"],
    key: &["key"],
    kind: Kind::Reference { kind: ReferenceKind::Settings, row },
};

fn row(record: &Record) -> Result<Row, Malformed> {
    Ok(Row::Setting(Setting { key: record.text("key").to_owned(), value: record.text("value").to_owned() }))
}

/// What the replay itself needs of the settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Year of the report.
    pub report_year: i16,
    /// Last day that counts, to its end.
    pub cut_off: Date,
    /// Time zone of local days.
    pub zone: TimeZone,
    /// Idempotency keys: the data set is what its settings say.
    pub ids: RequestIds,
}

impl Settings {
    /// Reads the settings of the data set in a folder.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let mut values = BTreeMap::new();
        for record in Table::open(folder, FILE.name, FILE.columns)?.records() {
            let record = record?;
            values.insert(record.text("key").to_owned(), record.text("value").to_owned());
        }
        let value = |key: &str| {
            values.get(key).map(String::as_str).with_context(|| format!("{}: no setting {key}", FILE.name))
        };
        let description =
            std::fs::read(folder.join(FILE.name)).with_context(|| format!("read {}", FILE.name))?;
        Ok(Self {
            report_year: value("report_year")?.parse().context("dataset.csv: report_year is no year")?,
            cut_off: date::parse(value("cut_off")?).context("dataset.csv: cut_off")?,
            zone: clock::time_zone(value("time_zone")?).context("dataset.csv: time_zone")?,
            ids: RequestIds::of(&description),
        })
    }

    /// Business time of a day's steps: noon, local time.
    pub fn noon(&self, day: Date) -> anyhow::Result<Timestamp> {
        Ok(self.zone.to_timestamp(day.at(12, 0, 0, 0))?)
    }
}
