//! Matchmaking events: entered, settled, counted.

pub mod model;
pub(crate) mod rpc;
pub(crate) mod store;

use std::collections::BTreeSet;

use canopy_kernel::id::MatchEventId;
use canopy_kernel::{Failure, reason};
use canopy_persistence::{FreshRow, RowOutcome, Transition, Tx};

use crate::edge::guard;
use model::{EventStatus, MatchEvent};

/// Enters the events of one piece, in their order; a number is used once. The id of a row comes with its entry.
pub(crate) async fn enter(tx: &mut Tx, rows: &[FreshRow<MatchEvent>]) -> Result<Vec<RowOutcome>, Failure> {
    let numbers: Vec<String> = rows.iter().map(|row| row.value.number.clone()).collect();
    let mut used: BTreeSet<String> = store::known(tx, &numbers).await?;
    let recorded_at = tx.recorded_at();
    let mut entered = Vec::new();
    let outcomes = rows
        .iter()
        .map(|row| {
            let result = match used.insert(row.value.number.clone()) {
                true => {
                    let event = MatchEvent { id: MatchEventId::at(recorded_at), ..row.value.clone() };
                    let name = event.id.to_string();
                    entered.push(event);
                    Ok(name)
                }
                false => Err(Failure::new(&reason::DUPLICATE_MATCH_EVENT).on("event_no")),
            };
            RowOutcome { index: row.index, result }
        })
        .collect();
    store::insert(tx, &entered).await?;
    for event in &entered {
        state(tx, event, "", "IMPORT");
    }
    Ok(outcomes)
}

/// Says what became of a planned event.
#[derive(Debug)]
pub(crate) struct Settle {
    pub id: MatchEventId,
    pub status: EventStatus,
    pub attendees: i32,
    pub etag: String,
}

/// Settles a planned event.
pub(crate) async fn settle(tx: &mut Tx, command: &Settle) -> Result<MatchEvent, Failure> {
    let found = store::lock(tx, command.id).await?;
    let before = found.ok_or_else(|| Failure::new(&reason::UNKNOWN_MATCH_EVENT).on("name"))?;
    guard(&command.etag, before.version)?;
    let from = before.status;
    let after = before.settle(command.status, command.attendees, tx.today())?;
    store::write_status(tx, &after).await?;
    state(tx, &after, from.as_str(), "");
    Ok(after)
}

fn state(tx: &mut Tx, event: &MatchEvent, from: &str, reason: &str) {
    tx.audit(Transition {
        aggregate: event.id.to_string(),
        from: from.to_owned(),
        to: event.status.as_str().to_owned(),
        reason: reason.to_owned(),
        rule_version: String::new(),
        effective_on: event.held_on,
    });
}
