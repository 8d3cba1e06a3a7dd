//! Applications for recognition as a transfer institution (技术转移示范机构) or a conversion centre (科技成果转化中心).
//!
//! ```text
//! APPLIED ──district──▶ DISTRICT_RECOMMENDED ──bureau──▶ REVIEWED ──▶ PUBLICISED ──publicity over──▶ RECOGNISED
//!                                               bureau──▶ REJECTED, with every condition that is not met
//! ```

use canopy_kernel::id::{QualificationId, RecognitionId, RequestId};
use canopy_kernel::{Failure, StoredFailure, Uscc, reason, words};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::rule_condition::{Centre, Institution};

words! {
    /// Level of a transfer institution.
    Level {
        /// Municipal (市级).
        Municipal = "MUNICIPAL",
        /// Provincial (省级).
        Provincial = "PROVINCIAL",
        /// National (国家级).
        National = "NATIONAL",
    }
}

words! {
    /// State of an application.
    State {
        /// Applied for.
        Applied = "APPLIED",
        /// Recommended by the district.
        DistrictRecommended = "DISTRICT_RECOMMENDED",
        /// Reviewed; all conditions are met.
        Reviewed = "REVIEWED",
        /// Reviewed; a condition is not met.
        Rejected = "REJECTED",
        /// In publicity, or past it.
        Publicised = "PUBLICISED",
        /// Recognised.
        Recognised = "RECOGNISED",
    }
}

/// What the applicant states of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Figures {
    /// A transfer institution.
    Institution(Institution),
    /// A conversion centre.
    Centre(Centre),
}

/// What is applied for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Recognition as a transfer institution of a level.
    Institution(Level, Institution),
    /// Recognition as a conversion centre.
    Centre(Centre),
}

impl Subject {
    /// Kind of the qualification in the registry.
    pub const fn kind(&self) -> &'static str {
        match self {
            Subject::Institution(..) => "TRANSFER_INSTITUTION",
            Subject::Centre(_) => "CONVERSION_CENTRE",
        }
    }

    /// Level, where there is one.
    pub const fn level(&self) -> Option<Level> {
        match self {
            Subject::Institution(level, _) => Some(*level),
            Subject::Centre(_) => None,
        }
    }

    /// The figures stated.
    pub const fn figures(&self) -> Figures {
        match self {
            Subject::Institution(_, figures) => Figures::Institution(*figures),
            Subject::Centre(figures) => Figures::Centre(*figures),
        }
    }

    /// Reads back what was stored.
    pub fn stored(level: Option<Level>, figures: Figures) -> Result<Self, Failure> {
        match (level, figures) {
            (Some(level), Figures::Institution(figures)) => Ok(Subject::Institution(level, figures)),
            (None, Figures::Centre(figures)) => Ok(Subject::Centre(figures)),
            _ => Err(Failure::new(&reason::INTERNAL).because("stored figures of another kind")),
        }
    }
}

/// A publicity: first and last day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Publicity {
    /// First day.
    pub posted_on: Date,
    /// Last day.
    pub last_on: Date,
}

/// What the registry is to grant, laid down before it is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Request that laid it down; it names the grant in the registry.
    pub request: RequestId,
    /// Number of the certificate.
    pub number: String,
    /// Batch, 0 = none.
    pub batch_no: i32,
    /// Day from which it is granted.
    pub on: Date,
}

impl Grant {
    /// Whether it is of the same certificate.
    fn is_of(&self, asked: &Grant) -> bool {
        self.number == asked.number && self.batch_no == asked.batch_no
    }
}

/// An application.
#[derive(Clone, Debug, PartialEq)]
pub struct Recognition {
    /// Its id.
    pub id: RecognitionId,
    /// Applicant.
    pub applicant: Uscc,
    /// What is applied for.
    pub subject: Subject,
    /// Day of application.
    pub applied_on: Date,
    /// Day of the district's recommendation.
    pub recommended_on: Option<Date>,
    /// Day of review, with the conditions that are not met.
    pub reviewed: Option<(Date, Vec<StoredFailure>)>,
    /// Publicity.
    pub publicity: Option<Publicity>,
    /// What the registry was asked for, or is going to be.
    pub grant: Option<Grant>,
    /// Day of recognition, with the qualification in the registry.
    pub recognised: Option<(Date, QualificationId)>,
    /// Counts writes.
    pub version: i64,
}

impl Recognition {
    /// The state.
    pub fn state(&self) -> State {
        match self {
            Self { recognised: Some(_), .. } => State::Recognised,
            Self { publicity: Some(_), .. } => State::Publicised,
            Self { reviewed: Some((_, unmet)), .. } if unmet.is_empty() => State::Reviewed,
            Self { reviewed: Some(_), .. } => State::Rejected,
            Self { recommended_on: Some(_), .. } => State::DistrictRecommended,
            _ => State::Applied,
        }
    }

    /// Whether it is still on its way.
    pub fn is_open(&self) -> bool {
        !matches!(self.state(), State::Rejected | State::Recognised)
    }

    /// Recommends it.
    pub fn recommend(mut self, day: Date) -> Result<Self, Failure> {
        self.require(State::Applied)?;
        self.recommended_on = Some(day);
        Ok(self.next())
    }

    /// Reviews it, with what it lacks.
    pub fn review(mut self, unmet: Vec<StoredFailure>, day: Date) -> Result<Self, Failure> {
        self.require(State::DistrictRecommended)?;
        self.reviewed = Some((day, unmet));
        Ok(self.next())
    }

    /// Posts it.
    pub fn publish(mut self, publicity: Publicity) -> Result<Self, Failure> {
        self.require(State::Reviewed)?;
        self.publicity = Some(publicity);
        Ok(self.next())
    }

    /// Refuses a recognition that is not due: the publicity has to be over.
    pub fn require_due(&self, day: Date) -> Result<(), Failure> {
        self.require(State::Publicised)?;
        match self.publicity.filter(|it| day <= it.last_on) {
            Some(it) => Err(Failure::new(&reason::PUBLICITY_NOT_OVER).with("last_day", it.last_on)),
            None => Ok(()),
        }
    }

    /// What the registry is to grant. What was laid down before and is not settled is taken up, from its own day. The
    /// registry keeps a holder's qualifications of a kind apart by number alone: under another number it could grant
    /// twice. The batch has to be the one that was laid down, since that may stand there already.
    pub fn lay_down(&self, asked: Grant) -> Result<Grant, Failure> {
        self.require_due(asked.on)?;
        match &self.grant {
            None => Ok(asked),
            Some(open) if open.is_of(&asked) => Ok(open.clone()),
            Some(open) => {
                let field = if open.number == asked.number { "batch_no" } else { "number" };
                let failure = Failure::new(&reason::GRANT_UNSETTLED).on(field);
                Err(failure.with("number", &open.number).with("batch_no", open.batch_no))
            }
        }
    }

    /// Recognises it, with the qualification that the registry granted.
    pub fn recognise(mut self, qualification: QualificationId, day: Date) -> Result<Self, Failure> {
        self.require_due(day)?;
        self.recognised = Some((day, qualification));
        Ok(self.next())
    }

    fn require(&self, state: State) -> Result<(), Failure> {
        match self.state() == state {
            true => Ok(()),
            false => Err(Failure::new(&reason::STATE_NOT_ALLOWED)
                .with("state", self.state().as_str())
                .with("expected", state.as_str())),
        }
    }

    fn next(mut self) -> Self {
        self.version += 1;
        self
    }
}

#[cfg(test)]
mod tests;
