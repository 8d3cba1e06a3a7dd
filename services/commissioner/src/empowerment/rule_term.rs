//! The term of a use right (`RULES.md` R41): within the bounds in force, ending on the corresponding day.

use canopy_kernel::{Failure, RuleTable, reason};
use jiff::civil::Date;

use super::model::Basis;

/// Rule parameter: longest use right.
const MAX: &str = "use_right_max_years";
/// Rule parameter: shortest long-term use right.
const MIN: &str = "use_right_min_years";

/// Bounds of a use right in years.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Shortest.
    pub min: u32,
    /// Longest.
    pub max: u32,
}

impl Bounds {
    /// The bounds in force on a day.
    pub fn on(rules: &RuleTable, day: Date) -> Result<Self, Failure> {
        Ok(Self { min: rules.years(MIN, day)?, max: rules.years(MAX, day)? })
    }

    /// Takes a footing whose term lies within the bounds; full ownership has none.
    pub fn admit(self, basis: Basis) -> Result<(), Failure> {
        let Basis::UnitOwned { term_years: years } = basis else { return Ok(()) };
        let refused = |reason| Failure::new(reason).on("term_years").with("years", years);
        if years > self.max {
            return Err(refused(&reason::TERM_TOO_LONG).with("max", self.max));
        }
        match years < self.min {
            true => Err(refused(&reason::TERM_TOO_SHORT).with("min", self.min)),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { min: 10, max: 30 };

    fn answer(years: u32) -> Option<&'static str> {
        let outcome = BOUNDS.admit(Basis::UnitOwned { term_years: years });
        outcome.err().map(|failure| failure.reason().name)
    }

    #[test]
    fn a_use_right_lies_within_both_bounds() {
        assert_eq!(answer(9), Some("TERM_TOO_SHORT"));
        assert_eq!(answer(10), None);
        assert_eq!(answer(30), None);
        assert_eq!(answer(31), Some("TERM_TOO_LONG"));
    }

    #[test]
    fn full_ownership_has_no_term() {
        assert_eq!(BOUNDS.admit(Basis::OtherService), Ok(()));
    }
}
