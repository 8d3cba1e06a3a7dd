//! A receipt, or the shares of a deal, divided: who gets what, and how the ledger moves. Each empowerment is a ring of
//! accounts; a deal's income stands on its own account, which cannot give more than it received.

use canopy_kernel::id::{DealId, LedgerAccountId, ReceiptId, TransferId};
use canopy_kernel::{BasisPoints, Failure, Fen};
use canopy_persistence::ledger::{Cap, NewAccount, Transfer};
use jiff::Timestamp;
use jiff::civil::Date;

use super::model::{Deal, Equity, Receipt};
use super::rule_split::{self, Cash, Policy};
use crate::empowerment::model::{Agreement, Empowerment};

/// How a receipt or the shares of a deal were divided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Split {
    /// Number of the receipt; for shares that of the deal.
    pub case_no: String,
    /// The deal.
    pub deal: DealId,
    /// The receipt; `None` = shares.
    pub receipt: Option<ReceiptId>,
    /// Day on which the receipt was booked; `None` = shares.
    pub received_on: Option<Date>,
    /// Day of distribution; for shares that of the signature.
    pub effective_on: Date,
    /// Net income, or value of the technology.
    pub base: Fen,
    /// What the unit keeps.
    pub unit: Fen,
    /// What the inventors get together.
    pub inventors: Fen,
    /// Version of the agreement that divided it.
    pub agreement_version_no: i32,
    /// Version of the rule that gave the shares.
    pub rule_version: String,
    /// What each inventor got of a receipt, in declared order.
    pub parts: Vec<(String, Fen)>,
    /// Capital of the company, for shares.
    pub capital: Option<Fen>,
}

/// The account of a deal's income.
pub(crate) fn account(deal: &Deal) -> NewAccount {
    NewAccount {
        id: deal.income_account,
        ring: deal.empowerment.as_uuid(),
        scope: "income".to_owned(),
        cap: Cap::Debits,
    }
}

/// Income comes in. The receipt's own id names the transfer, so it is booked once.
pub(crate) fn income(deal: &Deal, empowerment: &Empowerment, receipt: &Receipt) -> Transfer {
    Transfer {
        id: TransferId::new(receipt.id.as_uuid()),
        debit: empowerment.accounts.payer,
        credit: deal.income_account,
        amount: receipt.receipts,
        effective_on: receipt.received_on,
    }
}

/// What a division needs beside the receipt.
pub(crate) struct Ground<'g> {
    /// The deal.
    pub deal: &'g Deal,
    /// Its empowerment.
    pub empowerment: &'g Empowerment,
    /// The version of the agreement that divides.
    pub agreement: &'g Agreement,
    /// The inventors' share.
    pub policy: Policy,
}

impl Ground<'_> {
    /// Divides a receipt on a day; with the transfers that book it.
    pub(crate) fn cash(
        &self,
        receipt: &Receipt,
        day: Date,
        now: Timestamp,
    ) -> Result<(Split, Vec<Transfer>), Failure> {
        let shares: Vec<BasisPoints> = self.agreement.shares.iter().map(|(share, _)| share.share).collect();
        let cash = rule_split::cash(receipt.receipts, receipt.direct_costs, &self.policy, &shares)?;
        let transfers = self.transfers(receipt, &cash, day, now);
        let names = self.agreement.shares.iter().map(|(share, _)| share.inventor.clone());
        let parts = names.zip(cash.parts).collect();
        let split = Split {
            case_no: receipt.number.clone(),
            receipt: Some(receipt.id),
            received_on: Some(receipt.received_on),
            base: cash.net,
            unit: cash.unit,
            inventors: cash.inventors,
            parts,
            capital: None,
            ..self.split(day)
        };
        Ok((split, transfers))
    }

    /// Divides the shares of an equity deal at its signature.
    pub(crate) fn shares(&self, equity: Equity, day: Date) -> Result<Split, Failure> {
        let stake = rule_split::stake(equity, &self.policy)?;
        let split = Split { unit: stake.unit, inventors: stake.inventors, ..self.split(day) };
        Ok(Split { base: equity.technology, capital: Some(equity.capital), ..split })
    }

    fn split(&self, day: Date) -> Split {
        Split {
            case_no: self.deal.terms.number.clone(),
            deal: self.deal.id,
            receipt: None,
            received_on: None,
            effective_on: day,
            base: Fen::ZERO,
            unit: Fen::ZERO,
            inventors: Fen::ZERO,
            agreement_version_no: self.agreement.version_no,
            rule_version: self.policy.version.clone(),
            parts: Vec::new(),
            capital: None,
        }
    }

    /// Income goes to costs, unit and inventors.
    fn transfers(&self, receipt: &Receipt, cash: &Cash, day: Date, now: Timestamp) -> Vec<Transfer> {
        let accounts = &self.empowerment.accounts;
        let inventors =
            self.agreement.shares.iter().map(|(_, account)| *account).zip(cash.parts.iter().copied());
        let all: [(LedgerAccountId, Fen); 2] =
            [(accounts.costs, receipt.direct_costs), (accounts.unit, cash.unit)];
        paid_out(self.deal.income_account, all.into_iter().chain(inventors), day, now)
    }
}

/// Moves parts out of an account on a day; what is nothing is not booked.
pub(crate) fn paid_out(
    from: LedgerAccountId,
    parts: impl IntoIterator<Item = (LedgerAccountId, Fen)>,
    day: Date,
    now: Timestamp,
) -> Vec<Transfer> {
    let moved = parts.into_iter().filter(|(_, amount)| !amount.is_zero());
    moved
        .map(|(credit, amount)| Transfer {
            id: TransferId::at(now),
            debit: from,
            credit,
            amount,
            effective_on: day,
        })
        .collect()
}
