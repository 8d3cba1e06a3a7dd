//! The method dictionary (五盯、五找、四跟踪): versions of entries, of a code one in force on a day (`RULES.md` R2).

use canopy_kernel::id::MethodLabelId;
use canopy_kernel::{Failure, reason, words};
use jiff::ToSpan;
use jiff::civil::Date;

words! {
    /// Part of the working method.
    Family {
        /// Watch (盯).
        Watch = "WATCH",
        /// Seek (找).
        Seek = "SEEK",
        /// Follow up (跟踪).
        Track = "TRACK",
    }
}

/// What a version of an entry says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// Code that activities carry.
    pub code: String,
    /// Part of the method.
    pub family: Family,
    /// Label in Chinese.
    pub label_zh: String,
}

/// A version of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MethodLabel {
    /// Id.
    pub id: MethodLabelId,
    /// What it says.
    pub words: Words,
    /// First day in force.
    pub valid_from: Date,
    /// Last day in force; `None` = open.
    pub valid_to: Option<Date>,
    /// Revision of the dictionary that wrote it.
    pub revision: i64,
}

impl MethodLabel {
    /// Whether it is in force on a day.
    pub fn covers(&self, day: Date) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|last| day <= last)
    }

    fn overlaps(&self, from: Date, to: Option<Date>) -> bool {
        let begins_by = |start: Date, end: Option<Date>| end.is_none_or(|end| start <= end);
        begins_by(self.valid_from, to) && begins_by(from, self.valid_to)
    }

    /// Ends it with a last day on which it is still in force.
    pub fn end(self, last: Date, revision: i64) -> Self {
        Self { valid_to: Some(last), revision, ..self }
    }
}

/// The dictionary: all versions of all entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dictionary {
    revision: i64,
    labels: Vec<MethodLabel>,
}

impl Dictionary {
    /// The dictionary of those versions.
    pub fn new(revision: i64, labels: Vec<MethodLabel>) -> Self {
        Self { revision, labels }
    }

    /// Its version: how often it was changed.
    pub fn version(&self) -> i64 {
        self.revision
    }

    /// The versions that are in force on a day.
    pub fn in_force_on(&self, day: Date) -> impl Iterator<Item = &MethodLabel> {
        self.labels.iter().filter(move |label| label.covers(day))
    }

    /// The version of a code that is in force on a day; the dictionary's version stands in the refusal.
    pub fn in_force(&self, code: &str, day: Date) -> Result<&MethodLabel, Failure> {
        let found = self.labels.iter().find(|label| label.words.code == code && label.covers(day));
        found.ok_or_else(|| {
            Failure::new(&reason::UNKNOWN_METHOD_CODE)
                .on("method_code")
                .with("code", code)
                .with("dictionary", self.version())
        })
    }

    /// Takes a further version, or says that one of its code is in force on one of its days.
    pub fn admit(&mut self, label: MethodLabel) -> Result<(), Failure> {
        let taken = |held: &MethodLabel| {
            held.words.code == label.words.code && held.overlaps(label.valid_from, label.valid_to)
        };
        if self.labels.iter().any(taken) {
            return Err(Failure::new(&reason::DUPLICATE_METHOD).on("code"));
        }
        self.revision = label.revision;
        self.labels.push(label);
        Ok(())
    }

    /// A new version of a code from a day on, and the version before as it ends the day before. What begins that very
    /// day is replaced, so nothing is left of it: it is refused.
    pub fn revise(
        &self,
        id: MethodLabelId,
        words: Words,
        from: Date,
    ) -> Result<(MethodLabel, MethodLabel), Failure> {
        let before = self.in_force(&words.code, from)?.clone();
        if before.valid_from == from {
            return Err(Failure::new(&reason::DUPLICATE_METHOD).on("valid_from"));
        }
        let revision = self.version() + 1;
        let after = MethodLabel { id, words, valid_from: from, valid_to: before.valid_to, revision };
        Ok((before.end(from.saturating_sub(1.day()), revision), after))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use jiff::civil::date;

    use super::*;

    fn label(code: &str, from: Date, to: Option<Date>, revision: i64) -> MethodLabel {
        let words = Words { code: code.to_owned(), family: Family::Seek, label_zh: "找(旧)".to_owned() };
        MethodLabel {
            id: MethodLabelId::new(uuid::Uuid::nil()),
            words,
            valid_from: from,
            valid_to: to,
            revision,
        }
    }

    fn old() -> Dictionary {
        Dictionary::new(3, vec![label("SEEK_OLD", date(2020, 1, 1), Some(date(2021, 12, 31)), 3)])
    }

    #[test]
    fn a_code_is_in_force_from_its_first_to_its_last_day() {
        let table = [
            (date(2019, 12, 31), false),
            (date(2020, 1, 1), true),
            (date(2021, 12, 31), true),
            (date(2022, 1, 1), false),
        ];
        for (day, expected) in table {
            assert_eq!(old().in_force("SEEK_OLD", day).is_ok(), expected, "{day}");
        }
        let refused = old().in_force("SEEK_9", date(2020, 1, 1)).unwrap_err();
        assert_eq!(refused.reason().name, "UNKNOWN_METHOD_CODE");
        assert_eq!(refused.details().get("dictionary").map(String::as_str), Some("3"));
    }

    #[test]
    fn of_a_code_one_version_is_in_force_on_a_day() {
        let mut dictionary = old();
        let clash = label("SEEK_OLD", date(2021, 12, 31), None, 4);
        assert_eq!(dictionary.admit(clash).unwrap_err().reason().name, "DUPLICATE_METHOD");
        dictionary.admit(label("SEEK_OLD", date(2022, 1, 1), None, 4)).unwrap();
        dictionary.admit(label("SEEK_1", date(2020, 1, 1), None, 4)).unwrap();
        assert_eq!(dictionary.version(), 4);
    }

    #[test]
    fn a_revision_ends_the_version_before_on_the_day_before() {
        let words =
            Words { code: "SEEK_OLD".to_owned(), family: Family::Track, label_zh: "跟踪".to_owned() };
        let id = MethodLabelId::new(uuid::Uuid::nil());
        let (before, after) = old().revise(id, words.clone(), date(2021, 3, 1)).unwrap();
        assert_eq!(before.valid_to, Some(date(2021, 2, 28)));
        assert_eq!((after.valid_from, after.valid_to), (date(2021, 3, 1), Some(date(2021, 12, 31))));
        assert_eq!((before.revision, after.revision), (4, 4));
        assert!(old().revise(id, words.clone(), date(2020, 1, 1)).is_err());
        assert!(old().revise(id, words, date(2022, 1, 1)).is_err());
    }
}
