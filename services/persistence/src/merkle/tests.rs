//! The tree against RFC 6962 worked out by hand, proofs against tampering, and the checkpoint's form.

use std::os::unix::fs::PermissionsExt;

use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::checkpoint::{Checkpoint, LogSigner, verify_checkpoint};
use super::*;

fn leaves(n: u64) -> Vec<Hash> {
    (0..n).map(|it| leaf_hash(&it.to_be_bytes())).collect()
}

/// RFC 6962 §2.1 as it is written, independent of stored hashes.
fn root_by_definition(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash(Sha256::digest([]).into()),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            let bytes = [&[1], &root_by_definition(left).0[..], &root_by_definition(right).0[..]].concat();
            Hash(Sha256::digest(bytes).into())
        }
    }
}

/// Root and stored hashes of a log that grew in chunks, as the sequencer grows it.
fn grown(leaves: &[Hash], chunk: usize) -> (Hash, Vec<Hash>) {
    let mut log: Vec<Hash> = Vec::new();
    let mut size = 0;
    for chunk in leaves.chunks(chunk) {
        let (first, new) = append(size, chunk, &fetched(&log, &needed_for_append(size))).unwrap();
        assert_eq!(first, log.len() as u64);
        log.extend(new);
        size += chunk.len() as u64;
    }
    (root(size, &fetched(&log, &needed_for_root(size))).unwrap(), log)
}

fn fetched(log: &[Hash], indexes: &[u64]) -> StoredHashes {
    indexes.iter().map(|it| (*it, log[usize::try_from(*it).unwrap()])).collect()
}

#[test]
fn the_root_of_each_size_is_that_of_rfc_6962() {
    for n in 0..70 {
        let leaves = leaves(n);
        let (root, log) = grown(&leaves, 7);
        assert_eq!(root, root_by_definition(&leaves), "{n} leaves");
        assert_eq!(stored_hashes(n), log.len() as u64);
    }
}

#[test]
fn a_leaf_hash_is_the_one_of_rfc_6962() {
    let by_hand: [u8; 32] = Sha256::digest([&[0], b"canopy".as_slice()].concat()).into();
    assert_eq!(leaf_hash(b"canopy").0, by_hand);
    let (_, log) = grown(&leaves(20), 20);
    for (position, leaf) in (0..).zip(leaves(20)) {
        assert_eq!(log[usize::try_from(leaf_index(position)).unwrap()], leaf);
    }
}

#[test]
fn a_missing_or_malformed_stored_hash_is_named() {
    let (_, log) = grown(&leaves(6), 6);
    let indexes = needed_for_append(6);
    let edge = fetched(&log, &indexes[1..]);
    assert_eq!(append(6, &leaves(1), &edge).unwrap_err(), MerkleError::Missing(indexes[0]));
    assert_eq!(root(6, &edge).unwrap_err(), MerkleError::Missing(indexes[0]));
    assert_eq!(hash_of(vec![0; 31]).unwrap_err(), MerkleError::Malformed(31));
    assert_eq!(needed_for_inclusion(6, 6).unwrap_err(), MerkleError::Outside(6, 6));
    assert_eq!(needed_for_consistency(0, 6).unwrap_err(), MerkleError::Outside(0, 6));
    assert!(matches!(inclusion_proof(6, 2, &StoredHashes::default()), Err(MerkleError::Missing(_))));
}

