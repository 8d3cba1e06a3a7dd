//! SQL of runs and their candidates.

pub(crate) mod candidate;
pub(crate) mod explain;
pub(crate) mod matching;

use canopy_kernel::id::{BatchId, PolicyId, RunId};
use canopy_kernel::{Failure, reason};
use canopy_persistence::{Tx, db, ensure_one, violates};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::model::{Run, State, StoredState};
use super::rule_exclusion::Stage;

pub(crate) use candidate::{codes, confirm_candidates, insert_candidates, insert_hits, waiting_codes};

/// A row of `subsidy.run`.
pub(crate) struct Row {
    id: Uuid,
    external_ref: Option<String>,
    policy_id: Uuid,
    policy_code: String,
    year: i32,
    state: String,
    maker: String,
    match_on: jiff_sqlx::Date,
    snapshot_digest: Vec<u8>,
    snapshot_position: i64,
    posted_on: Option<jiff_sqlx::Date>,
    publicity_last_day: Option<jiff_sqlx::Date>,
    confirmed_on: Option<jiff_sqlx::Date>,
    funded_on: Option<jiff_sqlx::Date>,
    void_reason: String,
    version: i64,
}

impl TryFrom<Row> for Run {
    type Error = Failure;

    fn try_from(row: Row) -> Result<Self, Failure> {
        let day = |day: Option<jiff_sqlx::Date>| day.map(jiff_sqlx::Date::to_jiff);
        Ok(Run {
            id: RunId::new(row.id),
            external_ref: row.external_ref,
            policy: PolicyId::new(row.policy_id),
            policy_code: row.policy_code,
            year: i16::try_from(row.year).unwrap_or_default(),
            state: State::try_from(StoredState {
                state: row.state,
                posted_on: day(row.posted_on),
                last_day: day(row.publicity_last_day),
                confirmed_on: day(row.confirmed_on),
                funded_on: day(row.funded_on),
                void_reason: row.void_reason,
            })?,
            maker: row.maker,
            match_on: row.match_on.to_jiff(),
            snapshot_digest: row.snapshot_digest,
            snapshot_position: row.snapshot_position,
            version: row.version,
        })
    }
}

