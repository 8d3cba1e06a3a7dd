//! SQL of batches.

use canopy_kernel::id::{BatchId, CandidateId, RunId};
use canopy_kernel::{Failure, reason};
use canopy_persistence::{Tx, db, ensure_one, violates};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use super::model::{Batch, State};

struct Row {
    id: Uuid,
    batch_no: String,
    run_id: Uuid,
    state: String,
    maker: String,
    approver: String,
    funder: String,
    created_on: jiff_sqlx::Date,
    pay_on: Option<jiff_sqlx::Date>,
    version: i64,
}

impl TryFrom<Row> for Batch {
    type Error = Failure;

    fn try_from(row: Row) -> Result<Self, Failure> {
        let pay_on = row.pay_on.map(|day| day.to_jiff());
        Ok(Batch {
            id: BatchId::new(row.id),
            batch_no: row.batch_no,
            run: RunId::new(row.run_id),
            state: State::from_stored(&row.state, row.approver, row.funder, pay_on)?,
            maker: row.maker,
            created_on: row.created_on.to_jiff(),
            version: row.version,
        })
    }
}

/// The next serial of a day.
pub(crate) async fn serial(tx: &mut Tx, day: Date) -> Result<i64, Failure> {
    sqlx::query_scalar!(
        r#"select count(*) + 1 as "serial!" from subsidy.batch where created_on = $1"#,
        day.to_sqlx(),
    )
    .fetch_one(tx.conn())
    .await
    .map_err(db)
}

/// Writes a new batch. One that took the same serial a moment before makes this transaction try again.
pub(crate) async fn insert(tx: &mut Tx, batch: &Batch) -> Result<(), Failure> {
    let recorded_at = tx.recorded_at();
    sqlx::query!(
        r#"
        insert into subsidy.batch
            (id, batch_no, run_id, state, maker, approver, funder, created_on, version, recorded_at)
        values ($1, $2, $3, $4, $5, '', '', $6, $7, $8)
        "#,
        batch.id.as_uuid(),
        batch.batch_no,
        batch.run.as_uuid(),
        batch.state.as_str(),
        batch.maker,
        batch.created_on.to_sqlx(),
        batch.version,
        recorded_at.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(|error| match violates(&error, "batch_no_key") {
        true => Failure::new(&reason::TRANSACTION_CONFLICT).because(error),
        false => db(error),
    })?;
    Ok(())
}

/// Writes the state of a batch, guarded by the version before.
pub(crate) async fn update(tx: &mut Tx, batch: &Batch) -> Result<(), Failure> {
    let written = sqlx::query!(
        r#"
        update subsidy.batch
        set state = $2, approver = $3, funder = $4, pay_on = $5, version = $6
        where id = $1 and version + 1 = $6
        "#,
        batch.id.as_uuid(),
        batch.state.as_str(),
        batch.state.approver(),
        batch.state.funder(),
        batch.state.pay_on().map(|day| day.to_sqlx()) as _,
        batch.version,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    ensure_one(written)
}

/// Reads a batch for a write.
pub(crate) async fn lock(tx: &mut Tx, id: BatchId) -> Result<Option<Batch>, Failure> {
    let row = sqlx::query_as!(
        Row,
        r#"
        select id, batch_no, run_id, state, maker, approver, funder, created_on, pay_on, version
        from subsidy.batch
        where id = $1
        for update
        "#,
        id.as_uuid(),
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(db)?;
    row.map(Batch::try_from).transpose()
}

/// Reads the batch of a run for a write.
pub(crate) async fn lock_of(tx: &mut Tx, run: RunId) -> Result<Option<Batch>, Failure> {
    let row = sqlx::query_as!(
        Row,
        r#"
        select id, batch_no, run_id, state, maker, approver, funder, created_on, pay_on, version
        from subsidy.batch
        where run_id = $1
        for update
        "#,
        run.as_uuid(),
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(db)?;
    row.map(Batch::try_from).transpose()
}

/// The batch of that name.
pub(crate) async fn find(conn: &mut PgConnection, id: BatchId) -> Result<Option<Batch>, Failure> {
    let row = sqlx::query_as!(
        Row,
        r#"
        select id, batch_no, run_id, state, maker, approver, funder, created_on, pay_on, version
        from subsidy.batch
        where id = $1
        "#,
        id.as_uuid(),
    )
    .fetch_optional(conn)
    .await
    .map_err(db)?;
    row.map(Batch::try_from).transpose()
}

/// The run of a batch.
pub(crate) async fn run_of(conn: &mut PgConnection, id: BatchId) -> Result<Option<RunId>, Failure> {
    let run = sqlx::query_scalar!("select run_id from subsidy.batch where id = $1", id.as_uuid())
        .fetch_optional(conn)
        .await
        .map_err(db)?;
    Ok(run.map(RunId::new))
}

/// Confirmed entries of a run, ordered by code.
pub(crate) async fn confirmed(conn: &mut PgConnection, run: RunId) -> Result<Vec<CandidateId>, Failure> {
    let ids = sqlx::query_scalar!(
        "select id from subsidy.candidate where run_id = $1 and confirmed_on is not null order by uscc",
        run.as_uuid(),
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    Ok(ids.into_iter().map(CandidateId::new).collect())
}

/// Lines of a batch, and the sum in fen of those that were not excluded.
pub(crate) async fn totals(conn: &mut PgConnection, id: BatchId) -> Result<(i64, i64), Failure> {
    let row = sqlx::query!(
        r#"
        select count(*) as "lines!",
               coalesce(sum(amount_fen) filter (where state <> 'EXCLUDED'), 0)::bigint as "total_fen!"
        from subsidy.payment_line
        where batch_id = $1
        "#,
        id.as_uuid(),
    )
    .fetch_one(conn)
    .await
    .map_err(db)?;
    Ok((row.lines, row.total_fen))
}
