//! Counts of signed projects.

use canopy_kernel::Failure;
use canopy_persistence::db;
use jiff_sqlx::ToSqlx;
use sqlx::PgPool;

use crate::period::Period;

/// What is counted.
pub(crate) struct Counts {
    /// Projects with an amount above 0.
    pub projects: i64,
    /// Their amounts.
    pub amount_fen: i64,
    /// Framework agreements.
    pub frameworks: i64,
    /// Distinct demands that the projects answer.
    pub demands: i64,
    /// Projects that a registered contract carries out.
    pub registered: i64,
}

/// Counts the projects signed in a period as of a day. A merged duplicate of a demand counts as the demand that is
/// kept (`RULES.md` R12).
pub(crate) async fn count(pool: &PgPool, period: &Period) -> Result<Counts, Failure> {
    sqlx::query_as!(
        Counts,
        r#"
        with signed as (
            select s.id, s.amount_fen, coalesce(m.kept_id, s.demand_id) as demand_id
            from commissioner.signing s
            left join commissioner.merge m
                on m.duplicate_id = s.demand_id and m.merged_on <= $1 and (m.undone_on is null or m.undone_on > $1)
            where s.signed_on <= $1
              and ($2::timestamptz is null or s.recorded_at < $2)
              and ($3::date is null or s.signed_on >= $3)
              and ($4::date is null or s.signed_on <= $4)
        )
        select count(*) filter (where amount_fen > 0) as "projects!",
               coalesce(sum(amount_fen), 0)::bigint as "amount_fen!",
               count(*) filter (where amount_fen = 0) as "frameworks!",
               count(distinct demand_id) filter (where amount_fen > 0) as "demands!",
               count(*) filter (where amount_fen > 0 and exists (
                   select
                   from commissioner.signing_contract l
                   where l.signing_id = signed.id
                     and l.linked_on <= $1 and (l.unlinked_on is null or l.unlinked_on > $1)
               )) as "registered!"
        from signed
        "#,
        period.day.to_sqlx(),
        period.known_before.map(ToSqlx::to_sqlx) as _,
        period.from.map(ToSqlx::to_sqlx) as _,
        period.to.map(ToSqlx::to_sqlx) as _,
    )
    .fetch_one(pool)
    .await
    .map_err(db)
}
