//! Conversion deals (成果转化): a result is transferred, licensed, converted first and paid later, or given for shares.
//!
//! ```text
//! PRICED ──agreed price posted──▶ PUBLICISED ──price changed──▶ PRICED ──posted again──▶ PUBLICISED
//! PRICED (listed, auctioned) | PUBLICISED ──▶ SIGNED ──income──▶ INCOME_RECEIVED ──divided──▶ DISTRIBUTED
//!                              DISTRIBUTED ──further income──▶ INCOME_RECEIVED
//!                              SIGNED | DISTRIBUTED ──▶ CLOSED       the shares of an equity deal are divided when it is signed
//! ```
//!
//! Beside it stands the licence of a deal that is converted first and paid later (`convert_first`).

use canopy_kernel::id::{DealId, EmpowermentId, LedgerAccountId, ReceiptId};
use canopy_kernel::{Failure, Fen, Uscc, reason, words};
use jiff::civil::Date;

use super::rule_price;
use crate::convert_first::model::{self as convert_first, Account, ConvertFirst};
use crate::convert_first::rule_terms::PaymentTerms;

words! {
    /// How the price came about.
    PriceMethod {
        /// Agreed (协议定价).
        Agreed = "AGREED",
        /// Listed (挂牌交易).
        Listed = "LISTED",
        /// Auctioned (拍卖).
        Auction = "AUCTION",
    }
}

words! {
    /// Kind of buyer.
    BuyerKind {
        /// State-owned (国有企业).
        StateOwned = "STATE_OWNED",
        /// Private (非国有企业).
        Private = "PRIVATE",
    }
}

words! {
    /// State on a day.
    State {
        /// Priced.
        Priced = "PRICED",
        /// The price stands in publicity, or past it.
        Publicised = "PUBLICISED",
        /// Signed.
        Signed = "SIGNED",
        /// Income waits to be divided.
        IncomeReceived = "INCOME_RECEIVED",
        /// All income so far is divided.
        Distributed = "DISTRIBUTED",
        /// Closed.
        Closed = "CLOSED",
    }
}

/// Technology given for shares of a company.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Equity {
    /// Capital of the company.
    pub capital: Fen,
    /// Value of the technology within it.
    pub technology: Fen,
}

impl Equity {
    /// Takes a value above nothing and within the capital.
    pub fn new(capital: Fen, technology: Fen) -> Result<Self, Failure> {
        match technology > Fen::ZERO && technology <= capital {
            true => Ok(Self { capital, technology }),
            false => Err(Failure::new(&reason::TECHNOLOGY_ABOVE_CAPITAL).on("technology_value_fen")),
        }
    }
}

/// How a result is put to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Transfer (转让).
    Transfer,
    /// Licence (许可).
    Licence,
    /// Convert first, pay later (先转化后收益).
    ConvertFirst,
    /// For shares (作价投资入股).
    Equity(Equity),
}

impl Mode {
    /// The word in the data.
    pub const fn as_str(self) -> &'static str {
        match self {
            Mode::Transfer => "TRANSFER",
            Mode::Licence => "LICENCE",
            Mode::ConvertFirst => "CONVERT_FIRST",
            Mode::Equity(_) => "EQUITY",
        }
    }

    /// The shares that it is for, if it is.
    pub const fn equity(self) -> Option<Equity> {
        match self {
            Mode::Equity(equity) => Some(equity),
            Mode::Transfer | Mode::Licence | Mode::ConvertFirst => None,
        }
    }
}

/// Who takes the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buyer {
    /// Code, in or outside the city.
    pub uscc: Uscc,
    /// Kind.
    pub kind: BuyerKind,
    /// Whether an inventor of the achievement holds it (关联方).
    pub related: bool,
}

/// A publicity of name and price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Publicity {
    /// The price posted.
    pub price: Fen,
    /// First day.
    pub posted_on: Date,
}

/// What a deal is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The unit's own number.
    pub number: String,
    /// Mode.
    pub mode: Mode,
    /// How the price came about.
    pub price_method: PriceMethod,
    /// Price.
    pub price: Fen,
    /// The latest publicity.
    pub publicity: Option<Publicity>,
    /// Buyer.
    pub buyer: Buyer,
    /// Whether a tie of the buyer was disclosed.
    pub disclosed: bool,
    /// Day of signature.
    pub signed_on: Option<Date>,
}

