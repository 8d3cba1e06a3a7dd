//! The vocabulary of Canopy: identifiers, money, rates, calendars, rule versions, callers and
//! failures. Pure: nothing here talks to a network, a database or an async runtime.

pub mod actor;
pub mod area;
pub mod calendar;
pub mod certificate;
pub mod clock;
pub mod date;
pub mod failure;
pub mod fen;
pub mod id;
pub mod lpr;
pub mod page;
pub mod passport;
pub mod period;
pub mod rate;
pub mod reason;
pub mod rule;
pub mod split;
pub mod standing;
mod text;
pub mod uscc;
pub mod word;

pub use actor::{Actor, Authorized, FourEyes, Role};
pub use area::AreaCode;
pub use calendar::{DayKind, WorkCalendar};
pub use certificate::{HnteNumber, SmeListingNumber};
pub use clock::Clock;
pub use failure::{Code, Failure, Reason, StoredFailure};
pub use fen::{Fen, SignedFen};
pub use lpr::{LprRow, LprTable};
pub use page::{Page, PageSize};
pub use passport::Passport;
pub use rate::{BasisPoints, Ppm};
pub use rule::{RuleParameter, RuleTable, RuleUnit};
pub use standing::SubjectStatus;
pub use uscc::{Uscc, UsccRules};
