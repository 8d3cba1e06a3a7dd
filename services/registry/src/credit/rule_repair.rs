//! Credit repair (信用修复, `RULES.md` R11): an application before the minimum period is answered REFUSED with
//! the earliest day, by the version in force on the day of application.

use canopy_kernel::{Failure, RuleTable, period, reason};
use jiff::civil::Date;

use super::model::{CreditListing, ListingState, RepairDecision};
use super::rule_period::{Maximum, key};

/// The answer to an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// VERIFYING or REFUSED.
    pub decision: RepairDecision,
    /// Earliest day for an application.
    pub earliest_on: Date,
}

/// Answers an application for repair of a listing.
pub fn answer(rules: &RuleTable, listing: &CreditListing, applied_on: Date) -> Result<Answer, Failure> {
    require_live(rules, listing, applied_on)?;
    let months = minimum_months(rules, listing, applied_on)?;
    let earliest_on = period::add_months(listing.decision.decided_on, months);
    let decision = match applied_on < earliest_on {
        true => RepairDecision::Refused,
        false => RepairDecision::Verifying,
    };
    Ok(Answer { decision, earliest_on })
}

/// The minimum period: that of the listing's kind where the version in force has one, else that of its grade.
fn minimum_months(rules: &RuleTable, listing: &CreditListing, day: Date) -> Result<u32, Failure> {
    let by_kind = key("credit_repair_min_months", &listing.decision.kind);
    match rules.in_force(&by_kind, day) {
        Ok(parameter) => parameter.months(),
        Err(_) => rules.months(&key("credit_repair_min_months", listing.decision.grade.as_str()), day),
    }
}

fn require_live(rules: &RuleTable, listing: &CreditListing, day: Date) -> Result<(), Failure> {
    if listing.repaired_on.is_some() {
        return Err(Failure::new(&reason::ALREADY_REPAIRED).on("listing_no"));
    }
    let maximum = Maximum::in_force(rules, listing.decision.grade, day).ok();
    if listing.state_on(day, maximum) == ListingState::Expired {
        return Err(Failure::new(&reason::ALREADY_REPAIRED).on("listing_no"));
    }
    match listing.repair_applied_on {
        Some(_) => Err(Failure::new(&reason::STATE_NOT_ALLOWED)
            .on("listing_no")
            .with("state", ListingState::RepairApplied.as_str())
            .with("expected", ListingState::Listed.as_str())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
