//! What an instruction becomes: credited at once, or, when a return is scripted, accepted and bounced later.
//!
//! ```text
//! (unknown) ─┬─ no script ────→ CREDITED on its value date
//!            └─ script taken ─→ ACCEPTED ── the day of the return ──→ RETURNED
//! ```
//! The day of a return lies in the future when it is booked, so the present state is derived from the asker's
//! day (RULES.md R4); no job has to run.

use std::fmt;

use canopy_kernel::Fen;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::bank::digest::Digest;

/// One instruction (支付指令), as far as the bank keeps it. Payee name and account are in the digest alone:
/// they are compared, never stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// The caller's id of this attempt; the bank is idempotent on it.
    pub id: String,
    /// The caller's id of the payment over all attempts.
    pub end_to_end_id: String,
    /// Amount.
    pub amount: Fen,
    /// The payee's code.
    pub payee: String,
    /// What it is paid for, e.g. the policy code.
    pub purpose: String,
    /// Value date (起息日) of a transfer that goes through.
    pub value_date: Date,
    /// Digest of the whole body.
    pub body: Digest,
}

/// The bank's reference (凭证号) of an instruction, gapless from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference(pub u64);

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TB{:010}", self.0)
    }
}

/// A bounce (退票): the day the money is back, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounce {
    /// Day of the return.
    pub on: Date,
    /// Reason given by the payee's bank.
    pub reason: String,
}

/// How an instruction ends; settled when it is booked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Outcome {
    Credited { on: Date },
    Bounces(Bounce),
}

/// What the bank keeps of an instruction for ever.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Booking {
    /// The bank's reference.
    pub reference: Reference,
    body: Digest,
    outcome: Outcome,
}

/// What the bank says of an instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// The bank does not have it and will not.
    Unknown,
    /// Accepted, not booked yet.
    Accepted(Reference),
    /// Credited on that value date.
    Credited(Reference, Date),
    /// Bounced.
    Returned(Reference, Bounce),
    /// The id belongs to an instruction with another body.
    Rejected,
}

/// What an entry of the statement (对账单) says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EntryKind {
    /// Credited to the payee.
    Credit,
    /// Bounced: the money is back.
    Return,
}

/// An entry of the statement of its value date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What it says.
    pub kind: EntryKind,
    /// The bank's reference of the instruction.
    pub reference: Reference,
    /// The instruction.
    pub instruction_id: String,
    /// The payment.
    pub end_to_end_id: String,
    /// Amount.
    pub amount: Fen,
    /// Day of the credit or the return.
    pub value_date: Date,
    /// Why it bounced; empty for a credit.
    pub reason: String,
}

/// Books a new instruction: what is kept, and the entry that tells of it.
pub fn book(instruction: &Instruction, reference: Reference, bounce: Option<Bounce>) -> (Booking, Entry) {
    let (kind, value_date, reason) = match &bounce {
        None => (EntryKind::Credit, instruction.value_date, String::new()),
        Some(bounce) => (EntryKind::Return, bounce.on, bounce.reason.clone()),
    };
    let outcome = match bounce {
        None => Outcome::Credited { on: value_date },
        Some(bounce) => Outcome::Bounces(bounce),
    };
    let entry = Entry {
        kind,
        reference,
        instruction_id: instruction.id.clone(),
        end_to_end_id: instruction.end_to_end_id.clone(),
        amount: instruction.amount,
        value_date,
        reason,
    };
    (Booking { reference, body: instruction.body.clone(), outcome }, entry)
}

impl Booking {
    /// The answer to handing it in: always the same for the same body, refused for another.
    pub fn answer(&self, body: &Digest) -> State {
        if &self.body != body {
            return State::Rejected;
        }
        match &self.outcome {
            Outcome::Credited { on } => State::Credited(self.reference, *on),
            Outcome::Bounces(_) => State::Accepted(self.reference),
        }
    }

    /// The state on the asker's day: a bounce is known from its own day.
    pub fn state_on(&self, day: Date) -> State {
        match &self.outcome {
            Outcome::Credited { on } => State::Credited(self.reference, *on),
            Outcome::Bounces(bounce) if day < bounce.on => State::Accepted(self.reference),
            Outcome::Bounces(bounce) => State::Returned(self.reference, bounce.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const PAY_DAY: Date = date(2022, 9, 20);
    const RETURN_DAY: Date = date(2022, 9, 23);

    fn instruction() -> Instruction {
        Instruction {
            id: "ist_1".into(),
            end_to_end_id: "lin_1".into(),
            amount: Fen::new(500).unwrap(),
            payee: "P".into(),
            purpose: "HNTE".into(),
            value_date: PAY_DAY,
            body: Digest::of(b"body"),
        }
    }

    fn bounce() -> Bounce {
        Bounce { on: RETURN_DAY, reason: "账户已销户退票".into() }
    }

    #[test]
    fn a_normal_instruction_is_credited_with_its_value_date() {
        let (booking, entry) = book(&instruction(), Reference(7), None);
        assert_eq!(booking.answer(&Digest::of(b"body")), State::Credited(Reference(7), PAY_DAY));
        assert_eq!((entry.kind, entry.value_date), (EntryKind::Credit, PAY_DAY));
    }

    #[test]
    fn a_scripted_return_is_accepted_until_its_day_and_returned_from_then() {
        let (booking, entry) = book(&instruction(), Reference(7), Some(bounce()));
        assert_eq!(booking.state_on(date(2022, 9, 22)), State::Accepted(Reference(7)));
        assert_eq!(booking.state_on(RETURN_DAY), State::Returned(Reference(7), bounce()));
        assert_eq!((entry.kind, entry.value_date), (EntryKind::Return, RETURN_DAY));
    }

    #[test]
    fn handed_in_again_it_is_answered_as_before_and_another_body_is_rejected() {
        let (booking, _) = book(&instruction(), Reference(7), Some(bounce()));
        assert_eq!(booking.answer(&Digest::of(b"body")), State::Accepted(Reference(7)));
        assert_eq!(booking.answer(&Digest::of(b"other")), State::Rejected);
    }
}
