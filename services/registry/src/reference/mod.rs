//! Reference data: sets are made, filled, and brought into force by a second person.

pub mod model;
pub(crate) mod row;
pub(crate) mod rpc;
pub mod rule_rows;
pub(crate) mod rules;
pub(crate) mod store;

use canopy_kernel::id::ReferenceSetId;
use canopy_kernel::{Failure, reason};
use canopy_persistence::{FreshRow, RowOutcome, Transition, Tx};

use crate::edge::guard;
use crate::event;
use model::{ReferenceKind, ReferenceSet, Row, SetState};
use rule_rows::Rows;

/// Makes an empty draft.
pub(crate) async fn create(tx: &mut Tx, kind: ReferenceKind) -> Result<ReferenceSet, Failure> {
    let maker = tx.actor().person.clone().unwrap_or_default();
    let set = ReferenceSet::draft(ReferenceSetId::at(tx.recorded_at()), kind, &maker);
    store::insert(tx, &set).await?;
    state(tx, &set, "");
    Ok(set)
}

/// Adds the rows of one piece to a draft, in their order.
pub(crate) async fn add_rows(
    tx: &mut Tx,
    id: ReferenceSetId,
    rows: &[FreshRow<Row>],
) -> Result<Vec<RowOutcome>, Failure> {
    let set = lock(tx, id).await?;
    set.require_draft()?;
    let mut taken = Rows::of(set.kind, &store::all_rows(tx.conn(), id).await?)?;
    let mut position = set.rows;
    let mut new = Vec::new();
    let mut outcomes = Vec::new();
    for row in rows {
        let result = taken.admit(&row.value).map(|()| {
            new.push((position, &row.value));
            position += 1;
            format!("{id}/rows/{}", position - 1)
        });
        outcomes.push(RowOutcome { index: row.index, result });
    }
    if !new.is_empty() {
        store::insert_rows(tx, id, &new).await?;
        store::update(tx, &ReferenceSet { rows: position, version: set.version + 1, ..set }).await?;
    }
    Ok(outcomes)
}

/// Brings a draft into force; the set before it is superseded.
pub(crate) async fn activate(tx: &mut Tx, id: ReferenceSetId, etag: &str) -> Result<ReferenceSet, Failure> {
    let before = lock(tx, id).await?;
    guard(etag, before.version)?;
    let approver = tx.actor().person.clone().unwrap_or_default();
    let set = before.activate(&approver)?;
    if let Some(superseded) = store::supersede(tx, set.kind).await? {
        state(tx, &superseded, SetState::Active.as_str());
    }
    store::update(tx, &set).await?;
    state(tx, &set, SetState::Draft.as_str());
    let rows = store::all_rows(tx.conn(), id).await?;
    event::reference_set_activated(tx, &set, rows);
    Ok(set)
}

async fn lock(tx: &mut Tx, id: ReferenceSetId) -> Result<ReferenceSet, Failure> {
    let found = store::lock(tx, id).await?;
    found.ok_or_else(|| Failure::new(&reason::UNKNOWN_REFERENCE_SET).on("name"))
}

fn state(tx: &mut Tx, set: &ReferenceSet, from: &str) {
    let effective_on = tx.today();
    tx.audit(Transition {
        aggregate: set.id.to_string(),
        from: from.to_owned(),
        to: set.state.as_str().to_owned(),
        reason: set.kind.as_str().to_owned(),
        rule_version: String::new(),
        effective_on,
    });
}
