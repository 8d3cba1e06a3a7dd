//! Reading balances, as they stand and as they stood on a day.

use canopy_kernel::id::LedgerAccountId;
use canopy_kernel::{Failure, Fen, reason};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::db;

/// The balance of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    /// The account.
    pub account: LedgerAccountId,
    /// Reserved and neither posted nor voided, debit side.
    pub debits_pending: Fen,
    /// Posted, debit side.
    pub debits_posted: Fen,
    /// Reserved and neither posted nor voided, credit side.
    pub credits_pending: Fen,
    /// Posted, credit side.
    pub credits_posted: Fen,
}

struct Row {
    id: Uuid,
    debits_pending: i64,
    debits_posted: i64,
    credits_pending: i64,
    credits_posted: i64,
}

impl TryFrom<Row> for Balance {
    type Error = Failure;

    fn try_from(row: Row) -> Result<Self, Failure> {
        Ok(Self {
            account: LedgerAccountId::new(row.id),
            debits_pending: Fen::new(row.debits_pending)?,
            debits_posted: Fen::new(row.debits_posted)?,
            credits_pending: Fen::new(row.credits_pending)?,
            credits_posted: Fen::new(row.credits_posted)?,
        })
    }
}

/// Balances as they stand, in the order asked; an account that is not open is refused (UNKNOWN_RECORD).
pub async fn balances(
    conn: &mut PgConnection,
    accounts: &[LedgerAccountId],
) -> Result<Vec<Balance>, Failure> {
    let ids: Vec<Uuid> = accounts.iter().map(LedgerAccountId::as_uuid).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"
        select a.id, a.debits_pending, a.debits_posted, a.credits_pending, a.credits_posted
        from unnest($1::uuid[]) with ordinality as r (id, place)
        join platform.ledger_account as a on a.id = r.id
        order by r.place
        "#,
        &ids,
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    complete(rows, accounts)
}

/// Balances at the end of a day: what counts from that day or an earlier one, however late it was recorded.
/// In the order asked; an account that is not open is refused (UNKNOWN_RECORD).
pub async fn balances_as_of(
    conn: &mut PgConnection,
    accounts: &[LedgerAccountId],
    day: Date,
) -> Result<Vec<Balance>, Failure> {
    let ids: Vec<Uuid> = accounts.iter().map(LedgerAccountId::as_uuid).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"
        with summed as (
            select
                account,
                sum(debits_pending)::bigint as debits_pending,
                sum(debits_posted)::bigint as debits_posted,
                sum(credits_pending)::bigint as credits_pending,
                sum(credits_posted)::bigint as credits_posted
            from platform.ledger_leg
            where account = any($1) and effective_on <= $2
            group by account
        )
        select
            a.id,
            coalesce(s.debits_pending, 0) as "debits_pending!",
            coalesce(s.debits_posted, 0) as "debits_posted!",
            coalesce(s.credits_pending, 0) as "credits_pending!",
            coalesce(s.credits_posted, 0) as "credits_posted!"
        from unnest($1::uuid[]) with ordinality as r (id, place)
        join platform.ledger_account as a on a.id = r.id
        left join summed as s on s.account = a.id
        order by r.place
        "#,
        &ids,
        day.to_sqlx() as _,
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    complete(rows, accounts)
}

fn complete(rows: Vec<Row>, accounts: &[LedgerAccountId]) -> Result<Vec<Balance>, Failure> {
    if rows.len() != accounts.len() {
        return Err(Failure::new(&reason::UNKNOWN_RECORD).because("a ledger account is not open"));
    }
    rows.into_iter().map(Balance::try_from).collect()
}
