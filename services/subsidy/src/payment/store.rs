//! SQL of payment lines: written with their history.

pub(crate) mod attempt;
mod read;
pub(crate) mod view;

use std::collections::HashSet;

use canopy_kernel::id::{BatchId, CandidateId, PaymentLineId, RunId};
use canopy_kernel::{Failure, reason};
use canopy_persistence::{Tx, db};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use uuid::Uuid;

use super::model::Line;

pub(crate) use read::{lock, lock_batch, lock_payees, read};

/// A confirmed entry that gets a line.
pub(crate) struct NewLine {
    /// Id of the line.
    pub id: PaymentLineId,
    /// The entry.
    pub candidate: CandidateId,
}

/// Makes the lines of a batch: `CREATED`, the first row of their history.
pub(crate) async fn insert(tx: &mut Tx, batch: BatchId, rows: &[NewLine], on: Date) -> Result<(), Failure> {
    let recorded_at = tx.recorded_at();
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id.as_uuid()).collect();
    let candidates: Vec<Uuid> = rows.iter().map(|row| row.candidate.as_uuid()).collect();
    sqlx::query!(
        r#"
        with made as (
            insert into subsidy.payment_line
                (id, batch_id, candidate_id, policy_code, uscc, amount_fen, first_recognition, state, reason_code,
                 seq, state_on, attempts)
            select n.id, $1, c.id, r.policy_code, c.uscc, c.amount_fen, c.first_recognition, 'CREATED', '', 1, $2, 0
            from unnest($3::uuid[], $4::uuid[]) as n (id, candidate_id)
            join subsidy.candidate as c on c.id = n.candidate_id
            join subsidy.run as r on r.id = c.run_id
            returning id
        )
        insert into subsidy.line_state (line_id, seq, state, effective_on, reason_code, recorded_at)
        select m.id, 1, 'CREATED', $2, '', $5
        from made as m
        "#,
        batch.as_uuid(),
        on.to_sqlx(),
        &ids,
        &candidates,
        recorded_at.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}

