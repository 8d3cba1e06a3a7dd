//! The method dictionary: entered, revised, ended. Each change is a revision of the whole, and every activity is judged
//! by the version in force on its own day (`RULES.md` R2).

pub mod model;
pub(crate) mod rpc;
pub(crate) mod store;

use canopy_kernel::Failure;
use canopy_kernel::id::MethodLabelId;
use canopy_persistence::{FreshRow, RowOutcome, Transition, Tx};
use jiff::civil::Date;

use model::{MethodLabel, Words};

/// A version of an entry as a row states it.
#[derive(Clone, Debug)]
pub(crate) struct NewLabel {
    /// What it says.
    pub words: Words,
    /// First day in force.
    pub valid_from: Date,
    /// Last day in force; `None` = open.
    pub valid_to: Option<Date>,
}

/// Enters the versions of one piece, in their order: one revision of the dictionary.
pub(crate) async fn enter(tx: &mut Tx, rows: &[FreshRow<NewLabel>]) -> Result<Vec<RowOutcome>, Failure> {
    let mut dictionary = store::locked(tx).await?;
    let revision = dictionary.version() + 1;
    let recorded_at = tx.recorded_at();
    let mut entered = Vec::new();
    let outcomes = rows
        .iter()
        .map(|row| {
            let id = MethodLabelId::at(recorded_at);
            let NewLabel { words, valid_from, valid_to } = row.value.clone();
            let label = MethodLabel { id, words, valid_from, valid_to, revision };
            let result = dictionary.admit(label.clone()).map(|()| {
                entered.push(label);
                id.to_string()
            });
            RowOutcome { index: row.index, result }
        })
        .collect();
    if !entered.is_empty() {
        store::write_revision(tx, revision).await?;
        store::insert(tx, &entered).await?;
    }
    for label in &entered {
        tell(tx, label, "", "IN_FORCE", label.valid_from);
    }
    Ok(outcomes)
}

/// New words for a code.
#[derive(Debug)]
pub(crate) struct Revise {
    /// What it says from then on.
    pub words: Words,
    /// First day.
    pub valid_from: Date,
}

/// Gives a code new words from a day on.
pub(crate) async fn revise(tx: &mut Tx, command: &Revise) -> Result<MethodLabel, Failure> {
    let dictionary = store::locked(tx).await?;
    let id = MethodLabelId::at(tx.recorded_at());
    let (before, after) = dictionary.revise(id, command.words.clone(), command.valid_from)?;
    store::write_revision(tx, after.revision).await?;
    store::write_end(tx, &before).await?;
    store::insert(tx, std::slice::from_ref(&after)).await?;
    tell(tx, &before, "IN_FORCE", "ENDED", command.valid_from);
    tell(tx, &after, "", "IN_FORCE", command.valid_from);
    Ok(after)
}

/// An order to end a code.
#[derive(Debug)]
pub(crate) struct End {
    /// Code.
    pub code: String,
    /// Last day in force.
    pub last: Date,
}

/// Ends a code with a last day.
pub(crate) async fn end(tx: &mut Tx, command: &End) -> Result<MethodLabel, Failure> {
    let dictionary = store::locked(tx).await?;
    let before = dictionary.in_force(&command.code, command.last)?.clone();
    let ended = before.end(command.last, dictionary.version() + 1);
    store::write_revision(tx, ended.revision).await?;
    store::write_end(tx, &ended).await?;
    tell(tx, &ended, "IN_FORCE", "ENDED", command.last);
    Ok(ended)
}

fn tell(tx: &mut Tx, label: &MethodLabel, from: &str, to: &str, day: Date) {
    tx.audit(Transition {
        aggregate: label.id.to_string(),
        from: from.to_owned(),
        to: to.to_owned(),
        reason: format!("DICTIONARY {}", label.revision),
        rule_version: String::new(),
        effective_on: day,
    });
}
