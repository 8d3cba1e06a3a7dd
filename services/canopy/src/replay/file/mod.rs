//! The record files in their order of import: which columns each has, what identifies a row, and what a row asks
//! of the suite. One module per file.

use std::collections::{BTreeMap, BTreeSet};

use canopy_proto::registry::v1::{ReferenceKind, reference_row};
use jiff::tz::TimeZone;

use super::people::{Bureau, REGISTRAR};
use super::plan::{Person, RequestIds};
use super::table::{Malformed, Record};

mod account_corrections;
mod achievements;
mod activities;
mod adjustments;
mod budgets;
mod calendar;
mod commissioner_posts;
mod commissioners;
mod conversion_deals;
pub mod credit;
pub mod dataset;
mod demands;
mod draft;
mod empowerments;
mod enterprises;
pub mod institutes;
mod lpr;
mod match_events;
mod method_labels;
mod objections;
mod office_hours;
pub mod payout_runs;
pub mod policies;
mod qualifications;
mod rule_parameters;
mod signed_projects;
mod training_attendance;
mod treasury_returns;

pub use draft::{Act, Draft};

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
        /// Who sends it.
        by: Sender,
        /// A piece of the stream, encoded.
        piece: fn(&[Record], &Place<'_>) -> Result<Vec<u8>, Malformed>,
    },
    /// Single calls.
    Rows(fn(&Record, &Context) -> Result<Asked, Malformed>),
}

/// Who sends a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// The registration authority.
    Registrar,
    /// The bureau.
    Bureau,
    /// The pilot unit of the empowerment reform.
    PilotUnit,
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
    commissioners::FILE,
    commissioner_posts::FILE,
    method_labels::FILE,
    match_events::FILE,
    empowerments::FILE,
    conversion_deals::FILE,
    policies::FILE,
    budgets::FILE,
    treasury_returns::FILE,
    credit::FILE,
    adjustments::FILE,
    account_corrections::FILE,
    activities::FILE,
    demands::FILE,
    achievements::FILE,
    signed_projects::FILE,
    training_attendance::FILE,
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
    /// Time zone of local days.
    pub zone: TimeZone,
    /// Code of the pilot unit of the empowerment reform; empty = none is registered.
    pub pilot_unit: String,
}

impl Context {
    /// Who sends a register.
    pub fn sender(&self, by: Sender) -> Person {
        match by {
            Sender::Registrar => REGISTRAR.clone(),
            Sender::Bureau => self.bureau.maker.clone(),
            Sender::PilotUnit => Person::of_institute(&self.pilot_unit),
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