/// Writes where lines stand now, each guarded by where it stood before its steps.
pub(crate) async fn update(tx: &mut Tx, lines: &[Line]) -> Result<(), Failure> {
    let ids: Vec<Uuid> = lines.iter().map(|it| it.id.as_uuid()).collect();
    let before: Vec<i32> =
        lines.iter().map(|it| it.seq - i32::try_from(it.steps.len()).unwrap_or(i32::MAX)).collect();
    let seqs: Vec<i32> = lines.iter().map(|it| it.seq).collect();
    let states: Vec<String> = lines.iter().map(|it| it.state.as_str().to_owned()).collect();
    let reasons: Vec<String> = lines.iter().map(|it| it.state.reason_code().to_owned()).collect();
    let days: Vec<jiff_sqlx::Date> = lines.iter().map(|it| it.state_on.to_sqlx()).collect();
    let attempts: Vec<i32> = lines.iter().map(|it| it.attempts).collect();
    let instructions: Vec<Option<Uuid>> =
        lines.iter().map(|it| it.state.instruction().map(|id| id.as_uuid())).collect();
    let budgets: Vec<Option<Uuid>> =
        lines.iter().map(|it| it.funding.map(|funding| funding.source.budget_line.as_uuid())).collect();
    let reservations: Vec<Option<Uuid>> =
        lines.iter().map(|it| it.funding.map(|funding| funding.reservation.as_uuid())).collect();
    let written = sqlx::query!(
        r#"
        update subsidy.payment_line as l
        set state = r.state, reason_code = r.reason_code, seq = r.seq, state_on = r.state_on, attempts = r.attempts,
            instruction_id = r.instruction_id, budget_line_id = r.budget_line_id, reservation_id = r.reservation_id
        from unnest($1::uuid[], $2::integer[], $3::integer[], $4::text[], $5::text[], $6::date[], $7::integer[],
                    $8::uuid[], $9::uuid[], $10::uuid[])
            as r (id, before, seq, state, reason_code, state_on, attempts, instruction_id, budget_line_id,
                  reservation_id)
        where l.id = r.id and l.seq = r.before
        "#,
        &ids,
        &before,
        &seqs,
        &states,
        &reasons,
        &days,
        &attempts,
        &instructions as _,
        &budgets as _,
        &reservations as _,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    match usize::try_from(written.rows_affected()) == Ok(lines.len()) {
        true => Ok(()),
        false => {
            Err(Failure::new(&reason::VERSION_CONFLICT).because("a line was written by another meanwhile"))
        }
    }
}

/// Writes the steps of lines to their history.
pub(crate) async fn insert_steps(tx: &mut Tx, lines: &[Line]) -> Result<(), Failure> {
    let recorded_at = tx.recorded_at();
    let steps = || lines.iter().flat_map(|line| line.steps.iter().map(move |step| (line.id, step)));
    let ids: Vec<Uuid> = steps().map(|(id, _)| id.as_uuid()).collect();
    let seqs: Vec<i32> = steps().map(|(_, step)| step.seq).collect();
    let states: Vec<String> = steps().map(|(_, step)| step.to.as_str().to_owned()).collect();
    let reasons: Vec<String> = steps().map(|(_, step)| step.to.reason_code().to_owned()).collect();
    let days: Vec<jiff_sqlx::Date> = steps().map(|(_, step)| step.on.to_sqlx()).collect();
    sqlx::query!(
        r#"
        insert into subsidy.line_state (line_id, seq, state, effective_on, reason_code, recorded_at)
        select r.line_id, r.seq, r.state, r.effective_on, r.reason_code, $1
        from unnest($2::uuid[], $3::integer[], $4::text[], $5::date[], $6::text[])
            as r (line_id, seq, state, effective_on, reason_code)
        "#,
        recorded_at.to_sqlx(),
        &ids,
        &seqs,
        &states,
        &days,
        &reasons,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}

/// Takes the entitlement of a year for those lines, in the order of codes; returns the lines that got it. Who has it
/// already keeps it (RULES.md R2).
pub(crate) async fn take_entitlements(
    tx: &mut Tx,
    (policy_code, year): (&str, i16),
    lines: &[(String, PaymentLineId)],
    on: Date,
) -> Result<HashSet<PaymentLineId>, Failure> {
    let codes: Vec<String> = lines.iter().map(|(code, _)| code.clone()).collect();
    let ids: Vec<Uuid> = lines.iter().map(|(_, id)| id.as_uuid()).collect();
    let taken = sqlx::query_scalar!(
        r#"
        insert into subsidy.entitlement (policy_code, year, uscc, line_id, taken_on)
        select $1, $2, r.uscc, r.line_id, $3
        from unnest($4::text[], $5::uuid[]) as r (uscc, line_id)
        order by r.uscc
        on conflict (policy_code, year, uscc) do nothing
        returning line_id
        "#,
        policy_code,
        i32::from(year),
        on.to_sqlx(),
        &codes,
        &ids,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(db)?;
    Ok(taken.into_iter().map(PaymentLineId::new).collect())
}

/// Gives an entitlement back with the abandonment of its line.
pub(crate) async fn release_entitlement(tx: &mut Tx, line: PaymentLineId) -> Result<(), Failure> {
    sqlx::query!("delete from subsidy.entitlement where line_id = $1", line.as_uuid())
        .execute(tx.conn())
        .await
        .map_err(db)?;
    Ok(())
}

/// How far the runs of those batches are paid: run, lines credited, lines that still may be.
pub(crate) async fn progress(tx: &mut Tx, batches: &[Uuid]) -> Result<Vec<(RunId, i64, i64)>, Failure> {
    let rows = sqlx::query!(
        r#"
        select b.run_id,
               count(*) filter (where l.state = 'CREDITED') as "credited!",
               count(*) filter (where l.state not in ('CREDITED', 'EXCLUDED', 'ABANDONED')) as "open!"
        from subsidy.batch as b
        join subsidy.payment_line as l on l.batch_id = b.id
        where b.id = any($1)
        group by b.run_id
        order by b.run_id
        "#,
        batches,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(db)?;
    Ok(rows.into_iter().map(|row| (RunId::new(row.run_id), row.credited, row.open)).collect())
}
