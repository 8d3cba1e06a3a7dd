//! SQL of candidates and of the hits against them.

use std::collections::HashMap;

use canopy_kernel::id::{CandidateId, RunId};
use canopy_kernel::{Failure, Fen, Uscc};
use canopy_persistence::{Tx, db};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::mirror::model::{Assessment, Status};
use crate::run::model::{Candidate, Frozen};
use crate::run::rule_exclusion::{Exclusion, Hit};

/// Codes of the reasons for which a line only waits.
pub(crate) fn waiting_codes() -> Vec<String> {
    Exclusion::ALL.iter().filter(|it| it.only_waits()).map(|it| it.code().to_owned()).collect()
}

/// Writes the frozen candidates of a run.
pub(crate) async fn insert_candidates(tx: &mut Tx, run: RunId, rows: &[Candidate]) -> Result<(), Failure> {
    let text = |pick: fn(&Frozen) -> &str| -> Vec<String> {
        rows.iter().map(|row| pick(&row.frozen).to_owned()).collect()
    };
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id.as_uuid()).collect();
    let granted: Vec<jiff_sqlx::Date> = rows.iter().map(|row| row.frozen.granted_on.to_sqlx()).collect();
    let first: Vec<bool> = rows.iter().map(|row| row.frozen.first_recognition).collect();
    let tiers: Vec<i32> = rows.iter().map(|row| row.frozen.tier).collect();
    let amounts: Vec<i64> = rows.iter().map(|row| row.amount.get()).collect();
    let live: Vec<bool> = rows.iter().map(|row| row.frozen.live).collect();
    let since: Vec<Option<jiff_sqlx::Date>> =
        rows.iter().map(|row| row.frozen.status_since.map(|day| day.to_sqlx())).collect();
    sqlx::query!(
        r#"
        insert into subsidy.candidate
            (id, run_id, uscc, title, evidence_no, granted_on, first_recognition, tier, amount_fen, live,
             assessment, status, status_since)
        select r.id, $1, r.uscc, r.title, r.evidence_no, r.granted_on, r.first_recognition, r.tier, r.amount_fen,
               r.live, r.assessment, r.status, r.status_since
        from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::date[], $7::boolean[], $8::integer[],
                    $9::bigint[], $10::boolean[], $11::text[], $12::text[], $13::date[])
            as r (id, uscc, title, evidence_no, granted_on, first_recognition, tier, amount_fen, live, assessment,
                  status, status_since)
        "#,
        run.as_uuid(),
        &ids,
        &text(|it| it.uscc.as_str()),
        &text(|it| &it.title),
        &text(|it| &it.evidence_no),
        &granted,
        &first,
        &tiers,
        &amounts,
        &live,
        &text(|it| it.assessment.map_or("", Assessment::as_str)),
        &text(|it| it.status.as_str()),
        &since as _,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}

