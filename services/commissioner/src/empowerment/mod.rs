//! Empowerments: what a unit's register says, and the way from application to filing and end.

pub mod model;
pub(crate) mod rpc;
pub mod rule_rights;
pub mod rule_share;
pub mod rule_term;
pub(crate) mod store;
mod wire;

use std::collections::HashSet;

use canopy_kernel::id::{EmpowermentId, LedgerAccountId};
use canopy_kernel::{Failure, RuleTable, Uscc, reason};
use canopy_persistence::ledger::{self, Cap, NewAccount};
use canopy_persistence::{FreshRow, RowOutcome, Transition, Tx, mirror};
use jiff::civil::Date;

use crate::edge::guard;
use crate::event;
use model::{Accounts, Dates, Empowerment, Grant};
use rule_rights::{CoOwner, Rights};
use rule_share::Shares;
use rule_term::Bounds;

/// An empowerment as a unit's register states it.
#[derive(Clone, Debug)]
pub(crate) struct Stated {
    /// What was granted.
    pub grant: Grant,
    /// The days of its steps.
    pub dates: Dates,
    /// What the register says about the rights.
    pub rights: Rights,
    /// Inner shares as stated, in basis points.
    pub shares: Vec<(String, i32)>,
    /// Day on which the agreement was signed.
    pub agreement_signed_on: Option<Date>,
}

impl Stated {
    /// Judges what the row says of itself, in the order in which its faults are told.
    fn judge(&self, rules: &RuleTable, today: Date) -> Result<(Shares, CoOwner), Failure> {
        let day = self.agreement_signed_on.or(self.dates.start_on).unwrap_or(today);
        Bounds::on(rules, day)?.admit(self.grant.basis)?;
        let shares = Shares::new(self.shares.iter().cloned())?;
        Ok((shares, self.rights.require_clear()?))
    }

    /// Day from which the agreement holds: a register that does not date it had it before its later steps.
    fn agreed_on(&self, today: Date) -> Date {
        let Dates { publicity_posted_on, filed_on, start_on, .. } = self.dates;
        let later = [publicity_posted_on, filed_on, start_on].into_iter().flatten().min();
        self.agreement_signed_on.or(later).unwrap_or(today)
    }
}

/// Records the rows of one piece of a register, in their order.
pub(crate) async fn enter(tx: &mut Tx, rows: &[FreshRow<Stated>]) -> Result<Vec<RowOutcome>, Failure> {
    let rules = mirror::rules(tx.conn()).await?;
    let units: Vec<String> = rows.iter().map(|row| row.value.grant.unit.to_string()).collect();
    let units = mirror::is_known(tx.conn(), &units).await?;
    let numbers: Vec<String> = rows.iter().map(|row| row.value.grant.number.clone()).collect();
    let known = store::by_numbers(tx.conn(), &numbers, None).await?;
    let mut known: HashSet<(Uscc, String)> =
        known.into_iter().map(|(unit, number, _)| (unit, number)).collect();
    let mut taken = Vec::new();
    let mut outcomes = Vec::with_capacity(rows.len());
    for row in rows {
        let stated = &row.value;
        let judged = stated.judge(&rules, tx.today()).and_then(|judged| {
            let key = (stated.grant.unit, stated.grant.number.clone());
            if known.contains(&key) {
                return Err(Failure::new(&reason::DUPLICATE_EMPOWERMENT).on("empowerment_no"));
            }
            if !units.contains(stated.grant.unit.as_str()) {
                return Err(Failure::new(&reason::UNKNOWN_SUBJECT).on("unit_uscc"));
            }
            known.insert(key);
            Ok(judged)
        });
        let result = judged.map(|(shares, co_owner)| {
            let mut empowerment = fresh(tx, stated.grant.clone(), stated.dates);
            empowerment.co_owner = co_owner;
            let now = tx.recorded_at();
            empowerment.add_agreement(&shares, || LedgerAccountId::at(now), stated.agreed_on(tx.today()));
            let name = empowerment.id.to_string();
            taken.push(empowerment);
            name
        });
        outcomes.push(RowOutcome { index: row.index, result });
    }
    store::insert(tx, &taken).await?;
    open_accounts(tx, &taken).await?;
    for empowerment in &taken {
        let day = empowerment.dates.filed_on.or(empowerment.dates.publicity_posted_on).unwrap_or(tx.today());
        tell(tx, "", empowerment, "IMPORT", day);
    }
    Ok(outcomes)
}

fn fresh(tx: &Tx, grant: Grant, dates: Dates) -> Empowerment {
    let now = tx.recorded_at();
    let accounts = Accounts {
        payer: LedgerAccountId::at(now),
        costs: LedgerAccountId::at(now),
        unit: LedgerAccountId::at(now),
    };
    Empowerment {
        id: EmpowermentId::at(now),
        grant,
        dates,
        co_owner: CoOwner::None,
        agreements: Vec::new(),
        accounts,
        version: 1,
    }
}

