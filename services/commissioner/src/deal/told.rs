//! How a row of a register is told: a new deal whole, at its signature; income that it adds to a deal as the steps that
//! book and divide it.

use canopy_persistence::Tx;

use super::divide::Split;
use super::model::{Deal, Receipt};
use super::{audit, tell, tell_divided};
use crate::convert_first;

/// Why a deal is there that nobody priced here.
const IMPORT: &str = "IMPORT";

/// A row that was taken.
pub(super) struct Taken {
    /// The deal before it; `None` = the row told a new one.
    pub before: Option<Deal>,
    /// The deal with it.
    pub after: Deal,
    /// The income that it stated.
    pub receipt: Option<Receipt>,
    /// How that income, or the shares of the deal, were divided.
    pub split: Option<Split>,
}

impl Taken {
    /// States and tells what the row did.
    pub(super) fn tell(&self, tx: &mut Tx) {
        match (&self.before, &self.receipt) {
            (Some(before), Some(receipt)) => self.further(tx, before, receipt),
            _ => self.whole(tx),
        }
    }

    /// A row that tells all steps of its deal at once; where its income took the licence is stated beside it. Income is
    /// divided by a version of its own, shares by that of the signature.
    fn whole(&self, tx: &mut Tx) {
        let (deal, today) = (&self.after, tx.today());
        let day = deal.terms.signed_on.unwrap_or(today);
        let is_divided = self.receipt.as_ref().is_some_and(|it| it.divided_on.is_some());
        let stated = Deal { version: deal.version - i64::from(is_divided), ..deal.clone() };
        tell(tx, "", &stated, IMPORT, day);
        let signed = Deal { receipts: Vec::new(), ..stated };
        convert_first::follow(tx, None, &signed, IMPORT, day);
        if let Some(receipt) = &self.receipt {
            let from = signed.convert_first_on(receipt.received_on);
            convert_first::follow(tx, from, deal, &receipt.number, receipt.received_on);
        }
        if let Some(split) = &self.split {
            tell_divided(tx, deal, split);
        }
    }

    /// Income of a deal that stood already: booked on its day, and divided on a later one if it is.
    fn further(&self, tx: &mut Tx, before: &Deal, receipt: &Receipt) {
        let mut booked = Deal { version: before.version + 1, ..before.clone() };
        booked.receipts.push(Receipt { divided_on: None, ..receipt.clone() });
        let day = receipt.received_on;
        tell(tx, before.state_on(day).as_str(), &booked, &receipt.number, day);
        convert_first::follow(tx, before.convert_first_on(day), &booked, &receipt.number, day);
        if let Some(split) = &self.split {
            let day = split.effective_on;
            audit(tx, booked.state_on(day).as_str(), &self.after, &receipt.number, day);
            tell_divided(tx, &self.after, split);
        }
    }
}
