//! Qualifications (资质): recognitions that an organisation holds, with validity, level and assessment.

use canopy_kernel::id::{QualificationId, SubjectId};
use canopy_kernel::{Failure, Uscc, reason};
use jiff::civil::Date;

use canopy_kernel::words;

words! {
    /// Level of a recognition that has levels; a holder has one at a time (`RULES.md` R8).
    QualificationLevel {
        /// Municipal (市级).
        Municipal = "MUNICIPAL",
        /// Provincial (省级).
        Provincial = "PROVINCIAL",
        /// National (国家级).
        National = "NATIONAL",
    }
}

words! {
    /// Result of a yearly assessment (年度考核).
    AssessmentResult {
        /// Excellent (优秀).
        Excellent = "EXCELLENT",
        /// Passed (合格).
        Pass = "PASS",
        /// Failed (不合格).
        Fail = "FAIL",
    }
}

/// A qualification as a register states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Holder's code.
    pub holder: Uscc,
    /// Kind, e.g. `HNTE`.
    pub kind: String,
    /// Level, where the kind has levels.
    pub level: Option<QualificationLevel>,
    /// Tier, 0 = none.
    pub tier: i32,
    /// Certificate or listing number.
    pub number: String,
    /// Day of recognition (认定日); `None` = applied, not recognised.
    pub granted_on: Option<Date>,
    /// Last day of validity; `None` = open.
    pub expires_on: Option<Date>,
    /// Whether it is a first recognition, not a renewal.
    pub first_recognition: bool,
    /// Result of the latest assessment known.
    pub assessment: Option<AssessmentResult>,
    /// Recognition batch, 0 = none.
    pub batch_no: i32,
    /// Day from which it is revoked (撤销).
    pub revoked_on: Option<Date>,
}

/// A qualification in the register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Qualification {
    /// Its id.
    pub id: QualificationId,
    /// The holder.
    pub subject: SubjectId,
    /// What the register states.
    pub grant: Grant,
    /// Day from which a higher level ended it.
    pub superseded_on: Option<Date>,
    /// Counts writes.
    pub version: i64,
}

impl Qualification {
    /// Whether it is live on a day (`RULES.md` R7): recognised, not expired, not revoked, not superseded.
    pub fn is_live_on(&self, day: Date) -> bool {
        let not_yet = |end: Option<Date>| end.is_none_or(|end| end > day);
        self.grant.granted_on.is_some_and(|from| from <= day)
            && self.grant.expires_on.is_none_or(|last| last >= day)
            && not_yet(self.grant.revoked_on)
            && not_yet(self.superseded_on)
    }

    /// As it stands on a day: what ends it later is not shown.
    pub fn as_of(mut self, day: Date) -> Self {
        self.grant.revoked_on = self.grant.revoked_on.filter(|end| *end <= day);
        self.superseded_on = self.superseded_on.filter(|end| *end <= day);
        self
    }

    /// The state on a day, for the audit log.
    pub fn state_on(&self, day: Date) -> &'static str {
        let by = |end: Option<Date>| end.is_some_and(|end| end <= day);
        if by(self.grant.revoked_on) {
            "REVOKED"
        } else if by(self.superseded_on) {
            "SUPERSEDED"
        } else if self.grant.expires_on.is_some_and(|last| last < day) {
            "EXPIRED"
        } else if by(self.grant.granted_on) {
            "GRANTED"
        } else {
            "APPLIED"
        }
    }

    /// Revokes it from a day on. A revoked one stays as it is.
    pub fn revoke(mut self, day: Date) -> Result<Self, Failure> {
        if self.grant.revoked_on.is_some() {
            return Err(Failure::new(&reason::STATE_NOT_ALLOWED).with("state", "REVOKED"));
        }
        self.grant.revoked_on = Some(day);
        self.version += 1;
        Ok(self)
    }

    /// Records an assessment (`RULES.md` R9); only what is live on that day can be assessed.
    pub fn assess(mut self, day: Date, result: AssessmentResult) -> Result<Self, Failure> {
        if !self.is_live_on(day) {
            return Err(Failure::new(&reason::STATE_NOT_ALLOWED)
                .with("state", self.state_on(day))
                .with("expected", "GRANTED"));
        }
        self.grant.assessment = Some(result);
        self.version += 1;
        Ok(self)
    }
}
