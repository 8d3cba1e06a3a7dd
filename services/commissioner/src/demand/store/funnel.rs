//! The way from need to registered contract (`RULES.md` R13). A merged duplicate lends its steps to the demand that is
//! kept, so each need counts once. SIGNED and REGISTERED are shown by signings and live contracts themselves.

use canopy_kernel::Failure;
use canopy_kernel::id::DemandId;
use canopy_persistence::db;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgPool;

use crate::period::Period;

/// How many demands of a period have a step.
pub(crate) struct Reached {
    /// The step, by name of the state.
    pub step: String,
    /// Demands with evidence of this step.
    pub evidenced: i64,
    /// Demands for which this is the last step.
    pub furthest: i64,
}

/// Counts the steps that the demands collected in a period have reached by the day; each demand once a step.
pub(crate) async fn funnel(pool: &PgPool, period: &Period, field: &str) -> Result<Vec<Reached>, Failure> {
    sqlx::query_as!(
        Reached,
        r#"
        with merged as (
            select duplicate_id, kept_id
            from commissioner.merge
            where merged_on <= $1 and (undone_on is null or undone_on > $1)
        ),
        member as (
            select k.id as root, d.id
            from commissioner.demand d
            left join merged m on m.duplicate_id = d.id
            join commissioner.demand k on k.id = coalesce(m.kept_id, d.id)
            where k.collected_on <= $1
              and ($2::date is null or k.collected_on >= $2)
              and ($3::date is null or k.collected_on <= $3)
              and ($4 = '' or k.field = $4)
        ),
        reached as (
            select m.root, s.state as step
            from member m
            join commissioner.demand_step s on s.demand_id = m.id
            where s.effective_on <= $1 and s.state not in ('SIGNED', 'REGISTERED', 'CLOSED')
            union
            select m.root, 'SIGNED'
            from member m
            join commissioner.signing g on g.demand_id = m.id
            where g.signed_on <= $1
            union
            select m.root, 'REGISTERED'
            from member m
            join commissioner.signing g on g.demand_id = m.id
            join commissioner.signing_contract c on c.signing_id = g.id
            where c.linked_on <= $1 and (c.unlinked_on is null or c.unlinked_on > $1)
        ),
        ranked as (
            select root, step, array_position(
                array['WITHDRAWN', 'COLLECTED', 'VERIFIED', 'PUBLISHED', 'MATCHED', 'NEGOTIATING', 'SIGNED',
                      'REGISTERED'], step) as rank
            from reached
        )
        select step as "step!", count(*) as "evidenced!", count(*) filter (where rank = furthest) as "furthest!"
        from (select step, rank, max(rank) over (partition by root) as furthest from ranked) r
        group by step, rank
        order by rank
        "#,
        period.day.to_sqlx(),
        period.from.map(ToSqlx::to_sqlx) as _,
        period.to.map(ToSqlx::to_sqlx) as _,
        field,
    )
    .fetch_all(pool)
    .await
    .map_err(db)
}

/// Why a demand counts in a step.
pub(crate) struct FunnelRow {
    /// The demand that counts.
    pub demand: DemandId,
    /// Its business number.
    pub number: String,
    /// The firm.
    pub enterprise: String,
    /// What shows the step; empty where the demand itself does.
    pub evidence: String,
    /// Day of the step.
    pub reached_on: Date,
}

/// Place of a row.
#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct FunnelPlace(pub DemandId);

/// The rows behind one step, by demand; of several pieces of evidence the first.
pub(crate) async fn funnel_rows(
    pool: &PgPool,
    period: &Period,
    field: &str,
    step: &str,
    after: Option<&FunnelPlace>,
    limit: i64,
) -> Result<Vec<FunnelRow>, Failure> {
    let rows = sqlx::query!(
        r#"
        with merged as (
            select duplicate_id, kept_id
            from commissioner.merge
            where merged_on <= $1 and (undone_on is null or undone_on > $1)
        ),
        member as (
            select k.id as root, k.demand_no, k.enterprise_uscc, d.id
            from commissioner.demand d
            left join merged m on m.duplicate_id = d.id
            join commissioner.demand k on k.id = coalesce(m.kept_id, d.id)
            where k.collected_on <= $1
              and ($2::date is null or k.collected_on >= $2)
              and ($3::date is null or k.collected_on <= $3)
              and ($4 = '' or k.field = $4)
              and ($5::uuid is null or k.id > $5)
        ),
        reached as (
            select m.root, m.demand_no, m.enterprise_uscc, s.evidence, s.effective_on as reached_on
            from member m
            join commissioner.demand_step s on s.demand_id = m.id
            where s.effective_on <= $1 and s.state = $6 and $6 not in ('SIGNED', 'REGISTERED')
            union all
            select m.root, m.demand_no, m.enterprise_uscc, 'sig_' || g.id::text, g.signed_on
            from member m
            join commissioner.signing g on g.demand_id = m.id
            where g.signed_on <= $1 and $6 = 'SIGNED'
            union all
            select m.root, m.demand_no, m.enterprise_uscc, c.contract_no, c.linked_on
            from member m
            join commissioner.signing g on g.demand_id = m.id
            join commissioner.signing_contract c on c.signing_id = g.id
            where c.linked_on <= $1 and (c.unlinked_on is null or c.unlinked_on > $1) and $6 = 'REGISTERED'
        )
        select distinct on (root) root as "root!", demand_no as "demand_no!", enterprise_uscc as "enterprise_uscc!",
               evidence as "evidence!", reached_on as "reached_on!"
        from reached
        order by root, reached_on, evidence
        limit $7
        "#,
        period.day.to_sqlx(),
        period.from.map(ToSqlx::to_sqlx) as _,
        period.to.map(ToSqlx::to_sqlx) as _,
        field,
        after.map(|place| place.0.as_uuid()),
        step,
        limit,
    )
    .fetch_all(pool)
    .await
    .map_err(db)?;
    Ok(rows
        .into_iter()
        .map(|row| FunnelRow {
            demand: DemandId::new(row.root),
            number: row.demand_no,
            enterprise: row.enterprise_uscc,
            evidence: row.evidence,
            reached_on: row.reached_on.to_jiff(),
        })
        .collect())
}
