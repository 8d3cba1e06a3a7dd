//! Demands: collected, moved on, merged.

pub mod model;
pub(crate) mod rpc;
pub(crate) mod store;

use canopy_kernel::actor::may_act_for;
use canopy_kernel::id::DemandId;
use canopy_kernel::{Actor, Failure, Fen, Uscc, reason};
use canopy_persistence::{Transition, Tx};
use jiff::civil::Date;

use crate::broker::{require_in_service, require_own};
use crate::edge::guard;
use crate::event;
use crate::merge::{self, Member};
use model::{Act, Demand, DemandState};
use store::AsOf;

/// Collects a demand.
#[derive(Debug)]
pub(crate) struct Collect {
    pub number: String,
    pub enterprise: Uscc,
    /// Whether the register knows the firm.
    pub is_registered: bool,
    /// Number of the commissioner; empty = none.
    pub commissioner: String,
    pub field: String,
    pub words: String,
    pub budget: Fen,
    pub needed_by: Option<Date>,
    pub external_ref: String,
}

/// Collects a demand on the business day: a firm's demand in the same words is recorded once (R10).
pub(crate) async fn collect(tx: &mut Tx, command: &Collect) -> Result<AsOf, Failure> {
    let today = tx.today();
    let demand = Demand {
        id: DemandId::at(tx.recorded_at()),
        number: command.number.clone(),
        enterprise: command.enterprise,
        commissioner: command.commissioner.clone(),
        field: command.field.clone(),
        words: command.words.clone(),
        budget: command.budget,
        needed_by: command.needed_by,
        agreed_on: None,
        collected_on: today,
        state: DemandState::Collected,
        since: today,
        version: 1,
    };
    store::require_new(tx, &demand).await?;
    if !command.is_registered {
        return Err(Failure::new(&reason::UNKNOWN_ENTERPRISE).on("enterprise_uscc"));
    }
    if !demand.commissioner.is_empty() {
        require_in_service(tx, &demand.commissioner, today).await?;
    }
    store::insert(tx, &demand, &command.external_ref).await?;
    tell(tx, &demand, "", "").await
}

/// What someone orders about a demand.
#[derive(Debug)]
pub(crate) enum Step {
    /// Verify it.
    Verify,
    /// Publish it; the firm agreed on that day.
    Publish(Date),
    /// Withdraw it.
    Withdraw,
    /// Close it.
    Close,
}

/// An order about a demand.
#[derive(Debug)]
pub(crate) struct Order {
    pub id: DemandId,
    pub step: Step,
    /// Why, in words.
    pub reason: String,
    pub etag: String,
}

/// Takes an ordered step on the business day.
pub(crate) async fn step(tx: &mut Tx, order: &Order) -> Result<AsOf, Failure> {
    let today = tx.today();
    let before = load(tx, order.id).await?;
    guard(&order.etag, before.version)?;
    require_right(tx.actor(), &before)?;
    let from = before.state;
    let after = match order.step {
        Step::Verify => before.after(Act::Verify, today)?,
        Step::Publish(agreed_on) => before.publish(agreed_on, today)?,
        Step::Withdraw => before.after(Act::Withdraw, today)?,
        Step::Close => before.after(Act::Close, today)?,
    };
    store::write_step(tx, &after, "").await?;
    tell(tx, &after, from.as_str(), &order.reason).await
}

/// What a match, a signing or a contract does to a demand on a day. An act that leaves it writes nothing.
pub(crate) async fn follow(
    tx: &mut Tx,
    before: Demand,
    act: Act,
    on: Date,
    evidence: &str,
) -> Result<Demand, Failure> {
    let (from, version) = (before.state, before.version);
    let after = before.after(act, on)?;
    if after.version != version {
        store::write_step(tx, &after, evidence).await?;
        tell(tx, &after, from.as_str(), evidence).await?;
    }
    Ok(after)
}

/// Takes a demand that stands for itself: a merged one does not move.
pub(crate) async fn load(tx: &mut Tx, id: DemandId) -> Result<Demand, Failure> {
    let found = store::lock(tx, id).await?;
    let demand = found.ok_or_else(|| Failure::new(&reason::UNKNOWN_DEMAND).on("name"))?;
    merge::require_unmerged(tx, id.as_uuid()).await?;
    Ok(demand)
}

