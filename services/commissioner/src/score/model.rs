//! Score sheets (评分表): dated rules by which the work of a commissioner is counted.

use canopy_kernel::id::ScoreSheetId;
use canopy_kernel::{Failure, reason, words};
use jiff::civil::Date;

words! {
    /// What a clause counts.
    Measure {
        /// Participations in visits.
        Visit = "VISIT",
        /// Participations in inspections.
        Inspection = "INSPECTION",
        /// Participations in contacts.
        Contact = "CONTACT",
        /// Activities that the counterpart has confirmed.
        ConfirmedActivity = "CONFIRMED_ACTIVITY",
        /// Contacts with leading firms of their industry.
        LeadingFirmContact = "LEADING_FIRM_CONTACT",
        /// Demands that he collected, verified.
        DemandVerified = "DEMAND_VERIFIED",
        /// Signed projects that follow from matches, by his share of the credit.
        SignedProject = "SIGNED_PROJECT",
    }
}

/// A clause of a sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clause {
    /// What is counted.
    pub measure: Measure,
    /// Points for each.
    pub points: i32,
    /// Most points of the clause; `None` = no cap.
    pub cap: Option<i32>,
}

/// A sheet: in force from its first day until a later one begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// Id.
    pub id: ScoreSheetId,
    /// First day in force.
    pub valid_from: Date,
    /// Title.
    pub title: String,
    /// Who wrote it.
    pub maker: String,
    /// Its clauses.
    pub clauses: Vec<Clause>,
}

/// Refuses a measure that stands twice.
pub fn require_once(clauses: &[Clause]) -> Result<(), Failure> {
    let stands_before = |(place, clause): (usize, &Clause)| {
        clauses[..place].iter().any(|before| before.measure == clause.measure)
    };
    match clauses.iter().enumerate().any(stands_before) {
        true => Err(Failure::new(&reason::FIELD_INVALID).on("clauses")),
        false => Ok(()),
    }
}

/// How much there was of what a clause counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    /// How many.
    pub count: i64,
    /// Shares of them in basis points.
    pub share_bp: i64,
}
