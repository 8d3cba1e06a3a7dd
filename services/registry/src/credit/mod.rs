//! Credit: listings, their repair, and the standing check.

pub mod model;
pub(crate) mod rpc;
pub mod rule_period;
pub mod rule_repair;
pub mod rule_standing;
pub(crate) mod standing;
pub(crate) mod store;

use canopy_kernel::id::{CreditListingId, CreditRepairId};
use canopy_kernel::{Failure, reason};
use canopy_persistence::{Transition, Tx};
use jiff::civil::Date;

use crate::event;
use crate::reference::rules::Active;
use model::{Application, CreditListing, CreditRepair, Decision, ListingState, RepairDecision};

/// Records a listing.
pub(crate) async fn record(tx: &mut Tx, command: &Decision) -> Result<CreditListing, Failure> {
    let listing = CreditListing {
        id: CreditListingId::at(tx.recorded_at()),
        decision: command.clone(),
        repair_applied_on: None,
        repaired_on: None,
        version: 1,
    };
    store::insert(tx, &listing).await?;
    tx.audit(transition(&listing, "", ListingState::Listed, listing.decision.decided_on));
    event::credit_listed(tx, &listing);
    Ok(listing)
}

/// Files an application for repair and answers it: taken up, or refused with the earliest day.
pub(crate) async fn apply(
    tx: &mut Tx,
    rules: &Active,
    command: &Application,
) -> Result<CreditRepair, Failure> {
    let listing = lock(tx, &command.listing_no).await?;
    let answer = rule_repair::answer(&rules.table, &listing, command.applied_on)?;
    let refused = answer.decision == RepairDecision::Refused;
    let reason = if refused { reason::REPAIR_TOO_EARLY.name } else { "" };
    let repair = CreditRepair {
        id: CreditRepairId::at(tx.recorded_at()),
        listing_no: command.listing_no.clone(),
        applied_on: command.applied_on,
        decision: answer.decision,
        earliest_on: answer.earliest_on,
        repaired_on: None,
        reason: reason.to_owned(),
    };
    store::insert_repair(tx, &listing, &repair, command, &rules.version).await?;
    let to = if refused { ListingState::Listed } else { ListingState::RepairApplied };
    if !refused {
        store::take_up(tx, &listing, command.applied_on).await?;
    }
    tx.audit(Transition {
        reason: reason.to_owned(),
        rule_version: rules.version.clone(),
        ..transition(&listing, ListingState::Listed.as_str(), to, command.applied_on)
    });
    Ok(repair)
}

/// An order to remove a listing by repair.
#[derive(Debug)]
pub(crate) struct Removal {
    /// Number of the listing.
    pub listing_no: String,
    /// Day of the removal.
    pub repaired_on: Date,
}

/// Removes a listing by repair.
pub(crate) async fn remove(tx: &mut Tx, command: &Removal) -> Result<CreditRepair, Failure> {
    let listing = lock(tx, &command.listing_no).await?.repair(command.repaired_on)?;
    store::write_removal(tx, &listing).await?;
    let repair = store::close_repair(tx, &listing).await?;
    let from = ListingState::RepairApplied.as_str();
    tx.audit(transition(&listing, from, ListingState::Repaired, command.repaired_on));
    event::credit_repaired(tx, &listing, command.repaired_on);
    Ok(repair)
}

async fn lock(tx: &mut Tx, listing_no: &str) -> Result<CreditListing, Failure> {
    let found = store::lock(tx, listing_no).await?;
    found.ok_or_else(|| Failure::new(&reason::UNKNOWN_LISTING).on("listing_no"))
}

fn transition(listing: &CreditListing, from: &str, to: ListingState, effective_on: Date) -> Transition {
    Transition {
        aggregate: listing.id.to_string(),
        from: from.to_owned(),
        to: to.as_str().to_owned(),
        reason: String::new(),
        rule_version: String::new(),
        effective_on,
    }
}
