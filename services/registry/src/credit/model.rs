//! Credit listings (联合惩戒名单): who is listed, which measures bite, and repair.

use canopy_kernel::id::{CreditListingId, CreditRepairId};
use canopy_kernel::{Failure, Uscc, reason};
use jiff::civil::Date;

use super::rule_period::Maximum;
use canopy_kernel::words;

words! {
    /// Grade of a listing (失信等级).
    CreditGrade {
        /// General (一般).
        General = "GENERAL",
        /// Serious (严重).
        Serious = "SERIOUS",
    }
}

words! {
    /// State of a listing on a day.
    ListingState {
        /// Decided after the day.
        NotYet = "NOT_YET",
        /// Live.
        Listed = "LISTED",
        /// Live; an application for repair is being examined.
        RepairApplied = "REPAIR_APPLIED",
        /// Removed by repair.
        Repaired = "REPAIRED",
        /// Over: the maximum period has passed.
        Expired = "EXPIRED",
    }
}

words! {
    /// What the listing body answered to an application for repair.
    RepairDecision {
        /// Taken up for verification (核查中).
        Verifying = "VERIFYING",
        /// Refused; the listing stays.
        Refused = "REFUSED",
        /// Repaired: removed from the list.
        Repaired = "REPAIRED",
    }
}

/// A listing as the deciding body states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Number of the listing.
    pub listing_no: String,
    /// Listed entity; it need not be in the register.
    pub uscc: Uscc,
    /// Kind, e.g. `TAX`.
    pub kind: String,
    /// Grade.
    pub grade: CreditGrade,
    /// Decision day; live from this day.
    pub decided_on: Date,
    /// Deciding body.
    pub authority: String,
    /// Measure codes, e.g. `FISCAL_FUNDS`.
    pub measures: Vec<String>,
}

/// A listing in the register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditListing {
    /// Its id.
    pub id: CreditListingId,
    /// What was decided.
    pub decision: Decision,
    /// Day of the application that was taken up.
    pub repair_applied_on: Option<Date>,
    /// Day of removal by repair.
    pub repaired_on: Option<Date>,
    /// Counts writes.
    pub version: i64,
}

impl CreditListing {
    /// The state on a day. Where no maximum period is in force on it, no listing is over.
    pub fn state_on(&self, day: Date, maximum: Option<Maximum>) -> ListingState {
        let by = |at: Option<Date>| at.is_some_and(|at| at <= day);
        if self.decision.decided_on > day {
            ListingState::NotYet
        } else if by(self.repaired_on) {
            ListingState::Repaired
        } else if maximum.is_some_and(|maximum| maximum.is_over(self.decision.decided_on, day)) {
            ListingState::Expired
        } else if by(self.repair_applied_on) {
            ListingState::RepairApplied
        } else {
            ListingState::Listed
        }
    }

    /// Removes it by repair: an application has to be under examination, and the day not before it.
    pub fn repair(mut self, repaired_on: Date) -> Result<Self, Failure> {
        if self.repaired_on.is_some() {
            return Err(Failure::new(&reason::ALREADY_REPAIRED).on("listing_no"));
        }
        let applied_on = self.repair_applied_on.ok_or_else(|| {
            Failure::new(&reason::STATE_NOT_ALLOWED)
                .with("state", ListingState::Listed.as_str())
                .with("expected", ListingState::RepairApplied.as_str())
        })?;
        if repaired_on < applied_on {
            return Err(Failure::new(&reason::FIELD_OUT_OF_RANGE).on("repaired_on").with("min", applied_on));
        }
        self.repaired_on = Some(repaired_on);
        self.version += 1;
        Ok(self)
    }
}

/// An application for repair as it is filed.
#[derive(Clone, Debug)]
pub struct Application {
    /// Number of the listing.
    pub listing_no: String,
    /// Day of the application.
    pub applied_on: Date,
    /// Proof that the duty is fulfilled, and pledge, in words.
    pub evidence: String,
}

/// An application for repair and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditRepair {
    /// Its id.
    pub id: CreditRepairId,
    /// Number of the listing.
    pub listing_no: String,
    /// Day of the application.
    pub applied_on: Date,
    /// The answer.
    pub decision: RepairDecision,
    /// Earliest day for an application under the version in force on the day of application.
    pub earliest_on: Date,
    /// Day of removal.
    pub repaired_on: Option<Date>,
    /// Reason code of a refusal; empty otherwise.
    pub reason: String,
}
