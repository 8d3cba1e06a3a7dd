//! What of an inventor's cash award is taxed (`RULES.md` R48; 财税〔2018〕58号): a part of it when the award is paid within
//! some years of the income. It is told for information and moves no money.

use canopy_kernel::{BasisPoints, Failure, Fen, period, reason};
use jiff::civil::Date;

/// How long, and how much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaxNote {
    years: u32,
    taxed: BasisPoints,
}

impl TaxNote {
    /// Takes years, and a part that is at most the whole.
    pub fn new(years: u32, taxed: BasisPoints) -> Result<Self, Failure> {
        match taxed <= BasisPoints::ONE {
            true => Ok(Self { years, taxed }),
            false => {
                Err(Failure::new(&reason::FIELD_OUT_OF_RANGE).on("value").with("max", BasisPoints::ONE.get()))
            }
        }
    }

    /// The taxable part of an award, half up to the fen. The last day of the years is the corresponding day (民法典 202)
    /// and still within them.
    pub fn taxable(self, award: Fen, received_on: Date, distributed_on: Date) -> Fen {
        match distributed_on <= period::add_years(received_on, self.years) {
            true => award.share(self.taxed),
            false => award,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn bp(value: i64) -> BasisPoints {
        BasisPoints::new(value).unwrap()
    }

    fn fen(fen: i64) -> Fen {
        Fen::new(fen).unwrap()
    }

    /// The taxable part of an award of income received on that day.
    fn taxable(award: i64, received_on: Date, distributed_on: Date) -> i64 {
        let note = TaxNote::new(3, bp(5_000)).unwrap();
        note.taxable(fen(award), received_on, distributed_on).get()
    }

    #[test]
    fn half_of_an_award_within_three_years_is_taxed() {
        // 240,000.00: 120,000.00.
        assert_eq!(taxable(24_000_000, date(2022, 8, 1), date(2022, 8, 10)), 12_000_000);
        // Half a fen goes up.
        assert_eq!(taxable(13, date(2022, 8, 1), date(2022, 8, 1)), 7);
        assert_eq!(taxable(0, date(2022, 8, 1), date(2022, 8, 1)), 0);
    }

    #[test]
    fn the_corresponding_day_is_the_last_one() {
        assert_eq!(taxable(100, date(2022, 8, 1), date(2025, 8, 1)), 50);
        assert_eq!(taxable(100, date(2022, 8, 1), date(2025, 8, 2)), 100);
        assert_eq!(taxable(100, date(2020, 2, 29), date(2023, 2, 28)), 50);
        assert_eq!(taxable(100, date(2020, 2, 29), date(2023, 3, 1)), 100);
    }

    #[test]
    fn the_part_is_at_most_the_whole() {
        assert!(TaxNote::new(3, bp(10_000)).is_ok());
        assert_eq!(TaxNote::new(3, bp(10_001)).unwrap_err().reason().name, "FIELD_OUT_OF_RANGE");
    }
}
