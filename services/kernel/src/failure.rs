//! `Failure`: the one error of the suite. A closed code and reason, what the caller reads in
//! Chinese and English, and what only the log reads.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::reason;

mod code;
mod stored;
mod wording;

pub use code::Code;
pub use stored::{StoredFailure, StoredViolation, StoredWords};
use wording::fill;

/// One way a call can fail, as told to the outside. The constants stand in [`reason`].
///
/// In the texts `{key}` is filled from the failure's details, `{field}` from its field path, and a
/// part in square brackets is said only when all its placeholders are filled.
#[derive(Debug, PartialEq, Eq)]
pub struct Reason {
    /// Stable name in `SCREAMING_SNAKE_CASE`.
    pub name: &'static str,
    /// gRPC code; [`Code::Ok`] for a business refusal, which is an answer and no error.
    pub code: Code,
    /// What happened, in Chinese.
    pub zh: &'static str,
    /// What happened, in English.
    pub en: &'static str,
    /// What would make it pass, in Chinese.
    pub pass_zh: &'static str,
    /// What would make it pass, in English.
    pub pass_en: &'static str,
}

/// Why a call failed. Boxed inside, so that `Result<T, Failure>` stays one word wide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure(Box<Inner>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Inner {
    reason: &'static Reason,
    field: Option<String>,
    details: BTreeMap<String, String>,
    internal: Option<String>,
    retry: Option<Duration>,
    further: Vec<Failure>,
    /// Words of a stored refusal: repeated as they were, even when the table has been reworded since.
    words: Option<StoredWords>,
}

impl Failure {
    /// A failure for that reason.
    pub fn new(reason: &'static Reason) -> Self {
        Self(Box::new(Inner {
            reason,
            field: None,
            details: BTreeMap::new(),
            internal: None,
            retry: None,
            further: Vec::new(),
            words: None,
        }))
    }

    /// Names the request field that is at fault, as a path (`borrower.uscc`, `rows[3].amount_fen`).
    #[must_use]
    pub fn on(mut self, field: impl Into<String>) -> Self {
        self.0.field = Some(field.into());
        self
    }

    /// Adds a detail that the caller may read; it fills `{key}` in the texts.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl fmt::Display) -> Self {
        self.0.details.insert(key.to_owned(), value.to_string());
        self
    }

    /// Adds text for the log alone. It must hold no person's number, account or name.
    #[must_use]
    pub fn because(mut self, internal: impl fmt::Display) -> Self {
        self.0.internal = Some(internal.to_string());
        self
    }

    /// Tells the caller when to try again.
    #[must_use]
    pub fn retry_after(mut self, delay: Duration) -> Self {
        self.0.retry = Some(delay);
        self
    }

    /// Reports a second violation beside this one; the first one's reason and code govern.
    #[must_use]
    pub fn and(mut self, mut other: Failure) -> Self {
        let further = std::mem::take(&mut other.0.further);
        self.0.further.push(other);
        self.0.further.extend(further);
        self
    }

    /// This failure and those added by [`Failure::and`], in the order they were found.
    pub fn violations(&self) -> impl Iterator<Item = &Failure> {
        std::iter::once(self).chain(&self.0.further)
    }

    /// The reason.
    pub fn reason(&self) -> &'static Reason {
        self.0.reason
    }

    /// The gRPC code of the reason.
    pub fn code(&self) -> Code {
        self.0.reason.code
    }

    /// The request field at fault, if one is.
    pub fn field(&self) -> Option<&str> {
        self.0.field.as_deref()
    }

    /// Details for the caller, by key.
    pub fn details(&self) -> &BTreeMap<String, String> {
        &self.0.details
    }

    /// What happened, in Chinese.
    pub fn text_zh(&self) -> String {
        self.say(self.0.reason.zh, |words| &words.zh).into_owned()
    }

    /// What happened, in English.
    pub fn text_en(&self) -> String {
        self.say(self.0.reason.en, |words| &words.en).into_owned()
    }

    /// What would make it pass, in Chinese.
    pub fn pass_zh(&self) -> String {
        self.say(self.0.reason.pass_zh, |words| &words.pass_zh).into_owned()
    }

    /// What would make it pass, in English.
    pub fn pass_en(&self) -> String {
        self.say(self.0.reason.pass_en, |words| &words.pass_en).into_owned()
    }

    /// Text for the log alone.
    pub fn internal(&self) -> Option<&str> {
        self.0.internal.as_deref()
    }

    /// How long the caller should wait before it tries again.
    pub fn retry_delay(&self) -> Option<Duration> {
        self.0.retry
    }

    /// Whether the refusal may be stored under its request id and repeated word for word. What may
    /// pass by itself a moment later, or was never judged, is not.
    pub fn is_final(&self) -> bool {
        let transient = matches!(
            self.code(),
            Code::Aborted | Code::Unavailable | Code::DeadlineExceeded | Code::Internal | Code::Cancelled
        );
        !transient && ![&reason::QUOTA_EXCEEDED, &reason::FEED_REWOUND].contains(&self.0.reason)
    }

    fn say<'a>(&'a self, template: &'a str, stored: impl Fn(&'a StoredWords) -> &'a String) -> Cow<'a, str> {
        match &self.0.words {
            Some(words) => Cow::Borrowed(stored(words)),
            None => fill(template, |key| match key {
                "field" => self.field(),
                _ => self.0.details.get(key).map(String::as_str),
            }),
        }
    }
}

/// For the log: reason, field and internal text, never the details, which may hold personal values.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.reason.name)?;
        if let Some(field) = &self.0.field {
            write!(f, " on {field}")?;
        }
        if let Some(internal) = &self.0.internal {
            write!(f, ": {internal}")?;
        }
        for further in &self.0.further {
            write!(f, "; {further}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}
