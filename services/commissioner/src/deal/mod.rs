//! Conversion deals: what a unit's register says, and the way from price to distribution and close.

pub(crate) mod divide;
pub(crate) mod import;
pub mod model;
mod read;
pub(crate) mod rpc;
pub mod rule_price;
pub mod rule_split;
pub mod rule_tax;
pub(crate) mod store;
mod told;
pub(crate) mod wire;

use canopy_kernel::id::{DealId, EmpowermentId, LedgerAccountId, ReceiptId};
use canopy_kernel::{BasisPoints, Failure, Fen, Uscc, reason};
use canopy_persistence::{Transition, Tx, ledger, mirror};
use jiff::civil::Date;

use crate::convert_first;
use crate::convert_first::rule_terms::PaymentTerms;
use crate::edge::guard;
use crate::empowerment::model::Empowerment;
use crate::empowerment::{self, require_own};
use crate::event;
use divide::{Ground, Split};
use model::{Deal, Equity, Mode, Receipt, Terms};
use rule_split::Policy;

/// The recognition that a buyer of a convert-first deal holds.
const TECH_SME: &str = "TECH_SME";

fn unknown() -> Failure {
    Failure::new(&reason::UNKNOWN_DEAL).on("name")
}

fn not_tech_sme() -> Failure {
    Failure::new(&reason::BUYER_NOT_TECH_SME).on("buyer_uscc")
}

/// The choices of the installation that decide about a deal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choices {
    /// Statutory floor of the inventors' share.
    pub floor: BasisPoints,
    /// Terms of payment of a convert-first deal that states none.
    pub usual: PaymentTerms,
}

/// Prices a deal of an empowerment.
#[derive(Clone, Debug)]
pub(crate) struct Price {
    /// The empowerment.
    pub empowerment: EmpowermentId,
    /// The unit that the caller acts for.
    pub unit: Option<Uscc>,
    /// What the deal is about, not signed yet.
    pub terms: Terms,
}

/// Prices a deal on the business day; the buyer of a convert-first deal is judged when it is stated.
pub(crate) async fn price(tx: &mut Tx, command: &Price) -> Result<Deal, Failure> {
    let (today, now) = (tx.today(), tx.recorded_at());
    let empowerment = empowerment_of(tx, command.empowerment).await?;
    require_own(command.unit, empowerment.grant.unit)?;
    empowerment.require_in_force(today)?;
    require_tech_sme(tx, &command.terms, today).await?;
    if let Some(Equity { capital, technology }) = command.terms.mode.equity() {
        Equity::new(capital, technology)?;
    }
    let number = std::slice::from_ref(&command.terms.number);
    if !store::by_numbers(tx.conn(), number, Some(empowerment.grant.unit)).await?.is_empty() {
        return Err(Failure::new(&reason::DUPLICATE_DEAL).on("deal_no"));
    }
    let deal = Deal {
        id: DealId::at(now),
        empowerment: empowerment.id,
        empowerment_no: empowerment.grant.number,
        unit: empowerment.grant.unit,
        terms: command.terms.clone(),
        priced_on: Some(today),
        closed_on: None,
        receipts: Vec::new(),
        convert_first: None,
        income_account: LedgerAccountId::at(now),
        version: 1,
    };
    store::insert(tx, &[&deal]).await?;
    ledger::open_accounts(tx.conn(), &[divide::account(&deal)]).await?;
    tell(tx, "", &deal, "", today);
    Ok(deal)
}

/// The empowerment that a deal or a self-use puts to use, for a write.
pub(crate) async fn empowerment_of(tx: &mut Tx, id: EmpowermentId) -> Result<Empowerment, Failure> {
    let found = empowerment::store::lock(tx, &[id]).await?.pop();
    found.ok_or_else(|| Failure::new(&reason::UNKNOWN_EMPOWERMENT).on("empowerment"))
}

async fn require_tech_sme(tx: &mut Tx, terms: &Terms, day: Date) -> Result<(), Failure> {
    let buyer = terms.buyer.uscc;
    match terms.mode != Mode::ConvertFirst || mirror::is_live(tx.conn(), buyer, TECH_SME, day).await? {
        true => Ok(()),
        false => Err(not_tech_sme()),
    }
}

/// A deal as a caller means it.
#[derive(Clone, Debug)]
pub(crate) struct Aim {
    /// The deal.
    pub id: DealId,
    /// The unit that the caller acts for.
    pub unit: Option<Uscc>,
    /// Version that the caller has read; empty = any.
    pub etag: String,
}

impl Aim {
    /// Takes the deal for a write.
    pub(crate) async fn lock(&self, tx: &mut Tx) -> Result<Deal, Failure> {
        let deal = store::lock(tx, &[self.id]).await?.pop().ok_or_else(unknown)?;
        require_own(self.unit, deal.unit)?;
        guard(&self.etag, deal.version)?;
        Ok(deal)
    }
}

/// A step of a deal up to its signature, or its end.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// Posts name and price, with whether a tie of the buyer is disclosed.
    Publish(bool),
    /// Changes the price.
    ChangePrice(Fen),
    /// Signs at a price, with terms of payment if any are stated.
    Sign(Fen, Option<PaymentTerms>),
    /// Closes it.
    Close,
}

