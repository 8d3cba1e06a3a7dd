//! Standing (信用核查, `RULES.md` R12): whether a subject may draw on a purpose on a day.

use canopy_kernel::{Failure, RuleTable, Uscc};
use jiff::civil::Date;

use super::model::{CreditGrade, CreditListing};
use super::rule_period::Maximum;
use crate::subject::model::{StatusChange, SubjectStatus};

/// What the standing is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Subsidies (财政资金).
    Subsidy,
    /// Policy loans (政策性贷款).
    Loan,
}

impl Purpose {
    /// The rule parameter that names the blocking measure.
    const fn rule(self) -> &'static str {
        match self {
            Purpose::Subsidy => "subsidy_blocking_measure",
            Purpose::Loan => "loan_blocking_measure",
        }
    }
}

/// The rules for a purpose on a day.
#[derive(Clone, Debug)]
pub struct Yardstick {
    day: Date,
    measure: String,
    general: Maximum,
    serious: Maximum,
}

impl Yardstick {
    /// The rules in force.
    pub fn in_force(rules: &RuleTable, purpose: Purpose, day: Date) -> Result<Self, Failure> {
        Ok(Self {
            day,
            measure: rules.word(purpose.rule(), day)?.to_owned(),
            general: Maximum::in_force(rules, CreditGrade::General, day)?,
            serious: Maximum::in_force(rules, CreditGrade::Serious, day)?,
        })
    }

    /// The measure that blocks.
    pub fn measure(&self) -> &str {
        &self.measure
    }

    /// Whether a listing blocks: it is live on the day, and the measure is among its own.
    pub fn blocks(&self, listing: &CreditListing) -> bool {
        let decision = &listing.decision;
        let maximum = match decision.grade {
            CreditGrade::General => self.general,
            CreditGrade::Serious => self.serious,
        };
        decision.decided_on <= self.day
            && listing.repaired_on.is_none_or(|repaired| repaired > self.day)
            && !maximum.is_over(decision.decided_on, self.day)
            && decision.measures.contains(&self.measure)
    }
}

/// An entity as the register knows it on the day: its name, and the change of status that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Registered name.
    pub title: String,
    /// The change that holds; `None` = active from the beginning.
    pub change: Option<StatusChange>,
}

/// An entity's standing.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Its code.
    pub uscc: Uscc,
    /// What the register knows of it.
    pub registered: Option<Registered>,
    /// Listings that block, oldest first.
    pub blocking: Vec<CreditListing>,
}

impl Standing {
    /// Judges an entity by its listings.
    pub fn judge(
        yardstick: &Yardstick,
        uscc: Uscc,
        registered: Option<Registered>,
        listings: Vec<CreditListing>,
    ) -> Self {
        let blocking = listings.into_iter().filter(|listing| yardstick.blocks(listing)).collect();
        Self { uscc, registered, blocking }
    }

    /// The status on the day; `None` when the register does not know the entity.
    pub fn status(&self) -> Option<SubjectStatus> {
        let registered = self.registered.as_ref()?;
        Some(registered.change.map_or(SubjectStatus::Active, |change| change.status))
    }

    /// Registered, active and without a blocking listing.
    pub fn is_good(&self) -> bool {
        self.status() == Some(SubjectStatus::Active) && self.blocking.is_empty()
    }
}
