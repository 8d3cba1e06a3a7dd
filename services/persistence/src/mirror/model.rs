//! Facts as the registry tells them, each with the feed position that it stands on.

use canopy_kernel::SubjectStatus;
use canopy_kernel::id::{CreditListingId, QualificationId};
use jiff::civil::{Date, date};

/// The day that stands for "from the beginning": a status or an assessment without a day of its own.
pub const BEGINNING: Date = date(1, 1, 1);

/// An organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Its code.
    pub uscc: String,
    /// Kind, e.g. `ENTERPRISE`.
    pub kind: String,
    /// Registered name.
    pub title: String,
    /// District of the seat, six digits.
    pub area_code: String,
    /// Whether the seat is in the city.
    pub located_in_city: bool,
    /// Whether it is the pilot unit of the empowerment reform.
    pub is_pilot_unit: bool,
    /// Feed position.
    pub position: i64,
}

/// A dated status of an organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dated {
    /// Its code.
    pub uscc: String,
    /// Day from which it holds; [`BEGINNING`] when none is stated.
    pub effective_on: Date,
    /// The status.
    pub status: SubjectStatus,
    /// Feed position.
    pub position: i64,
}

/// A recognition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Qualification {
    /// Id in the registry.
    pub id: QualificationId,
    /// Holder's code.
    pub holder_uscc: String,
    /// Kind.
    pub kind: String,
    /// MUNICIPAL, PROVINCIAL or NATIONAL; empty = the kind has no levels.
    pub level: String,
    /// Tier; 0 = none.
    pub tier: i32,
    /// Number.
    pub number: String,
    /// Day of recognition; `None` = applied, not recognised.
    pub granted_on: Option<Date>,
    /// Last day of validity; `None` = open.
    pub expires_on: Option<Date>,
    /// Whether it is a first recognition.
    pub first_recognition: bool,
    /// Recognition batch; 0 = none.
    pub batch_no: i32,
    /// Day of revocation.
    pub revoked_on: Option<Date>,
    /// Day from which a higher level ended it.
    pub superseded_on: Option<Date>,
    /// Feed position.
    pub position: i64,
}

impl Qualification {
    /// Whether it is live on a day: recognised, not expired, not revoked, not ended by a higher level.
    pub fn is_live_on(&self, day: Date) -> bool {
        let not_yet = |end: Option<Date>| end.is_none_or(|end| end > day);
        self.granted_on.is_some_and(|from| from <= day)
            && self.expires_on.is_none_or(|last| last >= day)
            && not_yet(self.revoked_on)
            && not_yet(self.superseded_on)
    }
}

/// An assessment of a recognition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessed {
    /// The recognition.
    pub qualification: QualificationId,
    /// Day of the assessment; [`BEGINNING`] when the register states it with the recognition.
    pub assessed_on: Date,
    /// EXCELLENT, PASS or FAIL.
    pub result: &'static str,
    /// Feed position.
    pub position: i64,
}

/// An entry of the joint-punishment list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Id in the registry.
    pub id: CreditListingId,
    /// Its number.
    pub listing_no: String,
    /// Listed entity.
    pub uscc: String,
    /// Measure codes.
    pub measures: Vec<String>,
    /// First day on which it is live.
    pub decided_on: Date,
    /// Day of removal by repair.
    pub repaired_on: Option<Date>,
    /// Feed position.
    pub position: i64,
}
