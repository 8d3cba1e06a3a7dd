//! Interests that bar from brokering (利害关系): employer, shareholder, inventor (`RULES.md` R17).

use canopy_kernel::id::{AchievementId, InterestId};
use canopy_kernel::{Failure, Uscc, reason};
use jiff::civil::Date;

use crate::matching::model::Proposer;

/// What an interest is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stake {
    /// Employed by that organisation.
    Employer(Uscc),
    /// Holds shares of that organisation.
    Shareholder(Uscc),
    /// Inventor of that achievement.
    Inventor(AchievementId),
}

impl Stake {
    /// Name of the kind in the database.
    pub const fn kind(self) -> &'static str {
        match self {
            Stake::Employer(_) => "EMPLOYER",
            Stake::Shareholder(_) => "SHAREHOLDER",
            Stake::Inventor(_) => "INVENTOR",
        }
    }

    /// The organisation, where it is one.
    pub const fn organisation(self) -> Option<Uscc> {
        match self {
            Stake::Employer(uscc) | Stake::Shareholder(uscc) => Some(uscc),
            Stake::Inventor(_) => None,
        }
    }

    /// The achievement, where it is one.
    pub const fn achievement(self) -> Option<AchievementId> {
        match self {
            Stake::Inventor(achievement) => Some(achievement),
            Stake::Employer(_) | Stake::Shareholder(_) => None,
        }
    }
}

/// An interest of a commissioner or broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interest {
    /// Id.
    pub id: InterestId,
    /// Whose it is.
    pub holder: Proposer,
    /// What it is in.
    pub stake: Stake,
    /// First day.
    pub from_on: Date,
    /// Last day; `None` = open.
    pub to_on: Option<Date>,
}

/// What is brokered.
#[derive(Clone, Copy, Debug)]
pub struct Brokered {
    /// The firm whose demand it is.
    pub firm: Uscc,
    /// The owner of the achievement.
    pub owner: Uscc,
    /// The achievement.
    pub achievement: AchievementId,
}

/// Refuses someone of whose interests one lies in either side on that day.
pub fn require_none(interests: &[Interest], brokered: Brokered, day: Date) -> Result<(), Failure> {
    let touches = |stake: Stake| match stake {
        Stake::Employer(uscc) | Stake::Shareholder(uscc) => uscc == brokered.firm || uscc == brokered.owner,
        Stake::Inventor(achievement) => achievement == brokered.achievement,
    };
    let live = |it: &&Interest| it.from_on <= day && it.to_on.is_none_or(|last| day <= last);
    match interests.iter().filter(live).find(|it| touches(it.stake)) {
        Some(interest) => Err(Failure::new(&reason::CONFLICT_OF_INTEREST)
            .on(interest.holder.field())
            .with("interest", interest.stake.kind())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use jiff::civil::date;

    use super::*;

    #[test]
    fn an_interest_in_either_side_bars_on_its_days_only() {
        let firm = Uscc::parse("91420111MA4KXA0264").unwrap();
        let owner = Uscc::parse("124200004416255673").unwrap();
        let other = Uscc::parse("91420100MA4K001250").unwrap();
        let achievement = AchievementId::new(uuid::Uuid::from_u128(7));
        let another = AchievementId::new(uuid::Uuid::from_u128(8));
        let (first, last) = (date(2022, 1, 1), date(2022, 6, 30));
        let table = [
            (Stake::Employer(owner), first, false),
            (Stake::Employer(firm), last, false),
            (Stake::Shareholder(firm), date(2022, 7, 1), true),
            (Stake::Shareholder(firm), date(2021, 12, 31), true),
            (Stake::Shareholder(other), first, true),
            (Stake::Inventor(achievement), first, false),
            (Stake::Inventor(another), first, true),
        ];
        for (stake, day, free) in table {
            let id = InterestId::new(uuid::Uuid::from_u128(1));
            let holder = Proposer::Commissioner("CL0001".to_owned());
            let interest = Interest { id, holder, stake, from_on: first, to_on: Some(last) };
            let judged = require_none(&[interest], Brokered { firm, owner, achievement }, day);
            assert_eq!(judged.is_ok(), free, "{stake:?} {day}");
        }
    }
}
