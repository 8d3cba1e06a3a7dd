//! Proving the ledger: every balance is the sum of its transfers, every resolution that of its reservation.

use canopy_kernel::Failure;
use canopy_kernel::id::{LedgerAccountId, TransferId};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::db;

/// The four sums of an account, in fen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sums {
    /// Pending debits.
    pub debits_pending: i64,
    /// Posted debits.
    pub debits_posted: i64,
    /// Pending credits.
    pub credits_pending: i64,
    /// Posted credits.
    pub credits_posted: i64,
}

/// Where the ledger does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Break {
    /// The balance of an account is not the sum of its transfers.
    #[error("ledger account {account}: the row says {stored:?}, its transfers say {booked:?}")]
    Account {
        /// The first such account, by id.
        account: LedgerAccountId,
        /// What its row says.
        stored: Sums,
        /// What its transfers sum to.
        booked: Sums,
    },
    /// A posting or voiding is not that of its reservation.
    #[error("ledger transfer {transfer} does not resolve its reservation as it was made")]
    Resolution {
        /// The first such transfer, by id.
        transfer: TransferId,
    },
    /// The ledger could not be read.
    #[error("the ledger cannot be read: {0}")]
    Unreadable(#[from] Failure),
}

/// Recomputes all sums from the transfers and names the first break.
pub async fn verify(conn: &mut PgConnection) -> Result<(), Break> {
    if let Some(found) = account_break(conn).await? {
        return Err(found);
    }
    match resolution_break(conn).await? {
        Some(id) => Err(Break::Resolution { transfer: TransferId::new(id) }),
        None => Ok(()),
    }
}

async fn account_break(conn: &mut PgConnection) -> Result<Option<Break>, Failure> {
    let row = sqlx::query!(
        r#"
        with summed as (
            select
                account,
                sum(debits_pending)::bigint as debits_pending,
                sum(debits_posted)::bigint as debits_posted,
                sum(credits_pending)::bigint as credits_pending,
                sum(credits_posted)::bigint as credits_posted
            from platform.ledger_leg
            group by account
        )
        select
            a.id,
            a.debits_pending,
            a.debits_posted,
            a.credits_pending,
            a.credits_posted,
            coalesce(s.debits_pending, 0) as "booked_debits_pending!",
            coalesce(s.debits_posted, 0) as "booked_debits_posted!",
            coalesce(s.credits_pending, 0) as "booked_credits_pending!",
            coalesce(s.credits_posted, 0) as "booked_credits_posted!"
        from platform.ledger_account as a
        left join summed as s on s.account = a.id
        where (a.debits_pending, a.debits_posted, a.credits_pending, a.credits_posted)
            <> (
                coalesce(s.debits_pending, 0),
                coalesce(s.debits_posted, 0),
                coalesce(s.credits_pending, 0),
                coalesce(s.credits_posted, 0)
            )
        order by a.id
        limit 1
        "#
    )
    .fetch_optional(conn)
    .await
    .map_err(db)?;
    Ok(row.map(|it| Break::Account {
        account: LedgerAccountId::new(it.id),
        stored: Sums {
            debits_pending: it.debits_pending,
            debits_posted: it.debits_posted,
            credits_pending: it.credits_pending,
            credits_posted: it.credits_posted,
        },
        booked: Sums {
            debits_pending: it.booked_debits_pending,
            debits_posted: it.booked_debits_posted,
            credits_pending: it.booked_credits_pending,
            credits_posted: it.booked_credits_posted,
        },
    }))
}

async fn resolution_break(conn: &mut PgConnection) -> Result<Option<Uuid>, Failure> {
    sqlx::query_scalar!(
        r#"
        select t.id
        from platform.ledger_transfer as t
        left join platform.ledger_transfer as p on p.id = t.pending_id
        where t.pending_id is not null
            and (
                p.id is null
                or p.kind <> 'PENDING'
                or p.effective_on > t.effective_on
                or (p.debit_account, p.credit_account, p.amount_fen)
                    <> (t.debit_account, t.credit_account, t.amount_fen)
            )
        order by t.id
        limit 1
        "#
    )
    .fetch_optional(conn)
    .await
    .map_err(db)
}