/// Takes a step on the business day. With its signature the shares of an equity deal are divided, and the buyer of a
/// convert-first deal is licensed.
pub(crate) async fn step(tx: &mut Tx, aim: &Aim, step: Step, choices: Choices) -> Result<Deal, Failure> {
    let today = tx.today();
    let before = aim.lock(tx).await?;
    let (from, licence) = (before.state_on(today).as_str(), before.convert_first_on(today));
    let after = match step {
        Step::Publish(disclosed) => before.publish(disclosed, today)?,
        Step::ChangePrice(price) => before.change_price(price, today)?,
        Step::Sign(price, terms) => {
            sign(tx, before, price, today).await?.license(terms, choices.usual, today)?
        }
        Step::Close => before.close(today)?,
    };
    store::update(tx, &after).await?;
    if matches!(step, Step::Sign(..)) {
        convert_first::store::insert(tx, &[&after]).await?;
    }
    if let (Step::Sign(..), Some(equity)) = (step, after.terms.mode.equity()) {
        let empowerment = empowerment_of(tx, after.empowerment).await?;
        let rules = mirror::rules(tx.conn()).await?;
        let policy = Policy::of_equity(&rules, today, choices.floor)?;
        let agreement = empowerment.agreement_for(today)?;
        let ground = Ground { deal: &after, empowerment: &empowerment, agreement, policy };
        let split = ground.shares(equity, today)?;
        store::insert_splits(tx, &[(&after, &split)]).await?;
        tell_divided(tx, &after, &split);
    }
    tell(tx, from, &after, "", today);
    convert_first::follow(tx, licence, &after, "", today);
    Ok(after)
}

async fn sign(tx: &mut Tx, deal: Deal, price: Fen, today: Date) -> Result<Deal, Failure> {
    let days = rule_price::publicity_days(&mirror::rules(tx.conn()).await?, today)?;
    let signed = deal.sign(price, days, today)?;
    require_tech_sme(tx, &signed.terms, today).await?;
    empowerment_of(tx, signed.empowerment).await?.require_in_force(today)?;
    Ok(signed)
}

/// Income as it is booked on the business day.
#[derive(Clone, Debug)]
pub(crate) struct Income {
    /// The deal.
    pub aim: Aim,
    /// The unit's number of the receipt.
    pub receipt_no: String,
    /// Income.
    pub receipts: Fen,
    /// Direct costs.
    pub direct_costs: Fen,
}

/// Books income of a deal.
pub(crate) async fn receive(tx: &mut Tx, command: &Income) -> Result<(Deal, Receipt), Failure> {
    let (today, now) = (tx.today(), tx.recorded_at());
    let before = command.aim.lock(tx).await?;
    let (from, licence) = (before.state_on(today).as_str(), before.convert_first_on(today));
    let number = std::slice::from_ref(&command.receipt_no);
    if store::known_receipts(tx.conn(), number).await?.contains(&(before.unit, command.receipt_no.clone())) {
        let failure = Failure::new(&reason::DUPLICATE_RECEIPT).on("receipt_no");
        return Err(failure.with("receipt_no", &command.receipt_no));
    }
    let receipt = Receipt {
        id: ReceiptId::at(now),
        number: command.receipt_no.clone(),
        received_on: today,
        receipts: command.receipts,
        direct_costs: command.direct_costs,
        divided_on: None,
    };
    let after = before.receive(receipt.clone())?;
    let empowerment = empowerment_of(tx, after.empowerment).await?;
    store::update(tx, &after).await?;
    store::insert_receipts(tx, &[(&after, &receipt)]).await?;
    ledger::transfer(tx.conn(), &[divide::income(&after, &empowerment, &receipt)], now).await?;
    tell(tx, from, &after, &receipt.number, today);
    convert_first::follow(tx, licence, &after, &receipt.number, today);
    Ok((after, receipt))
}

/// An order to divide a receipt.
#[derive(Clone, Debug)]
pub(crate) struct Distribute {
    /// The deal.
    pub aim: Aim,
    /// The unit's number of the receipt.
    pub receipt_no: String,
    /// Version of the agreement to divide by; 0 = the one in force when it was received.
    pub agreement_version_no: i32,
    /// Statutory floor of the inventors' share.
    pub floor: BasisPoints,
}

/// Divides a receipt on the business day, by the agreement and the share in force when it was received.
pub(crate) async fn distribute(tx: &mut Tx, command: &Distribute) -> Result<Split, Failure> {
    let (today, now) = (tx.today(), tx.recorded_at());
    let before = command.aim.lock(tx).await?;
    let from = before.state_on(today).as_str();
    let (after, receipt) = before.divide(&command.receipt_no, today)?;
    let empowerment = empowerment_of(tx, after.empowerment).await?;
    let agreement = empowerment.agreement_in_force(receipt.received_on, command.agreement_version_no)?;
    let policy = Policy::of_cash(&mirror::rules(tx.conn()).await?, receipt.received_on, command.floor)?;
    let ground = Ground { deal: &after, empowerment: &empowerment, agreement, policy };
    let (split, transfers) = ground.cash(&receipt, today, now)?;
    store::update(tx, &after).await?;
    store::insert_splits(tx, &[(&after, &split)]).await?;
    ledger::transfer(tx.conn(), &transfers, now).await?;
    audit(tx, from, &after, &receipt.number, today);
    tell_divided(tx, &after, &split);
    Ok(split)
}

fn audit(tx: &mut Tx, from: &str, deal: &Deal, why: &str, day: Date) {
    tx.audit(Transition {
        aggregate: deal.id.to_string(),
        from: from.to_owned(),
        to: deal.state_on(day).as_str().to_owned(),
        reason: why.to_owned(),
        rule_version: String::new(),
        effective_on: day,
    });
}

fn tell(tx: &mut Tx, from: &str, deal: &Deal, why: &str, day: Date) {
    audit(tx, from, deal, why, day);
    event::deal_changed(tx, wire::message(deal, day), deal.version, day);
}

fn tell_divided(tx: &mut Tx, deal: &Deal, split: &Split) {
    event::income_divided(tx, wire::division(split), deal.version, split.effective_on);
}
