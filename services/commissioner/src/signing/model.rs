//! A signed project (签约项目): who gives, who takes, which need it answers (`RULES.md` R18).

use canopy_kernel::id::{AchievementId, DemandId, MatchId, SigningId};
use canopy_kernel::{Failure, Fen, reason};
use jiff::civil::Date;

use crate::contract::Parties;

/// A signed project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signing {
    /// Id.
    pub id: SigningId,
    /// Business number.
    pub number: String,
    /// Number of the event at which it was signed; empty = none.
    pub event: String,
    /// Who gives the technology and who takes it.
    pub parties: Parties,
    /// Demand that it answers.
    pub demand: Option<DemandId>,
    /// Achievement that it puts to use.
    pub achievement: Option<AchievementId>,
    /// Match that it settled.
    pub settled: Option<MatchId>,
    /// Title.
    pub title: String,
    /// Amount; zero = framework agreement (框架协议).
    pub amount: Fen,
    /// Day signed.
    pub signed_on: Date,
    /// Counts writes.
    pub version: i64,
}

/// Refuses a project without both parties (§4.5).
pub fn require_parties(giver: &str, taker: &str) -> Result<(), Failure> {
    let missing = |field: &'static str| Err(Failure::new(&reason::PARTY_MISSING).on(field));
    match (giver.trim().is_empty(), taker.trim().is_empty()) {
        (true, _) => missing("party_a_uscc"),
        (_, true) => missing("party_b_uscc"),
        _ => Ok(()),
    }
}

/// Reads an amount; 0 is a framework agreement, below it nothing is signed (§4.5).
pub fn amount(fen: i64) -> Result<Fen, Failure> {
    Fen::new(fen).map_err(|_| Failure::new(&reason::NEGATIVE_AMOUNT).on("amount_fen"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_has_two_parties_and_no_negative_amount() {
        let table = [("A", "B", true), ("", "B", false), ("A", "", false), ("A", "  ", false)];
        for (giver, taker, whole) in table {
            assert_eq!(require_parties(giver, taker).is_ok(), whole, "{giver:?} {taker:?}");
        }
        assert!(amount(-1).is_err());
        assert!(amount(0).is_ok_and(Fen::is_zero));
    }
}