proptest! {
    #[test]
    fn every_leaf_is_proved_and_no_other_one(n in 1u64..200, at in any::<prop::sample::Index>()) {
        let position = at.index(usize::try_from(n).unwrap()) as u64;
        let (root, log) = grown(&leaves(n), 13);
        let leaf = leaf_hash(&position.to_be_bytes());
        let proof =
            inclusion_proof(n, position, &fetched(&log, &needed_for_inclusion(n, position).unwrap())).unwrap();
        let head = (n, root);
        prop_assert_eq!(verify_inclusion(&proof, head, (position, leaf)), Ok(()));
        prop_assert!(verify_inclusion(&proof, head, (position, leaf_hash(b"rewritten"))).is_err());
        prop_assert!(verify_inclusion(&proof, head, (position + 1, leaf)).is_err());
        prop_assert!(verify_inclusion(&proof, (n, leaf_hash(b"root")), (position, leaf)).is_err());
        if let Some((_, cut)) = proof.split_last() {
            prop_assert!(verify_inclusion(cut, head, (position, leaf)).is_err());
        }
    }

    #[test]
    fn a_log_that_only_grew_is_proved_and_a_rewritten_one_is_not(old in 1u64..120, more in 0u64..120) {
        let new = old + more;
        let all = leaves(new);
        let (early_root, _) = grown(&all[..usize::try_from(old).unwrap()], 5);
        let (late_root, log) = grown(&all, 17);
        let proof = consistency_proof(old, new, &fetched(&log, &needed_for_consistency(old, new).unwrap())).unwrap();
        let (before, after) = ((old, early_root), (new, late_root));
        prop_assert_eq!(verify_consistency(&proof, before, after), Ok(()));
        let mut rewritten = all.clone();
        rewritten[0] = leaf_hash(b"rewritten");
        let (forged_root, log) = grown(&rewritten, 17);
        let proof = consistency_proof(old, new, &fetched(&log, &needed_for_consistency(old, new).unwrap())).unwrap();
        prop_assert_eq!(verify_consistency(&proof, before, (new, forged_root)), Err(MerkleError::Proof));
    }
}

/// A key of 32 bytes 07, as a file keeps it.
const KEY: &str = "PRIVATE+KEY+canopy/registry+75c120ad+AQcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH";
const VERIFIER_KEY: &str = "canopy/registry+75c120ad+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs";
/// The checkpoint of the tree of three leaves under that key; signed by another implementation.
const GOLDEN: &str = concat!(
    "canopy/registry\n",
    "3\n",
    "m0ll+LIgukL3A5rQeByWbPkLsa6hWoBYbWNLMiqx9M4=\n",
    "\n",
    "— canopy/registry dcEgrcC+71gfwI1L7ndVr10QDo85gv7lWyl18ujZbo1kFIHpW8TlVgASVa9IE4kk5FppC40METeGWZhkr/HT/CkJLw0=\n",
);

fn signer() -> LogSigner {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.key");
    std::fs::write(&path, format!("{KEY}\n")).unwrap();
    LogSigner::open(&path, "registry").unwrap()
}

#[test]
fn a_checkpoint_has_the_published_form() {
    let (root, _) = grown(&leaves(3), 3);
    assert_eq!(signer().checkpoint(3, &root).unwrap(), GOLDEN);
    assert_eq!(signer().verifier_key(), VERIFIER_KEY);
}

#[test]
fn a_checkpoint_verifies_by_its_two_texts_alone() {
    let (root, _) = grown(&leaves(3), 3);
    let expected = Checkpoint { origin: "canopy/registry".to_owned(), size: 3, root };
    assert_eq!(verify_checkpoint(GOLDEN, VERIFIER_KEY), Ok(expected));
}

#[test]
fn a_checkpoint_that_was_changed_or_signed_by_another_key_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.key");
    LogSigner::generate(&path, "registry").unwrap();
    let other = LogSigner::open(&path, "registry").unwrap();
    assert!(verify_checkpoint(GOLDEN, other.verifier_key()).is_err());
    assert!(verify_checkpoint(&GOLDEN.replace("\n3\n", "\n4\n"), VERIFIER_KEY).is_err());
    assert!(
        verify_checkpoint(&GOLDEN.replace("canopy/registry\n", "canopy/subsidy\n"), VERIFIER_KEY).is_err()
    );
    assert!(verify_checkpoint("", VERIFIER_KEY).is_err());
    assert!(verify_checkpoint(GOLDEN, "").is_err());
}

#[test]
fn a_log_key_is_made_once_for_its_owner_and_its_own_log() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.key");
    LogSigner::generate(&path, "registry").unwrap();
    let first = LogSigner::open(&path, "registry").unwrap();
    LogSigner::generate(&path, "registry").unwrap();
    assert_eq!(LogSigner::open(&path, "registry").unwrap().verifier_key(), first.verifier_key());
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(LogSigner::open(&path, "subsidy").is_err(), "the key of another log");
    let printed = format!("{first:?}");
    let secret = std::fs::read_to_string(&path).unwrap();
    assert!(!printed.contains(secret.trim_end().rsplit('+').next().unwrap()), "{printed}");
}
