//! Rows of a set (`RULES.md` R13): of its kind, each key once, and of a rule parameter at most one version in
//! force on a day.

use std::collections::{BTreeMap, BTreeSet};

use canopy_kernel::{Failure, RuleParameter, RuleTable, reason};

use super::model::{ReferenceKind, Row};

/// The rows that a set has taken so far.
#[derive(Clone, Debug)]
pub struct Rows {
    kind: ReferenceKind,
    keys: BTreeSet<String>,
    versions: BTreeMap<String, Vec<RuleParameter>>,
}

impl Rows {
    /// The rows that stand in a set.
    pub fn of(kind: ReferenceKind, rows: &[Row]) -> Result<Self, Failure> {
        let mut taken = Self { kind, keys: BTreeSet::new(), versions: BTreeMap::new() };
        rows.iter().try_for_each(|row| taken.admit(row))?;
        Ok(taken)
    }

    /// Takes a further row, or says why not.
    pub fn admit(&mut self, row: &Row) -> Result<(), Failure> {
        if row.kind() != self.kind {
            let rule = format!("a row of {}", self.kind.as_str());
            return Err(Failure::new(&reason::FIELD_INVALID).on("row").with("rule", rule));
        }
        if let Some(parameter) = parameter(row, "")? {
            let mut versions = self.versions.get(&parameter.key).cloned().unwrap_or_default();
            versions.push(parameter.clone());
            RuleTable::new(versions.iter().cloned()).map_err(|failure| match failure.field() {
                Some("value") => failure.on("rule_parameter.value"),
                _ => failure.on("rule_parameter.valid_from"),
            })?;
            self.versions.insert(parameter.key, versions);
        }
        match self.keys.insert(row.key()) {
            true => Ok(()),
            false => Err(duplicate(row)),
        }
    }
}

fn duplicate(row: &Row) -> Failure {
    match row {
        Row::Setting { .. } => Failure::new(&reason::DUPLICATE_SETTING).on("setting.key"),
        Row::CalendarDay { .. } => Failure::new(&reason::DUPLICATE_CALENDAR_DAY).on("calendar_day.day"),
        Row::RuleParameter { key, valid_from, .. } => Failure::new(&reason::DUPLICATE_RULE)
            .on("rule_parameter.valid_from")
            .with("key", key)
            .with("valid_from", valid_from),
        Row::LprRate { published_on, .. } => Failure::new(&reason::DUPLICATE_LPR)
            .on("lpr_rate.published_on")
            .with("published_on", published_on),
        Row::Area { .. } => Failure::new(&reason::DUPLICATE_SETTING).on("area_code.code"),
        Row::OfficeHours { .. } => Failure::new(&reason::DUPLICATE_OFFICE_HOURS).on("office_hours.opens"),
    }
}

/// The table of the rule parameters among the rows; `version` names the set on what they decide.
pub fn table(rows: &[Row], version: &str) -> Result<RuleTable, Failure> {
    let parameters: Vec<Option<RuleParameter>> =
        rows.iter().map(|row| parameter(row, version)).collect::<Result<_, _>>()?;
    RuleTable::new(parameters.into_iter().flatten())
}

fn parameter(row: &Row, version: &str) -> Result<Option<RuleParameter>, Failure> {
    let Row::RuleParameter { key, value, unit, valid_from, valid_to, .. } = row else { return Ok(None) };
    Ok(Some(RuleParameter {
        key: key.clone(),
        value: value.clone(),
        unit: unit.parse().map_err(|failure: Failure| failure.on("rule_parameter.unit"))?,
        valid_from: *valid_from,
        valid_to: *valid_to,
        version: version.to_owned(),
    }))
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Date, date};

    use super::*;

    fn rule(value: &str, valid_from: Date, valid_to: Option<Date>) -> Row {
        Row::RuleParameter {
            key: "publicity_wd".to_owned(),
            value: value.to_owned(),
            unit: "working days".to_owned(),
            valid_from,
            valid_to,
            meaning: String::new(),
        }
    }

    fn rules(rows: &[Row]) -> Rows {
        Rows::of(ReferenceKind::RuleParameters, rows).unwrap()
    }

    #[test]
    fn versions_may_touch_and_not_overlap() {
        let old = rule("5", date(2019, 7, 1), Some(date(2023, 4, 30)));
        let mut taken = rules(std::slice::from_ref(&old));
        assert!(taken.clone().admit(&rule("7", date(2023, 5, 1), None)).is_ok());
        let refused = taken.admit(&rule("7", date(2023, 4, 30), None)).unwrap_err();
        assert_eq!(refused.reason(), &reason::DUPLICATE_RULE);
        assert_eq!(refused.field(), Some("rule_parameter.valid_from"));
        assert_eq!(taken.admit(&old).unwrap_err().reason(), &reason::DUPLICATE_RULE);
        // The refused rows took no place.
        assert!(taken.admit(&rule("7", date(2023, 5, 1), None)).is_ok());
    }

    #[test]
    fn a_value_is_readable_in_its_unit() {
        let refused = rules(&[]).admit(&rule("five", date(2019, 7, 1), None)).unwrap_err();
        assert_eq!(refused.reason(), &reason::FIELD_INVALID);
        assert_eq!(refused.field(), Some("rule_parameter.value"));
    }

    #[test]
    fn a_set_takes_rows_of_its_kind_and_each_key_once() {
        let day = Row::CalendarDay { day: date(2022, 10, 1), worked: false };
        assert_eq!(rules(&[]).admit(&day).unwrap_err().field(), Some("row"));
        let mut taken = Rows::of(ReferenceKind::Calendar, std::slice::from_ref(&day)).unwrap();
        let again = Row::CalendarDay { day: date(2022, 10, 1), worked: true };
        assert_eq!(taken.admit(&again).unwrap_err().reason(), &reason::DUPLICATE_CALENDAR_DAY);
    }
}
