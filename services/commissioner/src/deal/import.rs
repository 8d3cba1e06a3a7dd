//! A unit's register of deals, taken row by row: what each says of itself, of its empowerment and of its income.

use std::collections::{BTreeMap, HashMap, HashSet};

use canopy_kernel::id::{DealId, LedgerAccountId, ReceiptId};
use canopy_kernel::{Failure, Fen, RuleTable, Uscc, reason};
use canopy_persistence::ledger::{self, Transfer};
use canopy_persistence::mirror::model::Qualification;
use canopy_persistence::{FreshRow, RowOutcome, Tx, mirror};
use jiff::Timestamp;
use jiff::civil::Date;

use super::divide::{self, Ground, Split};
use super::model::{Deal, Equity, Mode, Receipt, Terms, require_costs_within};
use super::rule_split::Policy;
use super::told::Taken;
use super::{Choices, TECH_SME, rule_price, store};
use crate::convert_first;
use crate::convert_first::model::ConvertFirst;
use crate::empowerment;
use crate::empowerment::model::Empowerment;

/// Income as a row states it.
#[derive(Clone, Debug)]
pub(crate) struct StatedIncome {
    /// The unit's number of the receipt.
    pub receipt_no: String,
    /// Day on which it was booked.
    pub received_on: Option<Date>,
    /// Income.
    pub receipts: Fen,
    /// Direct costs.
    pub direct_costs: Fen,
    /// Day of distribution.
    pub distributed_on: Option<Date>,
}

impl StatedIncome {
    /// Refuses a distribution before the income is booked.
    fn require_booked_first(&self) -> Result<(), Failure> {
        match self.distributed_on {
            Some(day) if self.received_on.is_none_or(|received| received > day) => {
                Err(Failure::new(&reason::DISTRIBUTION_BEFORE_INCOME).on("distributed_on"))
            }
            _ => Ok(()),
        }
    }

    /// The receipt, once what it says of itself is sound.
    fn receipt(&self, now: Timestamp) -> Result<Receipt, Failure> {
        let missing = || Failure::new(&reason::FIELD_MISSING).on("received_on");
        if self.receipts.is_zero() {
            return Err(Failure::new(&reason::FIELD_OUT_OF_RANGE).on("receipts_fen").with("min", 1));
        }
        require_costs_within(self.receipts, self.direct_costs)?;
        Ok(Receipt {
            id: ReceiptId::at(now),
            number: self.receipt_no.clone(),
            received_on: self.received_on.ok_or_else(missing)?,
            receipts: self.receipts,
            direct_costs: self.direct_costs,
            divided_on: self.distributed_on,
        })
    }
}

/// A row of the register.
#[derive(Clone, Debug)]
pub(crate) struct Stated {
    /// The unit's number of the empowerment.
    pub empowerment_no: String,
    /// What the deal is about.
    pub terms: Terms,
    /// Day of signature.
    pub signed_on: Date,
    /// Income, if the row states any.
    pub income: Option<StatedIncome>,
}

/// Whose register it is, and what the installation chose.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    /// The unit that the caller acts for; `None` = any.
    pub unit: Option<Uscc>,
    /// What the installation chose.
    pub choices: Choices,
}

/// What stands in the register while a piece is taken.
struct Book {
    rules: RuleTable,
    now: Timestamp,
    choices: Choices,
    empowerments: HashMap<String, Empowerment>,
    listed: Vec<Qualification>,
    receipts: HashSet<(Uscc, String)>,
    deals: BTreeMap<(Uscc, String), Deal>,
    /// Deals that were recorded before, by key.
    before: HashSet<(Uscc, String)>,
    entered: Vec<(Uscc, String, Receipt)>,
    transfers: Vec<Transfer>,
    taken: Vec<Taken>,
}

/// Records the rows of one piece, in their order.
pub(crate) async fn enter(
    tx: &mut Tx,
    frame: Frame,
    rows: &[FreshRow<Stated>],
) -> Result<Vec<RowOutcome>, Failure> {
    let mut book = Book::open(tx, frame, rows).await?;
    let mut outcomes = Vec::with_capacity(rows.len());
    for row in rows {
        outcomes.push(RowOutcome { index: row.index, result: book.admit(&row.value) });
    }
    book.write(tx).await?;
    Ok(outcomes)
}

