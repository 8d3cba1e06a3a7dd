//! SQL of reference sets and their rows.

use canopy_kernel::id::ReferenceSetId;
use canopy_kernel::{Failure, reason};
use canopy_persistence::{Tx, db, ensure_one, violates};
use jiff_sqlx::ToSqlx;
use sqlx::types::Json;
use sqlx::{PgExecutor, PgPool};
use uuid::Uuid;

use super::model::{ReferenceKind, ReferenceSet, Row, SetState};

/// A set's row.
struct SetRow {
    id: Uuid,
    kind: String,
    state: String,
    maker: String,
    approver: String,
    row_count: i32,
    version: i64,
}

impl SetRow {
    fn read(self) -> Result<ReferenceSet, Failure> {
        Ok(ReferenceSet {
            id: ReferenceSetId::new(self.id),
            kind: ReferenceKind::stored(&self.kind)?,
            state: SetState::stored(&self.state)?,
            maker: self.maker,
            approver: self.approver,
            rows: self.row_count,
            version: self.version,
        })
    }
}

/// Enters a draft.
pub(crate) async fn insert(tx: &mut Tx, set: &ReferenceSet) -> Result<(), Failure> {
    let recorded_at = tx.recorded_at();
    sqlx::query!(
        r#"
        insert into registry.reference_set
            (id, kind, state, maker, approver, row_count, version, recorded_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        "#,
        set.id.as_uuid(),
        set.kind.as_str(),
        set.state.as_str(),
        set.maker,
        set.approver,
        set.rows,
        set.version,
        recorded_at.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}

/// Finds a set and locks it.
pub(crate) async fn lock(tx: &mut Tx, id: ReferenceSetId) -> Result<Option<ReferenceSet>, Failure> {
    let row = sqlx::query_as!(
        SetRow,
        r#"
        select id, kind, state, maker, approver, row_count, version
        from registry.reference_set
        where id = $1
        for update
        "#,
        id.as_uuid(),
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(db)?;
    row.map(SetRow::read).transpose()
}

/// Finds a set.
pub(crate) async fn find(pool: &PgPool, id: ReferenceSetId) -> Result<Option<ReferenceSet>, Failure> {
    let row = sqlx::query_as!(
        SetRow,
        r#"
        select id, kind, state, maker, approver, row_count, version
        from registry.reference_set
        where id = $1
        "#,
        id.as_uuid(),
    )
    .fetch_optional(pool)
    .await
    .map_err(db)?;
    row.map(SetRow::read).transpose()
}

/// The active set of a kind.
pub(crate) async fn active(pool: &PgPool, kind: ReferenceKind) -> Result<Option<ReferenceSet>, Failure> {
    let row = sqlx::query_as!(
        SetRow,
        r#"
        select id, kind, state, maker, approver, row_count, version
        from registry.reference_set
        where kind = $1 and state = 'ACTIVE'
        "#,
        kind.as_str(),
    )
    .fetch_optional(pool)
    .await
    .map_err(db)?;
    row.map(SetRow::read).transpose()
}

/// Writes state, approver and number of rows; the version before has to stand.
pub(crate) async fn update(tx: &mut Tx, set: &ReferenceSet) -> Result<(), Failure> {
    let result = sqlx::query!(
        r#"
        update registry.reference_set
        set state = $2, approver = $3, row_count = $4, version = $5
        where id = $1 and version + 1 = $5
        "#,
        set.id.as_uuid(),
        set.state.as_str(),
        set.approver,
        set.rows,
        set.version,
    )
    .execute(tx.conn())
    .await
    .map_err(|error| match violates(&error, "reference_set_one_active") {
        true => Failure::new(&reason::TRANSACTION_CONFLICT).because("another set was activated meanwhile"),
        false => db(error),
    })?;
    ensure_one(result)
}

/// Supersedes the active set of a kind; `None` when there was none.
pub(crate) async fn supersede(tx: &mut Tx, kind: ReferenceKind) -> Result<Option<ReferenceSet>, Failure> {
    let row = sqlx::query_as!(
        SetRow,
        r#"
        update registry.reference_set
        set state = 'SUPERSEDED', version = version + 1
        where kind = $1 and state = 'ACTIVE'
        returning id, kind, state, maker, approver, row_count, version
        "#,
        kind.as_str(),
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(db)?;
    row.map(SetRow::read).transpose()
}

/// Lists sets, newest first.
pub(crate) async fn list(
    pool: &PgPool,
    kind: Option<ReferenceKind>,
    after: Option<ReferenceSetId>,
    limit: i64,
) -> Result<Vec<ReferenceSet>, Failure> {
    let rows = sqlx::query_as!(
        SetRow,
        r#"
        select id, kind, state, maker, approver, row_count, version
        from registry.reference_set
        where ($1::text is null or kind = $1) and ($2::uuid is null or id < $2)
        order by id desc
        limit $3
        "#,
        kind.map(ReferenceKind::as_str),
        after.map(|id| id.as_uuid()),
        limit,
    )
    .fetch_all(pool)
    .await
    .map_err(db)?;
    rows.into_iter().map(SetRow::read).collect()
}

/// Adds rows at their places.
pub(crate) async fn insert_rows(
    tx: &mut Tx,
    id: ReferenceSetId,
    rows: &[(i32, &Row)],
) -> Result<(), Failure> {
    let positions: Vec<i32> = rows.iter().map(|(position, _)| *position).collect();
    let keys: Vec<String> = rows.iter().map(|(_, row)| row.key()).collect();
    let bodies: Vec<serde_json::Value> = rows
        .iter()
        .map(|(_, row)| serde_json::to_value(row))
        .collect::<Result<_, _>>()
        .map_err(|error| Failure::new(&reason::INTERNAL).because(error))?;
    sqlx::query!(
        r#"
        insert into registry.reference_row (set_id, position, key, body)
        select $1, r.position, r.key, r.body
        from unnest($2::integer[], $3::text[], $4::jsonb[]) as r (position, key, body)
        "#,
        id.as_uuid(),
        &positions,
        &keys,
        &bodies,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}

/// Rows of a set behind a place, in the order they were added.
pub(crate) async fn rows(
    conn: impl PgExecutor<'_>,
    id: ReferenceSetId,
    after: i32,
    limit: i64,
) -> Result<Vec<(i32, Row)>, Failure> {
    let rows = sqlx::query!(
        r#"
        select position, body as "body: Json<Row>"
        from registry.reference_row
        where set_id = $1 and position > $2
        order by position
        limit $3
        "#,
        id.as_uuid(),
        after,
        limit,
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    Ok(rows.into_iter().map(|row| (row.position, row.body.0)).collect())
}

/// Every row of a set, in the order they were added.
pub(crate) async fn all_rows(conn: impl PgExecutor<'_>, id: ReferenceSetId) -> Result<Vec<Row>, Failure> {
    let rows = rows(conn, id, -1, i64::MAX).await?;
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}
