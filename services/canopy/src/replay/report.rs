//! The report of a replay: tables for the operator, files for other programs, and whether all that is covered is
//! equal.

use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;

use super::answers::{Answers, ByPayee, Paid, Part, Party, Payee, Refusal, Refusals};
use super::file::{FILES, RecordFile};
use super::outcome::Outcome;
use super::plan::RowId;
use super::verdict::{Compared, FigureLine, Verdict, compare, figures};
use super::year::Year;

mod written;

/// Differences of one kind that are shown; the rest is counted.
const SHOWN: usize = 20;

/// Everything compared.
#[derive(Debug)]
pub struct Report {
    figures: Vec<FigureLine>,
    refusals: Refusals,
    refused: Option<Vec<Compared<(String, u64), Refusal>>>,
    excluded: Option<Vec<Compared<Payee, String>>>,
    paid: Option<Vec<Compared<Payee, Paid>>>,
    divided: Option<Vec<Compared<Party, Part>>>,
}

impl Report {
    /// Holds the outcome against the answers.
    pub fn of(year: &Year, outcome: Outcome, answers: &Answers) -> Self {
        let served = |policy: &String| year.policies.contains(policy);
        Self {
            figures: figures(answers.figures.as_deref(), &outcome.figures),
            refused: answers
                .refusals
                .as_ref()
                .map(|expected| compare(expected, &outcome.refusals, |row| is_covered(year, row))),
            excluded: by_payee(answers.exclusions.as_ref(), &outcome.exclusions, served),
            paid: by_payee(answers.payouts.as_ref(), &outcome.payouts, served),
            divided: answers
                .splits
                .as_ref()
                .map(|expected| compare(expected, &outcome.splits, |(case, _)| is_of_deal(case))),
            refusals: outcome.refusals,
        }
    }

    /// Whether every covered figure, refusal, exclusion, paid line and part is equal.
    pub fn is_equal(&self) -> bool {
        let figures = self.figures.iter().all(|line| line.verdict != Some(Verdict::Different));
        let tallies = [
            self.refused.as_deref().map(tally),
            self.excluded.as_deref().map(tally),
            self.paid.as_deref().map(tally),
            self.divided.as_deref().map(tally),
        ];
        figures && tallies.into_iter().flatten().all(|tally| tally.different == 0)
    }

    /// Prints the tables.
    #[expect(clippy::print_stdout, reason = "the report is what the command is for")]
    pub fn print(&self) {
        println!("{}", self.figure_table());
        println!("{}", self.refusal_table());
        if let Some(table) = self.sum_table() {
            println!("{table}");
        }
        for line in self.differences() {
            println!("{line}");
        }
    }

    fn figure_table(&self) -> Table {
        let mut table = table(&["figure", "name", "unit", "published", "ours", "verdict"]);
        // What is not covered first, so that the rest stands next to the sums.
        let (not_covered, covered): (Vec<_>, Vec<_>) =
            self.figures.iter().partition(|line| line.verdict == Some(Verdict::NotCovered));
        for line in not_covered.into_iter().chain(covered) {
            let (en, zh) = &line.names;
            let verdict = line.verdict.map(|verdict| verdict.to_string()).unwrap_or_default();
            let text = |value: &Option<String>| value.clone().unwrap_or_default();
            let name = format!("{zh} {en}");
            table.add_row([
                line.id.clone(),
                name,
                line.unit.clone(),
                text(&line.expected),
                text(&line.actual),
                verdict,
            ]);
        }
        table
    }

    fn refusal_table(&self) -> Table {
        let mut table = table(&["refused row", "key", "expected", "ours", "verdict"]);
        let Some(refused) = &self.refused else {
            for ((file, line), refusal) in &self.refusals {
                let ours = format!("{} {}", refusal.error, refusal.reason_code);
                table.add_row([
                    format!("{file}:{line}"),
                    refusal.row_key.clone(),
                    String::new(),
                    ours,
                    String::new(),
                ]);
            }
            return table;
        };
        let mut refused: Vec<_> = refused.iter().collect();
        refused.sort_by_key(|it| (FILES.iter().position(|file| file.name == it.key.0), it.key.1));
        for Compared { key: (file, line), expected, actual, verdict } in refused {
            if *verdict != Verdict::NotCovered {
                let text = |side: &Option<Refusal>| {
                    side.as_ref().map(|it| format!("{} {}", it.error, it.reason_code)).unwrap_or_default()
                };
                let key =
                    expected.as_ref().or(actual.as_ref()).map(|it| it.row_key.clone()).unwrap_or_default();
                table.add_row([
                    format!("{file}:{line}"),
                    key,
                    text(expected),
                    text(actual),
                    verdict.to_string(),
                ]);
            }
        }
        table
    }