/// Keeps a commissioner to what he looks after, and a firm to its own.
fn require_right(actor: &Actor, demand: &Demand) -> Result<(), Failure> {
    require_own(actor, &demand.commissioner)?;
    may_act_for(actor, demand.enterprise).map_err(|failure| failure.on("name"))
}

/// Merges a duplicate into the demand that is kept.
#[derive(Debug)]
pub(crate) struct Merge {
    pub kept: DemandId,
    pub duplicate: DemandId,
    /// Why, in words.
    pub reason: String,
}

/// Merges two demands of one firm (R12).
pub(crate) async fn merge(tx: &mut Tx, command: &Merge) -> Result<AsOf, Failure> {
    // Two merges of the same pair take the rows in one order.
    let (first, second) = (command.kept.min(command.duplicate), command.kept.max(command.duplicate));
    let mut found = Vec::new();
    for id in [first, second] {
        let demand = store::lock(tx, id).await?;
        found.push(demand.ok_or_else(|| Failure::new(&reason::UNKNOWN_DEMAND).on("kept"))?);
    }
    let find = |id: DemandId| found.iter().find(|demand| demand.id == id);
    let (Some(kept), Some(duplicate)) = (find(command.kept), find(command.duplicate)) else {
        return Err(Failure::new(&reason::UNKNOWN_DEMAND).on("duplicate"));
    };
    merge::merge(tx, &member(kept), &member(duplicate), &command.reason).await?;
    tell_merge(tx, duplicate, kept.id, "MERGED").await?;
    view(tx, kept).await
}

/// Undoes a merge.
#[derive(Debug)]
pub(crate) struct Undo {
    pub duplicate: DemandId,
    /// Why, in words.
    pub reason: String,
}

/// Undoes a merge from the business day on.
pub(crate) async fn undo(tx: &mut Tx, command: &Undo) -> Result<AsOf, Failure> {
    let found = store::lock(tx, command.duplicate).await?;
    let duplicate = found.ok_or_else(|| Failure::new(&reason::UNKNOWN_DEMAND).on("duplicate"))?;
    let kept = merge::undo(tx, &member(&duplicate), &command.reason).await?;
    tell_merge(tx, &duplicate, DemandId::new(kept), "MERGE_UNDONE").await
}

fn member(demand: &Demand) -> Member {
    Member { id: demand.id.as_uuid(), owner: demand.enterprise }
}

async fn tell_merge(tx: &mut Tx, duplicate: &Demand, kept: DemandId, reason: &str) -> Result<AsOf, Failure> {
    let state = duplicate.state.as_str();
    tell(tx, duplicate, state, &format!("{reason} {kept}")).await
}

/// States and tells what became of a demand.
async fn tell(tx: &mut Tx, demand: &Demand, from: &str, reason: &str) -> Result<AsOf, Failure> {
    tx.audit(Transition {
        aggregate: demand.id.to_string(),
        from: from.to_owned(),
        to: demand.state.as_str().to_owned(),
        reason: reason.to_owned(),
        rule_version: String::new(),
        effective_on: demand.since,
    });
    let seen = view(tx, demand).await?;
    event::demand_changed(tx, &seen);
    Ok(seen)
}

/// The demand as it stands now.
pub(crate) async fn view(tx: &mut Tx, demand: &Demand) -> Result<AsOf, Failure> {
    let day = tx.today().max(demand.since);
    let found = store::find(tx.conn(), &demand.id.to_string(), day).await?;
    found.ok_or_else(|| Failure::new(&reason::INTERNAL).because("a demand that was written is not found"))
}

/// Puts a demand into the care of another commissioner.
pub(crate) async fn take_over(tx: &mut Tx, id: DemandId, commissioner: &str) -> Result<(), Failure> {
    let before = load(tx, id).await?;
    let from = before.state;
    let commissioner = commissioner.to_owned();
    let after = Demand { commissioner, version: before.version + 1, ..before };
    store::write_commissioner(tx, &after).await?;
    tell(tx, &after, from.as_str(), "HANDED_OVER").await?;
    Ok(())
}
