//! The loan prime rate (贷款市场报价利率, LPR): the value on a day is the latest published on or
//! before it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use jiff::civil::Date;

use crate::failure::Failure;
use crate::rate::BasisPoints;
use crate::reason;

/// The two rates published on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LprRow {
    /// Day of publication.
    pub published_on: Date,
    /// One-year rate.
    pub one_year: BasisPoints,
    /// Rate for five years and more.
    pub five_year: BasisPoints,
}

/// The published rates.
#[derive(Clone, Debug, Default)]
pub struct LprTable(BTreeMap<Date, LprRow>);

impl LprTable {
    /// The table of those rows; two rows of one day are refused.
    pub fn new(rows: impl IntoIterator<Item = LprRow>) -> Result<Self, Failure> {
        let mut table = BTreeMap::new();
        for row in rows {
            match table.entry(row.published_on) {
                Entry::Vacant(place) => place.insert(row),
                Entry::Occupied(_) => {
                    return Err(Failure::new(&reason::DUPLICATE_LPR).with("published_on", row.published_on));
                }
            };
        }
        Ok(Self(table))
    }

    /// The row in force on that day; before the first one it is out of range.
    pub fn in_force(&self, day: Date) -> Result<&LprRow, Failure> {
        let row = self.0.range(..=day).next_back().map(|(_, row)| row);
        row.ok_or_else(|| Failure::new(&reason::LPR_NOT_LOADED).with("day", day))
    }
}