    /// How much is equal; none without answer files.
    fn sum_table(&self) -> Option<Table> {
        let published = self.figures.iter().any(|line| line.verdict.is_some());
        let sums = [
            ("figures", published.then(|| self.figure_tally())),
            ("refused rows", self.refused.as_deref().map(tally)),
            ("excluded firms", self.excluded.as_deref().map(tally)),
            ("paid lines", self.paid.as_deref().map(tally)),
            ("parts of deals", self.divided.as_deref().map(tally)),
        ];
        let mut table = table(&["", "equal", "different", "not covered"]);
        for (what, sum) in sums {
            if let Some(Tally { equal, different, not_covered }) = sum {
                table.add_row([
                    what.to_owned(),
                    equal.to_string(),
                    different.to_string(),
                    not_covered.to_string(),
                ]);
            }
        }
        (!table.is_empty()).then_some(table)
    }

    fn figure_tally(&self) -> Tally {
        let count = |verdict| self.figures.iter().filter(|line| line.verdict == Some(verdict)).count();
        Tally {
            equal: count(Verdict::Equal),
            different: count(Verdict::Different),
            not_covered: count(Verdict::NotCovered),
        }
    }

    fn differences(&self) -> Vec<String> {
        let excluded = differences(self.excluded.as_deref(), "excluded firm", |reason| reason.clone());
        let paid = differences(self.paid.as_deref(), "paid line", |paid| {
            format!("{} fen on {}", paid.amount_fen, paid.credited_on)
        });
        let divided = differences(self.divided.as_deref(), "part", |part| match part.company_share_ppm {
            0 => format!("{} fen", part.amount_fen),
            share => format!("{} fen, {share} ppm", part.amount_fen),
        });
        [excluded, paid, divided].concat()
    }
}

/// The first differences of a kind, in words.
fn differences<V>(
    compared: Option<&[Compared<(String, String), V>]>,
    what: &str,
    text: impl Fn(&V) -> String,
) -> Vec<String> {
    let side = |value: &Option<V>| value.as_ref().map_or_else(|| "nothing".to_owned(), &text);
    let different = compared.unwrap_or_default().iter().filter(|it| it.verdict == Verdict::Different);
    let lines = different.map(|it| {
        let (of, who) = &it.key;
        format!("{what} {of} {who}: expected {}, ours {}", side(&it.expected), side(&it.actual))
    });
    lines.take(SHOWN).collect()
}

/// How many of each verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    equal: usize,
    different: usize,
    not_covered: usize,
}

fn tally<K, V>(compared: &[Compared<K, V>]) -> Tally {
    compared.iter().fold(Tally::default(), |mut tally, it| {
        match it.verdict {
            Verdict::Equal => tally.equal += 1,
            Verdict::Different => tally.different += 1,
            Verdict::NotCovered => tally.not_covered += 1,
        }
        tally
    })
}

fn by_payee<V: PartialEq + Clone>(
    expected: Option<&ByPayee<V>>,
    actual: &ByPayee<V>,
    served: impl Fn(&String) -> bool,
) -> Option<Vec<Compared<Payee, V>>> {
    expected.map(|expected| compare(expected, actual, |(policy, _)| served(policy)))
}

/// Whether a split is of a deal; losses and recoveries are those of loans, which the suite does not cover yet.
fn is_of_deal(case: &str) -> bool {
    !case.contains(':')
}

/// Whether the suite covers the row: its file is one of ours and the row does not wait.
fn is_covered(year: &Year, (file, line): &(String, u64)) -> bool {
    let known = |it: &RecordFile| it.name == file;
    let Some(position) = FILES.iter().position(known) else { return false };
    !year.waiting.contains(&RowId { file: position, line: *line })
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header(header.to_vec());
    table
}
