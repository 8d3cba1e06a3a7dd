//! SQL of the method dictionary.

use canopy_kernel::Failure;
use canopy_kernel::id::MethodLabelId;
use canopy_persistence::{Tx, db, ensure_all, ensure_one};
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use super::model::{Dictionary, Family, MethodLabel, Words};

/// The dictionary, for a write: its row is locked, so two changes of it go one after the other.
pub(crate) async fn locked(tx: &mut Tx) -> Result<Dictionary, Failure> {
    let revision = sqlx::query_scalar!("select revision from commissioner.method_dictionary for update")
        .fetch_one(tx.conn())
        .await
        .map_err(db)?;
    Ok(Dictionary::new(revision, labels(tx.conn()).await?))
}

/// The dictionary, for a question.
pub(crate) async fn dictionary(conn: &mut PgConnection) -> Result<Dictionary, Failure> {
    let revision = sqlx::query_scalar!("select revision from commissioner.method_dictionary")
        .fetch_one(&mut *conn)
        .await
        .map_err(db)?;
    Ok(Dictionary::new(revision, labels(conn).await?))
}

/// All versions of all entries, by family and code.
async fn labels(conn: &mut PgConnection) -> Result<Vec<MethodLabel>, Failure> {
    let rows = sqlx::query!(
        r#"
        select id, code, family, label_zh, valid_from, valid_to, revision
        from commissioner.method_label
        order by family, code, valid_from
        "#
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    rows.into_iter()
        .map(|row| {
            let family = Family::stored(&row.family)?;
            Ok(MethodLabel {
                id: MethodLabelId::new(row.id),
                words: Words { code: row.code, family, label_zh: row.label_zh },
                valid_from: row.valid_from.to_jiff(),
                valid_to: row.valid_to.map(|day| day.to_jiff()),
                revision: row.revision,
            })
        })
        .collect()
}

/// Counts a change of the dictionary.
pub(crate) async fn write_revision(tx: &mut Tx, revision: i64) -> Result<(), Failure> {
    let result = sqlx::query!(
        "update commissioner.method_dictionary set revision = $1 where revision + 1 = $1",
        revision,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    ensure_one(result)
}

/// Enters versions.
pub(crate) async fn insert(tx: &mut Tx, labels: &[MethodLabel]) -> Result<(), Failure> {
    let recorded_at = tx.recorded_at();
    let ids: Vec<Uuid> = labels.iter().map(|it| it.id.as_uuid()).collect();
    let codes: Vec<&str> = labels.iter().map(|it| it.words.code.as_str()).collect();
    let families: Vec<&str> = labels.iter().map(|it| it.words.family.as_str()).collect();
    let words: Vec<&str> = labels.iter().map(|it| it.words.label_zh.as_str()).collect();
    let from: Vec<_> = labels.iter().map(|it| it.valid_from.to_sqlx()).collect();
    let to: Vec<_> = labels.iter().map(|it| it.valid_to.map(ToSqlx::to_sqlx)).collect();
    let revisions: Vec<i64> = labels.iter().map(|it| it.revision).collect();
    let result = sqlx::query!(
        r#"
        insert into commissioner.method_label
            (id, code, family, label_zh, valid_from, valid_to, revision, recorded_at)
        select r.id, r.code, r.family, r.label_zh, r.valid_from, r.valid_to, r.revision, $1
        from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::date[], $7::date[], $8::bigint[])
            as r (id, code, family, label_zh, valid_from, valid_to, revision)
        "#,
        recorded_at.to_sqlx(),
        &ids,
        &codes as _,
        &families as _,
        &words as _,
        &from,
        &to as _,
        &revisions,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    ensure_all(result, labels.len())
}

/// Writes the end of a version.
pub(crate) async fn write_end(tx: &mut Tx, ended: &MethodLabel) -> Result<(), Failure> {
    let result = sqlx::query!(
        "update commissioner.method_label set valid_to = $2, revision = $3 where id = $1",
        ended.id.as_uuid(),
        ended.valid_to.map(ToSqlx::to_sqlx) as _,
        ended.revision,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    ensure_one(result)
}
