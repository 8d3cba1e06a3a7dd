//! Reads a record file strictly: what is not well-formed CSV, lacks a column or has one too many, or does not fit
//! its column's type is reported with file, line and column before anything is sent.

use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use anyhow::Context;
use canopy_kernel::{Failure, date, reason};
use jiff::Timestamp;
use jiff::civil::Date;

use super::quoting;

/// Where and why a file is not what it should be. The column is the field's ordinal, 1 = first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// File name.
    pub file: String,
    /// Line, the header being line 1.
    pub line: u64,
    /// Column.
    pub column: usize,
    /// What is wrong there.
    pub what: String,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failure =
            Failure::new(&reason::CSV_MALFORMED).with("line", self.line).with("column", self.column);
        let (zh, en) = (failure.text_zh(), failure.text_en());
        write!(f, "{}: {} ({}): {en}; {zh}", self.file, failure.reason().name, self.what)
    }
}

impl std::error::Error for Malformed {}

/// A record file that is open, its header read and found to be the expected one.
pub struct Table {
    file: String,
    columns: &'static [&'static str],
    /// Position in the file of each expected column.
    order: Vec<usize>,
    reader: csv::Reader<BufReader<File>>,
}

impl Table {
    /// Opens the file of that name in the data set's folder.
    pub fn open(folder: &Path, name: &str, columns: &'static [&'static str]) -> anyhow::Result<Self> {
        let path = folder.join(name);
        check_quoting(&path, name)?;
        let file = File::open(&path).with_context(|| format!("open {}", path.display()))?;
        let mut reader = csv::Reader::from_reader(BufReader::new(file));
        let header = reader.headers().map_err(|fault| unreadable(name, &fault, 0))?.clone();
        let order = order(name, &header, columns)?;
        Ok(Self { file: name.to_owned(), columns, order, reader })
    }

    /// The records, one by one.
    pub fn records(self) -> impl Iterator<Item = Result<Record, Malformed>> {
        let Self { file, columns, order, reader } = self;
        let width = order.len();
        reader.into_records().map(move |record| {
            let fields = record.map_err(|fault| unreadable(&file, &fault, width))?;
            let line = fields.position().map_or(0, csv::Position::line);
            Ok(Record { file: file.clone(), line, columns, order: order.clone(), fields })
        })
    }
}

/// The csv crate reads on past a stray or an open quote, so the quoting is checked on its own first.
fn check_quoting(path: &PathBuf, name: &str) -> anyhow::Result<()> {
    let file = File::open(path).with_context(|| format!("open {}", path.display()))?;
    let mut scan = quoting::Scan::default();
    let mut reader = BufReader::new(file);
    loop {
        let bytes = reader.fill_buf().with_context(|| format!("read {}", path.display()))?;
        let length = bytes.len();
        let fault = if length == 0 { scan.end() } else { scan.feed(bytes) };
        if let Some(fault) = fault {
            let quoting::Fault { line, column, what } = fault;
            return Err(Malformed { file: name.to_owned(), line, column, what: what.to_owned() }.into());
        }
        if length == 0 {
            return Ok(());
        }
        reader.consume(length);
    }
}

fn order(file: &str, header: &csv::StringRecord, columns: &[&str]) -> Result<Vec<usize>, Malformed> {
    let fault = |column: usize, what: String| Malformed { file: file.to_owned(), line: 1, column, what };
    for (index, name) in header.iter().enumerate() {
        if !columns.contains(&name) {
            return Err(fault(index + 1, format!("unknown column {name:?}")));
        }
        if header.iter().take(index).any(|before| before == name) {
            return Err(fault(index + 1, format!("column {name:?} stands twice")));
        }
    }
    columns
        .iter()
        .map(|column| {
            let index = header.iter().position(|name| name == *column);
            index.ok_or_else(|| fault(header.len() + 1, format!("column {column:?} is missing")))
        })
        .collect()
}

fn unreadable(file: &str, fault: &csv::Error, width: usize) -> Malformed {
    let line = fault.position().map_or(1, csv::Position::line);
    let (column, what) = match fault.kind() {
        csv::ErrorKind::Utf8 { err, .. } => (err.field() + 1, "not UTF-8".to_owned()),
        csv::ErrorKind::UnequalLengths { len, .. } => {
            let len = usize::try_from(*len).unwrap_or(usize::MAX);
            (len.min(width).saturating_add(1), format!("{len} fields where the header has {width}"))
        }
        _ => (1, fault.to_string()),
    };
    Malformed { file: file.to_owned(), line, column, what }
}

/// One row of a record file.
#[derive(Clone, Debug)]
pub struct Record {
    file: String,
    line: u64,
    columns: &'static [&'static str],
    order: Vec<usize>,
    fields: csv::StringRecord,
}

impl Record {
    /// Line in the file, the header being line 1.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// The text of a column; empty = no value.
    pub fn text(&self, column: &str) -> &str {
        &self.fields[self.field(column)]
    }

    /// The key columns joined by a vertical bar.
    pub fn key(&self, columns: &[&str]) -> String {
        let texts: Vec<&str> = columns.iter().map(|column| self.text(column)).collect();
        texts.join("|")
    }

    /// An integer; an empty field is 0.
    pub fn int<T: std::str::FromStr + Default>(&self, column: &str) -> Result<T, Malformed> {
        match self.text(column) {
            "" => Ok(T::default()),
            text => text.parse().map_err(|_| self.fault(column, "not an integer of that size")),
        }
    }

    /// `true` or `false`; an empty field is false.
    pub fn flag(&self, column: &str) -> Result<bool, Malformed> {
        match self.text(column) {
            "true" => Ok(true),
            "false" | "" => Ok(false),
            _ => Err(self.fault(column, "neither true nor false")),
        }
    }

    /// A day that must be there.
    pub fn day(&self, column: &str) -> Result<Date, Malformed> {
        date::parse(self.text(column)).map_err(|_| self.fault(column, "not a day (YYYY-MM-DD)"))
    }

    /// A day, or none.
    pub fn optional_day(&self, column: &str) -> Result<Option<Date>, Malformed> {
        if self.text(column).is_empty() { Ok(None) } else { self.day(column).map(Some) }
    }

    /// An instant that must be there.
    pub fn instant(&self, column: &str) -> Result<Timestamp, Malformed> {
        self.text(column).parse().map_err(|_| self.fault(column, "not an instant (RFC 3339)"))
    }

    /// A word of a closed list, as the contract's enum value.
    pub fn word<T: Copy + Into<i32>>(&self, column: &str, words: &[(&str, T)]) -> Result<i32, Malformed> {
        let text = self.text(column);
        let found = words.iter().find(|(word, _)| *word == text);
        found
            .map(|(_, value)| (*value).into())
            .ok_or_else(|| self.fault(column, "not a word of that column's list"))
    }

    fn field(&self, column: &str) -> usize {
        let index =
            self.columns.iter().position(|name| *name == column).expect("a declared column of the file");
        self.order[index]
    }

    /// A field that is not what its column holds.
    pub(super) fn fault(&self, column: &str, what: &str) -> Malformed {
        Malformed {
            file: self.file.clone(),
            line: self.line,
            column: self.field(column) + 1,
            what: format!("{column}: {what}"),
        }
    }
}
