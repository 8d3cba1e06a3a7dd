//! Whether a budget line covers a batch: the year's quota first, then the plan of the month (RULES.md R3; 预算法 13, 57).

use canopy_kernel::{Failure, Fen, SignedFen, reason};
use jiff::civil::Date;

use super::model::MonthPlan;

/// What a budget line allows on a day, with the adjustments that count by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Approved for the year plus adjustments; below zero it allows nothing.
    pub quota: SignedFen,
    /// Cumulative plan to the end of the month plus the same adjustments.
    pub plan: SignedFen,
}

impl Limits {
    /// The limits on a day. An adjustment counts from its day, lifts the year and the plan of its month and later ones.
    pub fn on(day: Date, approved: Fen, plan: &MonthPlan, adjusted: SignedFen) -> Result<Limits, Failure> {
        let lifted = |fen: Fen| SignedFen::from(fen).checked_add(adjusted).ok_or_else(overflow);
        Ok(Limits { quota: lifted(approved)?, plan: lifted(plan.to_end_of(day))? })
    }
}

/// Takes a batch that fits under both limits: `used + asked ≤ quota` and `≤ plan`. `used` is what is encumbered and
/// paid already. A refusal is whole; nothing is encumbered (`REFUSE_RUN`).
pub fn cover(limits: Limits, used: Fen, asked: Fen) -> Result<(), Failure> {
    let total = used.checked_add(asked).ok_or_else(overflow)?;
    for (scope, limit) in [("quota", limits.quota), ("plan", limits.plan)] {
        if SignedFen::from(total) > limit {
            return Err(Failure::new(&reason::NO_BUDGET)
                .with("scope", scope)
                .with("limit_fen", limit.get())
                .with("used_fen", used.get())
                .with("asked_fen", asked.get()));
        }
    }
    Ok(())
}

/// Takes an adjustment that leaves the year's quota at or above what is taken already.
pub fn adjust(quota: SignedFen, change: SignedFen, used: Fen) -> Result<SignedFen, Failure> {
    let after = quota.checked_add(change).ok_or_else(overflow)?;
    match after < SignedFen::from(used) {
        false => Ok(after),
        true => Err(Failure::new(&reason::AMOUNT_NEGATIVE)
            .on("amount_fen")
            .with("amount_fen", after.get() - used.get())),
    }
}

fn overflow() -> Failure {
    Failure::new(&reason::FIELD_OUT_OF_RANGE).on("amount_fen").with("max", i64::MAX)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::policy::rule_terms::tests::fen;

    fn plan() -> MonthPlan {
        MonthPlan::new([100, 100, 200, 200, 300, 300, 400, 400, 900, 900, 900, 1000]).unwrap()
    }

    fn limits(day: Date, adjusted: i64) -> Limits {
        Limits::on(day, fen(1000), &plan(), SignedFen::new(adjusted)).unwrap()
    }

    fn scope(outcome: Result<(), Failure>) -> Option<String> {
        outcome.err().map(|failure| failure.details()["scope"].clone())
    }

    #[test]
    fn the_plan_is_that_of_the_end_of_the_month_of_the_day() {
        for (day, expected) in [
            (date(2022, 1, 1), 100),
            (date(2022, 1, 31), 100),
            (date(2022, 3, 1), 200),
            (date(2022, 9, 30), 900),
            (date(2022, 12, 31), 1000),
        ] {
            assert_eq!(limits(day, 0).plan.get(), expected, "{day}");
        }
    }

    #[test]
    fn an_adjustment_lifts_the_year_and_the_plan() {
        let lifted = limits(date(2022, 9, 22), 50);
        assert_eq!((lifted.quota.get(), lifted.plan.get()), (1050, 950));
    }

    #[test]
    fn a_batch_may_use_the_last_fen_and_not_one_more() {
        let september = limits(date(2022, 9, 22), 0);
        assert_eq!(cover(september, fen(500), fen(400)), Ok(()));
        assert_eq!(scope(cover(september, fen(500), fen(401))).as_deref(), Some("plan"));
        let december = limits(date(2022, 12, 31), 0);
        assert_eq!(cover(december, fen(500), fen(500)), Ok(()));
        assert_eq!(scope(cover(december, fen(500), fen(501))).as_deref(), Some("quota"));
    }

    #[test]
    fn the_quota_is_named_before_the_plan() {
        assert_eq!(scope(cover(limits(date(2022, 1, 5), 0), fen(0), fen(1001))).as_deref(), Some("quota"));
        assert_eq!(scope(cover(limits(date(2022, 1, 5), 0), fen(0), fen(1000))).as_deref(), Some("plan"));
    }

    #[test]
    fn a_refusal_tells_limit_used_and_asked() {
        let failure = cover(limits(date(2022, 1, 5), 0), fen(60), fen(41)).unwrap_err();
        let told: Vec<&str> = ["limit_fen", "used_fen", "asked_fen"]
            .iter()
            .map(|key| failure.details()[*key].as_str())
            .collect();
        assert_eq!((failure.code().as_str(), told), ("RESOURCE_EXHAUSTED", vec!["100", "60", "41"]));
    }

    #[test]
    fn the_bundled_shape_is_refused_before_its_adjustment_and_covered_after_it() {
        let approved = fen(34_510_000_000);
        let plan = MonthPlan::new([34_510_000_000; 12]).unwrap();
        let asked = fen(37_200_000_000);
        let before = Limits::on(date(2022, 9, 16), approved, &plan, SignedFen::ZERO).unwrap();
        let after = Limits::on(date(2022, 9, 22), approved, &plan, SignedFen::new(4_200_000_000)).unwrap();
        assert_eq!(scope(cover(before, Fen::ZERO, asked)).as_deref(), Some("quota"));
        assert_eq!(cover(after, Fen::ZERO, asked), Ok(()));
    }

    #[test]
    fn an_adjustment_may_take_all_that_is_left_and_not_one_fen_more() {
        assert_eq!(adjust(SignedFen::new(1000), SignedFen::new(-400), fen(600)), Ok(SignedFen::new(600)));
        let failure = adjust(SignedFen::new(1000), SignedFen::new(-401), fen(600)).unwrap_err();
        assert_eq!(failure.reason().name, "AMOUNT_NEGATIVE");
    }

    #[test]
    fn sums_beyond_every_budget_are_refused_and_do_not_wrap() {
        assert!(cover(limits(date(2022, 1, 5), 0), Fen::MAX, fen(1)).is_err());
        assert!(adjust(SignedFen::new(i64::MAX), SignedFen::new(1), Fen::ZERO).is_err());
    }
}
