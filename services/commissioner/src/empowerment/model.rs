//! Empowerments (赋权): ownership and use rights that a pilot unit gives the inventors of a result.
//!
//! ```text
//! APPLIED ──▶ RIGHTS_CLEARED ──▶ AGREEMENT_SIGNED ──▶ PUBLICISED ──▶ FILED ──first day──▶ IN_FORCE
//!                                              FILED, IN_FORCE ──further version──▶ the same
//!             any of them ──▶ TERMINATED       IN_FORCE ──last day passed──▶ EXPIRED
//! ```
//!
//! The state on a day follows from the dates, so a register's row, which dates its steps, needs no other form.

use canopy_kernel::id::{EmpowermentId, LedgerAccountId};
use canopy_kernel::{Failure, Uscc, period, reason, words};
use jiff::civil::Date;

use super::rule_rights::{CoOwner, Rights};
use super::rule_share::{Share, Shares};

words! {
    /// State on a day.
    State {
        /// Applied for.
        Applied = "APPLIED",
        /// The rights were found clear.
        RightsCleared = "RIGHTS_CLEARED",
        /// Unit and inventors signed.
        AgreementSigned = "AGREEMENT_SIGNED",
        /// In publicity, or past it.
        Publicised = "PUBLICISED",
        /// Filed (备案); the right has not begun.
        Filed = "FILED",
        /// Filed and begun.
        InForce = "IN_FORCE",
        /// Terminated.
        Terminated = "TERMINATED",
        /// Its last day has passed.
        Expired = "EXPIRED",
    }
}

/// On what footing inventors are given rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Owned by the unit: joint ownership and a use right for that many years.
    UnitOwned {
        /// Years of the use right.
        term_years: u32,
    },
    /// Another result of the job: full ownership goes to the inventors.
    OtherService,
}

impl Basis {
    /// The word in the data.
    pub const fn as_str(self) -> &'static str {
        match self {
            Basis::UnitOwned { .. } => "UNIT_OWNED",
            Basis::OtherService => "OTHER_SERVICE",
        }
    }

    /// Years of the use right, where there is one.
    pub const fn term_years(self) -> Option<u32> {
        match self {
            Basis::UnitOwned { term_years } => Some(term_years),
            Basis::OtherService => None,
        }
    }
}

/// What is applied for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The unit.
    pub unit: Uscc,
    /// The unit's own number.
    pub number: String,
    /// The achievement.
    pub title: String,
    /// Footing.
    pub basis: Basis,
}

/// The days of its steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dates {
    /// Application; a register states none.
    pub applied_on: Option<Date>,
    /// Rights found clear; a register states none.
    pub rights_cleared_on: Option<Date>,
    /// First day of publicity.
    pub publicity_posted_on: Option<Date>,
    /// Filing.
    pub filed_on: Option<Date>,
    /// First day of the right.
    pub start_on: Option<Date>,
    /// Day from which it is terminated.
    pub terminated_on: Option<Date>,
}

/// A version of the agreement; it holds until the day of the next one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// Version: 1, 2, 3 …
    pub version_no: i32,
    /// Day from which it holds.
    pub effective_on: Date,
    /// Inner shares in declared order, each with the inventor's ledger account.
    pub shares: Vec<(Share, LedgerAccountId)>,
}

/// Ledger accounts of an empowerment beside those of its inventors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accounts {
    /// Where the income of its deals comes from.
    pub payer: LedgerAccountId,
    /// Direct costs.
    pub costs: LedgerAccountId,
    /// What the unit keeps.
    pub unit: LedgerAccountId,
}

/// An empowerment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Empowerment {
    /// Its id.
    pub id: EmpowermentId,
    /// What was applied for.
    pub grant: Grant,
    /// The days of its steps.
    pub dates: Dates,
    /// What the co-owner says.
    pub co_owner: CoOwner,
    /// Versions of the agreement, in their order.
    pub agreements: Vec<Agreement>,
    /// Its accounts.
    pub accounts: Accounts,
    /// Counts writes.
    pub version: i64,
}

fn by(step: Option<Date>, day: Date) -> bool {
    step.is_some_and(|step| step <= day)
}

impl Empowerment {
    /// Last day of the use right: the corresponding day (民法典 202).
    pub fn last_on(&self) -> Option<Date> {
        Some(period::add_years(self.dates.start_on?, self.grant.basis.term_years()?))
    }

    /// The state on a day.
    pub fn state_on(&self, day: Date) -> State {
        let dates = &self.dates;
        if by(dates.terminated_on, day) {
            State::Terminated
        } else if by(dates.filed_on, day) {
            match (self.last_on(), dates.start_on) {
                (Some(last), _) if last < day => State::Expired,
                (_, Some(start)) if start > day => State::Filed,
                _ => State::InForce,
            }
        } else if by(dates.publicity_posted_on, day) {
            State::Publicised
        } else if self.agreement_on(day).is_some() {
            State::AgreementSigned
        } else if by(dates.rights_cleared_on, day) {
            State::RightsCleared
        } else {
            State::Applied
        }
    }

    /// The version of the agreement that holds on a day.
    pub fn agreement_on(&self, day: Date) -> Option<&Agreement> {
        self.agreements.iter().rev().find(|agreement| agreement.effective_on <= day)
    }

