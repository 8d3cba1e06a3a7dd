//! A data set read whole before anything is sent: its settings, the plan of its steps, which rows wait, and that
//! every covered file is well-formed. Registers are only counted here; they are read again when they are imported.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use jiff::civil::Date;
use uuid::Uuid;

use super::file::dataset::Settings;
use super::file::{
    Asked, Context, FILES, Kind, Place, RecordFile, Sender, institutes, payout_runs, policies,
};
use super::people::Bureau;
use super::plan::{Person, Plan, RowId, Step};
use super::table::{Record, Table};

/// A data set, ready to be replayed.
#[derive(Debug)]
pub struct Year {
    /// Its folder.
    pub folder: PathBuf,
    /// Its settings.
    pub settings: Settings,
    /// The steps of its rows.
    pub plan: Plan,
    /// Policies that are served, in file order.
    pub policies: Vec<String>,
    /// Rows that wait: what they belong to is not served yet.
    pub waiting: BTreeSet<RowId>,
    /// Rows of each file, as [`FILES`] orders them.
    pub rows: Vec<u64>,
    /// Identifies the content of all covered files.
    pub digest: Uuid,
    context: Context,
}

impl Year {
    /// Reads the data set in a folder.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let settings = Settings::read(folder)?;
        let catalogue = Catalogue::read(folder)?;
        let context = Context {
            ids: settings.ids,
            waiting: catalogue.waiting,
            budget_lines: catalogue.budget_lines,
            bureau: bureau(folder)?,
            zone: settings.zone.clone(),
            pilot_unit: institutes::pilot_unit(folder)?,
        };
        let mut reading = Reading { money: [settings.cut_off].into(), ..Reading::default() };
        for (position, file) in FILES.iter().enumerate() {
            reading.file(folder, position, file, &context)?;
        }
        Ok(Self {
            folder: folder.to_owned(),
            plan: Plan::of(reading.steps, &reading.money),
            policies: catalogue.served,
            waiting: reading.waiting,
            rows: reading.rows,
            digest: digest(folder)?,
            settings,
            context,
        })
    }

    /// The records of a covered file, read anew.
    pub fn records(
        &self,
        file: &RecordFile,
    ) -> anyhow::Result<impl Iterator<Item = anyhow::Result<Record>> + use<>> {
        let table = Table::open(&self.folder, file.name, file.columns)?;
        Ok(table.records().map(|record| Ok(record?)))
    }

    /// Gives the rows of a file their idempotency keys.
    pub fn place(&self, file: &RecordFile) -> Place<'static> {
        Place { file: file.name, ids: self.settings.ids }
    }

    /// Who sends a register.
    pub fn sender(&self, by: Sender) -> Person {
        self.context.sender(by)
    }

    /// The steps that a row of single calls asks for; none when it waits.
    pub fn steps_of(&self, file: &RecordFile, record: &Record) -> anyhow::Result<Vec<Step>> {
        let Kind::Rows(asked) = &file.kind else { return Ok(Vec::new()) };
        Ok(match asked(record, &self.context)? {
            Asked::Waits => Vec::new(),
            Asked::Calls(draft) => draft.steps,
        })
    }
}

/// What has been read of the files so far.
#[derive(Default)]
struct Reading {
    steps: Vec<Step>,
    money: BTreeSet<Date>,
    waiting: BTreeSet<RowId>,
    rows: Vec<u64>,
}

impl Reading {
    fn file(
        &mut self,
        folder: &Path,
        position: usize,
        file: &RecordFile,
        context: &Context,
    ) -> anyhow::Result<()> {
        let place = Place { file: file.name, ids: context.ids };
        let mut rows = 0;
        for record in Table::open(folder, file.name, file.columns)?.records() {
            let record = record?;
            rows += 1;
            match &file.kind {
                Kind::Reference { row, .. } => drop(row(&record)?),
                Kind::Register { piece, .. } => drop(piece(std::slice::from_ref(&record), &place)?),
                Kind::Rows(asked) => match asked(&record, context)? {
                    Asked::Waits => {
                        self.waiting.insert(RowId { file: position, line: record.line() });
                    }
                    Asked::Calls(draft) => {
                        self.steps.extend(draft.steps);
                        self.money.extend(draft.money);
                    }
                },
            }
        }
        self.rows.push(rows);
        Ok(())
    }
}

/// The policies: which are served, and which line pays.
struct Catalogue {
    served: Vec<String>,
    waiting: BTreeSet<String>,
    budget_lines: BTreeMap<String, String>,
}

impl Catalogue {
    fn read(folder: &Path) -> anyhow::Result<Self> {
        let mut catalogue =
            Self { served: Vec::new(), waiting: BTreeSet::new(), budget_lines: BTreeMap::new() };
        let file = policies::FILE;
        for record in Table::open(folder, file.name, file.columns)?.records() {
            let record = record?;
            let code = record.text("code").to_owned();
            catalogue.budget_lines.insert(code.clone(), record.text("budget_line").to_owned());
            if policies::is_served(&record)? {
                catalogue.served.push(code);
            } else {
                catalogue.waiting.insert(code);
            }
        }
        Ok(catalogue)
    }
}

fn bureau(folder: &Path) -> anyhow::Result<Bureau> {
    let file = payout_runs::FILE;
    let mut named = Vec::new();
    for record in Table::open(folder, file.name, file.columns)?.records() {
        let record = record?;
        named.push((record.text("maker").to_owned(), record.text("approver").to_owned()));
    }
    Ok(Bureau::of_runs(named.iter().map(|(maker, approver)| (maker.as_str(), approver.as_str()))))
}

fn digest(folder: &Path) -> anyhow::Result<Uuid> {
    let mut digests = Vec::new();
    for file in FILES {
        let path = folder.join(file.name);
        let content = std::fs::read(&path).with_context(|| format!("read {}", path.display()))?;
        digests.extend_from_slice(Uuid::new_v5(&Uuid::NAMESPACE_OID, &content).as_bytes());
    }
    Ok(Uuid::new_v5(&Uuid::NAMESPACE_OID, &digests))
}

#[cfg(test)]
mod tests;
