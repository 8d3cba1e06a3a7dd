//! The record files in their order of import: which columns each has, what identifies a row, and what a row asks
//! of the suite. One module per file.

use std::collections::{BTreeMap, BTreeSet};

use canopy_proto::registry::v1::{ReferenceKind, reference_row};
use jiff::civil::Date;
use prost::Message;

use super::people::Bureau;
use super::plan::{Body, Person, RequestIds, RowId, Step, When};
use super::table::{Malformed, Record};

mod account_corrections;
mod adjustments;
mod budgets;
mod calendar;
pub mod credit;
pub mod dataset;
mod enterprises;
mod institutes;
mod lpr;
mod objections;
mod office_hours;
pub mod payout_runs;
pub mod policies;
mod qualifications;
mod rule_parameters;
mod treasury_returns;

/// A record file that the suite covers.
#[derive(Debug)]
pub struct RecordFile {
    /// Its name in the data set's folder.
    pub name: &'static str,
    /// Its columns.
    pub columns: &'static [&'static str],
    /// The columns that identify a row.
    pub key: &'static [&'static str],
    /// What its rows ask for.
    pub kind: Kind,
}

/// What the rows of a file ask for.
#[derive(Debug)]
pub enum Kind {
    /// A set of reference data: made, filled and activated by a second operator.
    Reference {
        /// Kind of the set.
        kind: ReferenceKind,
        /// A row of it.
        row: fn(&Record) -> Result<reference_row::Row, Malformed>,
    },
    /// A register, imported as a stream of pieces.
    Register {
        /// The streaming method.
        path: &'static str,
        /// A piece of the stream, encoded.
        piece: fn(&[Record], &Place<'_>) -> Result<Vec<u8>, Malformed>,
    },
    /// Single calls.
    Rows(fn(&Record, &Context) -> Result<Asked, Malformed>),
}

/// All covered files, in the order of import.
pub const FILES: &[RecordFile] = &[
    dataset::FILE,
    rule_parameters::FILE,
    calendar::FILE,
    lpr::FILE,
    office_hours::FILE,
    enterprises::FILE,
    institutes::FILE,
    qualifications::FILE,
    policies::FILE,
    budgets::FILE,
    treasury_returns::FILE,
    credit::FILE,
    adjustments::FILE,
    account_corrections::FILE,
    payout_runs::FILE,
    objections::FILE,
];

/// Step that every row of a register or a reference set is.
pub const ROW: &str = "row";

/// The place of a file in a data set: gives its rows their idempotency keys.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// File name.
    pub file: &'a str,
    /// Keys of the data set.
    pub ids: RequestIds,
}

impl Place<'_> {
    /// The key of a row that is one step.
    pub fn request_id(&self, line: u64) -> String {
        self.ids.of_step(self.file, line, ROW)
    }

    /// How the row is named to the suite.
    pub fn external_ref(&self, line: u64) -> String {
        format!("{}:{line}", self.file)
    }
}

/// What rows need to know of other files.
#[derive(Clone, Debug)]
pub struct Context {
    /// Keys of the data set.
    pub ids: RequestIds,
    /// Policies whose evidence the suite does not take in yet: their rows wait.
    pub waiting: BTreeSet<String>,
    /// Budget line of each policy.
    pub budget_lines: BTreeMap<String, String>,
    /// Who acts for the bureau where no row names anyone.
    pub bureau: Bureau,
}

impl Context {
    /// Begins what a row asks for; `keys` say what it is about.
    pub fn draft(&self, file: &'static str, record: &Record, keys: &[(&str, &str)]) -> Draft {
        Draft {
            file,
            row: RowId { file: position(file), line: record.line() },
            ids: self.ids,
            keys: keys.iter().map(|(kind, key)| format!("{kind} {key}")).collect(),
            steps: Vec::new(),
            money: Vec::new(),
        }
    }
}

/// Place of a file in the order of import.
pub fn position(file: &str) -> usize {
    FILES.iter().position(|known| known.name == file).expect("a covered file")
}

/// What a row asks for.
#[derive(Debug)]
pub enum Asked {
    /// Nothing yet: it belongs to a policy that waits.
    Waits,
    /// Calls.
    Calls(Draft),
}

/// A call about to be planned.
#[derive(Debug)]
pub struct Act<'a> {
    /// Name of the step.
    pub step: &'static str,
    /// When.
    pub when: When,
    /// Who.
    pub by: &'a Person,
    /// Method.
    pub path: &'static str,
}

/// The steps of a row, as they are being written down.
#[derive(Debug)]
pub struct Draft {
    file: &'static str,
    row: RowId,
    ids: RequestIds,
    keys: Vec<String>,
    /// The steps.
    pub steps: Vec<Step>,
    /// Days on which money may move because of this row.
    pub money: Vec<Date>,
}

impl Draft {
    /// How the row is named to the suite.
    pub fn external_ref(&self) -> String {
        format!("{}:{}", self.file, self.row.line)
    }

    /// Adds a call whose message is known.
    pub fn call<M: Message>(mut self, act: Act<'_>, message: impl FnOnce(String) -> M) -> Self {
        let request_id = self.ids.of_step(self.file, self.row.line, act.step);
        let body = Body::Ready(message(request_id.clone()).encode_to_vec());
        self.push(act, request_id, body);
        self
    }

    /// Adds a call on what an earlier step named.
    pub fn call_on(
        mut self,
        act: Act<'_>,
        step: &'static str,
        message: fn(String, String) -> Vec<u8>,
    ) -> Self {
        let request_id = self.ids.of_step(self.file, self.row.line, act.step);
        self.push(act, request_id, Body::Naming { step, message });
        self
    }

    /// Says how the last call's answer refuses.
    pub fn refused_when(mut self, refusal: fn(&[u8]) -> bool) -> Self {
        if let Some(step) = self.steps.last_mut() {
            step.refusal = Some(refusal);
        }
        self
    }

    /// Says that money may move on a day.
    pub fn money_on(mut self, day: Date) -> Self {
        self.money.push(day);
        self
    }

    fn push(&mut self, act: Act<'_>, request_id: String, body: Body) {
        self.steps.push(Step {
            row: self.row,
            name: act.step,
            request_id,
            when: act.when,
            keys: self.keys.clone(),
            by: act.by.clone(),
            path: act.path,
            body,
            refusal: None,
        });
    }
}
