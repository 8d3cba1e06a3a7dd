//! Convert first, pay later: the licence of a deal beside the deal's own way, step by step.

pub mod model;
pub(crate) mod rpc;
pub mod rule_due;
pub mod rule_terms;
pub(crate) mod store;
pub(crate) mod wire;

use canopy_kernel::{Failure, reason};
use canopy_persistence::{Transition, Tx};
use jiff::civil::Date;

use crate::deal::model::Deal;
use crate::deal::{self, Aim};
use crate::event;
use model::{State, Step};

/// An order to take a step.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    /// The deal.
    pub aim: Aim,
    /// The step.
    pub step: Step,
    /// Why, in words; may be empty.
    pub reason: String,
}

/// Takes a step of a licence on the business day.
pub(crate) async fn step(tx: &mut Tx, order: &Order) -> Result<Deal, Failure> {
    let today = tx.today();
    let before = order.aim.lock(tx).await?;
    let from = before.convert_first_on(today);
    let after = before.convert(&order.step, today)?;
    deal::store::update(tx, &after).await?;
    if let Some(licence) = &after.convert_first {
        store::update(tx, after.id, licence).await?;
        if let Step::RecordRevenue(number, _) = &order.step {
            let stated = licence.revenues.iter().find(|it| it.statement_no == *number);
            let missing = || Failure::new(&reason::INTERNAL).because("revenue that was stated is not found");
            store::insert_revenue(tx, after.id, stated.ok_or_else(missing)?).await?;
        }
    }
    audit(tx, from, &after, &order.reason, today);
    event::deal_changed(tx, deal::wire::message(&after, today), after.version, today);
    Ok(after)
}

/// States where a step of the deal itself took the licence, if it took it anywhere.
pub(crate) fn follow(tx: &mut Tx, from: Option<State>, deal: &Deal, why: &str, day: Date) {
    if deal.convert_first_on(day) != from {
        audit(tx, from, deal, why, day);
    }
}

fn audit(tx: &mut Tx, from: Option<State>, deal: &Deal, why: &str, day: Date) {
    let word = |state: Option<State>| state.map_or("", State::as_str).to_owned();
    tx.audit(Transition {
        aggregate: deal.id.to_string(),
        from: word(from),
        to: word(deal.convert_first_on(day)),
        reason: why.to_owned(),
        rule_version: String::new(),
        effective_on: day,
    });
}
