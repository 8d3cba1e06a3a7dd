//! Whether the rights are clear (`RULES.md` R41): undisputed, not classified, no co-owner who refuses.

use canopy_kernel::{Failure, reason, words};

words! {
    /// What a co-owner outside the unit says.
    CoOwner {
        /// There is none.
        None = "NONE",
        /// Consents.
        Given = "GIVEN",
        /// Does not consent.
        Refused = "REFUSED",
    }
}

/// What was found about the rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights {
    /// Whether they are disputed.
    pub disputed: bool,
    /// Whether the result is classified.
    pub classified: bool,
    /// What the co-owner says.
    pub co_owner: CoOwner,
}

impl Rights {
    /// Refuses rights that are not clear, with the first fault found.
    pub fn require_clear(self) -> Result<CoOwner, Failure> {
        let (field, fault) = match self {
            Rights { disputed: true, .. } => ("disputed", "DISPUTED"),
            Rights { co_owner: CoOwner::Refused, .. } => ("co_owner", "CO_OWNER"),
            Rights { classified: true, .. } => ("classified", "CLASSIFIED"),
            Rights { co_owner, .. } => return Ok(co_owner),
        };
        Err(Failure::new(&reason::RIGHTS_NOT_CLEAR).on(field).with("fault", fault))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLEAR: Rights = Rights { disputed: false, classified: false, co_owner: CoOwner::None };

    #[test]
    fn rights_are_clear_without_dispute_secret_or_refusing_co_owner() {
        assert_eq!(CLEAR.require_clear(), Ok(CoOwner::None));
        assert_eq!(Rights { co_owner: CoOwner::Given, ..CLEAR }.require_clear(), Ok(CoOwner::Given));
        let faulty = [
            (Rights { disputed: true, ..CLEAR }, "disputed"),
            (Rights { classified: true, ..CLEAR }, "classified"),
            (Rights { co_owner: CoOwner::Refused, ..CLEAR }, "co_owner"),
        ];
        for (rights, field) in faulty {
            let failure = rights.require_clear().unwrap_err();
            assert_eq!((failure.reason().name, failure.field()), ("RIGHTS_NOT_CLEAR", Some(field)));
        }
    }
}
