//! Facts as the registry tells them, each with the feed position that it stands on.

use canopy_kernel::id::QualificationId;
use canopy_kernel::{DayKind, Failure, reason};
use jiff::civil::{Date, date};

/// The day that stands for "from the beginning": a status or an assessment without a day of its own.
pub const BEGINNING: Date = date(1, 1, 1);

/// Standing of an organisation in the register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// In the register and in the city.
    Active,
    /// Moved out of the city (迁出).
    MovedOut,
    /// Deregistered (注销).
    Deregistered,
}

impl Status {
    /// Name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Status::Active => "ACTIVE",
            Status::MovedOut => "MOVED_OUT",
            Status::Deregistered => "DEREGISTERED",
        }
    }

    /// Reads back a stored status.
    pub fn from_stored(name: &str) -> Result<Self, Failure> {
        [Status::Active, Status::MovedOut, Status::Deregistered]
            .into_iter()
            .find(|status| status.as_str() == name)
            .ok_or_else(|| Failure::new(&reason::INTERNAL).because(format_args!("subject status {name}")))
    }
}

/// Result of a yearly assessment (年度考核).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assessment {
    /// Excellent (优秀).
    Excellent,
    /// Passed (合格).
    Pass,
    /// Failed (不合格).
    Fail,
}

impl Assessment {
    /// Name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Assessment::Excellent => "EXCELLENT",
            Assessment::Pass => "PASS",
            Assessment::Fail => "FAIL",
        }
    }

    /// Reads back a stored result; empty = not assessed.
    pub fn from_stored(name: &str) -> Option<Self> {
        [Assessment::Excellent, Assessment::Pass, Assessment::Fail].into_iter().find(|it| it.as_str() == name)
    }
}

/// An organisation and one dated status of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Its code.
    pub uscc: String,
    /// Kind, e.g. `ENTERPRISE`.
    pub kind: &'static str,
    /// Registered name.
    pub title: String,
    /// Status.
    pub status: Status,
    /// Day from which it holds; [`BEGINNING`] when none is stated.
    pub status_since: Date,
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
    /// Day of revocation.
    pub revoked_on: Option<Date>,
    /// Day from which a higher level ended it.
    pub superseded_on: Option<Date>,
    /// Feed position.
    pub position: i64,
}

/// An assessment of a recognition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assessed {
    /// The recognition.
    pub qualification: QualificationId,
    /// Day of the assessment; [`BEGINNING`] when the register states it with the recognition.
    pub assessed_on: Date,
    /// Result.
    pub result: Assessment,
    /// Feed position.
    pub position: i64,
}

/// That a payee corrected the account from a day on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// Payee's code.
    pub uscc: String,
    /// Day from which the new data hold.
    pub effective_on: Date,
    /// Feed position.
    pub position: i64,
}

/// What one event of the feed says, as far as this service listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// An organisation entered or changed.
    Subject(Subject),
    /// A recognition was granted or ended, with the assessment it states.
    Qualification(Qualification, Option<Assessed>),
    /// An account was corrected.
    Correction(Correction),
    /// A calendar came into force and replaces the one before as a whole; with the set's name.
    Calendar(String, Vec<(Date, DayKind)>),
}
