//! Holds what came of a data set against its answer files. Pure.

use std::collections::BTreeMap;
use std::fmt;

use super::answers::Expected;
use super::figure::Figure;

/// What the comparison of one value says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Both are the same.
    Equal,
    /// They differ, or one is missing.
    Different,
    /// The suite does not do that yet.
    NotCovered,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::Equal => "EQUAL",
            Verdict::Different => "DIFFERENT",
            Verdict::NotCovered => "NOT_COVERED",
        })
    }
}

/// A line of the table of figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FigureLine {
    /// Id.
    pub id: String,
    /// Names, English and Chinese.
    pub names: (String, String),
    /// Unit.
    pub unit: String,
    /// The published value; none without answer files.
    pub expected: Option<String>,
    /// Our value; none where nothing was read.
    pub actual: Option<String>,
    /// The verdict; none where nothing is published.
    pub verdict: Option<Verdict>,
}

/// The table of figures: in the order of the published ones, then what only the catalogue has.
pub fn figures(expected: Option<&[Expected]>, read: &[(Figure, Option<String>)]) -> Vec<FigureLine> {
    let published = expected.unwrap_or_default();
    let ours = |id: &str| read.iter().find(|(figure, _)| figure.id == id);
    let mut lines: Vec<FigureLine> =
        published.iter().map(|expected| published_line(expected, ours(&expected.id))).collect();
    for (figure, value) in read {
        if !published.iter().any(|expected| expected.id == figure.id) {
            lines.push(FigureLine {
                id: figure.id.clone(),
                names: (figure.en.clone(), figure.zh.clone()),
                unit: figure.unit.clone(),
                expected: None,
                actual: value.as_deref().map(trimmed),
                verdict: None,
            });
        }
    }
    lines
}

fn published_line(expected: &Expected, ours: Option<&(Figure, Option<String>)>) -> FigureLine {
    let published = trimmed(&expected.value);
    let actual = ours.and_then(|(_, value)| value.as_deref().map(trimmed));
    let verdict = match (ours, &actual) {
        (None, _) => Verdict::NotCovered,
        (Some(_), Some(actual)) if *actual == published => Verdict::Equal,
        (Some(_), _) => Verdict::Different,
    };
    FigureLine {
        id: expected.id.clone(),
        names: (expected.en.clone(), expected.zh.clone()),
        unit: expected.unit.clone(),
        expected: Some(published),
        actual,
        verdict: Some(verdict),
    }
}

/// A value compared by its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared<K, V> {
    /// The key.
    pub key: K,
    /// What the answer file says.
    pub expected: Option<V>,
    /// What the suite did.
    pub actual: Option<V>,
    /// The verdict.
    pub verdict: Verdict,
}

/// Compares two maps key by key; a key that is in one of them only is different, unless the suite does not cover it.
pub fn compare<K: Ord + Clone, V: PartialEq + Clone>(
    expected: &BTreeMap<K, V>,
    actual: &BTreeMap<K, V>,
    is_covered: impl Fn(&K) -> bool,
) -> Vec<Compared<K, V>> {
    let only_ours = actual.keys().filter(|key| !expected.contains_key(key));
    let mut keys: Vec<&K> = expected.keys().chain(only_ours).collect();
    keys.sort();
    keys.into_iter()
        .map(|key| {
            let (expected, actual) = (expected.get(key), actual.get(key));
            let verdict = match (expected, actual) {
                (Some(expected), Some(actual)) if expected == actual => Verdict::Equal,
                (_, None) if !is_covered(key) => Verdict::NotCovered,
                _ => Verdict::Different,
            };
            Compared { key: key.clone(), expected: expected.cloned(), actual: actual.cloned(), verdict }
        })
        .collect()
}

/// A decimal without trailing zeros; other text as it is.
pub fn trimmed(value: &str) -> String {
    let is_decimal =
        value.contains('.') && value.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-'));
    if !is_decimal {
        return value.to_owned();
    }
    value.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::figure::catalogue;

    fn expected(id: &str, value: &str) -> Expected {
        let text = String::new;
        Expected { id: id.to_owned(), en: text(), zh: text(), value: value.to_owned(), unit: text() }
    }

    fn read(id: &str, value: Option<&str>) -> (Figure, Option<String>) {
        let figure = catalogue().unwrap().into_iter().find(|figure| figure.id == id).unwrap();
        (figure, value.map(str::to_owned))
    }

    #[test]
    fn a_figure_is_equal_different_or_not_covered() {
        let published = [expected("S074", "37115.00"), expected("S999", "1"), expected("D001", "7")];
        let lines = figures(Some(&published), &[read("S074", Some("37115")), read("D001", None)]);
        let verdicts: Vec<_> = lines.iter().map(|line| (line.id.as_str(), line.verdict)).collect();
        assert_eq!(
            verdicts,
            [
                ("S074", Some(Verdict::Equal)),
                ("S999", Some(Verdict::NotCovered)),
                ("D001", Some(Verdict::Different))
            ]
        );
    }

    #[test]
    fn figures_stand_alone_without_answer_files() {
        let lines = figures(None, &[read("S074", Some("37115"))]);
        assert_eq!((lines.len(), lines[0].actual.as_deref(), lines[0].verdict), (1, Some("37115"), None));
    }

    #[test]
    fn a_row_that_only_one_side_refuses_is_different_unless_it_waits() {
        let of = |rows: &[(u64, &str)]| rows.iter().map(|(line, why)| (*line, (*why).to_owned())).collect();
        let expected: BTreeMap<u64, String> = of(&[(2, "A"), (3, "A"), (4, "A"), (9, "A")]);
        let actual = of(&[(2, "A"), (3, "B"), (5, "A")]);
        let verdicts: Vec<_> = compare(&expected, &actual, |line| *line != 9)
            .into_iter()
            .map(|compared| (compared.key, compared.verdict))
            .collect();
        let (equal, different) = (Verdict::Equal, Verdict::Different);
        assert_eq!(
            verdicts,
            [(2, equal), (3, different), (4, different), (5, different), (9, Verdict::NotCovered)]
        );
    }

    #[test]
    fn decimals_are_trimmed_and_other_text_is_kept() {
        let cases =
            [("37115.00", "37115"), ("147.1170", "147.117"), ("2022-11-30", "2022-11-30"), ("100", "100")];
        for (text, trimmed_text) in cases {
            assert_eq!(trimmed(text), trimmed_text);
        }
    }
}
