//! Proofs: that a leaf stands in the log, and that a later log only added to an earlier one.

use std::cell::RefCell;

use tlog_tiles::{Hash, HashReader};

use super::{MerkleError, StoredHashes};

/// The indexes that [`inclusion_proof`] reads.
pub fn needed_for_inclusion(size: u64, position: u64) -> Result<Vec<u64>, MerkleError> {
    within(position, size)?;
    Ok(Probe::indexes(|probe| tlog_tiles::prove_record(size, position, probe)))
}

/// The audit path (RFC 6962 §2.1.1) of the leaf at a position, counted from 0, in the tree of `size` leaves.
pub fn inclusion_proof(size: u64, position: u64, hashes: &StoredHashes) -> Result<Vec<Hash>, MerkleError> {
    hashes.require(&needed_for_inclusion(size, position)?)?;
    tlog_tiles::prove_record(size, position, hashes).map_err(|_| MerkleError::Proof)
}

/// Checks that the tree of that size and root has that leaf at that position.
pub fn verify_inclusion(
    proof: &[Hash],
    (size, root): (u64, Hash),
    (position, leaf): (u64, Hash),
) -> Result<(), MerkleError> {
    within(position, size)?;
    tlog_tiles::check_record(&proof.to_vec(), size, root, position, leaf).map_err(|_| MerkleError::Proof)
}

/// The indexes that [`consistency_proof`] reads.
pub fn needed_for_consistency(old_size: u64, new_size: u64) -> Result<Vec<u64>, MerkleError> {
    within_tree(old_size, new_size)?;
    Ok(Probe::indexes(|probe| tlog_tiles::prove_tree(new_size, old_size, probe)))
}

/// The proof (RFC 6962 §2.1.2) that the tree of `new_size` leaves begins with the tree of `old_size`, above 0.
pub fn consistency_proof(
    old_size: u64,
    new_size: u64,
    hashes: &StoredHashes,
) -> Result<Vec<Hash>, MerkleError> {
    hashes.require(&needed_for_consistency(old_size, new_size)?)?;
    tlog_tiles::prove_tree(new_size, old_size, hashes).map_err(|_| MerkleError::Proof)
}

/// Checks that nothing of the old tree, given by size and root, was rewritten in the new one.
pub fn verify_consistency(
    proof: &[Hash],
    (old_size, old_root): (u64, Hash),
    (new_size, new_root): (u64, Hash),
) -> Result<(), MerkleError> {
    within_tree(old_size, new_size)?;
    tlog_tiles::check_tree(&proof.to_vec(), new_size, new_root, old_size, old_root)
        .map_err(|_| MerkleError::Proof)
}

fn within(position: u64, size: u64) -> Result<(), MerkleError> {
    if position < size { Ok(()) } else { Err(MerkleError::Outside(position, size)) }
}

fn within_tree(old_size: u64, new_size: u64) -> Result<(), MerkleError> {
    if (1..=new_size).contains(&old_size) { Ok(()) } else { Err(MerkleError::Outside(old_size, new_size)) }
}

/// Answers every read with zeros and notes what was read: what is read depends on sizes alone, never on hashes.
#[derive(Default)]
struct Probe(RefCell<Vec<u64>>);

impl Probe {
    fn indexes<T>(dry_run: impl FnOnce(&Probe) -> Result<T, tlog_tiles::Error>) -> Vec<u64> {
        let probe = Probe::default();
        // What it proves from zeros is of no interest.
        drop(dry_run(&probe));
        probe.0.into_inner()
    }
}

impl HashReader for Probe {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog_tiles::Error> {
        self.0.borrow_mut().extend_from_slice(indexes);
        Ok(vec![Hash::default(); indexes.len()])
    }
}