impl Book {
    async fn open(tx: &mut Tx, frame: Frame, rows: &[FreshRow<Stated>]) -> Result<Self, Failure> {
        let text =
            |pick: fn(&Stated) -> String| -> Vec<String> { rows.iter().map(|it| pick(&it.value)).collect() };
        let numbers = text(|it| it.empowerment_no.clone());
        let found = empowerment::store::by_numbers(tx.conn(), &numbers, frame.unit).await?;
        let ids: Vec<_> = found.iter().map(|(_, _, id)| *id).collect();
        let mut empowerments: HashMap<String, Empowerment> = HashMap::new();
        let mut shared = HashSet::new();
        for it in empowerment::store::lock(tx, &ids).await? {
            let number = it.grant.number.clone();
            if empowerments.insert(number.clone(), it).is_some() {
                shared.insert(number);
            }
        }
        // A number that several units use names none of them to a caller who acts for no unit.
        empowerments.retain(|number, _| !shared.contains(number));
        let numbers = text(|it| it.terms.number.clone());
        let ids = store::by_numbers(tx.conn(), &numbers, frame.unit).await?;
        let deals = store::lock(tx, &ids).await?;
        let deals: BTreeMap<_, _> =
            deals.into_iter().map(|it| ((it.unit, it.terms.number.clone()), it)).collect();
        let receipts: Vec<String> =
            rows.iter().filter_map(|it| it.value.income.as_ref()).map(|it| it.receipt_no.clone()).collect();
        Ok(Self {
            rules: mirror::rules(tx.conn()).await?,
            now: tx.recorded_at(),
            choices: frame.choices,
            empowerments,
            listed: mirror::qualifications(tx.conn(), &text(|it| it.terms.buyer.uscc.to_string()), TECH_SME)
                .await?,
            receipts: store::known_receipts(tx.conn(), &receipts).await?,
            before: deals.keys().cloned().collect(),
            deals,
            entered: Vec::new(),
            transfers: Vec::new(),
            taken: Vec::new(),
        })
    }

    /// Judges a row in the order in which its faults are told, and takes it whole or not at all.
    fn admit(&mut self, row: &Stated) -> Result<String, Failure> {
        rule_price::require_publicised(&row.terms, rule_price::publicity_days(&self.rules, row.signed_on)?)?;
        let empowerment = self.empowerments.get(&row.empowerment_no);
        if let (Some(income), Some(empowerment)) = (&row.income, empowerment) {
            self.require_new(empowerment.grant.unit, &income.receipt_no)?;
        }
        row.income.as_ref().map_or(Ok(()), StatedIncome::require_booked_first)?;
        self.require_tech_sme(row)?;
        rule_price::require_disclosed(&row.terms)?;
        let unknown = || Failure::new(&reason::UNKNOWN_EMPOWERMENT).on("empowerment_no");
        let empowerment = empowerment.ok_or_else(unknown)?;
        let (deal, new) = self.deal(row, empowerment)?;
        let money = self.judge_money(row, empowerment, &deal, new)?;
        Ok(self.take(deal, new, money))
    }

    fn require_new(&self, unit: Uscc, receipt_no: &str) -> Result<(), Failure> {
        match self.receipts.contains(&(unit, receipt_no.to_owned())) {
            true => {
                Err(Failure::new(&reason::DUPLICATE_RECEIPT).on("receipt_no").with("receipt_no", receipt_no))
            }
            false => Ok(()),
        }
    }

    /// Convert first, pay later is for listed science and technology SMEs (`RULES.md` R44).
    fn require_tech_sme(&self, row: &Stated) -> Result<(), Failure> {
        let buyer = row.terms.buyer.uscc;
        let listed = || {
            let mut held = self.listed.iter().filter(|it| it.holder_uscc == buyer.as_str());
            held.any(|it| it.is_live_on(row.signed_on))
        };
        match row.terms.mode == Mode::ConvertFirst && !listed() {
            true => Err(super::not_tech_sme()),
            false => Ok(()),
        }
    }

    /// The deal of a row: a new one, or the one recorded, whose terms the row repeats for further income.
    fn deal(&self, row: &Stated, empowerment: &Empowerment) -> Result<(Deal, bool), Failure> {
        let (unit, number) = (empowerment.grant.unit, row.terms.number.clone());
        if let Some(deal) = self.deals.get(&(unit, number)) {
            let same = deal.terms == row.terms && deal.empowerment == empowerment.id;
            let Some(income) = row.income.as_ref().filter(|_| same) else {
                return Err(Failure::new(&reason::DUPLICATE_DEAL).on("deal_no"));
            };
            // A register's own deals came with all their income; one that is led here keeps to its licence.
            if let Some(licence) = deal.convert_first.as_ref().filter(|_| deal.priced_on.is_some()) {
                let day = income.received_on.unwrap_or(row.signed_on);
                licence.require_owed(deal.account(), income.receipts, day)?;
            }
            return Ok((deal.clone(), false));
        }
        // A register states no terms of payment, and implies that the result is in use.
        let is_converted_first = row.terms.mode == Mode::ConvertFirst;
        let licence = || ConvertFirst::of_register(self.choices.usual, row.signed_on);
        let deal = Deal {
            id: DealId::at(self.now),
            empowerment: empowerment.id,
            empowerment_no: row.empowerment_no.clone(),
            unit,
            terms: row.terms.clone(),
            priced_on: None,
            closed_on: None,
            receipts: Vec::new(),
            convert_first: is_converted_first.then(licence),
            income_account: LedgerAccountId::at(self.now),
            version: 0,
        };
        Ok((deal, true))
    }

