//! SQL of budget lines. What is taken of a line is asked of the ledger.

use canopy_kernel::id::{BudgetLineId, LedgerAccountId};
use canopy_kernel::{Failure, Fen, SignedFen, reason};
use canopy_persistence::{Tx, db, ledger, violates};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use super::model::{Accounts, Adjustment, BudgetLine, MonthPlan, Taken};

struct Row {
    id: Uuid,
    code: String,
    year: i32,
    approved_fen: i64,
    plan_fen: Vec<i64>,
    treasury_account: Uuid,
    grant_account: Uuid,
    paid_account: Uuid,
}

impl TryFrom<Row> for BudgetLine {
    type Error = Failure;

    fn try_from(row: Row) -> Result<Self, Failure> {
        Ok(BudgetLine {
            id: BudgetLineId::new(row.id),
            code: row.code,
            year: i16::try_from(row.year).unwrap_or_default(),
            approved: Fen::new(row.approved_fen)?,
            plan: MonthPlan::of(&row.plan_fen)?,
            accounts: Accounts {
                treasury: LedgerAccountId::new(row.treasury_account),
                grant: LedgerAccountId::new(row.grant_account),
                paid: LedgerAccountId::new(row.paid_account),
            },
        })
    }
}

/// Writes a line.
pub(crate) async fn insert(tx: &mut Tx, line: &BudgetLine) -> Result<(), Failure> {
    let recorded_at = tx.recorded_at();
    sqlx::query!(
        r#"
        insert into subsidy.budget_line
            (id, code, year, approved_fen, plan_fen, treasury_account, grant_account, paid_account, version,
             recorded_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9)
        "#,
        line.id.as_uuid(),
        line.code,
        i32::from(line.year),
        line.approved.get(),
        &line.plan.to_vec(),
        line.accounts.treasury.as_uuid(),
        line.accounts.grant.as_uuid(),
        line.accounts.paid.as_uuid(),
        recorded_at.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(|error| match violates(&error, "budget_line_code_year_key") {
        true => Failure::new(&reason::DUPLICATE_BUDGET_LINE).on("line"),
        false => db(error),
    })?;
    Ok(())
}

/// Reads the line of a year and locks it: reservations and adjustments of one line follow each other.
pub(crate) async fn lock(tx: &mut Tx, code: &str, year: i16) -> Result<BudgetLine, Failure> {
    let row = sqlx::query_as!(
        Row,
        r#"
        select id, code, year, approved_fen, plan_fen, treasury_account, grant_account, paid_account
        from subsidy.budget_line
        where code = $1 and year = $2
        for update
        "#,
        code,
        i32::from(year),
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(db)?;
    row.ok_or_else(|| unknown(code, year))?.try_into()
}

/// The line of a year.
pub(crate) async fn find(conn: &mut PgConnection, code: &str, year: i16) -> Result<BudgetLine, Failure> {
    let row = sqlx::query_as!(
        Row,
        r#"
        select id, code, year, approved_fen, plan_fen, treasury_account, grant_account, paid_account
        from subsidy.budget_line
        where code = $1 and year = $2
        "#,
        code,
        i32::from(year),
    )
    .fetch_optional(conn)
    .await
    .map_err(db)?;
    row.ok_or_else(|| unknown(code, year))?.try_into()
}

fn unknown(code: &str, year: i16) -> Failure {
    Failure::new(&reason::UNKNOWN_BUDGET_LINE).on("line").with("line", code).with("year", year)
}

/// The lines of a year behind a code, ordered by code.
pub(crate) async fn list(
    conn: &mut PgConnection,
    year: i16,
    after: &str,
    limit: i64,
) -> Result<Vec<BudgetLine>, Failure> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select id, code, year, approved_fen, plan_fen, treasury_account, grant_account, paid_account
        from subsidy.budget_line
        where year = $1 and code > $2
        order by code
        limit $3
        "#,
        i32::from(year),
        after,
        limit,
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    rows.into_iter().map(BudgetLine::try_from).collect()
}

/// Sum of the adjustments that count on a day.
pub(crate) async fn adjusted(
    conn: &mut PgConnection,
    line: BudgetLineId,
    day: Date,
) -> Result<SignedFen, Failure> {
    let sum = sqlx::query_scalar!(
        r#"
        select coalesce(sum(amount_fen), 0)::bigint as "sum!"
        from subsidy.budget_adjustment
        where budget_line_id = $1 and decided_on <= $2
        "#,
        line.as_uuid(),
        day.to_sqlx(),
    )
    .fetch_one(conn)
    .await
    .map_err(db)?;
    Ok(SignedFen::new(sum))
}

/// Writes an adjustment of a locked line.
pub(crate) async fn insert_adjustment(
    tx: &mut Tx,
    line: &BudgetLine,
    it: &Adjustment,
) -> Result<(), Failure> {
    let recorded_at = tx.recorded_at();
    sqlx::query!(
        r#"
        with adjusted as (
            update subsidy.budget_line set version = version + 1 where id = $3 returning id
        )
        insert into subsidy.budget_adjustment
            (id, decision_no, budget_line_id, decided_on, amount_fen, reason, recorded_at)
        select $1, $2, a.id, $4, $5, $6, $7
        from adjusted as a
        "#,
        it.id.as_uuid(),
        it.decision_no,
        line.id.as_uuid(),
        it.decided_on.to_sqlx(),
        it.amount.get(),
        it.reason,
        recorded_at.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(|error| match violates(&error, "budget_adjustment_decision_no_key") {
        true => Failure::new(&reason::DUPLICATE_ADJUSTMENT).on("decision_no"),
        false => db(error),
    })?;
    Ok(())
}

/// What is taken of a line: as it stands (`None`), or as it stood on a day.
pub(crate) async fn taken(
    conn: &mut PgConnection,
    line: &BudgetLine,
    on: Option<Date>,
) -> Result<Taken, Failure> {
    let account = [line.accounts.paid];
    let balances = match on {
        None => ledger::balances(conn, &account).await?,
        Some(day) => ledger::balances_as_of(conn, &account, day).await?,
    };
    let broken = || Failure::new(&reason::INTERNAL).because("more came back than was paid");
    let balance = balances.first().ok_or_else(broken)?;
    let paid = balance.credits_posted.checked_sub(balance.debits_posted).ok_or_else(broken)?;
    Ok(Taken { encumbered: balance.credits_pending, paid })
}
