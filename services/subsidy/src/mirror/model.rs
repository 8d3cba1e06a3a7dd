//! Facts of the registry that only this service keeps or reads.

use jiff::civil::Date;

pub use canopy_kernel::SubjectStatus as Status;

/// Result of a yearly assessment (年度考核).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assessment {
    /// Excellent (优秀).
    Excellent,
    /// Passed (合格).
    Pass,
    /// Failed (不合格).
    Fail,
}

impl Assessment {
    /// Name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Assessment::Excellent => "EXCELLENT",
            Assessment::Pass => "PASS",
            Assessment::Fail => "FAIL",
        }
    }

    /// Reads back a stored result; empty = not assessed.
    pub fn from_stored(name: &str) -> Option<Self> {
        [Assessment::Excellent, Assessment::Pass, Assessment::Fail].into_iter().find(|it| it.as_str() == name)
    }
}

/// That a payee corrected the account from a day on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// Payee's code.
    pub uscc: String,
    /// Day from which the new data hold.
    pub effective_on: Date,
    /// Feed position.
    pub position: i64,
}
