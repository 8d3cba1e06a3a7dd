//! Score sheets: set from a day on; and the scores that follow from them.

pub mod model;
pub(crate) mod rpc;
pub mod rule_score;
pub(crate) mod store;

use canopy_kernel::id::ScoreSheetId;
use canopy_kernel::{Failure, reason};
use canopy_persistence::{Transition, Tx};
use jiff::civil::Date;

use model::{Clause, Sheet};

/// A sheet as it is set.
#[derive(Debug)]
pub(crate) struct SetSheet {
    /// First day in force.
    pub valid_from: Date,
    /// Title.
    pub title: String,
    /// Its clauses.
    pub clauses: Vec<Clause>,
}

/// Sets the sheet in force from today or a later day on.
pub(crate) async fn set(tx: &mut Tx, command: &SetSheet) -> Result<Sheet, Failure> {
    if command.valid_from < tx.today() {
        return Err(Failure::new(&reason::DATE_IN_PAST).on("valid_from"));
    }
    model::require_once(&command.clauses)?;
    let sheet = Sheet {
        id: ScoreSheetId::at(tx.recorded_at()),
        valid_from: command.valid_from,
        title: command.title.clone(),
        maker: tx.actor().person.clone().unwrap_or_default(),
        clauses: command.clauses.clone(),
    };
    store::insert(tx, &sheet).await?;
    tx.audit(Transition {
        aggregate: sheet.id.to_string(),
        from: String::new(),
        to: "IN_FORCE".to_owned(),
        reason: sheet.title.clone(),
        rule_version: sheet.id.to_string(),
        effective_on: sheet.valid_from,
    });
    Ok(sheet)
}