/// Income of a deal (到账).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Its id.
    pub id: ReceiptId,
    /// The unit's number of it.
    pub number: String,
    /// Day on which it was booked.
    pub received_on: Date,
    /// Income.
    pub receipts: Fen,
    /// Direct costs, within the income.
    pub direct_costs: Fen,
    /// Day of distribution.
    pub divided_on: Option<Date>,
}

/// A deal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deal {
    /// Its id.
    pub id: DealId,
    /// The empowerment that it puts to use.
    pub empowerment: EmpowermentId,
    /// The unit's number of that empowerment.
    pub empowerment_no: String,
    /// The unit.
    pub unit: Uscc,
    /// What it is about.
    pub terms: Terms,
    /// Day on which it was priced; a register states none.
    pub priced_on: Option<Date>,
    /// Day on which it was closed.
    pub closed_on: Option<Date>,
    /// Its income, by day.
    pub receipts: Vec<Receipt>,
    /// The licence of a convert-first deal, from its signature on.
    pub convert_first: Option<ConvertFirst>,
    /// Ledger account of income that is not divided yet.
    pub income_account: LedgerAccountId,
    /// Counts writes.
    pub version: i64,
}

fn by(step: Option<Date>, day: Date) -> bool {
    step.is_some_and(|step| step <= day)
}

impl Deal {
    /// The state on a day.
    pub fn state_on(&self, day: Date) -> State {
        let terms = &self.terms;
        if by(self.closed_on, day) {
            return State::Closed;
        }
        if by(terms.signed_on, day) {
            let received: Vec<&Receipt> = self.receipts.iter().filter(|it| it.received_on <= day).collect();
            let divided = received.iter().all(|it| by(it.divided_on, day));
            return match received.is_empty() {
                true if terms.mode.equity().is_none() => State::Signed,
                false if !divided => State::IncomeReceived,
                _ => State::Distributed,
            };
        }
        let posted = terms.publicity.filter(|it| it.posted_on <= day && it.price == terms.price);
        if posted.is_some() { State::Publicised } else { State::Priced }
    }

    /// Income booked by a day; saturates at what no ledger holds.
    pub fn received_by(&self, day: Date) -> Fen {
        self.account().paid_by(day)
    }

