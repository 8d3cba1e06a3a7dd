//! How much of a year's operating profit the inventors get at least (`RULES.md` R49; 促进科技成果转化法 45).

use canopy_kernel::{BasisPoints, Failure, Fen, reason};

/// Smallest part of the operating profit that is awarded; at most the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Floor(BasisPoints);

impl Floor {
    /// Takes a part that is at most the whole.
    pub fn new(part: BasisPoints) -> Result<Self, Failure> {
        match part <= BasisPoints::ONE {
            true => Ok(Self(part)),
            false => {
                Err(Failure::new(&reason::FIELD_OUT_OF_RANGE).on("value").with("max", BasisPoints::ONE.get()))
            }
        }
    }

    /// The part.
    pub const fn get(self) -> BasisPoints {
        self.0
    }

    /// The smallest award out of a profit. A part of a fen is a whole one: less would be below what the law asks for.
    pub fn least(self, profit: Fen) -> Fen {
        let scaled = u128::from(profit.get().unsigned_abs()) * u128::from(self.0.get());
        let least = i64::try_from(scaled.div_ceil(u128::from(BasisPoints::ONE.get())));
        least.ok().and_then(|fen| Fen::new(fen).ok()).unwrap_or(Fen::MAX)
    }

    /// Refuses an award above the profit that it is taken from, or below the smallest part of it.
    pub fn require(self, award: Fen, profit: Fen) -> Result<(), Failure> {
        let refused = |reason| Failure::new(reason).on("award_fen");
        if award > profit {
            return Err(refused(&reason::AWARD_ABOVE_PROFIT).with("profit_fen", profit.get()));
        }
        let least = self.least(profit);
        match award >= least {
            true => Ok(()),
            false => {
                let failure = refused(&reason::AWARD_BELOW_FLOOR).with("least_fen", least.get());
                Err(failure.with("floor_bp", self.0.get()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fen(fen: i64) -> Fen {
        Fen::new(fen).unwrap()
    }

    fn floor(bp: i64) -> Result<Floor, Failure> {
        Floor::new(BasisPoints::new(bp).unwrap())
    }

    /// The refusal of an award out of a profit, at 5 %.
    fn answer(award: i64, profit: i64) -> Option<&'static str> {
        let outcome = floor(500).unwrap().require(fen(award), fen(profit));
        outcome.err().map(|failure| {
            assert_eq!(failure.field(), Some("award_fen"));
            failure.reason().name
        })
    }

    #[test]
    fn at_least_five_percent_of_the_profit_is_awarded() {
        // 5 % of 2,400,000.00 is 120,000.00.
        assert_eq!(answer(12_000_000, 240_000_000), None);
        assert_eq!(answer(11_999_999, 240_000_000), Some("AWARD_BELOW_FLOOR"));
        assert_eq!(answer(240_000_000, 240_000_000), None);
        assert_eq!(answer(240_000_001, 240_000_000), Some("AWARD_ABOVE_PROFIT"));
    }

    #[test]
    fn a_part_of_a_fen_is_a_whole_one() {
        // 5 % of 29 is 1.45, of 20 exactly 1.
        assert_eq!(answer(1, 29), Some("AWARD_BELOW_FLOOR"));
        assert_eq!(answer(2, 29), None);
        assert_eq!(answer(1, 20), None);
        assert_eq!(floor(10_000).unwrap().least(Fen::MAX), Fen::MAX);
    }

    #[test]
    fn of_no_profit_nothing_is_awarded() {
        assert_eq!(answer(0, 0), None);
        assert_eq!(answer(1, 0), Some("AWARD_ABOVE_PROFIT"));
    }

    #[test]
    fn the_part_is_at_most_the_whole() {
        assert!(floor(10_000).is_ok());
        assert_eq!(floor(10_001).unwrap_err().reason().name, "FIELD_OUT_OF_RANGE");
    }
}
