//! Booking transfers and reservations: lock, write, move the balances and tell a broken cap, in one call of the database.

use std::collections::BTreeMap;

use canopy_kernel::id::TransferId;
use canopy_kernel::{Failure, reason};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Kind, Transfer, repeat};
use crate::db;

/// Moves money at once.
pub async fn transfer(
    conn: &mut PgConnection,
    transfers: &[Transfer],
    recorded_at: Timestamp,
) -> Result<(), Failure> {
    book(conn, Kind::Direct, transfers, recorded_at).await
}

/// Reserves money: it counts against the caps from now on, until it is posted or voided.
pub async fn reserve(
    conn: &mut PgConnection,
    transfers: &[Transfer],
    recorded_at: Timestamp,
) -> Result<(), Failure> {
    book(conn, Kind::Pending, transfers, recorded_at).await
}

async fn book(
    conn: &mut PgConnection,
    kind: Kind,
    transfers: &[Transfer],
    recorded_at: Timestamp,
) -> Result<(), Failure> {
    let transfers = distinct(transfers)?;
    if transfers.is_empty() {
        return Ok(());
    }
    let outcome = write(conn, kind, &Batch::of(&transfers), recorded_at).await?;
    match outcome.refused() {
        Some(failure) => Err(failure),
        None if usize::try_from(outcome.booked) == Ok(transfers.len()) => Ok(()),
        None => repeat::same_transfers(conn, kind, &transfers).await,
    }
}

/// The transfers in the order asked, a repeated one once.
fn distinct(transfers: &[Transfer]) -> Result<Vec<Transfer>, Failure> {
    let mut seen: BTreeMap<TransferId, &Transfer> = BTreeMap::new();
    let mut distinct = Vec::with_capacity(transfers.len());
    for transfer in transfers {
        if transfer.amount.is_zero() {
            return Err(Failure::new(&reason::FIELD_OUT_OF_RANGE).on("amount_fen").with("min", 1));
        }
        match seen.insert(transfer.id, transfer) {
            None => distinct.push(*transfer),
            Some(first) if first == transfer => {}
            Some(_) => return Err(repeat::reused(transfer.id)),
        }
    }
    Ok(distinct)
}

/// Transfers as columns.
struct Batch {
    ids: Vec<Uuid>,
    debits: Vec<Uuid>,
    credits: Vec<Uuid>,
    amounts: Vec<i64>,
    days: Vec<jiff_sqlx::Date>,
    accounts: Vec<Uuid>,
}

impl Batch {
    fn of(transfers: &[Transfer]) -> Self {
        let debits: Vec<Uuid> = transfers.iter().map(|it| it.debit.as_uuid()).collect();
        let credits: Vec<Uuid> = transfers.iter().map(|it| it.credit.as_uuid()).collect();
        let mut accounts: Vec<Uuid> = debits.iter().chain(&credits).copied().collect();
        accounts.sort_unstable();
        accounts.dedup();
        Self {
            ids: transfers.iter().map(|it| it.id.as_uuid()).collect(),
            debits,
            credits,
            amounts: transfers.iter().map(|it| it.amount.get()).collect(),
            days: transfers.iter().map(|it| it.effective_on.to_sqlx()).collect(),
            accounts,
        }
    }
}

/// What the statement did: how many transfers it booked, or the first account whose cap refused them all.
struct Outcome {
    booked: i64,
    scope: Option<String>,
    limit_fen: Option<String>,
    used_fen: Option<String>,
    asked_fen: Option<String>,
}

impl Outcome {
    fn refused(&self) -> Option<Failure> {
        let scope = self.scope.as_deref()?;
        let text = |it: &Option<String>| it.clone().unwrap_or_default();
        let failure = Failure::new(&reason::NO_BUDGET)
            .with("scope", scope)
            .with("limit_fen", text(&self.limit_fen))
            .with("used_fen", text(&self.used_fen))
            .with("asked_fen", text(&self.asked_fen));
        Some(failure)
    }
}

async fn write(
    conn: &mut PgConnection,
    kind: Kind,
    batch: &Batch,
    recorded_at: Timestamp,
) -> Result<Outcome, Failure> {
    sqlx::query_as!(
        Outcome,
        r#"
        select booked as "booked!", refused_scope as "scope?", limit_fen::text, used_fen::text, asked_fen::text
        from platform.ledger_book($1, $2, $3, $4, $5, $6, $7, $8)
        "#,
        &batch.ids,
        &batch.debits,
        &batch.credits,
        &batch.amounts,
        &batch.days,
        &batch.accounts,
        kind.as_str(),
        recorded_at.to_sqlx(),
    )
    .fetch_one(conn)
    .await
    .map_err(db)
}