/// Keeps hits; one that is known already changes nothing.
pub(crate) async fn insert_hits(tx: &mut Tx, hits: &[(CandidateId, Hit)]) -> Result<(), Failure> {
    if hits.is_empty() {
        return Ok(());
    }
    let recorded_at = tx.recorded_at();
    let ids: Vec<Uuid> = hits.iter().map(|(id, _)| id.as_uuid()).collect();
    let codes: Vec<String> = hits.iter().map(|(_, hit)| hit.reason.code().to_owned()).collect();
    let days: Vec<jiff_sqlx::Date> = hits.iter().map(|(_, hit)| hit.checked_on.to_sqlx()).collect();
    let details: Vec<String> = hits.iter().map(|(_, hit)| hit.detail.clone()).collect();
    let versions: Vec<String> = hits.iter().map(|(_, hit)| hit.rule_version.clone()).collect();
    sqlx::query!(
        r#"
        insert into subsidy.exclusion_hit
            (candidate_id, reason_code, checked_on, detail, rule_version, recorded_at)
        select r.candidate_id, r.reason_code, r.checked_on, r.detail, r.rule_version, $1
        from unnest($2::uuid[], $3::text[], $4::date[], $5::text[], $6::text[])
            as r (candidate_id, reason_code, checked_on, detail, rule_version)
        on conflict (candidate_id, reason_code, checked_on) do nothing
        "#,
        recorded_at.to_sqlx(),
        &ids,
        &codes,
        &days,
        &details,
        &versions,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}

/// All candidates of a run with their codes, ordered by code.
pub(crate) async fn codes(
    conn: &mut PgConnection,
    run: RunId,
) -> Result<Vec<(CandidateId, String)>, Failure> {
    let rows =
        sqlx::query!("select id, uscc from subsidy.candidate where run_id = $1 order by uscc", run.as_uuid())
            .fetch_all(conn)
            .await
            .map_err(db)?;
    Ok(rows.into_iter().map(|row| (CandidateId::new(row.id), row.uscc)).collect())
}

/// Confirms the candidates that no hit excludes and no accepted objection keeps open.
pub(crate) async fn confirm_candidates(tx: &mut Tx, run: RunId, on: Date) -> Result<(), Failure> {
    sqlx::query!(
        r#"
        update subsidy.candidate as c
        set confirmed_on = $2
        where c.run_id = $1
            and not exists (
                select 1
                from subsidy.exclusion_hit as h
                where h.candidate_id = c.id and h.reason_code <> all($3)
            )
            and not exists (
                select 1
                from subsidy.objection_run as r
                join subsidy.objection as o on o.id = r.objection_id
                where r.candidate_id = c.id and o.accepted and o.outcome is null
            )
        "#,
        run.as_uuid(),
        on.to_sqlx(),
        &waiting_codes(),
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}

/// A candidate with whether an accepted objection to it is open.
pub(crate) struct Listed {
    /// The candidate.
    pub candidate: Candidate,
    /// Whether an accepted objection is open.
    pub objected: bool,
}

/// Candidates of a run behind a code, ordered by code.
pub(crate) async fn page(
    conn: &mut PgConnection,
    run: RunId,
    after: &str,
    limit: i64,
) -> Result<Vec<Listed>, Failure> {
    let rows = sqlx::query!(
        r#"
        select c.id, c.uscc, c.title, c.evidence_no, c.granted_on, c.first_recognition, c.tier, c.amount_fen, c.live,
               c.assessment, c.status, c.status_since, c.confirmed_on,
               exists (
                   select 1
                   from subsidy.objection_run as r
                   join subsidy.objection as o on o.id = r.objection_id
                   where r.candidate_id = c.id and o.accepted and o.outcome is null
               ) as "objected!"
        from subsidy.candidate as c
        where c.run_id = $1 and c.uscc > $2
        order by c.uscc
        limit $3
        "#,
        run.as_uuid(),
        after,
        limit,
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    rows.into_iter()
        .map(|row| {
            let frozen = Frozen {
                uscc: Uscc::from_stored(&row.uscc)?,
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
            Ok(Listed { candidate, objected: row.objected })
        })
        .collect()
}

/// Hits of those candidates that were checked by a day, in the declared order.
pub(crate) async fn hits_of(
    conn: &mut PgConnection,
    candidates: &[Uuid],
    by: Date,
) -> Result<HashMap<Uuid, Vec<Hit>>, Failure> {
    let rows = sqlx::query!(
        r#"
        select candidate_id, reason_code, checked_on, detail, rule_version
        from subsidy.exclusion_hit
        where candidate_id = any($1) and checked_on <= $2
        "#,
        candidates,
        by.to_sqlx(),
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    let mut hits: HashMap<Uuid, Vec<Hit>> = HashMap::new();
    for row in rows {
        let hit = Hit {
            reason: Exclusion::from_code(&row.reason_code)?,
            checked_on: row.checked_on.to_jiff(),
            detail: row.detail,
            rule_version: row.rule_version,
        };
        hits.entry(row.candidate_id).or_default().push(hit);
    }
    for found in hits.values_mut() {
        found.sort_by_key(|hit| (hit.reason, hit.checked_on));
    }
    Ok(hits)
}
