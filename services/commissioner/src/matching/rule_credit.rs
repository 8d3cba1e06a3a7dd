//! Credit for a match: shares in basis points that add up to the whole, each commissioner once (`RULES.md` R16).

use canopy_kernel::{Failure, reason};

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

/// All of it to one.
pub fn all_to(commissioner: &str) -> Vec<Share> {
    vec![Share { commissioner: commissioner.to_owned(), bp: WHOLE }]
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
        assert!(require_whole(&all_to("A")).is_ok());
    }
}
