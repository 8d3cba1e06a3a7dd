//! Commissioners (科技成果联络员) and their postings (派驻).

use canopy_kernel::id::{CommissionerId, PostId};
use canopy_kernel::{AreaCode, Failure, Uscc, reason, words};
use jiff::civil::Date;

words! {
    /// Who sends a commissioner out.
    Side {
        /// The city (市级).
        City = "CITY",
        /// A district (区级).
        District = "DISTRICT",
    }
}

/// The years of service of a commissioner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Service {
    /// First day.
    pub recruited_on: Date,
    /// Last day; `None` = serving.
    pub ended_on: Option<Date>,
}

impl Service {
    /// The service between those days.
    pub fn new(recruited_on: Date, ended_on: Option<Date>) -> Result<Self, Failure> {
        ordered("ended_on", recruited_on, ended_on)?;
        Ok(Self { recruited_on, ended_on })
    }

    /// Ends it with a last day; one that has ended stays as it is.
    pub fn end(self, last: Date) -> Result<Self, Failure> {
        match self.ended_on {
            Some(_) => Err(Failure::new(&reason::STATE_NOT_ALLOWED).with("state", "ENDED")),
            None => Self::new(self.recruited_on, Some(last)),
        }
    }

    /// Whether it covers a day.
    pub fn covers(&self, day: Date) -> bool {
        self.recruited_on <= day && self.ended_on.is_none_or(|last| day <= last)
    }
}

/// A commissioner as the bureau's register states him. His name is kept apart: it is sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commissioner {
    /// Id.
    pub id: CommissionerId,
    /// The bureau's own number.
    pub number: String,
    /// Who sends him out.
    pub side: Side,
    /// His service.
    pub service: Service,
    /// Counts writes.
    pub version: i64,
}

/// Where a commissioner is posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A university or institute, by its code.
    Institute(Uscc),
    /// A district.
    District(AreaCode),
}

impl Place {
    /// Name of the kind in the database.
    pub fn kind(&self) -> &'static str {
        match self {
            Place::Institute(_) => "INSTITUTE",
            Place::District(_) => "DISTRICT",
        }
    }

    /// The code.
    pub fn code(&self) -> String {
        match self {
            Place::Institute(uscc) => uscc.to_string(),
            Place::District(area) => area.to_string(),
        }
    }

    /// Reads a stored place.
    pub fn stored(kind: &str, code: &str) -> Result<Self, Failure> {
        match kind {
            "INSTITUTE" => Ok(Place::Institute(Uscc::from_stored(code)?)),
            _ => Ok(Place::District(AreaCode::parse(code)?)),
        }
    }
}

/// A posting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// Id.
    pub id: PostId,
    /// Where.
    pub place: Place,
    /// First day.
    pub from_on: Date,
    /// Last day; `None` = open.
    pub to_on: Option<Date>,
}

/// The days on which a commissioner acts: from his first posting to the end of his service (`RULES.md` R3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tenure {
    /// First day of the first posting; `None` = never posted.
    pub posted_on: Option<Date>,
    /// Last day of service; `None` = serving.
    pub ended_on: Option<Date>,
}

impl Tenure {
    /// Refuses a day before the first posting or after the end of service.
    pub fn require(&self, day: Date) -> Result<(), Failure> {
        if self.posted_on.is_none_or(|posted| day < posted) {
            let refused = Failure::new(&reason::BEFORE_POSTING);
            return Err(self.posted_on.map_or(refused.clone(), |on| refused.with("posted_on", on)));
        }
        match self.ended_on {
            Some(ended) if ended < day => Err(Failure::new(&reason::AFTER_SERVICE).with("ended_on", ended)),
            _ => Ok(()),
        }
    }
}

/// Refuses a last day before the first.
pub fn ordered(field: &'static str, from: Date, to: Option<Date>) -> Result<(), Failure> {
    match to {
        Some(to) if to < from => Err(Failure::new(&reason::PERIOD_ORDER).on(field)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_service_covers_its_first_and_last_day() {
        let service = Service::new(date(2021, 6, 15), Some(date(2022, 4, 12))).unwrap();
        let covered = [
            (date(2021, 6, 14), false),
            (date(2021, 6, 15), true),
            (date(2022, 4, 12), true),
            (date(2022, 4, 13), false),
        ];
        for (day, expected) in covered {
            assert_eq!(service.covers(day), expected, "{day}");
        }
    }

    #[test]
    fn a_service_ends_once_and_not_before_it_began() {
        let service = Service::new(date(2021, 6, 15), None).unwrap();
        assert_eq!(service.end(date(2021, 6, 14)).unwrap_err().reason().name, "PERIOD_ORDER");
        let ended = service.end(date(2021, 6, 15)).unwrap();
        assert_eq!(ended.end(date(2022, 1, 1)).unwrap_err().reason().name, "STATE_NOT_ALLOWED");
    }
}
