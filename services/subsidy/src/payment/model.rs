//! A payment line and its way (RULES.md, state machines):
//!
//! ```text
//! CREATED → EXCLUDED
//! CREATED → APPROVED → (instruction assigned) → SUBMITTED → CREDITED → RETURNED
//!           APPROVED → HELD → CORRECTED         (instruction assigned) → IN_DOUBT → SUBMITTED
//!           SUBMITTED | IN_DOUBT → RETURNED → CORRECTED → (instruction assigned) → SUBMITTED
//!           HELD | RETURNED → ABANDONED
//! ```
//!
//! What a step does to the budget is part of the step: it is kept as a booking beside the history.

use canopy_kernel::id::{
    BatchId, BudgetLineId, CandidateId, InstructionId, LedgerAccountId, PaymentLineId, TransferId,
};
use canopy_kernel::{Failure, Fen, reason};
use jiff::civil::Date;

use crate::run::rule_exclusion::Exclusion;

mod state;

pub use state::State;

/// What pays a line: a budget line and two of its ledger accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// The budget line.
    pub budget_line: BudgetLineId,
    /// What was granted to it.
    pub grant: LedgerAccountId,
    /// Payments of it.
    pub paid: LedgerAccountId,
}

/// The source, and the reservation that holds or paid the line's money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Funding {
    /// What pays.
    pub source: Source,
    /// The reservation.
    pub reservation: TransferId,
}

/// A step of the history of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Number in the history.
    pub seq: i32,
    /// State before.
    pub from: State,
    /// State after.
    pub to: State,
    /// Business day from which it holds.
    pub on: Date,
}

/// What a step does to the budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Booking {
    /// Encumbers the amount (占用).
    Reserve {
        /// The reservation.
        reservation: TransferId,
        /// Day from which it counts.
        on: Date,
    },
    /// Pays what is encumbered.
    Pay {
        /// The reservation.
        reservation: TransferId,
        /// Day from which it counts.
        on: Date,
    },
    /// Takes a payment back into the grant (退回); a new reservation encumbers it again for the line.
    TakeBack {
        /// The reservation that was paid.
        reservation: TransferId,
        /// Day from which it counts.
        on: Date,
    },
    /// Frees what is encumbered.
    Free {
        /// The reservation.
        reservation: TransferId,
        /// Day from which it counts.
        on: Date,
    },
}

/// A payment to one payee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Id; the end-to-end id at the bank.
    pub id: PaymentLineId,
    /// Its batch.
    pub batch: BatchId,
    /// The confirmed entry that it pays.
    pub candidate: CandidateId,
    /// Payee's code.
    pub uscc: String,
    /// Amount.
    pub amount: Fen,
    /// State.
    pub state: State,
    /// Number of the last step of its history.
    pub seq: i32,
    /// Business day from which the state holds.
    pub state_on: Date,
    /// Instructions assigned so far.
    pub attempts: i32,
    /// What pays it; `None` before it is funded.
    pub funding: Option<Funding>,
    /// Steps that are not written yet.
    pub steps: Vec<Step>,
    /// Bookings that are not written yet.
    pub bookings: Vec<Booking>,
}

impl Line {
    /// `CREATED → APPROVED`: the amount is encumbered.
    pub fn fund(mut self, source: Source, on: Date) -> Result<Self, Failure> {
        match self.state {
            State::Created => {
                self.reserve(source, on);
                Ok(self.step(State::Approved(None), on))
            }
            _ => Err(self.refused()),
        }
    }

    /// `CREATED → EXCLUDED`.
    pub fn exclude(self, reason: Exclusion, on: Date) -> Result<Self, Failure> {
        match self.state {
            State::Created => Ok(self.step(State::Excluded(reason), on)),
            _ => Err(self.refused()),
        }
    }

    /// `APPROVED → HELD`; the money stays encumbered.
    pub fn hold(self, on: Date) -> Result<Self, Failure> {
        match self.state {
            State::Approved(None) => Ok(self.step(State::Held, on)),
            _ => Err(self.refused()),
        }
    }

    /// `HELD | RETURNED → CORRECTED`.
    pub fn correct(self, on: Date) -> Result<Self, Failure> {
        match self.state {
            State::Held | State::Returned if on >= self.state_on => Ok(self.step(State::Corrected(None), on)),
            _ => Err(self.refused()),
        }
    }

