//! Convert first, pay later (先使用后付费): a science and technology SME uses a result first and pays for it once the
//! trigger came, never more than the agreed price (`RULES.md` R44). It stands beside the deal's own way.
//!
//! ```text
//! LICENSED ──use begins──▶ USING ──trigger──▶ TRIGGERED ──income──▶ PAYING ──nothing left to pay──▶ SETTLED
//! LICENSED | USING ──given back, or the free period passed without a trigger──▶ ENDED_NO_TRIGGER
//! TRIGGERED | PAYING ──overdue──▶ DEFAULTED          LICENSED | USING ──income before the trigger──▶ PAYING
//! ```
//!
//! The state on a day follows from the dates and the receipts, so a register's row needs no other form.

use canopy_kernel::period::{add_days, add_months};
use canopy_kernel::{Failure, Fen, reason, words};
use jiff::civil::Date;

use super::rule_due::{self, Due};
use super::rule_terms::{Payment, PaymentTerms};
use crate::deal::model::Receipt;

words! {
    /// State on a day.
    State {
        /// Signed; the buyer may use the result.
        Licensed = "LICENSED",
        /// The buyer uses it and owes nothing.
        Using = "USING",
        /// Payment is owed.
        Triggered = "TRIGGERED",
        /// A part is paid.
        Paying = "PAYING",
        /// The price is paid, or nothing more is owed.
        Settled = "SETTLED",
        /// It ended before anything was owed.
        EndedNoTrigger = "ENDED_NO_TRIGGER",
        /// The buyer did not pay in time.
        Defaulted = "DEFAULTED",
    }
}

impl State {
    /// Whether no step leads out of it.
    pub const fn is_last(self) -> bool {
        matches!(self, State::Settled | State::EndedNoTrigger | State::Defaulted)
    }
}

/// What the deal itself says of money.
#[derive(Clone, Copy, Debug)]
pub struct Account<'d> {
    /// The agreed price: never more is owed.
    pub price: Fen,
    /// What the buyer paid.
    pub receipts: &'d [Receipt],
}

impl Account<'_> {
    /// What was paid by a day; saturates at what no ledger holds.
    pub fn paid_by(self, day: Date) -> Fen {
        let paid = self.receipts.iter().filter(|it| it.received_on <= day);
        Fen::sum(paid.map(|it| it.receipts)).unwrap_or(Fen::MAX)
    }

    /// The day on which the price was paid in full.
    pub fn paid_up_on(self) -> Option<Date> {
        let mut days: Vec<Date> = self.receipts.iter().map(|it| it.received_on).collect();
        days.sort_unstable();
        days.into_iter().find(|day| self.paid_by(*day) >= self.price)
    }
}

/// Revenue of the use, as the buyer stated it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revenue {
    /// Number of the buyer's statement.
    pub statement_no: String,
    /// Day on which it was stated.
    pub stated_on: Date,
    /// Revenue.
    pub amount: Fen,
}

/// A step of the buyer or the unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The use begins.
    BeginUse,
    /// The agreed condition is met.
    Trigger,
    /// Revenue is stated: number of the statement, revenue.
    RecordRevenue(String, Fen),
    /// Nothing more is owed.
    Settle,
    /// The result is given back.
    End,
    /// What is owed was not paid in time.
    DeclareDefault,
}

/// The licence of a convert-first deal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConvertFirst {
    /// What was agreed about payment.
    pub terms: PaymentTerms,
    /// Day of signature.
    pub licensed_on: Date,
    /// Day on which the use began.
    pub using_on: Option<Date>,
    /// Day on which the condition was met or the first revenue stated.
    pub triggered_on: Option<Date>,
    /// Day from which nothing more is owed although the price is not paid.
    pub settled_on: Option<Date>,
    /// Day on which the result was given back.
    pub ended_on: Option<Date>,
    /// Day on which the default was declared.
    pub defaulted_on: Option<Date>,
    /// Revenue stated, by day.
    pub revenues: Vec<Revenue>,
}

impl ConvertFirst {
    /// A licence from the day of the signature on.
    pub fn licensed(terms: PaymentTerms, day: Date) -> Self {
        Self {
            terms,
            licensed_on: day,
            using_on: None,
            triggered_on: None,
            settled_on: None,
            ended_on: None,
            defaulted_on: None,
            revenues: Vec::new(),
        }
    }

