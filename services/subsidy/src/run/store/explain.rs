//! SQL behind explanations: the run that decides, what was checked, what a line was on a day, and who is not paid.

use canopy_kernel::id::{CandidateId, RunId};
use canopy_kernel::{Failure, Fen, Uscc};
use canopy_persistence::db;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::mirror::model::{Assessment, Status};
use crate::run::model::{Candidate, Frozen};
use crate::run::rule_decision::{Check, LineNow};

/// The run that decides about a firm on a day: the accepted one, else the latest that matched it.
pub(crate) async fn deciding(
    conn: &mut PgConnection,
    policy_code: &str,
    uscc: Uscc,
    on: Date,
) -> Result<Option<(RunId, Candidate)>, Failure> {
    let row = sqlx::query!(
        r#"
        select r.id as run_id, c.id, c.title, c.evidence_no, c.granted_on, c.first_recognition, c.tier, c.amount_fen,
               c.live, c.assessment, c.status, c.status_since, c.confirmed_on
        from subsidy.run as r
        join subsidy.candidate as c on c.run_id = r.id
        where r.policy_code = $1 and c.uscc = $2 and r.match_on <= $3 and r.state <> 'VOIDED'
        order by coalesce(r.funded_on <= $3, false) desc, r.id desc
        limit 1
        "#,
        policy_code,
        uscc.as_str(),
        on.to_sqlx(),
    )
    .fetch_optional(conn)
    .await
    .map_err(db)?;
    row.map(|row| {
        let frozen = Frozen {
            uscc,
            title: row.title,
            evidence_no: row.evidence_no,
            granted_on: row.granted_on.to_jiff(),
            first_recognition: row.first_recognition,
            tier: row.tier,
            live: row.live,
            assessment: Assessment::from_stored(&row.assessment),
            status: Status::stored(&row.status)?,
            status_since: row.status_since.map(|day| day.to_jiff()),
        };
        let candidate = Candidate {
            id: CandidateId::new(row.id),
            frozen,
            amount: Fen::new(row.amount_fen)?,
            confirmed_on: row.confirmed_on.map(|day| day.to_jiff()),
        };
        Ok((RunId::new(row.run_id), candidate))
    })
    .transpose()
}

/// Checks of a run's candidates with the registry by a day, in order.
pub(crate) async fn checks(conn: &mut PgConnection, run: RunId, by: Date) -> Result<Vec<Check>, Failure> {
    let rows = sqlx::query!(
        r#"
        select stage, checked_on, rule_version
        from subsidy.standing_check
        where run_id = $1 and checked_on <= $2
        order by checked_on, stage
        "#,
        run.as_uuid(),
        by.to_sqlx(),
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    Ok(rows
        .into_iter()
        .map(|row| Check {
            at_match: row.stage == "MATCH",
            on: row.checked_on.to_jiff(),
            rule_version: row.rule_version,
        })
        .collect())
}

/// What a candidate's payment line was on a day.
pub(crate) async fn line_on(
    conn: &mut PgConnection,
    candidate: CandidateId,
    on: Date,
) -> Result<Option<LineNow>, Failure> {
    let row = sqlx::query!(
        r#"
        select s.state, s.effective_on
        from subsidy.payment_line as l
        join subsidy.line_state as s on s.line_id = l.id
        where l.candidate_id = $1 and s.effective_on <= $2
        order by s.seq desc
        limit 1
        "#,
        candidate.as_uuid(),
        on.to_sqlx(),
    )
    .fetch_optional(conn)
    .await
    .map_err(db)?;
    Ok(row.map(|row| LineNow { state: row.state, on: row.effective_on.to_jiff() }))
}

/// A candidate of an accepted run that is not paid on a day.
pub(crate) struct Unpaid {
    /// The candidate.
    pub candidate: Uuid,
    /// Its code.
    pub uscc: String,
    /// Day on which its run was funded.
    pub pay_on: Date,
}

/// Candidates of a policy's accepted runs behind a code that have a hit and are not paid on a day, ordered by code;
/// of several runs the latest counts.
pub(crate) async fn unpaid(
    conn: &mut PgConnection,
    policy_code: &str,
    on: Date,
    after: &str,
    limit: i64,
) -> Result<Vec<Unpaid>, Failure> {
    let rows = sqlx::query!(
        r#"
        with accepted as (
            select distinct on (c.uscc) c.id, c.uscc, r.year, r.funded_on
            from subsidy.run as r
            join subsidy.candidate as c on c.run_id = r.id
            where r.policy_code = $1 and r.funded_on <= $2 and c.uscc > $3
            order by c.uscc, r.funded_on desc, r.id desc
        )
        select a.id, a.uscc, a.funded_on as "funded_on!"
        from accepted as a
        where exists (
                select 1
                from subsidy.exclusion_hit as h
                where h.candidate_id = a.id and h.checked_on <= $2
            )
            and not exists (
                select 1
                from subsidy.payment_line as l
                join subsidy.batch as b on b.id = l.batch_id
                join subsidy.run as r on r.id = b.run_id and r.year = a.year
                cross join lateral (
                    select s.state
                    from subsidy.line_state as s
                    where s.line_id = l.id and s.effective_on <= $2
                    order by s.seq desc
                    limit 1
                ) as n
                where l.policy_code = $1 and l.uscc = a.uscc and n.state = 'CREDITED'
            )
        order by a.uscc
        limit $4
        "#,
        policy_code,
        on.to_sqlx(),
        after,
        limit,
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    Ok(rows
        .into_iter()
        .map(|row| Unpaid { candidate: row.id, uscc: row.uscc, pay_on: row.funded_on.to_jiff() })
        .collect())
}
