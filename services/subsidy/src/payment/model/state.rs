//! The states of a payment line, each with what it owns.

use canopy_kernel::id::InstructionId;
use canopy_kernel::{Failure, reason};
use uuid::Uuid;

use crate::run::rule_exclusion::Exclusion;

/// State of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// In a batch (已制单).
    Created,
    /// Funded (已批准); with the instruction once one is assigned, which happens before the bank is called.
    Approved(Option<InstructionId>),
    /// Left out on the day of payment (已剔除).
    Excluded(Exclusion),
    /// Held (挂起): the payee name differs from the registered name.
    Held,
    /// The account is corrected (已更正); with the instruction once one is assigned.
    Corrected(Option<InstructionId>),
    /// Sent (在途不明); whether the bank has it is not known.
    InDoubt(InstructionId),
    /// Sent (已提交); the bank has it.
    Submitted(InstructionId),
    /// Credited (已兑现) on the bank's value date.
    Credited(InstructionId),
    /// Bounced (退票) or refused by the bank; the money is back.
    Returned,
    /// Given up (已放弃).
    Abandoned,
}

impl State {
    /// Name in the database and in audit rows.
    pub const fn as_str(self) -> &'static str {
        match self {
            State::Created => "CREATED",
            State::Approved(_) => "APPROVED",
            State::Excluded(_) => "EXCLUDED",
            State::Held => "HELD",
            State::Corrected(_) => "CORRECTED",
            State::InDoubt(_) => "IN_DOUBT",
            State::Submitted(_) => "SUBMITTED",
            State::Credited(_) => "CREDITED",
            State::Returned => "RETURNED",
            State::Abandoned => "ABANDONED",
        }
    }

    /// The instruction that is out or paid; `None` when none is.
    pub const fn instruction(self) -> Option<InstructionId> {
        match self {
            State::Approved(instruction) | State::Corrected(instruction) => instruction,
            State::InDoubt(instruction) | State::Submitted(instruction) | State::Credited(instruction) => {
                Some(instruction)
            }
            _ => None,
        }
    }

    /// Why it is so, where a state has a reason.
    pub const fn reason(self) -> Option<Exclusion> {
        match self {
            State::Excluded(reason) => Some(reason),
            State::Held => Some(Exclusion::AccountNameMismatch),
            State::Returned => Some(Exclusion::TreasuryReturnNotCorrected),
            _ => None,
        }
    }

    /// Its reason's code; empty where it has none.
    pub fn reason_code(self) -> &'static str {
        self.reason().map_or("", Exclusion::code)
    }

    /// Reads back a stored state.
    pub fn from_stored(name: &str, instruction: Option<Uuid>, reason_code: &str) -> Result<Self, Failure> {
        let instruction = instruction.map(InstructionId::new);
        let state = match (name, instruction) {
            ("CREATED", _) => State::Created,
            ("APPROVED", instruction) => State::Approved(instruction),
            ("EXCLUDED", _) => State::Excluded(Exclusion::from_code(reason_code)?),
            ("HELD", _) => State::Held,
            ("CORRECTED", instruction) => State::Corrected(instruction),
            ("IN_DOUBT", Some(instruction)) => State::InDoubt(instruction),
            ("SUBMITTED", Some(instruction)) => State::Submitted(instruction),
            ("CREDITED", Some(instruction)) => State::Credited(instruction),
            ("RETURNED", _) => State::Returned,
            ("ABANDONED", _) => State::Abandoned,
            _ => return Err(Failure::new(&reason::INTERNAL).because(format_args!("line state {name}"))),
        };
        Ok(state)
    }
}
