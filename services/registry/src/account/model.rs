//! Payment accounts (收款账户): one on file per subject, corrected from a day on.

use std::fmt;

use canopy_kernel::Uscc;
use canopy_kernel::id::AccountId;
use jiff::civil::Date;

/// An account as it is stated. Debug output hides name and number.
#[derive(Clone, PartialEq, Eq)]
pub struct AccountData {
    /// Payee name (户名).
    pub name: String,
    /// Bank and branch (开户行).
    pub bank: String,
    /// Account number (账号).
    pub number: String,
}

impl fmt::Debug for AccountData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountData").field("bank", &self.bank).finish_non_exhaustive()
    }
}

/// The account of a payee that holds on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// The payee's code.
    pub uscc: Uscc,
    /// The account.
    pub data: AccountData,
    /// Whether the payee name is the registered name, to the letter (`RULES.md` R5).
    pub name_matches: bool,
    /// First day on which it holds; `None` = from the beginning.
    pub effective_on: Option<Date>,
}

/// A corrected account and the day from which it holds.
#[derive(Clone, Debug)]
pub struct Correction {
    /// The payee's code.
    pub uscc: Uscc,
    /// First day on which it holds.
    pub effective_on: Date,
    /// The new account.
    pub data: AccountData,
}
