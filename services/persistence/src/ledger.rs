//! Double-entry ledger (复式记账). Money moves between accounts at once (`transfer`) or in two phases: reserved
//! (`reserve`, 占用), then paid (`post`) or given back (`void`).
//!
//! - A transfer's id is given by the caller: the same id with the same content books once, with another
//!   content it is refused (REQUEST_ID_REUSED).
//! - Every call takes arrays and runs in the caller's transaction. It first queues for its capped accounts, then locks
//!   the others where there are several, each in the order of their ids, so two calls cannot wait for each other. A
//!   transaction that makes several calls over the same accounts should make them one; nobody else locks accounts.
//! - A batch is judged by where it ends: money that comes into a capped account in the batch covers what
//!   leaves it. A capped account that does not cover its part refuses the whole batch with NO_BUDGET, nothing
//!   is written and the transaction can go on. After any other failure it has to be rolled back.
//! - Accounts of different rings never exchange money: the composite foreign keys refuse it.

use canopy_kernel::Fen;
use canopy_kernel::id::{LedgerAccountId, TransferId};
use jiff::civil::Date;
use uuid::Uuid;

mod account;
mod balance;
mod book;
mod repeat;
mod resolve;
mod verify;

pub use account::open_accounts;
pub use balance::{Balance, balances, balances_as_of};
pub use book::{reserve, transfer};
pub use resolve::{post, void};
pub use verify::{Break, Sums, verify};

/// Which side of an account is capped by the other one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cap {
    /// Neither.
    None,
    /// Debits, pending ones included, stay within posted credits: a budget that is credited when it is
    /// granted and debited when it is used.
    Debits,
    /// Credits, pending ones included, stay within posted debits.
    Credits,
}

impl Cap {
    const fn as_str(self) -> &'static str {
        match self {
            Cap::None => "NONE",
            Cap::Debits => "DEBITS",
            Cap::Credits => "CREDITS",
        }
    }
}

/// An account to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAccount {
    /// Its id, chosen by the caller.
    pub id: LedgerAccountId,
    /// What it is fenced into (专款专用), e.g. the budget line.
    pub ring: Uuid,
    /// What NO_BUDGET calls its cap, e.g. `quota`.
    pub scope: String,
    /// Its cap.
    pub cap: Cap,
}

/// Money to move from one account to another of the same ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Its id, chosen by the caller.
    pub id: TransferId,
    /// Account debited.
    pub debit: LedgerAccountId,
    /// Account credited.
    pub credit: LedgerAccountId,
    /// Fen moved, above zero.
    pub amount: Fen,
    /// Day from which it counts.
    pub effective_on: Date,
}

/// What becomes of a reservation, whole: a part cannot be posted or voided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PostOrVoid {
    /// Id of this posting or voiding, chosen by the caller.
    pub id: TransferId,
    /// The reservation.
    pub pending: TransferId,
    /// Day from which it counts, not before the reservation's own.
    pub effective_on: Date,
}

/// How a transfer moves its accounts, as the database names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Direct,
    Pending,
    Post,
    Void,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Kind::Direct => "DIRECT",
            Kind::Pending => "PENDING",
            Kind::Post => "POST",
            Kind::Void => "VOID",
        }
    }
}
