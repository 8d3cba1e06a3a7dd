//! A complete list ends the firms that it lacks, unless it lacks too many (`RULES.md` R4): then it is more
//! likely cut short than true.

use canopy_kernel::{BasisPoints, Failure, reason};

/// Refuses a complete list that would end more than the allowed share of the active firms.
pub fn require_share(ending: u64, held: u64, limit: BasisPoints) -> Result<(), Failure> {
    // ending / held > limit / 10 000, without a division.
    match u128::from(ending) * 10_000 > u128::from(held) * u128::from(limit.get()) {
        true => Err(Failure::new(&reason::SNAPSHOT_SHRINKS_TOO_MUCH)
            .with("ending", ending)
            .with("held", held)
            .with("limit_bp", limit.get())),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_the_share_ends_and_one_more_is_refused() {
        let limit = BasisPoints::new(500).unwrap();
        assert!(require_share(0, 0, limit).is_ok());
        assert!(require_share(5, 100, limit).is_ok());
        assert!(require_share(5, 99, limit).is_err());
        let refused = require_share(6, 100, limit).unwrap_err();
        assert_eq!(refused.reason(), &reason::SNAPSHOT_SHRINKS_TOO_MUCH);
        assert_eq!(refused.details()["limit_bp"], "500");
    }
}