    /// Price and income, as its licence reads them.
    pub fn account(&self) -> Account<'_> {
        Account { price: self.terms.price, receipts: &self.receipts }
    }

    /// Where its licence stands on a day; `None` for other modes and before the signature.
    pub fn convert_first_on(&self, day: Date) -> Option<convert_first::State> {
        self.convert_first.as_ref().and_then(|it| it.state_on(self.account(), day))
    }

    /// Posts name, price and any tie of the buyer. A further posting is a new round.
    pub fn publish(mut self, disclosed: bool, day: Date) -> Result<Self, Failure> {
        self.require_open(day)?;
        if self.terms.price_method != PriceMethod::Agreed {
            return Err(self.wrong(day));
        }
        if self.terms.buyer.related && !disclosed {
            return Err(Failure::new(&reason::RELATED_NOT_DISCLOSED).on("related_disclosed"));
        }
        self.terms.publicity = Some(Publicity { price: self.terms.price, posted_on: day });
        self.terms.disclosed = disclosed;
        Ok(self.next())
    }

    /// Changes the price; what was posted of another price no longer counts.
    pub fn change_price(mut self, price: Fen, day: Date) -> Result<Self, Failure> {
        self.require_open(day)?;
        self.terms.price = price;
        Ok(self.next())
    }

    /// Signs at a price, after an agreed one was posted for that many days.
    pub fn sign(mut self, price: Fen, publicity_days: u32, day: Date) -> Result<Self, Failure> {
        self.require_open(day)?;
        self.terms.price = price;
        self.terms.signed_on = Some(day);
        rule_price::require_publicised(&self.terms, publicity_days)?;
        rule_price::require_disclosed(&self.terms)?;
        Ok(self.next())
    }

    /// Licenses the buyer of a convert-first deal with its signature, by the terms stated or else the usual ones. Another
    /// mode has no such terms.
    pub fn license(
        mut self,
        stated: Option<PaymentTerms>,
        usual: PaymentTerms,
        day: Date,
    ) -> Result<Self, Failure> {
        match (self.terms.mode, stated) {
            (Mode::ConvertFirst, stated) => {
                self.convert_first = Some(ConvertFirst::licensed(stated.unwrap_or(usual), day));
                Ok(self)
            }
            (_, None) => Ok(self),
            (_, Some(_)) => Err(Failure::new(&reason::NOT_CONVERT_FIRST).on("convert_first")),
        }
    }

    /// Takes a step of its licence.
    pub fn convert(mut self, step: &convert_first::Step, day: Date) -> Result<Self, Failure> {
        if self.terms.mode != Mode::ConvertFirst {
            return Err(Failure::new(&reason::NOT_CONVERT_FIRST).on("name"));
        }
        let unsigned = || self.wrong(day).with("expected", State::Signed.as_str());
        let before = self.convert_first.clone().ok_or_else(unsigned)?;
        self.convert_first = Some(before.take(step, self.account(), day)?);
        Ok(self.next())
    }

    /// Books income.
    pub fn receive(mut self, receipt: Receipt) -> Result<Self, Failure> {
        let day = receipt.received_on;
        if self.terms.mode.equity().is_some() {
            return Err(Failure::new(&reason::SPLIT_MODE_MISMATCH).on("name"));
        }
        match self.state_on(day) {
            State::Signed | State::IncomeReceived | State::Distributed => {}
            State::Priced | State::Publicised | State::Closed => return Err(self.wrong(day)),
        }
        if let Some(licence) = &self.convert_first {
            licence.require_owed(self.account(), receipt.receipts, day)?;
        }
        require_costs_within(receipt.receipts, receipt.direct_costs)?;
        self.receipts.push(receipt);
        Ok(self.next())
    }

    /// Marks a receipt as divided on a day, and hands it out. Before the income nothing can be divided, and nothing
    /// twice.
    pub fn divide(mut self, receipt_no: &str, day: Date) -> Result<(Self, Receipt), Failure> {
        let found = self.receipts.iter_mut().find(|it| it.number == receipt_no && it.received_on <= day);
        let receipt =
            found.ok_or_else(|| Failure::new(&reason::DISTRIBUTION_BEFORE_INCOME).on("receipt_no"))?;
        if receipt.divided_on.is_some() {
            return Err(Failure::new(&reason::DUPLICATE_RECEIPT)
                .on("receipt_no")
                .with("receipt_no", receipt_no));
        }
        receipt.divided_on = Some(day);
        let receipt = receipt.clone();
        Ok((self.next(), receipt))
    }

    /// Closes it: no more income is expected, by its licence neither.
    pub fn close(mut self, day: Date) -> Result<Self, Failure> {
        match self.state_on(day) {
            State::Signed | State::Distributed => {}
            _ => return Err(self.wrong(day)),
        }
        if let Some(state) = self.convert_first_on(day).filter(|state| !state.is_last()) {
            return Err(Failure::new(&reason::STATE_NOT_ALLOWED).with("state", state.as_str()));
        }
        self.closed_on = Some(day);
        Ok(self.next())
    }

    /// Refuses once it is signed.
    fn require_open(&self, day: Date) -> Result<(), Failure> {
        match self.terms.signed_on.is_none() && self.closed_on.is_none() {
            true => Ok(()),
            false => Err(self.wrong(day)),
        }
    }

    fn wrong(&self, day: Date) -> Failure {
        Failure::new(&reason::STATE_NOT_ALLOWED).with("state", self.state_on(day).as_str())
    }

    fn next(mut self) -> Self {
        self.version += 1;
        self
    }
}

/// Refuses costs above the income that they are taken from.
pub fn require_costs_within(receipts: Fen, costs: Fen) -> Result<(), Failure> {
    match costs <= receipts {
        true => Ok(()),
        false => Err(Failure::new(&reason::COSTS_ABOVE_RECEIPTS).on("direct_costs_fen")),
    }
}

#[cfg(test)]
mod tests;
