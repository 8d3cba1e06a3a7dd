//! A final refusal as it is kept beside its request id, to be repeated word for word.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Failure, Inner};
use crate::reason;

/// A refusal at rest. The words are kept too: a later release may reword a reason, a repeated
/// answer may not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredFailure {
    /// The governing violation.
    #[serde(flatten)]
    pub first: StoredViolation,
    /// The further violations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub violations: Vec<StoredViolation>,
    /// Milliseconds the caller was told to wait, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_ms: Option<u64>,
}

/// One violation of a stored refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredViolation {
    /// Name of the reason.
    pub reason: String,
    /// Field at fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Details for the caller.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub details: BTreeMap<String, String>,
    /// What the caller was told.
    pub words: StoredWords,
}

/// The four texts as the caller was told them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredWords {
    /// What happened, in Chinese.
    pub zh: String,
    /// What happened, in English.
    pub en: String,
    /// What would make it pass, in Chinese.
    pub pass_zh: String,
    /// What would make it pass, in English.
    pub pass_en: String,
}

impl Failure {
    /// The form to keep. The internal text stays in the log.
    pub fn to_stored(&self) -> StoredFailure {
        StoredFailure {
            first: self.to_stored_violation(),
            violations: self.0.further.iter().map(Failure::to_stored_violation).collect(),
            retry_ms: self.0.retry.map(|delay| u64::try_from(delay.as_millis()).unwrap_or(u64::MAX)),
        }
    }

    /// The refusal as it was told; `None` when a reason no longer exists in this release.
    pub fn from_stored(stored: StoredFailure) -> Option<Self> {
        let mut failure = Self::from_stored_violation(stored.first)?;
        failure.0.further =
            stored.violations.into_iter().map(Self::from_stored_violation).collect::<Option<Vec<_>>>()?;
        failure.0.retry = stored.retry_ms.map(Duration::from_millis);
        Some(failure)
    }

    fn to_stored_violation(&self) -> StoredViolation {
        StoredViolation {
            reason: self.0.reason.name.to_owned(),
            field: self.0.field.clone(),
            details: self.0.details.clone(),
            words: StoredWords {
                zh: self.text_zh(),
                en: self.text_en(),
                pass_zh: self.pass_zh(),
                pass_en: self.pass_en(),
            },
        }
    }

    fn from_stored_violation(stored: StoredViolation) -> Option<Self> {
        Some(Self(Box::new(Inner {
            reason: reason::by_name(&stored.reason)?,
            field: stored.field,
            details: stored.details,
            internal: None,
            retry: None,
            further: Vec::new(),
            words: Some(stored.words),
        })))
    }
}
