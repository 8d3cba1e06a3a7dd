//! Subjects (主体): organisations by unified social credit code, and persons; status by dated changes.

use canopy_kernel::id::SubjectId;
use canopy_kernel::{AreaCode, Fen, Uscc};
use jiff::civil::Date;

use crate::account::model::AccountData;
use canopy_kernel::words;

words! {
    /// What kind of subject it is.
    SubjectKind {
        /// A firm (企业).
        Enterprise = "ENTERPRISE",
        /// A university (高校).
        University = "UNIVERSITY",
        /// A research institute (科研院所).
        ResearchInstitute = "RESEARCH_INSTITUTE",
        /// An administrative unit (行政单位).
        AdminUnit = "ADMIN_UNIT",
        /// A natural person (自然人).
        Person = "PERSON",
    }
}

words! {
    /// Standing of a subject in the register; ACTIVE before the first change.
    SubjectStatus {
        /// In the register and in the city (存续).
        Active = "ACTIVE",
        /// Moved out of the city (迁出).
        MovedOut = "MOVED_OUT",
        /// Deregistered (注销).
        Deregistered = "DEREGISTERED",
    }
}

/// A change of status and the day from which it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusChange {
    /// The new status.
    pub status: SubjectStatus,
    /// First day on which it holds.
    pub effective_on: Date,
}

/// How a subject is named by a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubjectKey {
    /// By its resource name.
    Id(SubjectId),
    /// By its code.
    Code(Uscc),
}

/// What a register states of an organisation, apart from its dated changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Registered name (登记名称).
    pub title: String,
    /// District of the seat.
    pub area_code: AreaCode,
    /// Day of establishment.
    pub established_on: Option<Date>,
    /// Registered capital; zero = not stated.
    pub registered_capital: Fen,
    /// Head count; 0 = not stated.
    pub staff: i32,
    /// Whether the central bank's credit system already knows a loan of this firm.
    pub first_loan_record: bool,
    /// Whether the seat is in the city.
    pub located_in_city: bool,
    /// Whether it is the pilot unit of the empowerment reform (赋权试点单位).
    pub is_pilot_unit: bool,
}

/// An organisation as it enters the register.
#[derive(Clone, Debug)]
pub struct NewOrganisation {
    /// Its code.
    pub uscc: Uscc,
    /// Its kind; never a person.
    pub kind: SubjectKind,
    /// What the register states of it.
    pub profile: Profile,
    /// Its last known change of status; `None` = it is active.
    pub change: Option<StatusChange>,
    /// Account on file.
    pub account: Option<AccountData>,
}

/// Who a subject is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// An organisation.
    Organisation {
        /// Its code.
        uscc: Uscc,
        /// What the register states of it.
        profile: Profile,
    },
    /// A person. The name is read apart, for answers to those who may see it.
    Person,
}

/// A subject as of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Its id.
    pub id: SubjectId,
    /// Its kind.
    pub kind: SubjectKind,
    /// Who it is.
    pub identity: Identity,
    /// The change of status that holds on the day; `None` = active from the beginning.
    pub change: Option<StatusChange>,
    /// Counts writes.
    pub version: i64,
}

impl Subject {
    /// An organisation as it stands right after it entered the register.
    pub fn entered(id: SubjectId, new: &NewOrganisation) -> Self {
        let identity = Identity::Organisation { uscc: new.uscc, profile: new.profile.clone() };
        Self { id, kind: new.kind, identity, change: new.change, version: 1 }
    }

    /// The code; persons have none.
    pub fn uscc(&self) -> Option<Uscc> {
        match &self.identity {
            Identity::Organisation { uscc, .. } => Some(*uscc),
            Identity::Person => None,
        }
    }

    /// The status on the day.
    pub fn status(&self) -> SubjectStatus {
        self.change.map_or(SubjectStatus::Active, |change| change.status)
    }
}
