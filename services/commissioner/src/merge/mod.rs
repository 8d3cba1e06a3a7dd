//! Merges of duplicates (合并): one record is kept, its duplicate counts nowhere while it is merged. A merge changes
//! neither record, so undoing it restores both.

pub(crate) mod store;

use canopy_kernel::id::MergeId;
use canopy_kernel::{Failure, Uscc, reason};
use canopy_persistence::Tx;
use uuid::Uuid;

/// A demand or achievement that takes part in a merge. The caller holds its row.
#[derive(Debug)]
pub(crate) struct Member {
    /// Its id.
    pub id: Uuid,
    /// The firm or owner.
    pub owner: Uscc,
}

/// Merges a duplicate into the one that is kept (`RULES.md` R12): of one owner, and no chains.
pub(crate) async fn merge(
    tx: &mut Tx,
    kept: &Member,
    duplicate: &Member,
    reason: &str,
) -> Result<(), Failure> {
    if kept.owner != duplicate.owner {
        return Err(Failure::new(&reason::MERGE_DIFFERENT_OWNERS).on("duplicate"));
    }
    let flat = kept.id != duplicate.id
        && !store::is_duplicate(tx, kept.id).await?
        && !store::is_duplicate(tx, duplicate.id).await?
        && !store::is_kept(tx, duplicate.id).await?;
    if !flat {
        return Err(Failure::new(&reason::MERGE_NOT_FLAT).on("duplicate"));
    }
    let id = MergeId::at(tx.recorded_at());
    store::insert(tx, id, kept.id, duplicate.id, reason).await
}

/// Undoes the merge of a duplicate from the business day on; answers the id of the one that was kept.
pub(crate) async fn undo(tx: &mut Tx, duplicate: &Member, reason: &str) -> Result<Uuid, Failure> {
    let kept = store::undo(tx, duplicate.id, reason).await?;
    kept.ok_or_else(|| Failure::new(&reason::STATE_NOT_ALLOWED).on("duplicate").with("expected", "MERGED"))
}

/// Refuses what is merged into another.
pub(crate) async fn require_unmerged(tx: &mut Tx, id: Uuid) -> Result<(), Failure> {
    match store::is_duplicate(tx, id).await? {
        true => Err(Failure::new(&reason::STATE_NOT_ALLOWED).on("name").with("state", "MERGED")),
        false => Ok(()),
    }
}
