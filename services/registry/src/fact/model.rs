//! Facts (事实): typed, dated, sourced statements about a subject, which count from their own day
//! (`RULES.md` R9).

use canopy_kernel::id::FactId;
use canopy_kernel::{Failure, Uscc, reason};
use jiff::civil::Date;

use canopy_kernel::words;

words! {
    /// Unit of a fact's value.
    FactUnit {
        /// Money in fen.
        Fen = "fen",
        /// A rate in basis points.
        BasisPoints = "bp",
        /// A count.
        Count = "count",
        /// Yes (1) or no (0).
        Bool = "bool",
    }
}

/// A fact as it is stated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Subject's code.
    pub uscc: Uscc,
    /// Type of the fact.
    pub kind: String,
    /// Value, in the unit.
    pub value: i64,
    /// Unit of the value.
    pub unit: FactUnit,
    /// Day from which it counts.
    pub occurred_on: Date,
    /// Who states it.
    pub source: String,
    /// Number of the proof (凭证号).
    pub evidence_no: String,
}

impl Statement {
    /// Refuses a yes-or-no that is neither.
    pub fn require_value(&self) -> Result<(), Failure> {
        match self.unit == FactUnit::Bool && !(0..=1).contains(&self.value) {
            true => Err(Failure::new(&reason::FIELD_OUT_OF_RANGE).on("value").with("min", 0).with("max", 1)),
            false => Ok(()),
        }
    }
}

/// A fact in the register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Its id.
    pub id: FactId,
    /// What is stated.
    pub statement: Statement,
}
