//! SQL that finds the lists which hear an objection.

use canopy_kernel::Failure;
use canopy_kernel::id::{CandidateId, RunId};
use canopy_persistence::db;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// The runs of a policy whose publicity hears an objection on a day, with the candidate objected to, if it is one.
pub(crate) async fn in_publicity(
    conn: &mut PgConnection,
    policy_code: &str,
    uscc: &str,
    on: Date,
) -> Result<Vec<(RunId, Option<CandidateId>)>, Failure> {
    let rows = sqlx::query!(
        r#"
        select r.id, c.id as "candidate?"
        from subsidy.run as r
        left join subsidy.candidate as c on c.run_id = r.id and c.uscc = $2
        where r.policy_code = $1 and r.state <> 'VOIDED' and r.posted_on <= $3 and r.publicity_last_day >= $3
        order by r.id
        "#,
        policy_code,
        uscc,
        on.to_sqlx(),
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    Ok(rows.into_iter().map(|row| (RunId::new(row.id), row.candidate.map(CandidateId::new))).collect())
}

/// Last day of the latest publicity of a policy by a day; `None` when nothing was posted.
pub(crate) async fn latest_last_day(
    conn: &mut PgConnection,
    policy_code: &str,
    on: Date,
) -> Result<Option<Date>, Failure> {
    let day = sqlx::query_scalar!(
        r#"
        select max(publicity_last_day)
        from subsidy.run
        where policy_code = $1 and state <> 'VOIDED' and posted_on <= $2
        "#,
        policy_code,
        on.to_sqlx(),
    )
    .fetch_one(conn)
    .await
    .map_err(db)?;
    Ok(day.map(|day| day.to_jiff()))
}
