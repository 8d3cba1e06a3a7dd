//! Counts of demands by the days of their steps.

use canopy_kernel::Failure;
use canopy_persistence::db;
use jiff_sqlx::ToSqlx;
use sqlx::PgPool;

use crate::period::Period;

/// What is counted.
pub(crate) struct Counts {
    /// Verified in the period.
    pub verified: i64,
    /// Those of them withdrawn by the day.
    pub withdrawn: i64,
    /// Collected in the period.
    pub collected: i64,
    /// Those of them stale on the day.
    pub stale: i64,
}

/// Counts demands that are not merged on the day (`RULES.md` R10, R12).
pub(crate) async fn count(pool: &PgPool, period: &Period, stale_after: i32) -> Result<Counts, Failure> {
    sqlx::query_as!(
        Counts,
        r#"
        with step as (
            select s.demand_id, s.version, s.state, s.effective_on
            from commissioner.demand_step s
            where s.effective_on <= $1
              and ($2::timestamptz is null or s.recorded_at < $2)
              and not exists (
                  select
                  from commissioner.merge m
                  where m.duplicate_id = s.demand_id and m.merged_on <= $1
                    and (m.undone_on is null or m.undone_on > $1)
                    and ($2::timestamptz is null or m.recorded_at < $2)
              )
        ),
        demand as (
            select demand_id,
                   min(effective_on) filter (where state = 'COLLECTED') as collected_on,
                   min(effective_on) filter (where state = 'VERIFIED') as verified_on,
                   bool_or(state = 'WITHDRAWN') as withdrawn,
                   bool_or(state in ('SIGNED', 'REGISTERED', 'CLOSED', 'WITHDRAWN')) as settled,
                   max(effective_on) as last_on
            from step
            group by demand_id
        )
        select count(*) filter (where v) as "verified!",
               count(*) filter (where v and withdrawn) as "withdrawn!",
               count(*) filter (where c) as "collected!",
               count(*) filter (
                   where c and not settled and (last_on + make_interval(months => $5))::date < $1
               ) as "stale!"
        from (
            select withdrawn, settled, last_on,
                   verified_on is not null
                       and ($3::date is null or verified_on >= $3) and ($4::date is null or verified_on <= $4) as v,
                   ($3::date is null or collected_on >= $3) and ($4::date is null or collected_on <= $4) as c
            from demand
        ) d
        "#,
        period.day.to_sqlx(),
        period.known_before.map(ToSqlx::to_sqlx) as _,
        period.from.map(ToSqlx::to_sqlx) as _,
        period.to.map(ToSqlx::to_sqlx) as _,
        stale_after,
    )
    .fetch_one(pool)
    .await
    .map_err(db)
}
