//! Activities (联络活动): whom a commissioner visited, inspected or brought together, and what the counterpart says.

use canopy_kernel::id::{AchievementId, ActivityId, CommissionerId, DemandId, LeadingFirmId};
use canopy_kernel::words;
use jiff::Timestamp;
use jiff::civil::Date;

words! {
    /// Kind of an activity; the kinds are counted apart.
    Kind {
        /// Visit to a team of academicians or experts (拜访).
        Visit = "VISIT",
        /// Inspection of a project (考察).
        Inspection = "INSPECTION",
        /// Contact with a firm, bank or service institution (对接).
        Contact = "CONTACT",
    }
}

words! {
    /// Whom an activity was with.
    CounterpartKind {
        /// Team of academicians or experts (院士专家团队).
        ExpertTeam = "EXPERT_TEAM",
        /// Project (项目).
        Project = "PROJECT",
        /// Firm (企业).
        Firm = "FIRM",
        /// Bank or other financial institution (金融机构).
        Bank = "BANK",
        /// Service institution (服务机构).
        Agency = "AGENCY",
    }
}

words! {
    /// What a counterpart answers.
    Verdict {
        /// It took place.
        Confirmed = "CONFIRMED",
        /// It did not take place so.
        Denied = "DENIED",
    }
}

/// Whom an activity was with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counterpart {
    /// What it is.
    pub kind: CounterpartKind,
    /// Its name.
    pub name: String,
    /// Its code; empty = not stated.
    pub uscc: String,
}

/// An activity as it is reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The reporter's own number.
    pub number: String,
    /// Kind.
    pub kind: Kind,
    /// Number of the commissioner.
    pub commissioner_no: String,
    /// Sheet that several participants share; empty = none.
    pub sheet: String,
    /// Day of the activity.
    pub activity_on: Date,
    /// Instant of the report.
    pub reported_at: Timestamp,
    /// Local day of the report.
    pub reported_on: Date,
    /// Whom it was with.
    pub counterpart: Counterpart,
    /// Code of the method dictionary; empty = none.
    pub method_code: String,
    /// Words.
    pub note: String,
    /// Where the evidence is kept.
    pub evidence: String,
    /// Demand that it is about.
    pub demand: Option<DemandId>,
    /// Achievement that it is about.
    pub achievement: Option<AchievementId>,
    /// Day by which it is to be followed up.
    pub follow_up_on: Option<Date>,
}

impl Report {
    /// What two reports of one activity have in common (`RULES.md` R3): commissioner, day, counterpart and kind.
    pub fn visit(&self) -> (String, Date, String, Kind) {
        (self.commissioner_no.clone(), self.activity_on, self.counterpart.name.clone(), self.kind)
    }

    /// The joint sheet that it counts on; `None` = it counts alone.
    pub fn joint(&self) -> Option<(String, Kind)> {
        (!self.sheet.is_empty()).then(|| (self.sheet.clone(), self.kind))
    }
}

/// The answer of a counterpart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What it says.
    pub verdict: Verdict,
    /// On which day.
    pub answered_on: Date,
}

/// An activity that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    /// Id.
    pub id: ActivityId,
    /// The commissioner.
    pub commissioner: CommissionerId,
    /// What was reported.
    pub report: Report,
    /// What the counterpart answered.
    pub answer: Option<Answer>,
}

/// A dated mark as leading firm of its industry (行业龙头企业).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeadingFirm {
    /// Id.
    pub id: LeadingFirmId,
    /// Name of the firm, as activities write it.
    pub counterpart: String,
    /// Industry that it leads.
    pub industry: String,
    /// First day.
    pub from_on: Date,
    /// Last day; `None` = open.
    pub to_on: Option<Date>,
}
