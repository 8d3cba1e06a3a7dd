//! Training of technology brokers (技术经纪人培训): one person in one session. Person-times (人次) count attendances,
//! persons each once (`RULES.md` R40).

use canopy_kernel::id::AttendanceId;
use canopy_kernel::words;
use jiff::civil::Date;

words! {
    /// What a session trains for.
    Program {
        /// Technology brokers (技术经纪人).
        TechBroker = "TECH_BROKER",
        /// Anything else.
        Other = "OTHER",
    }
}

/// One person in one session, as the organiser's list has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolment {
    /// Number of the session.
    pub session_no: String,
    /// Day of the session.
    pub session_on: Date,
    /// Topic.
    pub topic: String,
    /// Program.
    pub program: Program,
    /// The organiser's own number of the person.
    pub person_ref: String,
    /// Whether the person came.
    pub attended: bool,
    /// Hours of the session.
    pub hours: i32,
}

/// An enrolment in the register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attendance {
    /// Its id.
    pub id: AttendanceId,
    /// What the list says.
    pub enrolment: Enrolment,
}
