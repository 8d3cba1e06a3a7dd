//! SQL of merges.

use canopy_kernel::Failure;
use canopy_kernel::id::MergeId;
use canopy_persistence::{Tx, db};
use jiff_sqlx::ToSqlx;
use uuid::Uuid;

/// Whether it is merged into another.
pub(crate) async fn is_duplicate(tx: &mut Tx, id: Uuid) -> Result<bool, Failure> {
    sqlx::query_scalar!(
        r#"
        select exists (
            select from commissioner.merge where duplicate_id = $1 and undone_on is null
        ) as "exists!"
        "#,
        id,
    )
    .fetch_one(tx.conn())
    .await
    .map_err(db)
}

/// Whether another is merged into it.
pub(crate) async fn is_kept(tx: &mut Tx, id: Uuid) -> Result<bool, Failure> {
    sqlx::query_scalar!(
        r#"
        select exists (
            select from commissioner.merge where kept_id = $1 and undone_on is null
        ) as "exists!"
        "#,
        id,
    )
    .fetch_one(tx.conn())
    .await
    .map_err(db)
}

/// Writes a merge.
pub(crate) async fn insert(
    tx: &mut Tx,
    id: MergeId,
    kept: Uuid,
    duplicate: Uuid,
    reason: &str,
) -> Result<(), Failure> {
    let (today, recorded_at) = (tx.today(), tx.recorded_at());
    sqlx::query!(
        r#"
        insert into commissioner.merge
            (id, kept_id, duplicate_id, merged_on, reason, undone_on, undo_reason, recorded_at)
        values ($1, $2, $3, $4, $5, null, '', $6)
        "#,
        id.as_uuid(),
        kept,
        duplicate,
        today.to_sqlx(),
        reason,
        recorded_at.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}

/// Undoes a merge that stands; answers the one that was kept.
pub(crate) async fn undo(tx: &mut Tx, duplicate: Uuid, reason: &str) -> Result<Option<Uuid>, Failure> {
    let today = tx.today();
    sqlx::query_scalar!(
        r#"
        update commissioner.merge
        set undone_on = greatest($2, merged_on), undo_reason = $3
        where duplicate_id = $1 and undone_on is null
        returning kept_id
        "#,
        duplicate,
        today.to_sqlx(),
        reason,
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(db)
}
