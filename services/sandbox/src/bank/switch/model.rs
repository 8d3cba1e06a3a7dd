//! Scripted returns and misbehaviours, and which call they are for.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::bank::payment::model::Bounce;

/// A return asked for in advance (RULES.md R3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// The payee's code.
    pub payee: String,
    /// The instruction's purpose.
    pub purpose: String,
    /// The return itself.
    pub bounce: Bounce,
}

/// What is kept of a script; payee, purpose and day are its key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptScript {
    /// Reason given by the payee's bank.
    pub reason: String,
    /// The instruction that took it; a script is taken once.
    pub taken_by: Option<String>,
}

impl KeptScript {
    /// The bounce for the instruction, if nobody has taken it; the script is taken then.
    pub fn take(&mut self, on: Date, instruction_id: &str) -> Option<Bounce> {
        if self.taken_by.is_some() {
            return None;
        }
        self.taken_by = Some(instruction_id.to_owned());
        Some(Bounce { on, reason: self.reason.clone() })
    }
}

/// How a call goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Misbehaviour {
    /// The work is done, the answer never comes.
    SilentAfter,
    /// Nothing is done, the answer never comes.
    SilentBefore,
    /// Refused as unavailable.
    Unavailable,
    /// Statement entries are given twice.
    Twice,
    /// A statement has an entry of a payment that nobody ordered.
    Unordered,
    /// Returns on a statement are a fen larger than what was paid.
    Larger,
}

/// A call of the treasury's contract, as far as misbehaviours tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// About instructions.
    Instructions,
    /// For a statement.
    Statement,
}

impl Misbehaviour {
    /// Whether the call can go wrong that way; one that cannot leaves the misbehaviour in the queue.
    pub fn concerns(self, asked: Asked) -> bool {
        !self.is_of_statements() || asked == Asked::Statement
    }

    /// Whether it is a fault of what a statement says: the call itself goes well.
    pub fn is_of_statements(self) -> bool {
        matches!(self, Misbehaviour::Twice | Misbehaviour::Unordered | Misbehaviour::Larger)
    }
}

/// A misbehaviour asked for, until it is used up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Behaviour {
    /// How.
    pub misbehaviour: Misbehaviour,
    /// For how many calls it was asked.
    pub calls: u32,
    /// For how many calls it still stands.
    pub left: u32,
}

impl Behaviour {
    /// A new one, for that many calls.
    pub fn new(misbehaviour: Misbehaviour, calls: u32) -> Self {
        Self { misbehaviour, calls, left: calls }
    }

    /// Whether the two ask the same.
    pub fn same_as(&self, other: &Behaviour) -> bool {
        self.misbehaviour == other.misbehaviour && self.calls == other.calls
    }

    /// What remains after one call; `None` when it is used up.
    pub fn after_a_call(self) -> Option<Self> {
        let left = self.left.saturating_sub(1);
        (left > 0).then_some(Self { left, ..self })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_script_is_taken_once() {
        let mut script = KeptScript { reason: "账号错误退票".into(), taken_by: None };
        assert_eq!(script.take(date(2022, 9, 27), "ist_1").unwrap().on, date(2022, 9, 27));
        assert_eq!(script.take(date(2022, 9, 27), "ist_2"), None);
        assert_eq!(script.taken_by.as_deref(), Some("ist_1"));
    }

    #[test]
    fn faults_of_statements_wait_for_one_and_the_others_take_any_call() {
        for fault in [Misbehaviour::Twice, Misbehaviour::Unordered, Misbehaviour::Larger] {
            assert!(!fault.concerns(Asked::Instructions));
            assert!(fault.concerns(Asked::Statement));
        }
        assert!(Misbehaviour::SilentAfter.concerns(Asked::Instructions));
        assert!(Misbehaviour::Unavailable.concerns(Asked::Statement));
    }

    #[test]
    fn a_misbehaviour_is_used_up_after_its_calls() {
        let once_used = Behaviour::new(Misbehaviour::Unavailable, 2).after_a_call().unwrap();
        assert_eq!(once_used.left, 1);
        assert_eq!(once_used.after_a_call(), None);
    }
}
