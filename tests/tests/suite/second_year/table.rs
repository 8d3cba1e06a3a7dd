//! A record file as rows of cells that remember the line they came from.

use std::path::Path;

/// A file of the data set.
pub struct Table {
    header: Vec<String>,
    /// Its rows, in order.
    pub rows: Vec<Row>,
}

/// A row with the line on which it stood.
#[derive(Clone)]
pub struct Row {
    /// Line in the bundled year's file.
    pub line: u64,
    /// Cells, in the header's order.
    pub cells: Vec<String>,
}

impl Table {
    pub fn read(file: &Path) -> Self {
        let mut reader = csv::Reader::from_path(file).unwrap();
        let header = reader.headers().unwrap().iter().map(str::to_owned).collect();
        let row = |record: csv::StringRecord| Row {
            line: record.position().unwrap().line(),
            cells: record.iter().map(str::to_owned).collect(),
        };
        let rows = reader.records().map(|record| row(record.unwrap())).collect();
        Self { header, rows }
    }

    pub fn write(&self, file: &Path) {
        let mut writer = csv::Writer::from_path(file).unwrap();
        writer.write_record(&self.header).unwrap();
        for row in &self.rows {
            writer.write_record(&row.cells).unwrap();
        }
        writer.flush().unwrap();
    }

    /// Place of a column.
    pub fn column(&self, name: &str) -> usize {
        self.header.iter().position(|column| column == name).unwrap_or_else(|| panic!("no column {name}"))
    }

    /// Places of the columns of that kind.
    pub fn columns(&self, of: impl Fn(&str) -> bool) -> Vec<usize> {
        (0..self.header.len()).filter(|at| of(&self.header[*at])).collect()
    }

    /// Rewrites every cell of those columns.
    pub fn map(&mut self, columns: &[usize], cell: impl Fn(&str) -> String) {
        for row in &mut self.rows {
            for at in columns {
                row.cells[*at] = cell(&row.cells[*at]);
            }
        }
    }

    /// Puts the rows into another order; those about one subject keep theirs.
    pub fn shuffle(&mut self, subject: usize) {
        self.rows.sort_by_key(|row| scattered(&row.cells[subject]));
    }
}

/// A number that says nothing about the order of texts (FNV-1a).
fn scattered(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