/// Writes a new run.
pub(crate) async fn insert(tx: &mut Tx, run: &Run) -> Result<(), Failure> {
    let recorded_at = tx.recorded_at();
    sqlx::query!(
        r#"
        insert into subsidy.run
            (id, external_ref, policy_id, policy_code, year, state, maker, match_on, snapshot_digest,
             snapshot_position, void_reason, version, recorded_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', $11, $12)
        "#,
        run.id.as_uuid(),
        run.external_ref,
        run.policy.as_uuid(),
        run.policy_code,
        i32::from(run.year),
        run.state.as_str(),
        run.maker,
        run.match_on.to_sqlx(),
        run.snapshot_digest,
        run.snapshot_position,
        run.version,
        recorded_at.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(|error| match violates(&error, "run_external_ref_key") {
        true => Failure::new(&reason::DUPLICATE_RUN).on("external_ref"),
        false => db(error),
    })?;
    Ok(())
}

/// Writes the state of a run, guarded by the version before.
pub(crate) async fn update(tx: &mut Tx, run: &Run) -> Result<(), Failure> {
    let publicity = run.state.publicity();
    let written = sqlx::query!(
        r#"
        update subsidy.run
        set state = $2, posted_on = $3, publicity_last_day = $4, confirmed_on = $5, funded_on = $6,
            void_reason = $7, version = $8
        where id = $1 and version + 1 = $8
        "#,
        run.id.as_uuid(),
        run.state.as_str(),
        publicity.map(|it| it.posted_on.to_sqlx()) as _,
        publicity.map(|it| it.last_day.to_sqlx()) as _,
        run.state.confirmed_on().map(|it| it.to_sqlx()) as _,
        run.state.funded_on().map(|it| it.to_sqlx()) as _,
        run.state.void_reason(),
        run.version,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    ensure_one(written)
}

/// Reads a run for a write.
pub(crate) async fn lock(tx: &mut Tx, id: RunId) -> Result<Run, Failure> {
    let row = sqlx::query_as!(
        Row,
        r#"
        select id, external_ref, policy_id, policy_code, year, state, maker, match_on, snapshot_digest,
               snapshot_position, posted_on, publicity_last_day, confirmed_on, funded_on, void_reason, version
        from subsidy.run
        where id = $1
        for update
        "#,
        id.as_uuid(),
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(db)?;
    row.ok_or_else(unknown)?.try_into()
}

/// The run of that name.
pub(crate) async fn find(conn: &mut PgConnection, id: RunId) -> Result<Option<Run>, Failure> {
    let row = sqlx::query_as!(
        Row,
        r#"
        select id, external_ref, policy_id, policy_code, year, state, maker, match_on, snapshot_digest,
               snapshot_position, posted_on, publicity_last_day, confirmed_on, funded_on, void_reason, version
        from subsidy.run
        where id = $1
        "#,
        id.as_uuid(),
    )
    .fetch_optional(conn)
    .await
    .map_err(db)?;
    row.map(Run::try_from).transpose()
}

/// There is no run of that name.
pub(crate) fn unknown() -> Failure {
    Failure::new(&reason::UNKNOWN_RUN).on("name")
}

/// Runs of a policy (empty = all) behind an id, oldest first.
pub(crate) async fn list(
    pool: &PgPool,
    policy_code: &str,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Run>, Failure> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select id, external_ref, policy_id, policy_code, year, state, maker, match_on, snapshot_digest,
               snapshot_position, posted_on, publicity_last_day, confirmed_on, funded_on, void_reason, version
        from subsidy.run
        where ($1 = '' or policy_code = $1) and id > $2
        order by id
        limit $3
        "#,
        policy_code,
        after,
        limit,
    )
    .fetch_all(pool)
    .await
    .map_err(db)?;
    rows.into_iter().map(Run::try_from).collect()
}

/// What a run counts.
#[derive(Clone, Debug)]
pub(crate) struct Totals {
    /// Candidates, all of them.
    pub candidates: i64,
    /// Candidates excluded so far.
    pub excluded: i64,
    /// Sum in fen of those not excluded.
    pub total_fen: i64,
    /// Its batch.
    pub batch: Option<BatchId>,
}

/// Counts a run's candidates and finds its batch.
pub(crate) async fn totals(conn: &mut PgConnection, id: RunId) -> Result<Totals, Failure> {
    let row = sqlx::query!(
        r#"
        with judged as (
            select c.amount_fen, exists (
                select 1
                from subsidy.exclusion_hit as h
                where h.candidate_id = c.id and h.reason_code <> all($2)
            ) as excluded
            from subsidy.candidate as c
            where c.run_id = $1
        )
        select
            count(*) as "candidates!",
            count(*) filter (where excluded) as "excluded!",
            coalesce(sum(amount_fen) filter (where not excluded), 0)::bigint as "total_fen!",
            (select b.id from subsidy.batch as b where b.run_id = $1) as "batch?"
        from judged
        "#,
        id.as_uuid(),
        &waiting_codes(),
    )
    .fetch_one(conn)
    .await
    .map_err(db)?;
    Ok(Totals {
        candidates: row.candidates,
        excluded: row.excluded,
        total_fen: row.total_fen,
        batch: row.batch.map(BatchId::new),
    })
}

/// Keeps that all candidates were checked.
pub(crate) async fn insert_check(
    tx: &mut Tx,
    run: RunId,
    stage: Stage,
    (on, asked): (Date, usize),
    rule_version: &str,
) -> Result<(), Failure> {
    let recorded_at = tx.recorded_at();
    sqlx::query!(
        r#"
        insert into subsidy.standing_check (run_id, stage, checked_on, rule_version, entities, recorded_at)
        values ($1, $2, $3, $4, $5, $6)
        "#,
        run.as_uuid(),
        stage.as_str(),
        on.to_sqlx(),
        rule_version,
        i32::try_from(asked).unwrap_or(i32::MAX),
        recorded_at.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}
