//! SQL that reads payment lines for a decision.

use canopy_kernel::id::{BatchId, BudgetLineId, CandidateId, LedgerAccountId, PaymentLineId, TransferId};
use canopy_kernel::{Failure, Fen};
use canopy_persistence::{Tx, db};
use sqlx::PgPool;
use uuid::Uuid;

use crate::payment::model::{Funding, Line, Source, State};

/// A row of `subsidy.payment_line` with the accounts of its budget line.
pub(crate) struct Row {
    id: Uuid,
    batch_id: Uuid,
    candidate_id: Uuid,
    uscc: String,
    amount_fen: i64,
    state: String,
    reason_code: String,
    seq: i32,
    state_on: jiff_sqlx::Date,
    attempts: i32,
    instruction_id: Option<Uuid>,
    reservation_id: Option<Uuid>,
    budget_line_id: Option<Uuid>,
    grant_account: Option<Uuid>,
    paid_account: Option<Uuid>,
}

impl TryFrom<Row> for Line {
    type Error = Failure;

    fn try_from(row: Row) -> Result<Self, Failure> {
        let accounts = row.grant_account.zip(row.paid_account).zip(row.budget_line_id);
        let funding = accounts.zip(row.reservation_id).map(|(((grant, paid), budget_line), reservation)| {
            let source = Source {
                budget_line: BudgetLineId::new(budget_line),
                grant: LedgerAccountId::new(grant),
                paid: LedgerAccountId::new(paid),
            };
            Funding { source, reservation: TransferId::new(reservation) }
        });
        Ok(Line {
            id: PaymentLineId::new(row.id),
            batch: BatchId::new(row.batch_id),
            candidate: CandidateId::new(row.candidate_id),
            uscc: row.uscc,
            amount: Fen::new(row.amount_fen)?,
            state: State::from_stored(&row.state, row.instruction_id, &row.reason_code)?,
            seq: row.seq,
            state_on: row.state_on.to_jiff(),
            attempts: row.attempts,
            funding,
            steps: Vec::new(),
            bookings: Vec::new(),
        })
    }
}

fn lines(rows: Vec<Row>) -> Result<Vec<Line>, Failure> {
    rows.into_iter().map(Line::try_from).collect()
}

/// Reads lines as they stand, for a decision that is taken again under the lock.
pub(crate) async fn read(pool: &PgPool, ids: &[Uuid]) -> Result<Vec<Line>, Failure> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select l.id, l.batch_id, l.candidate_id, l.uscc, l.amount_fen, l.state, l.reason_code, l.seq, l.state_on,
               l.attempts, l.instruction_id, l.reservation_id, l.budget_line_id,
               b.grant_account as "grant_account?", b.paid_account as "paid_account?"
        from subsidy.payment_line as l
        left join subsidy.budget_line as b on b.id = l.budget_line_id
        where l.id = any($1)
        order by l.id
        "#,
        ids,
    )
    .fetch_all(pool)
    .await
    .map_err(db)?;
    lines(rows)
}

/// Reads lines for a write, in the order of their ids, so that two writers do not wait for each other.
pub(crate) async fn lock(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<Line>, Failure> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select l.id, l.batch_id, l.candidate_id, l.uscc, l.amount_fen, l.state, l.reason_code, l.seq, l.state_on,
               l.attempts, l.instruction_id, l.reservation_id, l.budget_line_id,
               b.grant_account as "grant_account?", b.paid_account as "paid_account?"
        from subsidy.payment_line as l
        left join subsidy.budget_line as b on b.id = l.budget_line_id
        where l.id = any($1)
        order by l.id
        for update of l
        "#,
        ids,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(db)?;
    lines(rows)
}

/// Reads the lines of a batch for a write.
pub(crate) async fn lock_batch(tx: &mut Tx, batch: BatchId) -> Result<Vec<Line>, Failure> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select l.id, l.batch_id, l.candidate_id, l.uscc, l.amount_fen, l.state, l.reason_code, l.seq, l.state_on,
               l.attempts, l.instruction_id, l.reservation_id, l.budget_line_id,
               b.grant_account as "grant_account?", b.paid_account as "paid_account?"
        from subsidy.payment_line as l
        left join subsidy.budget_line as b on b.id = l.budget_line_id
        where l.batch_id = $1
        order by l.id
        for update of l
        "#,
        batch.as_uuid(),
    )
    .fetch_all(tx.conn())
    .await
    .map_err(db)?;
    lines(rows)
}

/// Reads the lines of payees for a write: whoever is about to hold one or to book its return is waited for.
pub(crate) async fn lock_payees(tx: &mut Tx, codes: &[String]) -> Result<Vec<Line>, Failure> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select l.id, l.batch_id, l.candidate_id, l.uscc, l.amount_fen, l.state, l.reason_code, l.seq, l.state_on,
               l.attempts, l.instruction_id, l.reservation_id, l.budget_line_id,
               b.grant_account as "grant_account?", b.paid_account as "paid_account?"
        from subsidy.payment_line as l
        left join subsidy.budget_line as b on b.id = l.budget_line_id
        where l.uscc = any($1)
        order by l.id
        for update of l
        "#,
        codes,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(db)?;
    lines(rows)
}
