//! Referrals and hand-overs: offered and answered.

pub mod model;
pub(crate) mod rpc;
pub(crate) mod store;

use canopy_kernel::id::{DemandId, HandoverId};
use canopy_kernel::{Failure, period, reason};
use canopy_persistence::{Transition, Tx};

use crate::broker::{require_in_service, require_own};
use crate::demand;
use crate::edge::guard;
use model::{Handover, HandoverKind, HandoverState};

/// Offers a demand to another commissioner.
#[derive(Debug)]
pub(crate) struct Offer {
    pub demand: DemandId,
    pub kind: HandoverKind,
    pub to: String,
    pub note: String,
    /// Calendar days for the answer.
    pub days: u16,
}

/// Offers a demand on the business day; one open offer a demand.
pub(crate) async fn offer(tx: &mut Tx, command: &Offer) -> Result<Handover, Failure> {
    let today = tx.today();
    let demand = demand::load(tx, command.demand).await.map_err(|failure| failure.on("demand"))?;
    require_own(tx.actor(), &demand.commissioner)?;
    require_in_service(tx, &command.to, today).await.map_err(|failure| failure.on("to_commissioner_no"))?;
    if store::of_demand(tx, demand.id).await?.iter().any(|offer| offer.is_open_on(today)) {
        return Err(Failure::new(&reason::HANDOVER_OPEN).on("demand"));
    }
    if !demand.state.is_open() || command.to == demand.commissioner {
        return Err(Failure::new(&reason::STATE_NOT_ALLOWED).with("state", demand.state.as_str()));
    }
    let handover = Handover {
        id: HandoverId::at(tx.recorded_at()),
        demand: demand.id,
        kind: command.kind,
        from: demand.commissioner,
        to: command.to.clone(),
        state: HandoverState::Offered,
        offered_on: today,
        answer_by: period::add_days(today, u32::from(command.days)),
        answered_on: None,
        note: command.note.clone(),
        answer: String::new(),
        version: 1,
    };
    store::insert(tx, &handover).await?;
    state(tx, &handover, "");
    Ok(handover)
}

/// Answers an offer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub id: HandoverId,
    pub state: HandoverState,
    pub words: String,
    pub etag: String,
}

/// Answers an offer as the one who is asked; an accepted hand-over moves the demand to him.
pub(crate) async fn answer(tx: &mut Tx, command: &Answer) -> Result<Handover, Failure> {
    let today = tx.today();
    let found = store::lock(tx, command.id).await?;
    let before = found.ok_or_else(|| Failure::new(&reason::UNKNOWN_RECORD).on("name"))?;
    guard(&command.etag, before.version)?;
    require_own(tx.actor(), &before.to)?;
    let after = before.answer(command.state, &command.words, today)?;
    store::write_answer(tx, &after).await?;
    if after.state == HandoverState::Accepted && after.kind == HandoverKind::HandOver {
        demand::take_over(tx, after.demand, &after.to).await?;
    }
    state(tx, &after, HandoverState::Offered.as_str());
    Ok(after)
}

fn state(tx: &mut Tx, handover: &Handover, from: &str) {
    tx.audit(Transition {
        aggregate: handover.id.to_string(),
        from: from.to_owned(),
        to: handover.state.as_str().to_owned(),
        reason: handover.answer.clone(),
        rule_version: String::new(),
        effective_on: handover.answered_on.unwrap_or(handover.offered_on),
    });
}
