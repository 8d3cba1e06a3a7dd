//! Inner shares of inventors (`RULES.md` R41): each at least one basis point, each inventor once, together the whole.

use std::collections::BTreeSet;

use canopy_kernel::{BasisPoints, Failure, reason};

/// An inventor's part of what the inventors get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// The inventor.
    pub inventor: String,
    /// Share of the whole.
    pub share: BasisPoints,
}

/// Shares in declared order that make up the whole. Only [`Shares::new`] makes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shares(Vec<Share>);

impl Shares {
    /// Takes names and basis points that add up to 10000.
    pub fn new(parts: impl IntoIterator<Item = (String, i32)>) -> Result<Self, Failure> {
        let mut sum: i64 = 0;
        let mut sound = true;
        let mut shares = Vec::new();
        for (inventor, bp) in parts {
            sum += i64::from(bp);
            sound &= bp > 0;
            let share = BasisPoints::new(i64::from(bp.max(0))).map_err(|_| not_whole(sum))?;
            shares.push(Share { inventor, share });
        }
        if !sound || sum != i64::from(BasisPoints::ONE.get()) {
            return Err(not_whole(sum));
        }
        let names: BTreeSet<&str> = shares.iter().map(|it| it.inventor.as_str()).collect();
        match names.len() == shares.len() && !names.contains("") {
            true => Ok(Self(shares)),
            false => Err(Failure::new(&reason::FIELD_INVALID).on("inventors")),
        }
    }

    /// The shares, in declared order.
    pub fn as_slice(&self) -> &[Share] {
        &self.0
    }

    /// Refuses when the signature of an inventor is missing.
    pub fn require_signed(&self, signed_by: &[String]) -> Result<(), Failure> {
        match self.0.iter().all(|share| signed_by.contains(&share.inventor)) {
            true => Ok(()),
            false => Err(Failure::new(&reason::SIGNATURE_MISSING).on("signed_by")),
        }
    }
}

fn not_whole(sum: i64) -> Failure {
    Failure::new(&reason::SHARES_NOT_10000).on("inventors").with("sum", sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(parts: &[(&str, i32)]) -> Option<&'static str> {
        let outcome = Shares::new(parts.iter().map(|(name, bp)| ((*name).to_owned(), *bp)));
        outcome.err().map(|failure| failure.reason().name)
    }

    #[test]
    fn shares_make_up_the_whole_to_the_basis_point() {
        assert_eq!(answer(&[("甲", 10_000)]), None);
        assert_eq!(answer(&[("甲", 3_334), ("乙", 3_333), ("丙", 3_333)]), None);
        assert_eq!(answer(&[("甲", 5_000), ("乙", 4_999)]), Some("SHARES_NOT_10000"));
        // 100.01 %.
        assert_eq!(answer(&[("甲", 5_000), ("乙", 5_001)]), Some("SHARES_NOT_10000"));
        assert_eq!(answer(&[]), Some("SHARES_NOT_10000"));
    }

    #[test]
    fn no_share_is_zero_or_below() {
        assert_eq!(answer(&[("甲", 10_000), ("乙", 0)]), Some("SHARES_NOT_10000"));
        assert_eq!(answer(&[("甲", 10_001), ("乙", -1)]), Some("SHARES_NOT_10000"));
        assert_eq!(answer(&[("甲", i32::MAX), ("乙", i32::MAX)]), Some("SHARES_NOT_10000"));
    }

    #[test]
    fn an_inventor_stands_once() {
        assert_eq!(answer(&[("甲", 5_000), ("甲", 5_000)]), Some("FIELD_INVALID"));
        assert_eq!(answer(&[("", 10_000)]), Some("FIELD_INVALID"));
    }

    #[test]
    fn every_inventor_signs() {
        let shares = Shares::new([("甲".to_owned(), 6_000), ("乙".to_owned(), 4_000)]).unwrap();
        let signed = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|it| (*it).to_owned()).collect();
            shares.require_signed(&names).is_ok()
        };
        assert!(signed(&["乙", "甲"]));
        assert!(!signed(&["甲"]));
        assert!(!signed(&[]));
    }
}
