//! The audit log as a Merkle tree (RFC 6962) with signed checkpoints (C2SP tlog-checkpoint and signed-note).
//!
//! Pure over stored hashes: beside each function stands one that lists the storage indexes it reads
//! (`needed_for_…`). The caller fetches those rows of `platform.log_hash` and hands them in.

use std::collections::BTreeMap;

use canopy_kernel::{Failure, reason};
use tlog_tiles::{HashReader, stored_hash_count, stored_hash_index, sub_tree_index};

mod checkpoint;
mod proof;
#[cfg(test)]
mod tests;

pub use checkpoint::{Checkpoint, LogSigner, verify_checkpoint};
pub use proof::{
    consistency_proof, inclusion_proof, needed_for_consistency, needed_for_inclusion, verify_consistency,
    verify_inclusion,
};
pub use tlog_tiles::Hash;

/// Why the log or a proof of it does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MerkleError {
    /// A stored hash that is needed is not there.
    #[error("the log has no hash at index {0}")]
    Missing(u64),
    /// A stored hash is not 32 bytes long.
    #[error("a hash of {0} bytes instead of 32")]
    Malformed(usize),
    /// A position or size outside of the tree.
    #[error("there is no {0} in a tree of {1} leaves")]
    Outside(u64, u64),
    /// The proof does not lead to the root.
    #[error("the proof does not lead to the root")]
    Proof,
    /// The checkpoint is no signed checkpoint of that log.
    #[error("no checkpoint of this log: {0}")]
    Checkpoint(String),
}

impl From<MerkleError> for Failure {
    fn from(error: MerkleError) -> Failure {
        Failure::new(&reason::INTERNAL).because(error)
    }
}

/// The leaf hash over the canonical form of an audit row.
pub fn leaf_hash(canonical: &[u8]) -> Hash {
    tlog_tiles::record_hash(canonical)
}

/// A hash as a column keeps it.
pub fn hash_of(bytes: Vec<u8>) -> Result<Hash, MerkleError> {
    bytes.try_into().map(Hash).map_err(|bytes: Vec<u8>| MerkleError::Malformed(bytes.len()))
}

/// Number of hashes that a log of that many leaves stores; their indexes are 0 to that, without gaps.
pub fn stored_hashes(leaves: u64) -> u64 {
    stored_hash_count(leaves)
}

/// Index at which the leaf hash of a position is stored.
pub fn leaf_index(position: u64) -> u64 {
    stored_hash_index(0, position)
}

/// Rows of `platform.log_hash`, by index.
#[derive(Clone, Debug, Default)]
pub struct StoredHashes(BTreeMap<u64, Hash>);

impl StoredHashes {
    /// Refuses unless all of these are there, so that the tree code reads none in vain.
    fn require(&self, indexes: &[u64]) -> Result<(), MerkleError> {
        let missing = indexes.iter().find(|index| !self.0.contains_key(index));
        missing.map_or(Ok(()), |index| Err(MerkleError::Missing(*index)))
    }
}

impl FromIterator<(u64, Hash)> for StoredHashes {
    fn from_iter<I: IntoIterator<Item = (u64, Hash)>>(rows: I) -> Self {
        Self(rows.into_iter().collect())
    }
}

impl HashReader for StoredHashes {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog_tiles::Error> {
        let found = indexes.iter().map(|it| self.0.get(it).copied());
        found.collect::<Option<_>>().ok_or(tlog_tiles::Error::IndexesNotInTree)
    }
}

/// The indexes that [`append`] reads: the right edge of the tree of `size` leaves, at most one for each binary
/// digit of the size.
pub fn needed_for_append(size: u64) -> Vec<u64> {
    sub_tree_index(0, size, Vec::new())
}

/// Adds leaf hashes, in order, to the tree of `size` leaves. Gives the hashes to store and the index of the
/// first; the others follow it without gaps.
pub fn append(size: u64, leaves: &[Hash], edge: &StoredHashes) -> Result<(u64, Vec<Hash>), MerkleError> {
    edge.require(&needed_for_append(size))?;
    let mut known = edge.clone();
    let first = stored_hash_count(size);
    let mut hashes = Vec::with_capacity(2 * leaves.len());
    for (position, leaf) in (size..).zip(leaves) {
        let new = tlog_tiles::stored_hashes_for_record_hash(position, *leaf, &known)
            .expect("an append reads the right edge and what it has added");
        known.0.extend((stored_hash_index(0, position)..).zip(new.iter().copied()));
        hashes.extend(new);
    }
    Ok((first, hashes))
}

/// The indexes that [`root`] reads.
pub fn needed_for_root(size: u64) -> Vec<u64> {
    needed_for_append(size)
}

/// The root hash of the tree of `size` leaves; without any, the hash of nothing.
pub fn root(size: u64, edge: &StoredHashes) -> Result<Hash, MerkleError> {
    edge.require(&needed_for_root(size))?;
    Ok(tlog_tiles::tree_hash(size, edge).expect("a root reads the right edge"))
}
