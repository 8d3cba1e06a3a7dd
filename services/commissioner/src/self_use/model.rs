//! A result that its unit uses itself (自行实施): no buyer and no price, but for the agreed years from the start of
//! production (投产) an award out of each year's operating profit (`RULES.md` R49).
//!
//! ```text
//! RUNNING ──a year is over──▶ AWARD_DUE ──profit stated, award divided──▶ RUNNING
//!                             AWARD_DUE ──the last year awarded──▶ COMPLETED
//! ```
//!
//! The state on a day follows from the start, the agreed years and the awards.

use canopy_kernel::id::{EmpowermentId, LedgerAccountId, SelfUseId};
use canopy_kernel::{BasisPoints, Failure, Fen, Uscc, reason, words};
use jiff::civil::Date;

use super::rule_floor::Floor;
use super::rule_term::Term;
use crate::deal::rule_split::within_team;
use crate::empowerment::model::Agreement;

words! {
    /// State on a day.
    State {
        /// No year that is over waits for its award.
        Running = "RUNNING",
        /// A year is over and not awarded.
        AwardDue = "AWARD_DUE",
        /// All agreed years are over and awarded.
        Completed = "COMPLETED",
    }
}

/// What a unit states of a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Which year from the start of production: 1, 2, 3 …
    pub year_no: u32,
    /// Operating profit (营业利润) of the result in that year; nothing for a loss.
    pub profit: Fen,
    /// What the inventors get out of it together.
    pub award: Fen,
}

/// The award of a year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Award {
    /// Which year: 1, 2, 3 …
    pub year_no: u32,
    /// Operating profit of that year.
    pub profit: Fen,
    /// What the inventors got together.
    pub amount: Fen,
    /// Smallest part of the profit that was asked for then.
    pub floor: Floor,
    /// Day of the award.
    pub awarded_on: Date,
    /// Version of the agreement that divided it.
    pub agreement_version_no: i32,
    /// What each inventor got, in declared order.
    pub parts: Vec<(String, Fen)>,
}

/// A result that its unit uses itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelfUse {
    /// Its id.
    pub id: SelfUseId,
    /// The empowerment whose agreement divides the awards.
    pub empowerment: EmpowermentId,
    /// The unit's number of that empowerment.
    pub empowerment_no: String,
    /// The unit.
    pub unit: Uscc,
    /// The unit's own number.
    pub number: String,
    /// The agreed years.
    pub term: Term,
    /// Its awards, by year.
    pub awards: Vec<Award>,
    /// Ledger account through which awards pass to the inventors.
    pub award_account: LedgerAccountId,
    /// Counts writes.
    pub version: i64,
}

impl SelfUse {
    /// The state on a day.
    pub fn state_on(&self, day: Date) -> State {
        let mut over = (1..=self.term.years).filter(|year_no| self.term.last_of(*year_no) < day);
        let is_awarded = |year_no| self.awards_by(day).any(|award| award.year_no == year_no);
        if over.any(|year_no| !is_awarded(year_no)) {
            State::AwardDue
        } else if self.term.last_on() < day {
            State::Completed
        } else {
            State::Running
        }
    }

    /// Awards made by a day, by year.
    pub fn awards_by(&self, day: Date) -> impl Iterator<Item = &Award> {
        self.awards.iter().filter(move |award| award.awarded_on <= day)
    }

    /// Refuses an award of a year that cannot be awarded on a day, or of too much or too little.
    pub fn require_due(&self, stated: Statement, floor: Floor, day: Date) -> Result<(), Failure> {
        self.term.require_over(stated.year_no, day)?;
        if self.awards.iter().any(|award| award.year_no == stated.year_no) {
            let failure = Failure::new(&reason::YEAR_ALREADY_AWARDED).on("year_no");
            return Err(failure.with("year_no", stated.year_no));
        }
        floor.require(stated.award, stated.profit)
    }

    /// Awards a year that is over, once, and divides the award by the inner shares of an agreement.
    pub fn award(
        mut self,
        stated: Statement,
        floor: Floor,
        agreement: &Agreement,
        day: Date,
    ) -> Result<(Self, Award), Failure> {
        self.require_due(stated, floor, day)?;
        let shares: Vec<BasisPoints> = agreement.shares.iter().map(|(share, _)| share.share).collect();
        let names = agreement.shares.iter().map(|(share, _)| share.inventor.clone());
        let award = Award {
            year_no: stated.year_no,
            profit: stated.profit,
            amount: stated.award,
            floor,
            awarded_on: day,
            agreement_version_no: agreement.version_no,
            parts: names.zip(within_team(stated.award, &shares)?).collect(),
        };
        self.awards.push(award.clone());
        self.awards.sort_by_key(|award| award.year_no);
        self.version += 1;
        Ok((self, award))
    }
}

#[cfg(test)]
mod tests;
