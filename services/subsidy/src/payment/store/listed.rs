//! SQL that lists and sums payment lines as of a day: a line is what the last step by that day made it.

use canopy_kernel::Failure;
use canopy_kernel::id::{BatchId, InstructionId, PaymentLineId};
use canopy_persistence::db;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgPool;
use uuid::Uuid;

/// Which lines are asked for.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    /// Of this batch only.
    pub batch: Option<BatchId>,
    /// Of this policy only; empty = all.
    pub policy_code: String,
    /// Of this payee only; empty = all.
    pub uscc: String,
    /// Credited ones only.
    pub credited_only: bool,
    /// The day.
    pub as_of: Date,
}

/// A line as it stood on a day.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub id: PaymentLineId,
    pub batch: BatchId,
    pub policy_code: String,
    pub uscc: String,
    pub amount_fen: i64,
    pub first_recognition: bool,
    pub state: String,
    pub reason_code: String,
    pub attempts: i64,
    pub instruction: Option<InstructionId>,
    pub treasury_ref: String,
    pub credited_on: Option<Date>,
    pub returned_on: Option<Date>,
    pub was_held: bool,
}

/// Lines behind a place (payee, id), ordered by payee.
pub(crate) async fn list(
    pool: &PgPool,
    query: &Query,
    after: &(String, Uuid),
    limit: i64,
) -> Result<Vec<Listed>, Failure> {
    let rows = sqlx::query!(
        r#"
        select l.id, l.batch_id, l.policy_code, l.uscc, l.amount_fen, l.first_recognition, n.state, n.reason_code,
               coalesce(a.attempts, 0) as "attempts!", a.instruction as "instruction?",
               coalesce(a.treasury_ref, '') as "treasury_ref!",
               case when n.state = 'CREDITED' then n.effective_on end as credited_on,
               (select max(s.effective_on) from subsidy.line_state as s
                where s.line_id = l.id and s.state = 'RETURNED' and s.effective_on <= $5) as returned_on,
               exists (select 1 from subsidy.line_state as s
                       where s.line_id = l.id and s.state = 'HELD' and s.effective_on <= $5) as "was_held!"
        from subsidy.payment_line as l
        cross join lateral (
            select s.state, s.reason_code, s.effective_on
            from subsidy.line_state as s
            where s.line_id = l.id and s.effective_on <= $5
            order by s.seq desc
            limit 1
        ) as n
        left join lateral (
            select count(*) over () as attempts, p.id as instruction, p.treasury_ref
            from subsidy.payment_attempt as p
            where p.line_id = l.id and p.value_date <= $5
            order by p.attempt_no desc
            limit 1
        ) as a on true
        where ($1::uuid is null or l.batch_id = $1)
            and ($2 = '' or l.policy_code = $2)
            and ($3 = '' or l.uscc = $3)
            and (not $4 or n.state = 'CREDITED')
            and (l.uscc, l.id) > ($6, $7)
        order by l.uscc, l.id
        limit $8
        "#,
        query.batch.map(|id| id.as_uuid()),
        query.policy_code,
        query.uscc,
        query.credited_only,
        query.as_of.to_sqlx(),
        after.0,
        after.1,
        limit,
    )
    .fetch_all(pool)
    .await
    .map_err(db)?;
    Ok(rows
        .into_iter()
        .map(|row| Listed {
            id: PaymentLineId::new(row.id),
            batch: BatchId::new(row.batch_id),
            policy_code: row.policy_code,
            uscc: row.uscc,
            amount_fen: row.amount_fen,
            first_recognition: row.first_recognition,
            state: row.state,
            reason_code: row.reason_code,
            attempts: row.attempts,
            instruction: row.instruction.map(InstructionId::new),
            treasury_ref: row.treasury_ref,
            credited_on: row.credited_on.map(|day| day.to_jiff()),
            returned_on: row.returned_on.map(|day| day.to_jiff()),
            was_held: row.was_held,
        })
        .collect())
}

/// What was credited under a policy by a day.
#[derive(Clone, Debug)]
pub(crate) struct Sums {
    pub payees: i64,
    pub credited_fen: i64,
    pub first: i64,
    pub renewed: i64,
    pub after_hold: i64,
    pub after_return: i64,
    pub publicity_last_day: Option<Date>,
}

/// Sums the lines of a policy that are credited on a day.
pub(crate) async fn sums(pool: &PgPool, policy_code: &str, as_of: Date) -> Result<Sums, Failure> {
    let row = sqlx::query!(
        r#"
        with credited as (
            select l.id, l.uscc, l.amount_fen, l.first_recognition,
                   exists (select 1 from subsidy.line_state as s
                           where s.line_id = l.id and s.state = 'HELD' and s.effective_on <= $2) as held,
                   exists (select 1 from subsidy.line_state as s
                           where s.line_id = l.id and s.state = 'RETURNED' and s.effective_on <= $2) as returned
            from subsidy.payment_line as l
            cross join lateral (
                select s.state
                from subsidy.line_state as s
                where s.line_id = l.id and s.effective_on <= $2
                order by s.seq desc
                limit 1
            ) as n
            where l.policy_code = $1 and n.state = 'CREDITED'
        )
        select count(distinct uscc) as "payees!", coalesce(sum(amount_fen), 0)::bigint as "credited_fen!",
               count(*) filter (where first_recognition) as "first!",
               count(*) filter (where not first_recognition) as "renewed!",
               count(*) filter (where held) as "after_hold!",
               count(*) filter (where returned) as "after_return!",
               (select r.publicity_last_day from subsidy.run as r
                where r.policy_code = $1 and r.funded_on <= $2
                order by r.funded_on desc, r.id desc
                limit 1) as publicity_last_day
        from credited
        "#,
        policy_code,
        as_of.to_sqlx(),
    )
    .fetch_one(pool)
    .await
    .map_err(db)?;
    Ok(Sums {
        payees: row.payees,
        credited_fen: row.credited_fen,
        first: row.first,
        renewed: row.renewed,
        after_hold: row.after_hold,
        after_return: row.after_return,
        publicity_last_day: row.publicity_last_day.map(|day| day.to_jiff()),
    })
}