    /// A licence as a register's row implies it: in use from the signature on.
    pub fn of_register(terms: PaymentTerms, signed_on: Date) -> Self {
        Self { using_on: Some(signed_on), ..Self::licensed(terms, signed_on) }
    }

    /// Last day of the free period: the corresponding day (民法典 202).
    pub fn free_until(&self) -> Date {
        add_months(self.licensed_on, self.terms.free_months)
    }

    /// Day from which payment is owed: of the event, or the day after the free period of what is in use then.
    pub fn trigger_on(&self) -> Option<Date> {
        let until = self.free_until();
        let is_used = self.ended_on.is_none() && self.using_on.is_some_and(|day| day <= until);
        let by_term = self.terms.payment.is_on_term() && is_used;
        self.triggered_on.or(by_term.then(|| add_days(until, 1)))
    }

    /// The state on a day; `None` before the signature.
    pub fn state_on(&self, account: Account<'_>, day: Date) -> Option<State> {
        let by = |step: Option<Date>| step.is_some_and(|step| step <= day);
        let paid = account.paid_by(day);
        if day < self.licensed_on {
            None
        } else if by(self.ended_on) {
            Some(State::EndedNoTrigger)
        } else if by(self.defaulted_on) {
            Some(State::Defaulted)
        } else if by(self.settled_on) || paid >= account.price {
            Some(State::Settled)
        } else if !paid.is_zero() {
            Some(State::Paying)
        } else if by(self.trigger_on()) {
            Some(State::Triggered)
        } else if day > self.free_until() {
            Some(State::EndedNoTrigger)
        } else if by(self.using_on) {
            Some(State::Using)
        } else {
            Some(State::Licensed)
        }
    }

    /// What is owed as it is known on a day, in the order of payment; what the calendar alone makes due is known at once.
    pub fn dues(&self, price: Fen, day: Date) -> Vec<Due> {
        let days = self.terms.payment_days;
        let after_term = add_days(self.free_until(), 1);
        let is_unused = self.terms.payment.is_on_term() && self.trigger_on().is_none();
        if is_unused && day > self.free_until() {
            return Vec::new();
        }
        match self.terms.payment {
            Payment::Deferred => rule_due::whole(price, after_term, days),
            Payment::Instalments { count, months } => rule_due::parts(price, count, months, after_term, days),
            Payment::RevenueShare { share } => {
                let stated = self.revenues.iter().filter(|it| it.stated_on <= day);
                rule_due::shares(price, share, stated.map(|it| (it.stated_on, it.amount)), days)
            }
            Payment::Conditional => match self.triggered_on.filter(|on| *on <= day) {
                Some(on) => rule_due::whole(price, on, days),
                None => Vec::new(),
            },
        }
    }

    /// The last day to pay the earliest sum that is not paid in full by a day.
    pub fn pay_by(&self, account: Account<'_>, day: Date) -> Option<Date> {
        rule_due::unpaid(&self.dues(account.price, day), account.paid_by(day)).map(|due| due.pay_by)
    }

    /// Takes a step on a day.
    pub fn take(mut self, step: &Step, account: Account<'_>, day: Date) -> Result<Self, Failure> {
        let state = self.open_on(account, day)?;
        match step {
            Step::BeginUse => self.begin_use(state, day)?,
            Step::Trigger => self.trigger(state, day)?,
            Step::RecordRevenue(number, amount) => self.record_revenue(state, (number, *amount), day)?,
            Step::Settle => self.settle(state, account, day)?,
            Step::End => self.end(state, day)?,
            Step::DeclareDefault => self.declare_default(state, account, day)?,
        }
        Ok(self)
    }

    /// Refuses income of which nothing is owed, or beyond the agreed price. What comes after a default is taken.
    pub fn require_owed(&self, account: Account<'_>, income: Fen, day: Date) -> Result<(), Failure> {
        let state = self.state_on(account, day).unwrap_or(State::Licensed);
        let is_over = self.ended_on.is_some() || self.settled_on.is_some();
        if is_over || matches!(state, State::Settled | State::EndedNoTrigger) {
            return Err(wrong(state));
        }
        let left = account.price.checked_sub(account.paid_by(Date::MAX)).unwrap_or(Fen::ZERO);
        match income <= left {
            true => Ok(()),
            false => {
                let failure = Failure::new(&reason::RECEIPT_ABOVE_PRICE).on("receipts_fen");
                Err(failure.with("left_fen", left.get()))
            }
        }
    }

