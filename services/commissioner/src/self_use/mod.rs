//! Results that their unit uses itself (自行实施): the start of production, and each year's award out of the operating
//! profit.

pub mod model;
pub(crate) mod rpc;
pub mod rule_floor;
pub mod rule_term;
pub(crate) mod store;
mod wire;

use canopy_kernel::id::{EmpowermentId, LedgerAccountId, SelfUseId};
use canopy_kernel::{Failure, Uscc, reason};
use canopy_persistence::ledger::{self, Cap, NewAccount, Transfer};
use canopy_persistence::{Transition, Tx};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::deal::{divide, empowerment_of};
use crate::edge::guard;
use crate::empowerment::model::{Agreement, Empowerment};
use crate::empowerment::require_own;
use crate::event;
use model::{Award, SelfUse, Statement};
use rule_floor::Floor;
use rule_term::Term;

fn unknown(field: &'static str) -> Failure {
    Failure::new(&reason::UNKNOWN_SELF_USE).on(field)
}

/// Says that a unit uses a result itself.
#[derive(Clone, Debug)]
pub(crate) struct Start {
    /// The empowerment, whose agreement divides the awards.
    pub empowerment: EmpowermentId,
    /// The unit that the caller acts for.
    pub unit: Option<Uscc>,
    /// The unit's own number.
    pub number: String,
    /// The agreed years from the start of production.
    pub term: Term,
}

/// Records on the business day that a unit uses a result itself, from that day or from an earlier one. The row lock of
/// the empowerment keeps others from agreeing the same years.
pub(crate) async fn start(tx: &mut Tx, command: &Start) -> Result<SelfUse, Failure> {
    let (today, now) = (tx.today(), tx.recorded_at());
    if command.term.in_use_on > today {
        return Err(Failure::new(&reason::DATE_IN_FUTURE).on("in_use_on"));
    }
    let empowerment = empowerment_of(tx, command.empowerment).await?;
    let unit = empowerment.grant.unit;
    require_own(command.unit, unit)?;
    empowerment.require_in_force(today)?;
    if store::by_number(tx.conn(), &command.number, Some(unit)).await?.is_some() {
        return Err(Failure::new(&reason::DUPLICATE_SELF_USE).on("self_use_no"));
    }
    let others = store::terms(tx.conn(), empowerment.id).await?;
    if let Some((number, _)) = others.iter().find(|(_, term)| term.overlaps(command.term)) {
        return Err(Failure::new(&reason::DUPLICATE_SELF_USE).on("empowerment").with("self_use_no", number));
    }
    let started = SelfUse {
        id: SelfUseId::at(now),
        empowerment: empowerment.id,
        empowerment_no: empowerment.grant.number,
        unit,
        number: command.number.clone(),
        term: command.term,
        awards: Vec::new(),
        award_account: LedgerAccountId::at(now),
        version: 1,
    };
    store::insert(tx, &started).await?;
    ledger::open_accounts(tx.conn(), &[account(&started)]).await?;
    tell(tx, "", &started, "", today);
    Ok(started)
}

/// The account through which awards pass: it gives the inventors no more than was taken from the profit.
fn account(started: &SelfUse) -> NewAccount {
    NewAccount {
        id: started.award_account,
        ring: started.empowerment.as_uuid(),
        scope: "award".to_owned(),
        cap: Cap::Debits,
    }
}

/// The operating profit of a year, and the award out of it.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    /// The use.
    pub id: SelfUseId,
    /// The unit that the caller acts for.
    pub unit: Option<Uscc>,
    /// Version that the caller has read; empty = any.
    pub etag: String,
    /// What the unit states of the year.
    pub statement: Statement,
    /// Smallest part of the profit that is awarded.
    pub floor: Floor,
}

/// Awards a year on the business day, by the agreement in force on that day.
pub(crate) async fn record(tx: &mut Tx, command: &Record) -> Result<SelfUse, Failure> {
    let (today, now) = (tx.today(), tx.recorded_at());
    let before = store::lock(tx, command.id).await?.ok_or_else(|| unknown("name"))?;
    require_own(command.unit, before.unit)?;
    guard(&command.etag, before.version)?;
    before.require_due(command.statement, command.floor, today)?;
    let from = before.state_on(today).as_str();
    let empowerment = empowerment_of(tx, before.empowerment).await?;
    let agreement = empowerment.agreement_in_force(today, 0)?;
    let (after, award) = before.award(command.statement, command.floor, agreement, today)?;
    store::add_award(tx, &after, &award).await?;
    let transfers = transfers(&after, &award, (&empowerment, agreement), now);
    ledger::transfer(tx.conn(), &transfers, now).await?;
    tell(tx, from, &after, &award.year_no.to_string(), today);
    Ok(after)
}

/// The award comes in and goes to the inventors, in one call of the ledger.
fn transfers(
    after: &SelfUse,
    award: &Award,
    (empowerment, agreement): (&Empowerment, &Agreement),
    now: Timestamp,
) -> Vec<Transfer> {
    let day = award.awarded_on;
    let taken = [(after.award_account, award.amount)];
    let accounts = agreement.shares.iter().map(|(_, account)| *account);
    let parts = accounts.zip(award.parts.iter().map(|(_, amount)| *amount));
    let mut all = divide::paid_out(empowerment.accounts.payer, taken, day, now);
    all.extend(divide::paid_out(after.award_account, parts, day, now));
    all
}

fn tell(tx: &mut Tx, from: &str, after: &SelfUse, why: &str, day: Date) {
    tx.audit(Transition {
        aggregate: after.id.to_string(),
        from: from.to_owned(),
        to: after.state_on(day).as_str().to_owned(),
        reason: why.to_owned(),
        rule_version: String::new(),
        effective_on: day,
    });
    event::self_use_changed(tx, wire::message(after, day), after.version, day);
}
