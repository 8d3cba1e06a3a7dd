//! How much an entry gets by the policy's terms (RULES.md R5).

use canopy_kernel::Fen;

use super::model::Frozen;
use crate::policy::model::{AmountRule, Terms};

/// The amount of an entry, capped; `None` when the terms give it nothing, then it is no candidate.
pub fn amount(terms: &Terms, entry: &Frozen) -> Option<Fen> {
    let stated = match terms.amount {
        AmountRule::ByRecognition { first, .. } if entry.first_recognition => first,
        AmountRule::ByRecognition { repeat, .. } => repeat,
        AmountRule::Fixed(amount) => amount,
        AmountRule::ByTier { tier1, .. } if entry.tier == 1 => tier1,
        AmountRule::ByTier { tier2, .. } if entry.tier == 2 => tier2,
        // A tier that the policy does not know has no definite amount.
        AmountRule::ByTier { .. } => Fen::ZERO,
    };
    let capped = terms.cap.map_or(stated, |cap| stated.min(cap));
    Some(capped).filter(|amount| !amount.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::rule_terms::tests::{fen, terms};
    use crate::run::rule_exclusion::tests::frozen;

    fn amount_of(rule: AmountRule, first_recognition: bool, tier: i32) -> Option<i64> {
        let terms = Terms { amount: rule, ..terms() };
        amount(&terms, &Frozen { first_recognition, tier, ..frozen() }).map(Fen::get)
    }

    #[test]
    fn a_first_recognition_gets_more_than_a_renewed_one() {
        let rule = AmountRule::ByRecognition { first: fen(10_000_000), repeat: fen(5_000_000) };
        assert_eq!(amount_of(rule, true, 0), Some(10_000_000));
        assert_eq!(amount_of(rule, false, 0), Some(5_000_000));
    }

    #[test]
    fn a_fixed_amount_is_the_same_for_everyone() {
        for (first_recognition, tier) in [(true, 0), (false, 0), (true, 2)] {
            assert_eq!(amount_of(AmountRule::Fixed(fen(30)), first_recognition, tier), Some(30));
        }
    }

    #[test]
    fn a_tier_has_its_own_amount_and_an_unknown_tier_none() {
        let rule = AmountRule::ByTier { tier1: fen(20), tier2: fen(10) };
        for (tier, expected) in [(0, None), (1, Some(20)), (2, Some(10)), (3, None)] {
            assert_eq!(amount_of(rule, true, tier), expected, "tier {tier}");
        }
    }

    #[test]
    fn an_amount_of_zero_makes_no_candidate() {
        let rule = AmountRule::ByRecognition { first: fen(1), repeat: Fen::ZERO };
        assert_eq!(amount_of(rule, false, 0), None);
    }

    #[test]
    fn the_cap_cuts_what_is_above_it() {
        for (cap, expected) in [(29, 29), (30, 30), (31, 30)] {
            let terms = Terms { amount: AmountRule::Fixed(fen(30)), cap: Some(fen(cap)), ..terms() };
            assert_eq!(amount(&terms, &frozen()).map(Fen::get), Some(expected), "cap {cap}");
        }
    }
}
