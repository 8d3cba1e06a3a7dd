//! Credit for a match: shares in basis points that add up to the whole, each commissioner once (`RULES.md` R16).

use canopy_kernel::{Failure, reason};

use super::model::Proposer;

/// The whole, in basis points.
const WHOLE: i32 = 10_000;

/// A share of the credit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// Number of the commissioner.
    pub commissioner: String,
    /// Basis points.
    pub bp: i32,
}

/// Refuses shares that do not add up to the whole, are not above zero, or name someone twice.
pub fn require_whole(shares: &[Share]) -> Result<(), Failure> {
    let total: i64 = shares.iter().map(|share| i64::from(share.bp)).sum();
    let twice = shares
        .iter()
        .enumerate()
        .any(|(index, share)| shares[..index].iter().any(|before| before.commissioner == share.commissioner));
    match total == i64::from(WHOLE) && !twice && shares.iter().all(|share| share.bp > 0) {
        true => Ok(()),
        false => Err(Failure::new(&reason::SHARES_NOT_10000).on("credits").with("total_bp", total)),
    }
}

/// The credit that a proposal brings: all of it to a commissioner, and none to anybody for that of a broker.
pub fn of_proposal(proposer: &Proposer) -> Vec<Share> {
    match proposer {
        Proposer::Commissioner(number) => vec![Share { commissioner: number.clone(), bp: WHOLE }],
        Proposer::Broker(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_to_the_whole_and_name_nobody_twice() {
        let table: [(&[(&str, i32)], bool); 8] = [
            (&[("A", 10_000)], true),
            (&[("A", 6_000), ("B", 4_000)], true),
            (&[("A", 9_999), ("B", 1)], true),
            (&[("A", 10_001)], false),
            (&[("A", 6_000), ("B", 3_999)], false),
            (&[("A", 5_000), ("A", 5_000)], false),
            (&[("A", 10_000), ("B", 0)], false),
            (&[], false),
        ];
        for (shares, whole) in table {
            let read: Vec<Share> = shares
                .iter()
                .map(|(commissioner, bp)| Share { commissioner: (*commissioner).to_owned(), bp: *bp })
                .collect();
            assert_eq!(require_whole(&read).is_ok(), whole, "{shares:?}");
        }
    }

    #[test]
    fn a_proposal_credits_its_commissioner_in_full_and_a_broker_not_at_all() {
        let whole = of_proposal(&Proposer::Commissioner("A".to_owned()));
        assert_eq!(whole, [Share { commissioner: "A".to_owned(), bp: WHOLE }]);
        assert!(require_whole(&whole).is_ok());
        assert!(of_proposal(&Proposer::Broker("A".to_owned())).is_empty());
    }
}
