//! How a score comes about (`RULES.md` R6): each thing counts by the sheet in force on its own day, clause by clause,
//! up to the clause's cap.

use jiff::ToSpan;
use jiff::civil::Date;

use super::model::{Amount, Clause, Sheet};

/// The days of a time on which one sheet is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch<'s> {
    /// The sheet.
    pub sheet: &'s Sheet,
    /// First day.
    pub from_on: Date,
    /// Last day.
    pub to_on: Date,
}

/// Cuts a time by the sheets in force, given by their first days in order. Days before the first sheet count nothing.
pub fn stretches(sheets: &[Sheet], from_on: Date, to_on: Date) -> Vec<Stretch<'_>> {
    let ends = sheets.iter().skip(1).map(|next| next.valid_from.saturating_sub(1.day())).chain([Date::MAX]);
    sheets
        .iter()
        .zip(ends)
        .map(|(sheet, end)| Stretch { sheet, from_on: sheet.valid_from.max(from_on), to_on: end.min(to_on) })
        .filter(|stretch| stretch.from_on <= stretch.to_on)
        .collect()
}

/// What a clause brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Points {
    /// Before the cap.
    pub uncapped: i64,
    /// After it.
    pub points: i64,
}

/// The points of a clause: shares of the points for each, half up, then the cap.
pub fn points(clause: Clause, amount: Amount) -> Points {
    let uncapped = (i64::from(clause.points) * amount.share_bp + 5_000).div_euclid(10_000);
    Points { uncapped, points: clause.cap.map_or(uncapped, |cap| uncapped.min(i64::from(cap))) }
}

#[cfg(test)]
mod tests {
    use canopy_kernel::id::ScoreSheetId;
    use jiff::civil::date;
    use uuid::Uuid;

    use super::*;
    use crate::score::model::{Measure, require_once};

    fn sheet(valid_from: Date) -> Sheet {
        let id = ScoreSheetId::new(Uuid::nil());
        Sheet { id, valid_from, title: String::new(), maker: String::new(), clauses: Vec::new() }
    }

    fn clause(points: i32, cap: Option<i32>) -> Clause {
        Clause { measure: Measure::Visit, points, cap }
    }

    #[test]
    fn a_time_is_cut_where_a_sheet_begins() {
        let sheets = [sheet(date(2022, 3, 1)), sheet(date(2022, 7, 1))];
        let cut = |from, to| -> Vec<(Date, Date)> {
            stretches(&sheets, from, to).iter().map(|it| (it.from_on, it.to_on)).collect()
        };
        let whole = cut(date(2022, 1, 1), date(2022, 11, 30));
        assert_eq!(whole, [(date(2022, 3, 1), date(2022, 6, 30)), (date(2022, 7, 1), date(2022, 11, 30))]);
        assert!(cut(date(2022, 1, 1), date(2022, 2, 28)).is_empty());
        assert_eq!(cut(date(2022, 7, 1), date(2022, 7, 1)), [(date(2022, 7, 1), date(2022, 7, 1))]);
    }

    #[test]
    fn points_are_shared_half_up_and_capped() {
        let amount = |count, share_bp| Amount { count, share_bp };
        let table = [
            (clause(2, None), amount(3, 30_000), (6, 6)),
            (clause(2, Some(5)), amount(3, 30_000), (6, 5)),
            (clause(5, None), amount(1, 5_000), (3, 3)),
            (clause(5, None), amount(1, 4_999), (2, 2)),
            (clause(5, None), amount(0, 0), (0, 0)),
        ];
        for (clause, amount, (uncapped, expected)) in table {
            assert_eq!(
                points(clause, amount),
                Points { uncapped, points: expected },
                "{clause:?} {amount:?}"
            );
        }
    }

    #[test]
    fn a_measure_stands_once() {
        assert!(require_once(&[clause(1, None)]).is_ok());
        assert!(require_once(&[clause(1, None), clause(2, None)]).is_err());
    }
}
