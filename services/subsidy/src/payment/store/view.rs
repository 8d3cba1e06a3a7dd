//! SQL of what lines were on a day, and of their sums.

use canopy_kernel::Failure;
use canopy_persistence::db;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

/// A line as it was on a day.
#[derive(Clone, Debug)]
pub(crate) struct LineOn {
    pub id: Uuid,
    pub batch_id: Uuid,
    pub policy_code: String,
    pub uscc: String,
    pub amount_fen: i64,
    pub first_recognition: bool,
    pub state: String,
    pub reason_code: String,
    pub seq: i32,
    pub instruction: Option<Uuid>,
    pub attempts: Option<i32>,
    pub treasury_ref: Option<String>,
    pub credited_on: Option<jiff_sqlx::Date>,
    pub returned_on: Option<jiff_sqlx::Date>,
    pub was_held: bool,
}

/// Which lines are asked for.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    /// Those lines only; empty = all.
    pub ids: Vec<Uuid>,
    /// Of this batch only.
    pub batch: Option<Uuid>,
    /// Of this policy only; empty = all.
    pub policy_code: String,
    /// Of this payee only; empty = all.
    pub uscc: String,
    /// Credited ones only.
    pub credited_only: bool,
    /// As of this day.
    pub on: Date,
    /// Behind this payee and line.
    pub after: (String, Uuid),
    /// At most this many.
    pub limit: i64,
}

/// Lines as they were on a day, ordered by payee.
pub(crate) async fn list(conn: &mut PgConnection, asked: &Filter) -> Result<Vec<LineOn>, Failure> {
    sqlx::query_as!(
        LineOn,
        r#"
        select l.id, l.batch_id, l.policy_code, l.uscc, l.amount_fen, l.first_recognition, n.state, n.reason_code,
               n.seq, a.id as "instruction?", a.attempt_no as "attempts?", a.treasury_ref as "treasury_ref?",
               case when n.state = 'CREDITED' then a.credited_on end as credited_on,
               n.returned_on,
               n.was_held as "was_held!"
        from subsidy.payment_line as l
        cross join lateral (
            select s.state, s.reason_code, s.seq,
                   max(s.effective_on) filter (where s.state = 'RETURNED') over () as returned_on,
                   bool_or(s.state = 'HELD') over () as was_held
            from subsidy.line_state as s
            where s.line_id = l.id and s.effective_on <= $6
            order by s.seq desc
            limit 1
        ) as n
        left join lateral (
            select p.id, p.attempt_no, p.treasury_ref, p.credited_on
            from subsidy.payment_attempt as p
            where p.line_id = l.id and p.value_date <= $6
            order by p.attempt_no desc
            limit 1
        ) as a on true
        where (cardinality($1::uuid[]) = 0 or l.id = any($1))
            and ($2::uuid is null or l.batch_id = $2)
            and ($3 = '' or l.policy_code = $3)
            and ($4 = '' or l.uscc = $4)
            and (not $5 or n.state = 'CREDITED')
            and (l.uscc, l.id) > ($7, $8)
        order by l.uscc, l.id
        limit $9
        "#,
        &asked.ids,
        asked.batch,
        asked.policy_code,
        asked.uscc,
        asked.credited_only,
        asked.on.to_sqlx(),
        asked.after.0,
        asked.after.1,
        asked.limit,
    )
    .fetch_all(conn)
    .await
    .map_err(db)
}

/// What was credited under a policy by a day.
#[derive(Clone, Debug)]
pub(crate) struct Sums {
    pub payees: i64,
    pub credited_fen: i64,
    pub first_recognition_lines: i64,
    pub renewed_recognition_lines: i64,
    pub credited_after_hold: i64,
    pub credited_after_return: i64,
}

/// Sums what was credited under a policy by a day.
pub(crate) async fn sums(conn: &mut PgConnection, policy_code: &str, on: Date) -> Result<Sums, Failure> {
    sqlx::query_as!(
        Sums,
        r#"
        select count(distinct l.uscc) as "payees!",
               coalesce(sum(l.amount_fen), 0)::bigint as "credited_fen!",
               count(*) filter (where l.first_recognition) as "first_recognition_lines!",
               count(*) filter (where not l.first_recognition) as "renewed_recognition_lines!",
               count(*) filter (where n.was_held) as "credited_after_hold!",
               count(*) filter (where n.was_returned) as "credited_after_return!"
        from subsidy.payment_line as l
        cross join lateral (
            select s.state,
                   bool_or(s.state = 'HELD') over () as was_held,
                   bool_or(s.state = 'RETURNED') over () as was_returned
            from subsidy.line_state as s
            where s.line_id = l.id and s.effective_on <= $2
            order by s.seq desc
            limit 1
        ) as n
        where l.policy_code = $1 and n.state = 'CREDITED'
        "#,
        policy_code,
        on.to_sqlx(),
    )
    .fetch_one(conn)
    .await
    .map_err(db)
}

/// Last day of publicity of the latest run of a policy that was funded by a day.
pub(crate) async fn publicity_last_day(
    conn: &mut PgConnection,
    policy_code: &str,
    on: Date,
) -> Result<Option<Date>, Failure> {
    let day = sqlx::query_scalar!(
        r#"
        select publicity_last_day
        from subsidy.run
        where policy_code = $1 and funded_on <= $2
        order by funded_on desc, id desc
        limit 1
        "#,
        policy_code,
        on.to_sqlx(),
    )
    .fetch_optional(conn)
    .await
    .map_err(db)?;
    Ok(day.flatten().map(|day| day.to_jiff()))
}
