//! An achievement (科技成果) and its rights.

use canopy_kernel::id::AchievementId;
use canopy_kernel::{Failure, Uscc, reason};
use jiff::civil::Date;

/// What a co-owner says of putting it to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoOwner {
    /// There is none.
    None,
    /// The co-owner consents.
    Consents,
    /// The co-owner does not.
    Refuses,
}

impl CoOwner {
    /// Name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            CoOwner::None => "",
            CoOwner::Consents => "GIVEN",
            CoOwner::Refuses => "REFUSED",
        }
    }

    /// Reads it back.
    pub fn stored(text: &str) -> Self {
        match text {
            "GIVEN" => CoOwner::Consents,
            "REFUSED" => CoOwner::Refuses,
            _ => CoOwner::None,
        }
    }
}

/// The rights to an achievement as its owner states them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights {
    /// Whether they are disputed.
    pub disputed: bool,
    /// Whether it is classified.
    pub classified: bool,
    /// What a co-owner says.
    pub co_owner: CoOwner,
}

impl Rights {
    /// Nothing stated against them.
    pub const CLEAR: Rights = Rights { disputed: false, classified: false, co_owner: CoOwner::None };

    /// Refuses rights that are disputed, classified or without the consent of a co-owner (`RULES.md` R14).
    pub fn require_clear(self) -> Result<(), Failure> {
        let cause = match self {
            Rights { disputed: true, .. } => "DISPUTED",
            Rights { co_owner: CoOwner::Refuses, .. } => "CO_OWNER",
            Rights { classified: true, .. } => "CLASSIFIED",
            _ => return Ok(()),
        };
        Err(Failure::new(&reason::RIGHTS_NOT_CLEAR).on("achievement").with("cause", cause))
    }
}

/// An achievement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Achievement {
    /// Id.
    pub id: AchievementId,
    /// Business number.
    pub number: String,
    /// The owner.
    pub owner: Uscc,
    /// Title.
    pub title: String,
    /// What it solves and how far it is.
    pub summary: String,
    /// Field of technology.
    pub field: String,
    /// Number of rights.
    pub ip_count: i32,
    /// Technology readiness 1 to 9.
    pub maturity: i32,
    /// Whether it is a key achievement.
    pub is_key: bool,
    /// Achievement registration number; empty = none.
    pub registration: String,
    /// Day collected.
    pub collected_on: Date,
    /// Its rights.
    pub rights: Rights,
    /// Day from which they hold.
    pub rights_since: Date,
    /// Counts writes.
    pub version: i64,
}

impl Achievement {
    /// The achievement with rights stated anew from a day on. A statement never comes before the one before it.
    pub fn state_rights(self, rights: Rights, on: Date) -> Self {
        Self { rights, rights_since: on.max(self.rights_since), version: self.version + 1, ..self }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use jiff::civil::date;

    use super::*;

    #[test]
    fn rights_hold_from_the_day_on_which_they_are_stated() {
        let collected_on = date(2022, 2, 1);
        let achievement = Achievement {
            id: AchievementId::new(uuid::Uuid::from_u128(1)),
            number: "CG1".to_owned(),
            owner: Uscc::parse("124200004416255673").unwrap(),
            title: "分布式激光焊接装备".to_owned(),
            summary: String::new(),
            field: "激光".to_owned(),
            ip_count: 0,
            maturity: 6,
            is_key: false,
            registration: String::new(),
            collected_on,
            rights: Rights::CLEAR,
            rights_since: collected_on,
            version: 1,
        };
        let disputed = Rights { disputed: true, ..Rights::CLEAR };
        let stated = achievement.state_rights(disputed, date(2022, 3, 1));
        assert_eq!((stated.rights, stated.rights_since, stated.version), (disputed, date(2022, 3, 1), 2));
        // Said on an earlier business day, it holds from the day of the statement before.
        let again = stated.state_rights(Rights::CLEAR, date(2022, 2, 15));
        assert_eq!((again.rights, again.rights_since, again.version), (Rights::CLEAR, date(2022, 3, 1), 3));
    }

    #[test]
    fn rights_are_clear_without_dispute_secret_or_refusing_co_owner() {
        let table = [
            (Rights::CLEAR, true),
            (Rights { co_owner: CoOwner::Consents, ..Rights::CLEAR }, true),
            (Rights { co_owner: CoOwner::Refuses, ..Rights::CLEAR }, false),
            (Rights { disputed: true, ..Rights::CLEAR }, false),
            (Rights { classified: true, ..Rights::CLEAR }, false),
        ];
        for (rights, clear) in table {
            assert_eq!(rights.require_clear().is_ok(), clear, "{rights:?}");
        }
    }

    #[test]
    fn what_a_co_owner_says_reads_back() {
        for co_owner in [CoOwner::None, CoOwner::Consents, CoOwner::Refuses] {
            assert_eq!(CoOwner::stored(co_owner.as_str()), co_owner);
        }
    }
}
