//! The answer files of a data set, read only to compare. Each may be missing.

use std::collections::BTreeMap;
use std::path::Path;

use super::table::{Record, Table};

/// A published or derived figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Id.
    pub id: String,
    /// Name.
    pub en: String,
    /// Name in Chinese.
    pub zh: String,
    /// Value.
    pub value: String,
    /// Unit.
    pub unit: String,
}

/// What a row is refused with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Key columns of the row.
    pub row_key: String,
    /// Answer class.
    pub error: String,
    /// Reason.
    pub reason_code: String,
}

/// Refused rows by file and line.
pub type Refusals = BTreeMap<(String, u64), Refusal>;

/// Policy and firm.
pub type Payee = (String, String);

/// By policy and firm.
pub type ByPayee<T> = BTreeMap<Payee, T>;

/// A paid line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paid {
    /// Amount in fen.
    pub amount_fen: i64,
    /// Day of the credit (YYYY-MM-DD).
    pub credited_on: String,
}

/// Deal or receipt, and party.
pub type Party = (String, String);

/// A part of what was divided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Amount in fen.
    pub amount_fen: i64,
    /// Share of the company in parts per million; 0 for cash.
    pub company_share_ppm: i64,
}

/// What the answer files say; a file that is not there is `None`.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    /// `expected.csv`.
    pub figures: Option<Vec<Expected>>,
    /// `expected_rejections.csv`.
    pub refusals: Option<Refusals>,
    /// `expected_exclusions.csv`: reason.
    pub exclusions: Option<ByPayee<String>>,
    /// `expected_payouts.csv`.
    pub payouts: Option<ByPayee<Paid>>,
    /// `expected_splits.csv`.
    pub splits: Option<BTreeMap<Party, Part>>,
}

impl Answers {
    /// Reads the answer files of the folder.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        Ok(Self {
            figures: rows(folder, "expected.csv", FIGURES, |record| {
                let text = |column| record.text(column).to_owned();
                Ok(Expected {
                    id: text("id"),
                    en: text("indicator_en"),
                    zh: text("indicator_zh"),
                    value: text("value"),
                    unit: text("unit"),
                })
            })?,
            refusals: rows(folder, "expected_rejections.csv", REFUSALS, refusal)?.map(BTreeMap::from_iter),
            exclusions: rows(folder, "expected_exclusions.csv", EXCLUSIONS, |record| {
                Ok((payee(record), record.text("reason_code").to_owned()))
            })?
            .map(BTreeMap::from_iter),
            payouts: rows(folder, "expected_payouts.csv", PAYOUTS, |record| {
                let credited_on = record.text("credited_on").to_owned();
                Ok((payee(record), Paid { amount_fen: record.int("amount_fen")?, credited_on }))
            })?
            .map(BTreeMap::from_iter),
            splits: rows(folder, "expected_splits.csv", SPLITS, |record| {
                let party = (record.text("case").to_owned(), record.text("party").to_owned());
                let amount_fen = record.int("amount_fen")?;
                Ok((party, Part { amount_fen, company_share_ppm: record.int("company_share_ppm")? }))
            })?
            .map(BTreeMap::from_iter),
        })
    }
}

const FIGURES: &[&str] = &["id", "indicator_en", "indicator_zh", "value", "unit", "derivation"];
const REFUSALS: &[&str] = &["file", "line_no", "row_key", "error", "reason_code", "explanation"];
const EXCLUSIONS: &[&str] = &["policy_code", "uscc", "reason_code"];
const SPLITS: &[&str] = &["case", "party", "amount_fen", "company_share_ppm"];
const PAYOUTS: &[&str] = &["policy_code", "uscc", "amount_fen", "credited_on"];

fn payee(record: &Record) -> Payee {
    (record.text("policy_code").to_owned(), record.text("uscc").to_owned())
}

fn refusal(record: &Record) -> anyhow::Result<((String, u64), Refusal)> {
    let refusal = Refusal {
        row_key: record.text("row_key").to_owned(),
        error: record.text("error").to_owned(),
        reason_code: record.text("reason_code").to_owned(),
    };
    Ok(((record.text("file").to_owned(), record.int("line_no")?), refusal))
}

fn rows<T>(
    folder: &Path,
    name: &str,
    columns: &'static [&'static str],
    row: impl Fn(&Record) -> anyhow::Result<T>,
) -> anyhow::Result<Option<Vec<T>>> {
    if !folder.join(name).exists() {
        return Ok(None);
    }
    Table::open(folder, name, columns)?
        .records()
        .map(|record| row(&record?))
        .collect::<anyhow::Result<_>>()
        .map(Some)
}
