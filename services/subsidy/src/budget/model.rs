//! A budget line of a year and its adjustments. What is taken of a line stands in the ledger alone.

use canopy_kernel::id::{AdjustmentId, BudgetLineId, LedgerAccountId};
use canopy_kernel::{Failure, Fen, SignedFen, reason};
use jiff::civil::Date;

/// The plan of a year: fen to the end of each month, never falling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MonthPlan([Fen; 12]);

impl MonthPlan {
    /// Takes twelve numbers, each not below the one before.
    pub fn new(fen: [i64; 12]) -> Result<Self, Failure> {
        let mut plan = [Fen::ZERO; 12];
        for (month, amount) in fen.into_iter().enumerate() {
            plan[month] = Fen::new(amount)?;
            if month > 0 && plan[month] < plan[month - 1] {
                return Err(refused(format!("plan_fen[{month}]"), "not below the month before"));
            }
        }
        Ok(Self(plan))
    }

    /// Takes a list of twelve such numbers.
    pub fn of(fen: &[i64]) -> Result<Self, Failure> {
        let twelve = <[i64; 12]>::try_from(fen);
        twelve.map_err(|_| refused("plan_fen".to_owned(), "twelve numbers")).and_then(Self::new)
    }

    /// The plan to the end of the month of that day.
    pub fn to_end_of(&self, day: Date) -> Fen {
        // A civil month is 1 to 12.
        let index = usize::try_from(day.month() - 1).unwrap_or_default();
        self.0[index]
    }

    /// The twelve numbers.
    pub fn to_vec(self) -> Vec<i64> {
        self.0.iter().map(|fen| fen.get()).collect()
    }
}

fn refused(field: String, rule: &'static str) -> Failure {
    Failure::new(&reason::FIELD_INVALID).on(field).with("rule", rule)
}

/// The ledger accounts of a line; all its money stays in their ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accounts {
    /// Where the grant comes from (财政预算), uncapped.
    pub treasury: LedgerAccountId,
    /// What was granted; what leaves it is capped by what came in: the year's quota once more, in the ledger.
    pub grant: LedgerAccountId,
    /// Payments: pending = encumbered, posted = paid.
    pub paid: LedgerAccountId,
}

/// A budget line of a year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetLine {
    /// Id; the ring of its accounts.
    pub id: BudgetLineId,
    /// Code, e.g. BL01.
    pub code: String,
    /// Year.
    pub year: i16,
    /// Approved for the year.
    pub approved: Fen,
    /// Plan by month.
    pub plan: MonthPlan,
    /// Its accounts.
    pub accounts: Accounts,
}

/// What is taken of a line on a day, by the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Encumbered and not yet paid (已占用).
    pub encumbered: Fen,
    /// Paid and not returned (已支付).
    pub paid: Fen,
}

impl Taken {
    /// Both together.
    pub fn total(&self) -> Result<Fen, Failure> {
        let sum = self.encumbered.checked_add(self.paid);
        sum.ok_or_else(|| Failure::new(&reason::INTERNAL).because("a budget line beyond i64"))
    }
}

/// A mid-year adjustment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adjustment {
    /// Id.
    pub id: AdjustmentId,
    /// Number of the decision.
    pub decision_no: String,
    /// Code of the line.
    pub line: String,
    /// Day from which it counts.
    pub decided_on: Date,
    /// Amount added; may be negative, not zero.
    pub amount: SignedFen,
    /// Why, in words.
    pub reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_may_stand_still_and_not_fall() {
        assert!(MonthPlan::new([5; 12]).is_ok());
        let failure = MonthPlan::new([5, 5, 4, 5, 5, 5, 5, 5, 5, 5, 5, 5]).unwrap_err();
        assert_eq!((failure.reason().name, failure.field()), ("FIELD_INVALID", Some("plan_fen[2]")));
    }

    #[test]
    fn a_plan_has_twelve_numbers_not_below_zero() {
        assert_eq!(MonthPlan::of(&[1; 11]).unwrap_err().field(), Some("plan_fen"));
        assert_eq!(MonthPlan::of(&[-1; 12]).unwrap_err().reason().name, "AMOUNT_NEGATIVE");
        assert_eq!(MonthPlan::of(&[7; 12]).unwrap().to_vec(), vec![7; 12]);
    }
}
