//! Which reports are taken (`RULES.md` R3): of somebody in service and posted by then, by a method in force, about what
//! is known, once; and what they add to the tally.

use std::collections::{BTreeMap, HashMap, HashSet};

use canopy_kernel::id::{AchievementId, ActivityId, CommissionerId, DemandId};
use canopy_kernel::{Failure, reason};
use jiff::civil::Date;

use super::model::{Activity, Kind, Report};
use crate::commissioner::model::Tenure;
use crate::method::model::Dictionary;

/// What is known of a commissioner when a report is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Id.
    pub id: CommissionerId,
    /// The days on which he acts.
    pub tenure: Tenure,
}

/// What makes an activity the same as another: commissioner, day, counterpart and kind.
pub type Once = (CommissionerId, Date, String, Kind);

/// What a piece adds to the tally of a day and kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Added {
    /// Activities, a joint sheet once.
    pub activities: i64,
    /// Of them joint sheets.
    pub joint: i64,
    /// Participants.
    pub participations: i64,
}

/// What a piece of reports is judged against, and what it brought so far.
#[derive(Debug, Default)]
pub struct Admission {
    /// Commissioners by number.
    pub commissioners: HashMap<String, Known>,
    /// The method dictionary.
    pub dictionary: Dictionary,
    /// Numbers of activities that are used.
    pub numbers: HashSet<String>,
    /// Activities that are taken.
    pub taken: HashSet<Once>,
    /// Joint sheets that count already.
    pub sheets: HashSet<(String, Kind)>,
    /// Demands that are known, of those that the piece names.
    pub demands: HashSet<DemandId>,
    /// Achievements that are known, of those that the piece names.
    pub achievements: HashSet<AchievementId>,
    /// Sheets that the piece brought, and the day on which each counts.
    pub new_sheets: BTreeMap<(String, Kind), Date>,
    /// What the piece adds.
    pub tally: BTreeMap<(Date, Kind), Added>,
}

impl Admission {
    /// Takes a report, or says why not; the first reason in this order is the answer.
    pub fn admit(&mut self, id: ActivityId, report: Report) -> Result<Activity, Failure> {
        let commissioner = self.judge(&report)?;
        self.require_known(&report)?;
        let key = (commissioner, report.activity_on, report.counterpart.name.clone(), report.kind);
        if self.numbers.contains(&report.number) || self.taken.contains(&key) {
            return Err(Failure::new(&reason::DUPLICATE_ACTIVITY).on("activity_no"));
        }
        self.numbers.insert(report.number.clone());
        self.taken.insert(key);
        self.count(&report);
        Ok(Activity { id, commissioner, report, answer: None })
    }

    fn judge(&self, report: &Report) -> Result<CommissionerId, Failure> {
        if report.activity_on > report.reported_on {
            return Err(Failure::new(&reason::ACTIVITY_IN_FUTURE)
                .on("activity_on")
                .with("activity_on", report.activity_on));
        }
        let number = &report.commissioner_no;
        let known = self.commissioners.get(number).ok_or_else(|| crate::commissioner::unknown(number))?;
        known.tenure.require(report.activity_on).map_err(|failure| failure.on("activity_on"))?;
        if !report.method_code.is_empty() {
            self.dictionary.in_force(&report.method_code, report.activity_on)?;
        }
        Ok(known.id)
    }

    fn require_known(&self, report: &Report) -> Result<(), Failure> {
        if report.demand.is_some_and(|demand| !self.demands.contains(&demand)) {
            return Err(Failure::new(&reason::UNKNOWN_DEMAND).on("demand"));
        }
        match report.achievement.is_some_and(|achievement| !self.achievements.contains(&achievement)) {
            true => Err(Failure::new(&reason::UNKNOWN_ACHIEVEMENT).on("achievement")),
            false => Ok(()),
        }
    }

    fn count(&mut self, report: &Report) {
        let added = self.tally.entry((report.activity_on, report.kind)).or_default();
        added.participations += 1;
        let Some(sheet) = report.joint() else {
            added.activities += 1;
            return;
        };
        if self.sheets.insert(sheet.clone()) {
            added.activities += 1;
            added.joint += 1;
            self.new_sheets.insert(sheet, report.activity_on);
        }
    }
}

#[cfg(test)]
mod tests;
