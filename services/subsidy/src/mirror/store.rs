//! SQL of corrected accounts. A row stands on the feed position that told it.

use canopy_kernel::Failure;
use canopy_persistence::{Tx, db};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

use super::model::Correction;

/// Writes that accounts were corrected.
pub(crate) async fn put_corrections<'f>(
    tx: &mut Tx,
    corrections: impl Iterator<Item = &'f Correction>,
) -> Result<(), Failure> {
    let rows: Vec<&Correction> = corrections.collect();
    sqlx::query!(
        r#"
        insert into subsidy.account_correction (uscc, effective_on, position)
        select r.uscc, r.effective_on, r.position
        from unnest($1::text[], $2::date[], $3::bigint[]) as r (uscc, effective_on, position)
        on conflict (uscc, effective_on) do nothing
        "#,
        &rows.iter().map(|it| it.uscc.clone()).collect::<Vec<_>>(),
        &rows.iter().map(|it| it.effective_on.to_sqlx()).collect::<Vec<_>>(),
        &rows.iter().map(|it| it.position).collect::<Vec<_>>(),
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}

/// Days from which corrected accounts of those payees hold, in order.
pub(crate) async fn corrections_of(
    conn: &mut PgConnection,
    codes: &[String],
) -> Result<Vec<(String, Date)>, Failure> {
    let rows = sqlx::query!(
        r#"
        select uscc, effective_on
        from subsidy.account_correction
        where uscc = any($1)
        order by uscc, effective_on
        "#,
        codes,
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    Ok(rows.into_iter().map(|row| (row.uscc, row.effective_on.to_jiff())).collect())
}

/// Forgets the corrections: they are told again.
pub(crate) async fn forget(tx: &mut Tx) -> Result<(), Failure> {
    sqlx::query!("delete from subsidy.account_correction").execute(tx.conn()).await.map_err(db)?;
    Ok(())
}

/// The feed position of a producer that is applied here.
pub(crate) async fn position(conn: &mut PgConnection, producer: &str) -> Result<i64, Failure> {
    let position = sqlx::query_scalar!("select position from platform.cursor where producer = $1", producer)
        .fetch_optional(conn)
        .await
        .map_err(db)?;
    Ok(position.unwrap_or(0))
}
