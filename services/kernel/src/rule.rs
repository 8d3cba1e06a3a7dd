//! Versioned rule parameters (规则参数): thresholds, ratios and deadlines, judged by the version in
//! force on the business day, whose id is kept on the result.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;

use crate::failure::Failure;
use crate::fen::Fen;
use crate::rate::BasisPoints;
use crate::reason;

mod unit;

pub use unit::RuleUnit;

/// One version of a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleParameter {
    /// Name of the parameter.
    pub key: String,
    /// Its value, an integer in the unit, or a word.
    pub value: String,
    /// Unit of the value.
    pub unit: RuleUnit,
    /// First day in force.
    pub valid_from: Date,
    /// Last day in force; `None` is open.
    pub valid_to: Option<Date>,
    /// Identifies this version on the results it decided.
    pub version: String,
}

impl RuleParameter {
    /// Whether it is in force on that day.
    pub fn covers(&self, day: Date) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|last| day <= last)
    }

    /// The value as money.
    pub fn fen(&self) -> Result<Fen, Failure> {
        self.expect_unit(&[RuleUnit::Fen])?;
        self.integer().and_then(Fen::new)
    }

    /// The value as a rate.
    pub fn bp(&self) -> Result<BasisPoints, Failure> {
        self.expect_unit(&[RuleUnit::BasisPoints])?;
        self.integer().and_then(BasisPoints::new)
    }

    /// The value as a number of months.
    pub fn months(&self) -> Result<u32, Failure> {
        self.expect_unit(&[RuleUnit::Months])?;
        self.count()
    }

    /// The value as a number of years.
    pub fn years(&self) -> Result<u32, Failure> {
        self.expect_unit(&[RuleUnit::Years])?;
        self.count()
    }

    /// The value as a number of days, of whichever kind the parameter counts.
    pub fn days(&self) -> Result<u32, Failure> {
        self.expect_unit(&[RuleUnit::Days, RuleUnit::CalendarDays, RuleUnit::WorkingDays])?;
        self.count()
    }

    /// The value as a word.
    pub fn word(&self) -> Result<&str, Failure> {
        self.expect_unit(&[RuleUnit::Word])?;
        Ok(&self.value)
    }

    fn expect_unit(&self, allowed: &[RuleUnit]) -> Result<(), Failure> {
        match allowed.contains(&self.unit) {
            true => Ok(()),
            false => Err(self.malformed(format_args!("unit {} is not the one asked for", self.unit))),
        }
    }

    fn integer(&self) -> Result<i64, Failure> {
        self.value.parse().map_err(|_| self.malformed("the value is no integer"))
    }

    fn count(&self) -> Result<u32, Failure> {
        self.value.parse().map_err(|_| self.malformed("the value is no count"))
    }

    /// Checks that the value can be read in its unit.
    fn check(&self) -> Result<(), Failure> {
        match self.unit {
            RuleUnit::Fen => self.fen().map(drop)?,
            RuleUnit::BasisPoints => self.bp().map(drop)?,
            RuleUnit::Word if self.value.is_empty() => return Err(self.malformed("the word is empty")),
            RuleUnit::Word => {}
            _ => self.count().map(drop)?,
        }
        match self.valid_to {
            Some(last) if last < self.valid_from => Err(self.malformed("it ends before it begins")),
            _ => Ok(()),
        }
    }

    fn malformed(&self, internal: impl fmt::Display) -> Failure {
        Failure::new(&reason::FIELD_INVALID)
            .on("value")
            .with("key", &self.key)
            .because(format_args!("rule {} version {}: {internal}", self.key, self.version))
    }
}

/// All versions of all parameters; of one key at most one is in force on a day.
#[derive(Clone, Debug, Default)]
pub struct RuleTable(BTreeMap<String, BTreeMap<Date, RuleParameter>>);

impl RuleTable {
    /// The table of those versions; unreadable values and overlapping versions are refused.
    pub fn new(parameters: impl IntoIterator<Item = RuleParameter>) -> Result<Self, Failure> {
        let mut table: BTreeMap<String, BTreeMap<Date, RuleParameter>> = BTreeMap::new();
        for parameter in parameters {
            parameter.check()?;
            let versions = table.entry(parameter.key.clone()).or_default();
            let after = versions.range(parameter.valid_from..).next().map(|(from, _)| *from);
            let runs_into_next = after.is_some_and(|from| parameter.covers(from));
            let before = versions.range(..parameter.valid_from).next_back().map(|(_, earlier)| earlier);
            let is_run_into = before.is_some_and(|earlier| earlier.covers(parameter.valid_from));
            if runs_into_next || is_run_into {
                return Err(Failure::new(&reason::DUPLICATE_RULE)
                    .with("key", &parameter.key)
                    .with("valid_from", parameter.valid_from));
            }
            versions.insert(parameter.valid_from, parameter);
        }
        Ok(Self(table))
    }

    /// The version in force on that day.
    pub fn in_force(&self, key: &str, day: Date) -> Result<&RuleParameter, Failure> {
        let versions = self.0.get(key);
        let latest = versions.and_then(|all| all.range(..=day).next_back()).map(|(_, version)| version);
        latest
            .filter(|version| version.covers(day))
            .ok_or_else(|| Failure::new(&reason::RULE_NOT_LOADED).with("key", key).with("day", day))
    }

    /// Money in force on that day.
    pub fn fen(&self, key: &str, day: Date) -> Result<Fen, Failure> {
        self.in_force(key, day)?.fen()
    }

    /// A rate in force on that day.
    pub fn bp(&self, key: &str, day: Date) -> Result<BasisPoints, Failure> {
        self.in_force(key, day)?.bp()
    }

    /// A number of months in force on that day.
    pub fn months(&self, key: &str, day: Date) -> Result<u32, Failure> {
        self.in_force(key, day)?.months()
    }

    /// A number of years in force on that day.
    pub fn years(&self, key: &str, day: Date) -> Result<u32, Failure> {
        self.in_force(key, day)?.years()
    }

    /// A number of days in force on that day, of whichever kind the parameter counts.
    pub fn days(&self, key: &str, day: Date) -> Result<u32, Failure> {
        self.in_force(key, day)?.days()
    }

    /// A word in force on that day.
    pub fn word(&self, key: &str, day: Date) -> Result<&str, Failure> {
        self.in_force(key, day)?.word()
    }

    /// Every version, by key and first day.
    pub fn iter(&self) -> impl Iterator<Item = &RuleParameter> {
        self.0.values().flat_map(BTreeMap::values)
    }
}
