//! Reads that explain: the decision about one firm, and who of a policy is not paid.

use canopy_kernel::{Failure, Uscc, reason};
use canopy_persistence::db;
use canopy_proto::subsidy::v1 as pb;
use jiff::civil::Date;
use sqlx::PgConnection;

use super::model::Candidate;
use super::rule_decision::{Clause, Known, Outcome, clauses, not_matched, outcome};
use super::rule_exclusion::first;
use super::store::candidate::hits_of;
use super::store::explain;
use super::{store, wire};
use crate::edge::{Page, Subsidy, day_text};
use crate::policy;
use crate::policy::model::Policy;

/// The decision about a firm under a policy as of a day.
pub(crate) async fn decision(
    it: &Subsidy,
    policy_code: &str,
    uscc: Uscc,
    as_of: Date,
) -> Result<pb::Decision, Failure> {
    let mut conn = it.store.pool().acquire().await.map_err(db)?;
    let policy = policy::store::by_code(&mut conn, policy_code).await?;
    let policy = policy.ok_or_else(|| Failure::new(&reason::UNKNOWN_POLICY).on("policy_code"))?;
    let found = explain::deciding(&mut conn, policy_code, uscc, as_of).await?;
    let Some((run, candidate)) = found else {
        return Ok(pb::Decision {
            policy: policy.id.to_string(),
            uscc: uscc.to_string(),
            outcome: pb::DecisionOutcome::NotMatched.into(),
            clauses: not_matched(&policy.terms, as_of).into_iter().map(message).collect(),
            ..Default::default()
        });
    };
    let run = store::find(&mut conn, run).await?.ok_or_else(store::unknown)?;
    // The version that decided may be an earlier one than the present.
    let policy = policy::store::by_id(&mut conn, run.policy).await?.unwrap_or(policy);
    explained(&mut conn, &policy, &run, &candidate, as_of).await
}

async fn explained(
    conn: &mut PgConnection,
    policy: &Policy,
    run: &super::model::Run,
    candidate: &Candidate,
    as_of: Date,
) -> Result<pb::Decision, Failure> {
    let id = candidate.id.as_uuid();
    let hits = hits_of(conn, &[id], as_of).await?.remove(&id).unwrap_or_default();
    let checks = explain::checks(conn, run.id, as_of).await?;
    let line = explain::line_on(conn, candidate.id, as_of).await?;
    let known = Known {
        terms: &policy.terms,
        candidate,
        match_on: run.match_on,
        publicity: run.state.publicity().filter(|it| it.posted_on <= as_of),
        funded_on: run.state.funded_on().filter(|day| *day <= as_of),
        hits: &hits,
        checks: &checks,
        line: line.as_ref(),
        as_of,
    };
    let (whole, amount) = outcome(&known);
    let (outcome, credited_on) = match whole {
        Outcome::NotMatched => (pb::DecisionOutcome::NotMatched, None),
        Outcome::Excluded => (pb::DecisionOutcome::Excluded, None),
        Outcome::InProgress => (pb::DecisionOutcome::InProgress, None),
        Outcome::Paid(on) => (pb::DecisionOutcome::Paid, Some(on)),
    };
    Ok(pb::Decision {
        policy: policy.id.to_string(),
        uscc: candidate.frozen.uscc.to_string(),
        outcome: outcome.into(),
        amount_fen: amount.get(),
        credited_on: day_text(credited_on),
        run: run.id.to_string(),
        clauses: clauses(&known).into_iter().map(message).collect(),
    })
}

fn message(clause: Clause) -> pb::DecisionClause {
    pb::DecisionClause {
        clause: clause.clause.to_owned(),
        holds: clause.reason.is_none(),
        reason_code: clause.reason.unwrap_or_default().to_owned(),
        fact: clause.fact,
        source: clause.source,
        on: clause.on.to_string(),
        text_zh: clause.zh,
        text_en: clause.en,
    }
}

/// A page of the candidates of a policy's accepted runs that are not paid as of a day.
pub(crate) async fn exclusions(
    it: &Subsidy,
    policy_code: &str,
    as_of: Date,
    page: &Page<String>,
) -> Result<pb::ListExclusionsResponse, Failure> {
    let mut conn = it.store.pool().acquire().await.map_err(db)?;
    let policy = policy::store::by_code(&mut conn, policy_code).await?;
    policy.ok_or_else(|| Failure::new(&reason::UNKNOWN_POLICY).on("policy_code"))?;
    let after = page.after.as_deref().unwrap_or_default();
    let rows = explain::unpaid(&mut conn, policy_code, as_of, after, page.limit()).await?;
    let (rows, next_page_token) = it.store.cut(page, rows, |row| row.uscc.clone())?;
    let ids: Vec<_> = rows.iter().map(|row| row.candidate).collect();
    let hits = hits_of(&mut conn, &ids, as_of).await?;
    let exclusions = rows
        .into_iter()
        .filter_map(|row| {
            let found = hits.get(&row.candidate)?;
            let told = first(found, Some(row.pay_on), as_of)?;
            let reason_code = told.reason.code().to_owned();
            Some(pb::Exclusion { uscc: row.uscc, reason_code, hits: wire::hits(found) })
        })
        .collect();
    Ok(pb::ListExclusionsResponse { exclusions, next_page_token })
}
