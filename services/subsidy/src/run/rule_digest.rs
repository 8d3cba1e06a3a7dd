//! The digest of a snapshot: whoever holds the list can prove that it is the one that was frozen.

use sha2::{Digest, Sha256};

use super::model::Candidate;

/// SHA-256 over the candidates in the order of their codes, each field with its length before it, so that no two
/// lists share one.
pub fn digest(candidates: &[Candidate]) -> [u8; 32] {
    let mut ordered: Vec<&Candidate> = candidates.iter().collect();
    ordered.sort_by_key(|candidate| candidate.frozen.uscc);
    let mut hash = Sha256::new();
    hash.update(b"canopy-snapshot-v1");
    for candidate in ordered {
        for field in fields(candidate) {
            hash.update((field.len() as u64).to_be_bytes());
            hash.update(field);
        }
    }
    hash.finalize().into()
}

fn fields(candidate: &Candidate) -> [String; 11] {
    let frozen = &candidate.frozen;
    [
        frozen.uscc.to_string(),
        frozen.title.clone(),
        frozen.evidence_no.clone(),
        frozen.granted_on.to_string(),
        frozen.first_recognition.to_string(),
        frozen.tier.to_string(),
        candidate.amount.get().to_string(),
        frozen.live.to_string(),
        frozen.assessment.map(|it| it.as_str()).unwrap_or_default().to_owned(),
        frozen.status.as_str().to_owned(),
        frozen.status_since.map(|day| day.to_string()).unwrap_or_default(),
    ]
}

#[cfg(test)]
mod tests {
    use canopy_kernel::Uscc;
    use canopy_kernel::id::CandidateId;

    use super::*;
    use crate::policy::rule_terms::tests::fen;
    use crate::run::model::Frozen;
    use crate::run::rule_exclusion::tests::frozen;

    fn candidate(uscc: &str) -> Candidate {
        let frozen = Frozen { uscc: Uscc::from_stored(uscc).unwrap(), ..frozen() };
        let id = CandidateId::new(uuid::Uuid::from_u128(uscc.len() as u128));
        Candidate { id, frozen, amount: fen(5), confirmed_on: None }
    }

    #[test]
    fn the_order_of_reading_does_not_matter_and_any_field_does() {
        let (one, two) = (candidate("91420111MA4KXA0264"), candidate("91420100MA4KXA018B"));
        let known = digest(&[one.clone(), two.clone()]);
        assert_eq!(digest(&[two.clone(), one.clone()]), known);
        let renamed =
            Candidate { frozen: Frozen { title: "x".to_owned(), ..one.frozen.clone() }, ..one.clone() };
        let dearer = Candidate { amount: fen(6), ..one.clone() };
        for changed in [renamed, dearer] {
            assert_ne!(digest(&[changed, two.clone()]), known);
        }
        assert_ne!(digest(&[one]), known);
    }

    #[test]
    fn what_stands_in_one_field_cannot_slip_into_the_next() {
        let named = |title: &str, evidence_no: &str| {
            let base = candidate("91420111MA4KXA0264");
            let frozen = Frozen {
                title: title.to_owned(),
                evidence_no: evidence_no.to_owned(),
                ..base.frozen.clone()
            };
            digest(&[Candidate { frozen, ..base }])
        };
        assert_ne!(named("ab", "c"), named("a", "bc"));
    }
}