    /// The state on a day, unless it is a last one or one was reached on another day.
    fn open_on(&self, account: Account<'_>, day: Date) -> Result<State, Failure> {
        let is_over = [self.settled_on, self.ended_on, self.defaulted_on].iter().any(Option::is_some);
        match self.state_on(account, day) {
            None => Err(Failure::new(&reason::STATE_NOT_ALLOWED).with("expected", State::Licensed.as_str())),
            Some(state) if is_over || state.is_last() => Err(wrong(state)),
            Some(state) => Ok(state),
        }
    }

    fn begin_use(&mut self, state: State, day: Date) -> Result<(), Failure> {
        let may = matches!(state, State::Licensed | State::Paying) && day <= self.free_until();
        require(may && self.using_on.is_none(), state, State::Licensed)?;
        self.using_on = Some(day);
        Ok(())
    }

    /// Whether the event that triggers payment can come on a day: in the free period, and once.
    fn awaits_trigger(&self, state: State, day: Date) -> bool {
        let is_used = matches!(state, State::Using | State::Paying);
        is_used && self.triggered_on.is_none() && day <= self.free_until()
    }

    fn trigger(&mut self, state: State, day: Date) -> Result<(), Failure> {
        require_payment(self.terms.payment == Payment::Conditional, "CONDITIONAL")?;
        require(self.awaits_trigger(state, day), state, State::Using)?;
        self.triggered_on = Some(day);
        Ok(())
    }

    fn record_revenue(&mut self, state: State, stated: (&str, Fen), day: Date) -> Result<(), Failure> {
        let is_share = matches!(self.terms.payment, Payment::RevenueShare { .. });
        require_payment(is_share, "REVENUE_SHARE")?;
        let is_triggered = matches!(state, State::Triggered | State::Paying)
            && self.triggered_on.is_some_and(|triggered_on| triggered_on <= day);
        require(is_triggered || self.awaits_trigger(state, day), state, State::Using)?;
        let (number, amount) = stated;
        if self.revenues.iter().any(|it| it.statement_no == number) {
            return Err(Failure::new(&reason::DUPLICATE_REVENUE).on("statement_no"));
        }
        self.triggered_on = self.triggered_on.or(Some(day));
        self.revenues.push(Revenue { statement_no: number.to_owned(), stated_on: day, amount });
        self.revenues.sort_by(|one, other| {
            (one.stated_on, &one.statement_no).cmp(&(other.stated_on, &other.statement_no))
        });
        Ok(())
    }

    fn settle(&mut self, state: State, account: Account<'_>, day: Date) -> Result<(), Failure> {
        let is_owing = matches!(state, State::Triggered | State::Paying);
        require(is_owing, state, State::Paying)?;
        let owed = rule_due::total(&self.dues(account.price, day));
        match owed.checked_sub(account.paid_by(day)).filter(|left| !left.is_zero()) {
            Some(left) => Err(Failure::new(&reason::PAYMENT_OUTSTANDING).with("left_fen", left.get())),
            None => {
                self.settled_on = Some(day);
                Ok(())
            }
        }
    }

    fn end(&mut self, state: State, day: Date) -> Result<(), Failure> {
        let is_free = matches!(state, State::Licensed | State::Using) && self.triggered_on.is_none();
        require(is_free, state, State::Using)?;
        self.ended_on = Some(day);
        Ok(())
    }

    fn declare_default(&mut self, state: State, account: Account<'_>, day: Date) -> Result<(), Failure> {
        let is_owing = matches!(state, State::Triggered | State::Paying);
        require(is_owing, state, State::Triggered)?;
        let failure = Failure::new(&reason::PAYMENT_NOT_OVERDUE);
        match self.pay_by(account, day) {
            Some(last) if last < day => {
                self.defaulted_on = Some(day);
                Ok(())
            }
            Some(last) => Err(failure.with("pay_by", last)),
            None => Err(failure),
        }
    }
}

fn wrong(state: State) -> Failure {
    Failure::new(&reason::STATE_NOT_ALLOWED).with("state", state.as_str())
}

fn require(fits: bool, state: State, expected: State) -> Result<(), Failure> {
    match fits {
        true => Ok(()),
        false => Err(wrong(state).with("expected", expected.as_str())),
    }
}

/// Refuses a step that belongs to another way of payment.
fn require_payment(fits: bool, expected: &'static str) -> Result<(), Failure> {
    match fits {
        true => Ok(()),
        false => Err(Failure::new(&reason::PAYMENT_MODE_MISMATCH).with("expected", expected)),
    }
}

#[cfg(test)]
mod tests;
