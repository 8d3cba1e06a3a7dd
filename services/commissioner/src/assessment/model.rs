//! A yearly assessment of a recognised institution and the rectification that a failed one opens.
//!
//! ```text
//! laid down ──registry records it──▶ settled: RECOGNISED | RECTIFY | REVOKED      registry refuses it: removed
//! RECTIFY ──bureau, by what shows it──▶ RECOGNISED      any ──a later assessment──▶ SUPERSEDED: that one decides
//! RECTIFY ──another hand's assessment in the registry, passed──▶ RECOGNISED
//! ```

use canopy_kernel::id::{AssessmentId, QualificationId, RequestId};
use canopy_kernel::{Failure, Uscc, reason, words};
use jiff::civil::Date;

use super::rule_outcome::{Grade, Outcome};

words! {
    /// Where an assessment leaves the institution on a day.
    State {
        /// Recognised: passed, or rectified since.
        Recognised = "RECOGNISED",
        /// It has to rectify (整改).
        Rectify = "RECTIFY",
        /// Revoked (撤销).
        Revoked = "REVOKED",
        /// A later assessment decides.
        Superseded = "SUPERSEDED",
    }
}

/// How a rectification was closed (整改销号).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    /// Day on which it was done.
    pub on: Date,
    /// What shows it, in words.
    pub evidence: String,
}

/// An assessment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessment {
    /// Its id.
    pub id: AssessmentId,
    /// The recognition in the registry.
    pub qualification: QualificationId,
    /// Who holds it.
    pub holder: Uscc,
    /// Day of the assessment.
    pub assessed_on: Date,
    /// Grade.
    pub grade: Grade,
    /// What it led to.
    pub outcome: Outcome,
    /// Request that laid it down; it names the assessment in the registry.
    pub request: RequestId,
    /// How its rectification was closed.
    pub closing: Option<Closing>,
    /// Day of the next assessment.
    pub followed_on: Option<Date>,
    /// Day of the first later one that the registry tells as passed, whoever entered it.
    pub passed_on: Option<Date>,
    /// Counts writes.
    pub version: i64,
}

impl Assessment {
    /// Where it leaves the institution on a day.
    pub fn state_on(&self, day: Date) -> State {
        let by = |on: Option<Date>| on.is_some_and(|on| on <= day);
        match self.outcome {
            _ if by(self.followed_on) => State::Superseded,
            Outcome::Revoked => State::Revoked,
            Outcome::Rectify if !by(self.rectified_on()) => State::Rectify,
            Outcome::Rectify | Outcome::Excellent | Outcome::Pass => State::Recognised,
        }
    }

    /// Day from which nothing is left to rectify: the bureau closed it, or another hand's assessment was passed. Where
    /// one of this service comes first, that one decides instead.
    pub fn rectified_on(&self) -> Option<Date> {
        let comes_first = |on: &Date| self.followed_on.is_none_or(|next| *on < next);
        let passed_on = self.passed_on.filter(comes_first).filter(|_| self.outcome == Outcome::Rectify);
        [self.closing.as_ref().map(|it| it.on), passed_on].into_iter().flatten().min()
    }

    /// Takes up an assessment that was laid down and is not settled; another grade would assess twice.
    pub fn take_up(self, grade: Grade) -> Result<Self, Failure> {
        match self.grade == grade {
            true => Ok(self),
            false => Err(Failure::new(&reason::ASSESSMENT_UNSETTLED)
                .on("grade")
                .with("grade", self.grade.as_str())),
        }
    }

    /// Closes the rectification that it opened, on a day between the assessment and the business day.
    pub fn close(self, closing: Closing, today: Date) -> Result<Self, Failure> {
        // Whatever the business day, nothing is closed that was closed or decided anew.
        let state = self.state_on(Date::MAX);
        if state != State::Rectify {
            return Err(Failure::new(&reason::STATE_NOT_ALLOWED)
                .with("state", state.as_str())
                .with("expected", State::Rectify.as_str()));
        }
        if closing.on > today {
            return Err(Failure::new(&reason::DATE_IN_FUTURE).on("closed_on"));
        }
        if closing.on < self.assessed_on {
            return Err(Failure::new(&reason::PERIOD_ORDER).on("closed_on"));
        }
        Ok(Self { closing: Some(closing), version: self.version + 1, ..self })
    }
}

#[cfg(test)]
mod tests;