    /// The version by which income received on a day is divided, for a register's row: the one that holds then, else
    /// the first (what a row does not state neither refuses nor delays it).
    pub fn agreement_for(&self, day: Date) -> Result<&Agreement, Failure> {
        let found = self.agreement_on(day).or(self.agreements.first());
        found.ok_or_else(|| Failure::new(&reason::AGREEMENT_NOT_IN_FORCE).with("day", day))
    }

    /// The version of the agreement that held on a day, which is the one that the caller states; 0 states none.
    pub fn agreement_in_force(&self, day: Date, stated: i32) -> Result<&Agreement, Failure> {
        let refused = || Failure::new(&reason::AGREEMENT_NOT_IN_FORCE).with("day", day);
        let found = self.agreement_on(day).ok_or_else(refused)?;
        match stated == 0 || stated == found.version_no {
            true => Ok(found),
            false => Err(refused().on("agreement_version_no").with("in_force", found.version_no)),
        }
    }

    /// Refuses unless it is filed and not ended on a day.
    pub fn require_in_force(&self, day: Date) -> Result<(), Failure> {
        match self.state_on(day) {
            State::Filed | State::InForce => Ok(()),
            state => Err(Failure::new(&reason::EMPOWERMENT_NOT_IN_FORCE).with("state", state.as_str())),
        }
    }

    /// States what was found about the rights.
    pub fn clear_rights(mut self, rights: Rights, day: Date) -> Result<Self, Failure> {
        self.require(day, &[State::Applied])?;
        self.co_owner = rights.require_clear()?;
        self.dates.rights_cleared_on = Some(day);
        Ok(self.next())
    }

    /// Signs the first agreement.
    pub fn sign(
        mut self,
        shares: &Shares,
        fresh: impl FnMut() -> LedgerAccountId,
        day: Date,
    ) -> Result<Self, Failure> {
        self.require(day, &[State::RightsCleared])?;
        self.add_agreement(shares, fresh, day);
        Ok(self.next())
    }

    /// Posts it for publicity.
    pub fn publish(mut self, day: Date) -> Result<Self, Failure> {
        self.require(day, &[State::AgreementSigned])?;
        self.dates.publicity_posted_on = Some(day);
        Ok(self.next())
    }

    /// Files it after a publicity of that many calendar days, with the first day of the right.
    pub fn file(mut self, publicity_days: u32, start_on: Date, day: Date) -> Result<Self, Failure> {
        self.require(day, &[State::Publicised])?;
        let posted_on = self.dates.publicity_posted_on.unwrap_or(day);
        let last = period::publicity_calendar_days(posted_on, publicity_days);
        if day <= last {
            return Err(Failure::new(&reason::PUBLICITY_NOT_OVER).with("last_day", last));
        }
        if start_on < day {
            return Err(Failure::new(&reason::FIELD_OUT_OF_RANGE).on("start_on").with("min", day));
        }
        self.dates.filed_on = Some(day);
        self.dates.start_on = Some(start_on);
        Ok(self.next())
    }

    /// Replaces the agreement from a day on. Inventors that stay keep their accounts.
    pub fn change(
        mut self,
        shares: &Shares,
        fresh: impl FnMut() -> LedgerAccountId,
        day: Date,
    ) -> Result<Self, Failure> {
        self.require(day, &[State::Filed, State::InForce])?;
        if self.agreements.iter().any(|agreement| agreement.effective_on >= day) {
            return Err(Failure::new(&reason::STATUS_DATE_ORDER).with("latest", day));
        }
        self.add_agreement(shares, fresh, day);
        Ok(self.next())
    }

    /// Terminates it from a day on.
    pub fn terminate(mut self, day: Date) -> Result<Self, Failure> {
        if matches!(self.state_on(day), State::Terminated | State::Expired) {
            return Err(self.wrong(day));
        }
        self.dates.terminated_on = Some(day);
        Ok(self.next())
    }

    /// Adds a version of the agreement; an inventor without an account yet gets a fresh one.
    pub(super) fn add_agreement(
        &mut self,
        shares: &Shares,
        mut fresh: impl FnMut() -> LedgerAccountId,
        day: Date,
    ) {
        let known = |inventor: &str| {
            let mut all = self.agreements.iter().flat_map(|agreement| &agreement.shares);
            all.find(|(share, _)| share.inventor == inventor).map(|(_, account)| *account)
        };
        let shares: Vec<_> = shares
            .as_slice()
            .iter()
            .map(|share| (share.clone(), known(&share.inventor).unwrap_or_else(&mut fresh)))
            .collect();
        let version_no = self.agreements.last().map_or(1, |last| last.version_no + 1);
        self.agreements.push(Agreement { version_no, effective_on: day, shares });
    }

    fn require(&self, day: Date, states: &[State]) -> Result<(), Failure> {
        match states.contains(&self.state_on(day)) {
            true => Ok(()),
            false => Err(self.wrong(day)),
        }
    }

    fn wrong(&self, day: Date) -> Failure {
        Failure::new(&reason::STATE_NOT_ALLOWED).with("state", self.state_on(day).as_str())
    }

    fn next(mut self) -> Self {
        self.version += 1;
        self
    }
}

#[cfg(test)]
mod tests;
