//! Why a candidate is left out. Every hit is kept; the first in the declared order is the reason told (RULES.md R6).

use canopy_kernel::{Failure, Reason, reason};
use jiff::civil::Date;

use super::model::Frozen;
use crate::mirror::model::{Assessment, Status};
use crate::policy::model::Terms;

macro_rules! exclusions {
    ($($(#[$doc:meta])* $variant:ident $constant:ident;)*) => {
        /// Reasons in the declared order.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Exclusion {
            $($(#[$doc])* $variant,)*
        }

        impl Exclusion {
            /// All, in the declared order.
            pub const ALL: &'static [Exclusion] = &[$(Exclusion::$variant),*];

            /// Its entry in the suite's list of reasons.
            pub fn reason(self) -> &'static Reason {
                match self {
                    $(Exclusion::$variant => &reason::$constant,)*
                }
            }
        }
    };
}

exclusions! {
    /// The qualification was not live on the match day.
    QualificationNotLive QUALIFICATION_NOT_LIVE;
    /// Its yearly assessment was failed.
    AssessmentFailed ASSESSMENT_FAILED;
    /// The host is an administrative unit.
    AdministrativeHost ADMINISTRATIVE_HOST;
    /// Moved out of the city.
    MovedOut MOVED_OUT;
    /// Deregistered.
    Deregistered DEREGISTERED;
    /// Listed on the match day.
    CreditListedAtMatch CREDIT_LISTED_AT_MATCH;
    /// An objection was upheld.
    ObjectionUpheld OBJECTION_UPHELD;
    /// Listed on the last day of publicity or on the day of payment.
    CreditListedAtPayment CREDIT_LISTED_AT_PAYMENT;
    /// The entitlement of the year is taken (RULES.md R2).
    AlreadyPaidThisYear ALREADY_PAID_THIS_YEAR;
    /// Held: the payee name differs from the registered name.
    AccountNameMismatch ACCOUNT_NAME_MISMATCH;
    /// Bounced, and the account is not corrected.
    TreasuryReturnNotCorrected TREASURY_RETURN_NOT_CORRECTED;
}

impl Exclusion {
    /// Its code, as stored and told.
    pub fn code(self) -> &'static str {
        self.reason().name
    }

    /// Reads back a stored code.
    pub fn from_code(code: &str) -> Result<Self, Failure> {
        Self::ALL
            .iter()
            .copied()
            .find(|it| it.code() == code)
            .ok_or_else(|| Failure::new(&reason::INTERNAL).because(format_args!("exclusion {code}")))
    }

    /// Whether the line only waits: held or bounced lines keep their money and may still be paid.
    pub fn only_waits(self) -> bool {
        matches!(self, Exclusion::AccountNameMismatch | Exclusion::TreasuryReturnNotCorrected)
    }
}

/// A hit: a reason, when it was checked and what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Reason.
    pub reason: Exclusion,
    /// Day checked.
    pub checked_on: Date,
    /// What was found; holds no personal value.
    pub detail: String,
    /// Version of the rule that decided; empty when none did.
    pub rule_version: String,
}

impl Hit {
    fn found(reason: Exclusion, checked_on: Date, detail: String) -> Self {
        Self { reason, checked_on, detail, rule_version: String::new() }
    }
}

/// Hits that the frozen entry itself shows on the match day.
pub fn at_match(terms: &Terms, entry: &Frozen, match_on: Date) -> Vec<Hit> {
    let mut hits = Vec::new();
    let mut found = |reason, detail| hits.push(Hit::found(reason, match_on, detail));
    if !entry.live {
        found(Exclusion::QualificationNotLive, entry.evidence_no.clone());
    }
    let must_pass = terms.requires.as_ref().is_some_and(|required| required.must_pass);
    if must_pass && entry.assessment == Some(Assessment::Fail) {
        found(Exclusion::AssessmentFailed, Assessment::Fail.as_str().to_owned());
    }
    match &terms.excluded_host_prefix {
        Some(prefix) if entry.uscc.as_str().starts_with(prefix) => {
            found(Exclusion::AdministrativeHost, prefix.clone());
        }
        _ => {}
    }
    hits.extend(by_status(entry.status, entry.status_since, match_on));
    hits
}

fn by_status(status: Status, since: Option<Date>, on: Date) -> Option<Hit> {
    let reason = match status {
        Status::Active => return None,
        Status::MovedOut => Exclusion::MovedOut,
        Status::Deregistered => Exclusion::Deregistered,
    };
    let detail = since.map_or_else(|| status.as_str().to_owned(), |day| format!("{} {day}", status.as_str()));
    Some(Hit::found(reason, on, detail))
}

/// When the registry is asked for standing (信用核查): before listing, before publicity closes, before payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// On the match day.
    Match,
    /// On the last day of publicity.
    PublicityEnd,
    /// On the day of payment.
    Payment,
}

impl Stage {
    /// Name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Stage::Match => "MATCH",
            Stage::PublicityEnd => "PUBLICITY_END",
            Stage::Payment => "PAYMENT",
        }
    }
}

/// An organisation's standing for subsidies on a day, as the registry answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its code.
    pub uscc: String,
    /// Whether the register knows it.
    pub registered: bool,
    /// Status on the day.
    pub status: Status,
    /// Day from which that status holds.
    pub status_since: Option<Date>,
    /// Numbers of live listings whose measures cover subsidies, oldest first.
    pub blocking: Vec<String>,
    /// Version of the rule parameters used.
    pub rule_version: String,
}

/// Hits that the registry's answer shows. On the match day the status is that of the snapshot, read from the same
/// feed position.
pub fn by_standing(stage: Stage, standing: &Standing, on: Date) -> Vec<Hit> {
    let mut hits = Vec::new();
    if stage != Stage::Match {
        hits.extend(match standing.registered {
            true => by_status(standing.status, standing.status_since, on),
            // Money does not go to who is not in the register.
            false => Some(Hit::found(Exclusion::Deregistered, on, "NOT_REGISTERED".to_owned())),
        });
    }
    if !standing.blocking.is_empty() {
        let reason = match stage {
            Stage::Match => Exclusion::CreditListedAtMatch,
            Stage::PublicityEnd | Stage::Payment => Exclusion::CreditListedAtPayment,
        };
        let rule_version = standing.rule_version.clone();
        hits.push(Hit { reason, checked_on: on, detail: standing.blocking.join("; "), rule_version });
    }
    hits
}

/// The reason told on a day: the first in the declared order, as known on the day of payment; a hold or a return as
/// known on the day asked.
pub fn first(hits: &[Hit], pay_on: Option<Date>, as_of: Date) -> Option<&Hit> {
    let decided_by = pay_on.map_or(as_of, |pay_on| pay_on.min(as_of));
    hits.iter()
        .filter(|hit| hit.checked_on <= if hit.reason.only_waits() { as_of } else { decided_by })
        .min_by_key(|hit| (hit.reason, hit.checked_on))
}

/// Whether a list excludes the candidate: any hit but a hold or a return.
pub fn excludes(hits: &[Hit]) -> bool {
    hits.iter().any(|hit| !hit.reason.only_waits())
}

#[cfg(test)]
pub(crate) mod tests;
