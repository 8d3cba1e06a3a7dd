//! Which of the due lines are new, which wait for a corrected account, which are in doubt, and which need nothing.

use std::collections::HashMap;

use canopy_kernel::Failure;
use canopy_kernel::id::{InstructionId, PaymentLineId};
use canopy_persistence::db;
use jiff::civil::Date;
use uuid::Uuid;

use super::Turn;
use crate::mirror::store::corrections_of;
use crate::payment::model::{Line, State};
use crate::payment::rule_resubmission::releases;
use crate::payment::store;

/// The lines of a turn by what is to be done.
#[derive(Debug, Default)]
pub(super) struct Sorted {
    /// Funded and never sent.
    pub fresh: Vec<Line>,
    /// Held or bounced, and released by a corrected account.
    pub again: Vec<Line>,
    /// Instructions that the bank may or may not have.
    pub doubtful: Vec<InstructionId>,
    /// Lines with nothing to do.
    pub done: Vec<PaymentLineId>,
}

/// Reads the lines of a turn and sorts them.
pub(super) async fn sort(turn: &Turn<'_>) -> Result<Sorted, Failure> {
    let ids: Vec<PaymentLineId> = turn.items.iter().filter_map(|item| item.key.parse().ok()).collect();
    let uuids: Vec<Uuid> = ids.iter().map(|id| id.as_uuid()).collect();
    let lines = store::read(turn.store.pool(), &uuids).await?;
    let codes: Vec<String> = lines.iter().map(|line| line.uscc.clone()).collect();
    let mut conn = turn.store.pool().acquire().await.map_err(db)?;
    let mut corrections: HashMap<String, Vec<Date>> = HashMap::new();
    for (code, day) in corrections_of(&mut conn, &codes).await? {
        corrections.entry(code).or_default().push(day);
    }
    let mut sorted = Sorted::default();
    for line in lines {
        match line.state {
            State::Approved(None) | State::Corrected(None) => sorted.fresh.push(line),
            State::Approved(Some(it)) | State::Corrected(Some(it)) | State::InDoubt(it) => {
                sorted.doubtful.push(it)
            }
            State::Held | State::Returned if is_released(&line, &corrections, turn.day) => {
                sorted.again.push(line)
            }
            _ => sorted.done.push(line.id),
        }
    }
    Ok(sorted)
}

/// Whether a correction that holds by the day releases the line.
fn is_released(line: &Line, corrections: &HashMap<String, Vec<Date>>, day: Date) -> bool {
    let days = corrections.get(&line.uscc).into_iter().flatten();
    days.into_iter().any(|from| *from <= day && releases(line.state, line.state_on, *from))
}
