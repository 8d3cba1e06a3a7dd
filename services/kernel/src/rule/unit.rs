//! The units in which rule parameters are given.

use std::fmt;
use std::str::FromStr;

use crate::failure::Failure;
use crate::reason;

/// Unit of a rule parameter's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleUnit {
    /// Money in fen.
    Fen,
    /// A rate in basis points.
    BasisPoints,
    /// Years.
    Years,
    /// Months.
    Months,
    /// Days, of the kind the rule implies.
    Days,
    /// Calendar days.
    CalendarDays,
    /// Working days.
    WorkingDays,
    /// A word of a closed list.
    Word,
}

impl RuleUnit {
    /// Every unit.
    pub const ALL: [RuleUnit; 8] = [
        RuleUnit::Fen,
        RuleUnit::BasisPoints,
        RuleUnit::Years,
        RuleUnit::Months,
        RuleUnit::Days,
        RuleUnit::CalendarDays,
        RuleUnit::WorkingDays,
        RuleUnit::Word,
    ];

    /// Name in the data, such as `working days`.
    pub const fn as_str(self) -> &'static str {
        match self {
            RuleUnit::Fen => "fen",
            RuleUnit::BasisPoints => "bp",
            RuleUnit::Years => "years",
            RuleUnit::Months => "months",
            RuleUnit::Days => "days",
            RuleUnit::CalendarDays => "calendar days",
            RuleUnit::WorkingDays => "working days",
            RuleUnit::Word => "word",
        }
    }

    /// The unit of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| unit.as_str() == name)
    }
}

impl FromStr for RuleUnit {
    type Err = Failure;

    fn from_str(name: &str) -> Result<Self, Failure> {
        Self::from_name(name)
            .ok_or_else(|| Failure::new(&reason::ENUM_UNKNOWN).on("unit").with("value", name))
    }
}

impl fmt::Display for RuleUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