    /// What the row brings: a receipt, and its division or that of the shares.
    fn judge_money(
        &self,
        row: &Stated,
        empowerment: &Empowerment,
        deal: &Deal,
        new: bool,
    ) -> Result<Money, Failure> {
        let mut money = Money::default();
        if let Some(Equity { capital, technology }) = row.terms.mode.equity().filter(|_| new) {
            let equity = Equity::new(capital, technology)?;
            let policy = Policy::of_equity(&self.rules, row.signed_on, self.choices.floor)?;
            let agreement = empowerment.agreement_for(row.signed_on)?;
            money.split =
                Some(Ground { deal, empowerment, agreement, policy }.shares(equity, row.signed_on)?);
        }
        let Some(income) = &row.income else { return Ok(money) };
        let receipt = income.receipt(self.now)?;
        money.transfers.push(divide::income(deal, empowerment, &receipt));
        if let Some(day) = receipt.divided_on {
            let policy = Policy::of_cash(&self.rules, receipt.received_on, self.choices.floor)?;
            let agreement = empowerment.agreement_for(receipt.received_on)?;
            let (split, transfers) =
                Ground { deal, empowerment, agreement, policy }.cash(&receipt, day, self.now)?;
            money.split = Some(split);
            money.transfers.extend(transfers);
        }
        money.receipt = Some(receipt);
        Ok(money)
    }

    fn take(&mut self, mut deal: Deal, new: bool, money: Money) -> String {
        let key = (deal.unit, deal.terms.number.clone());
        let name = deal.id.to_string();
        let before = (!new).then(|| deal.clone());
        deal.version += 1;
        if let Some(receipt) = money.receipt.clone() {
            // Income is divided by a step of its own, shares by that of the signature.
            deal.version += i64::from(receipt.divided_on.is_some());
            self.receipts.insert((deal.unit, receipt.number.clone()));
            self.entered.push((deal.unit, deal.terms.number.clone(), receipt.clone()));
            deal.receipts.push(receipt);
        }
        self.transfers.extend(money.transfers);
        self.taken.push(Taken { before, after: deal.clone(), receipt: money.receipt, split: money.split });
        self.deals.insert(key, deal);
        name
    }

    /// Writes what was taken: deals, receipts, divisions, and their money in one call of the ledger.
    async fn write(self, tx: &mut Tx) -> Result<(), Failure> {
        let of = |unit: &Uscc, number: &String| self.deals.get(&(*unit, number.clone()));
        let new: Vec<&Deal> =
            self.deals.iter().filter(|(key, _)| !self.before.contains(*key)).map(|(_, deal)| deal).collect();
        let changed: HashSet<_> =
            self.entered.iter().map(|(unit, number, _)| (*unit, number.clone())).collect();
        let grown: Vec<&Deal> =
            changed.intersection(&self.before).filter_map(|(unit, number)| of(unit, number)).collect();
        store::insert(tx, &new).await?;
        convert_first::store::insert(tx, &new).await?;
        store::touch(tx, &grown).await?;
        let receipts: Vec<(&Deal, &Receipt)> = self
            .entered
            .iter()
            .filter_map(|(unit, number, receipt)| Some((of(unit, number)?, receipt)))
            .collect();
        store::insert_receipts(tx, &receipts).await?;
        let splits: Vec<(&Deal, &Split)> =
            self.taken.iter().filter_map(|row| Some((&row.after, row.split.as_ref()?))).collect();
        store::insert_splits(tx, &splits).await?;
        let accounts: Vec<_> = new.iter().map(|deal| divide::account(deal)).collect();
        ledger::open_accounts(tx.conn(), &accounts).await?;
        let recorded_at = tx.recorded_at();
        ledger::transfer(tx.conn(), &self.transfers, recorded_at).await?;
        for row in &self.taken {
            row.tell(tx);
        }
        Ok(())
    }
}

/// What a row brings beside its deal.
#[derive(Default)]
struct Money {
    receipt: Option<Receipt>,
    split: Option<Split>,
    transfers: Vec<Transfer>,
}
