//! The report as files for other programs.

use std::path::Path;

use anyhow::Context;

use super::Report;
use crate::replay::answers::Refusal;
use crate::replay::file::position;

impl Report {
    /// Writes the table of figures as CSV.
    pub fn write_figures(&self, path: &Path) -> anyhow::Result<()> {
        write(path, &["id", "expected", "actual", "verdict"], |writer| {
            for line in &self.figures {
                let verdict = line.verdict.map(|verdict| verdict.to_string()).unwrap_or_default();
                let text = |value: &Option<String>| value.clone().unwrap_or_default();
                writer.write_record([line.id.clone(), text(&line.expected), text(&line.actual), verdict])?;
            }
            Ok(())
        })
    }

    /// Writes what was refused as CSV, in the form of the answer file.
    pub fn write_refusals(&self, path: &Path) -> anyhow::Result<()> {
        write(path, &["file", "line_no", "row_key", "error", "reason_code"], |writer| {
            let mut rows: Vec<_> = self.refusals.iter().collect();
            rows.sort_by_key(|((file, line), _)| (position(file), *line));
            for ((file, line), refusal) in rows {
                let Refusal { row_key, error, reason_code } = refusal;
                writer.write_record([file, &line.to_string(), row_key, error, reason_code])?;
            }
            Ok(())
        })
    }
}

fn write(
    path: &Path,
    header: &[&str],
    rows: impl FnOnce(&mut csv::Writer<std::fs::File>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut writer = csv::Writer::from_path(path).with_context(|| format!("write {}", path.display()))?;
    writer.write_record(header)?;
    rows(&mut writer)?;
    writer.flush().with_context(|| format!("write {}", path.display()))
}