/// Opens the accounts of empowerments and their inventors, each empowerment a ring of its own.
async fn open_accounts(tx: &mut Tx, rows: &[Empowerment]) -> Result<(), Failure> {
    let mut accounts = Vec::new();
    for row in rows {
        let ring = row.id.as_uuid();
        let mut open = |id, scope: &str| {
            accounts.push(NewAccount { id, ring, scope: scope.to_owned(), cap: Cap::None });
        };
        open(row.accounts.payer, "payer");
        open(row.accounts.costs, "costs");
        open(row.accounts.unit, "unit");
        let inventors = row.agreements.iter().flat_map(|agreement| &agreement.shares);
        inventors.for_each(|(_, account)| open(*account, "inventor"));
    }
    ledger::open_accounts(tx.conn(), &accounts).await
}

/// Applies for an empowerment at a pilot unit.
pub(crate) async fn apply(tx: &mut Tx, grant: &Grant) -> Result<Empowerment, Failure> {
    let today = tx.today();
    Bounds::on(&mirror::rules(tx.conn()).await?, today)?.admit(grant.basis)?;
    let unit = mirror::subject(tx.conn(), grant.unit).await?;
    let unit = unit.ok_or_else(|| Failure::new(&reason::UNKNOWN_SUBJECT).on("unit_uscc"))?;
    if !unit.is_pilot_unit {
        return Err(Failure::new(&reason::NOT_PILOT_UNIT).on("unit_uscc"));
    }
    let number = std::slice::from_ref(&grant.number);
    if !store::by_numbers(tx.conn(), number, Some(grant.unit)).await?.is_empty() {
        return Err(Failure::new(&reason::DUPLICATE_EMPOWERMENT).on("empowerment_no"));
    }
    let applied = fresh(tx, grant.clone(), Dates { applied_on: Some(today), ..Dates::default() });
    store::insert(tx, std::slice::from_ref(&applied)).await?;
    open_accounts(tx, std::slice::from_ref(&applied)).await?;
    tell(tx, "", &applied, "", today);
    Ok(applied)
}

/// A step of an empowerment.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// States what was found about the rights.
    ClearRights(Rights),
    /// Signs the first agreement.
    Sign(Shares),
    /// Posts it for publicity.
    Publish,
    /// Files it after so many days of publicity, with the first day of the right; `None` = the business day.
    File(u32, Option<Date>),
    /// Replaces the agreement.
    Change(Shares),
    /// Terminates it, with the words why.
    Terminate(String),
}

/// An order to take a step.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    /// The empowerment.
    pub id: EmpowermentId,
    /// The unit that the caller acts for.
    pub unit: Option<Uscc>,
    /// Version that the caller has read; empty = any.
    pub etag: String,
    /// The step.
    pub step: Step,
}

/// Takes a step on the business day.
pub(crate) async fn step(tx: &mut Tx, order: &Order) -> Result<Empowerment, Failure> {
    let before = store::lock(tx, &[order.id]).await?.pop().ok_or_else(unknown)?;
    require_own(order.unit, before.grant.unit)?;
    guard(&order.etag, before.version)?;
    let (today, now) = (tx.today(), tx.recorded_at());
    let account = || LedgerAccountId::at(now);
    let from = before.state_on(today).as_str();
    let after = match &order.step {
        Step::ClearRights(rights) => before.clone().clear_rights(*rights, today),
        Step::Sign(shares) => before.clone().sign(shares, account, today),
        Step::Publish => before.clone().publish(today),
        Step::File(days, start_on) => before.clone().file(*days, start_on.unwrap_or(today), today),
        Step::Change(shares) => before.clone().change(shares, account, today),
        Step::Terminate(_) => before.clone().terminate(today),
    }?;
    store::update(tx, &before, &after).await?;
    open_accounts(tx, std::slice::from_ref(&after)).await?;
    let why = if let Step::Terminate(words) = &order.step { words.as_str() } else { "" };
    tell(tx, from, &after, why, today);
    Ok(after)
}

/// What there is none of.
pub(crate) fn unknown() -> Failure {
    Failure::new(&reason::UNKNOWN_EMPOWERMENT).on("name")
}

/// Keeps a caller that acts for a unit to that unit.
pub(crate) fn require_own(acts_for: Option<Uscc>, unit: Uscc) -> Result<(), Failure> {
    match acts_for.is_none_or(|own| own == unit) {
        true => Ok(()),
        false => Err(Failure::new(&reason::NOT_REPRESENTED)),
    }
}

fn tell(tx: &mut Tx, from: &str, empowerment: &Empowerment, why: &str, day: Date) {
    tx.audit(Transition {
        aggregate: empowerment.id.to_string(),
        from: from.to_owned(),
        to: empowerment.state_on(day).as_str().to_owned(),
        reason: why.to_owned(),
        rule_version: String::new(),
        effective_on: day,
    });
    event::empowerment_changed(tx, wire::message(empowerment, day), empowerment.version, day);
}