    /// Assigns the instruction of the next attempt; the line stays `APPROVED` or `CORRECTED`. It follows from the line
    /// and the number of the attempt: a database that was put back to an earlier copy names the one that the bank has.
    pub fn assign(self) -> Result<(Self, InstructionId), Failure> {
        let attempts = self.attempts + 1;
        let instruction = InstructionId::derived(self.id.as_uuid(), &format!("attempt/{attempts}"));
        let state = match self.state {
            State::Approved(None) => State::Approved(Some(instruction)),
            State::Corrected(None) => State::Corrected(Some(instruction)),
            _ => return Err(self.refused()),
        };
        Ok((Self { state, attempts, ..self }, instruction))
    }

    /// `→ IN_DOUBT`: the bank was called and has not answered.
    pub fn doubt(self, on: Date) -> Result<Self, Failure> {
        match self.state {
            State::Approved(Some(instruction)) | State::Corrected(Some(instruction)) => {
                Ok(self.step(State::InDoubt(instruction), on))
            }
            _ => Err(self.refused()),
        }
    }

    /// `→ SUBMITTED`: the bank has it.
    pub fn acknowledge(self, on: Date) -> Result<Self, Failure> {
        match self.state {
            State::Approved(Some(instruction))
            | State::Corrected(Some(instruction))
            | State::InDoubt(instruction) => Ok(self.step(State::Submitted(instruction), on)),
            _ => Err(self.refused()),
        }
    }

    /// `SUBMITTED → CREDITED` on the bank's value date: what was encumbered is paid.
    pub fn credit(mut self, on: Date) -> Result<Self, Failure> {
        match self.state {
            State::Submitted(instruction) => {
                let reservation = self.funding()?.reservation;
                self.bookings.push(Booking::Pay { reservation, on: on.max(self.state_on) });
                Ok(self.step(State::Credited(instruction), on))
            }
            _ => Err(self.refused()),
        }
    }

    /// `SUBMITTED | CREDITED → RETURNED`: the money is back and stays encumbered for the line.
    pub fn bounce(mut self, on: Date) -> Result<Self, Failure> {
        match self.state {
            State::Submitted(_) => Ok(self.step(State::Returned, on)),
            State::Credited(_) => {
                let Funding { source, reservation } = self.funding()?;
                let on = on.max(self.state_on);
                self.bookings.push(Booking::TakeBack { reservation, on });
                self.reserve(source, on);
                Ok(self.step(State::Returned, on))
            }
            _ => Err(self.refused()),
        }
    }

    /// `→ RETURNED` because the bank refused the instruction: no money has moved.
    pub fn refuse(self, on: Date) -> Result<Self, Failure> {
        match self.state {
            State::Approved(Some(_))
            | State::Corrected(Some(_))
            | State::InDoubt(_)
            | State::Submitted(_) => Ok(self.step(State::Returned, on)),
            _ => Err(self.refused()),
        }
    }

    /// `HELD | RETURNED → ABANDONED`: the money is free again.
    pub fn abandon(mut self, on: Date) -> Result<Self, Failure> {
        match self.state {
            State::Held | State::Returned => {
                let reservation = self.funding()?.reservation;
                self.bookings.push(Booking::Free { reservation, on: on.max(self.state_on) });
                Ok(self.step(State::Abandoned, on))
            }
            _ => Err(self.refused()),
        }
    }

    /// Encumbers the amount under a reservation that follows from the line and the place in its history, so that a
    /// repeat of the step names the same one.
    fn reserve(&mut self, source: Source, on: Date) {
        let name = format!("reserve/{}", self.seq + 1);
        let reservation = TransferId::derived(self.id.as_uuid(), &name);
        self.funding = Some(Funding { source, reservation });
        self.bookings.push(Booking::Reserve { reservation, on });
    }

    fn funding(&self) -> Result<Funding, Failure> {
        self.funding
            .ok_or_else(|| Failure::new(&reason::INTERNAL).because("a line on its way without funding"))
    }

    /// A step never counts from before the one that it follows.
    fn step(mut self, to: State, on: Date) -> Self {
        let (seq, on) = (self.seq + 1, on.max(self.state_on));
        self.steps.push(Step { seq, from: self.state, to, on });
        Self { state: to, seq, state_on: on, ..self }
    }

    fn refused(&self) -> Failure {
        Failure::new(&reason::STATE_NOT_ALLOWED).with("state", self.state.as_str())
    }
}

#[cfg(test)]
pub(crate) mod tests;
