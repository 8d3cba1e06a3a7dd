//! What was booked before: the same content passes, another one under the same id is refused.

use std::collections::BTreeMap;

use canopy_kernel::id::{LedgerAccountId, TransferId};
use canopy_kernel::{Failure, Fen, reason};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Kind, PostOrVoid, Transfer};
use crate::db;

/// The id stands for something else.
pub(super) fn reused(id: TransferId) -> Failure {
    Failure::new(&reason::REQUEST_ID_REUSED).because(format!("{id} is booked with another content"))
}

struct Stored {
    id: Uuid,
    kind: String,
    debit_account: Uuid,
    credit_account: Uuid,
    amount_fen: i64,
    effective_on: jiff_sqlx::Date,
}

impl Stored {
    fn is(&self, kind: Kind, asked: &Transfer) -> bool {
        let stored = Transfer {
            id: TransferId::new(self.id),
            debit: LedgerAccountId::new(self.debit_account),
            credit: LedgerAccountId::new(self.credit_account),
            amount: Fen::new(self.amount_fen).unwrap_or(Fen::ZERO),
            effective_on: self.effective_on.to_jiff(),
        };
        self.kind == kind.as_str() && stored == *asked
    }
}

/// Passes when each transfer stands in the ledger as it is asked.
pub(super) async fn same_transfers(
    conn: &mut PgConnection,
    kind: Kind,
    transfers: &[Transfer],
) -> Result<(), Failure> {
    let ids: Vec<Uuid> = transfers.iter().map(|it| it.id.as_uuid()).collect();
    let stored: BTreeMap<Uuid, Stored> =
        transfers_by_id(conn, &ids).await?.into_iter().map(|it| (it.id, it)).collect();
    for transfer in transfers {
        match stored.get(&transfer.id.as_uuid()) {
            Some(row) if row.is(kind, transfer) => {}
            Some(_) => return Err(reused(transfer.id)),
            // It was left out because it names an account that is not open.
            None => {
                let text = format!("{} names an account that is not open", transfer.id);
                return Err(Failure::new(&reason::UNKNOWN_RECORD).because(text));
            }
        }
    }
    Ok(())
}

async fn transfers_by_id(conn: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Stored>, Failure> {
    sqlx::query_as!(
        Stored,
        r#"
        select id, kind, debit_account, credit_account, amount_fen, effective_on
        from platform.ledger_transfer
        where id = any($1)
        "#,
        ids,
    )
    .fetch_all(conn)
    .await
    .map_err(db)
}

/// How the reservations that are asked for stand now.
struct Standing {
    id: Uuid,
    reserved_on: Option<jiff_sqlx::Date>,
    resolved_by: Option<Uuid>,
    resolved_as: Option<String>,
    resolved_on: Option<jiff_sqlx::Date>,
}

/// Passes when each posting or voiding stands in the ledger as it is asked.
pub(super) async fn same_resolutions(
    conn: &mut PgConnection,
    kind: Kind,
    asked: &[PostOrVoid],
) -> Result<(), Failure> {
    for (standing, asked) in standings(conn, asked).await?.iter().zip(asked) {
        standing.allows(kind, asked)?;
    }
    Ok(())
}

impl Standing {
    fn allows(&self, kind: Kind, asked: &PostOrVoid) -> Result<(), Failure> {
        let day = |it: &Option<jiff_sqlx::Date>| -> Option<Date> { it.as_ref().map(|it| it.to_jiff()) };
        let Some(reserved_on) = day(&self.reserved_on) else {
            let text = format!("{} is no reservation", asked.pending);
            return Err(Failure::new(&reason::UNKNOWN_RECORD).because(text));
        };
        let Some(resolved_by) = self.resolved_by else {
            // Unresolved and not booked: the day is the only thing that kept it out.
            return Err(Failure::new(&reason::STATUS_DATE_ORDER)
                .with("latest", reserved_on)
                .because(format!("{} is dated before its reservation", asked.id)));
        };
        let same_day = day(&self.resolved_on) == Some(asked.effective_on);
        let same_kind = self.resolved_as.as_deref() == Some(kind.as_str());
        match resolved_by == self.id {
            true if same_kind && same_day => Ok(()),
            true => Err(reused(asked.id)),
            false => Err(Failure::new(&reason::STATE_NOT_ALLOWED)
                .with("state", self.resolved_as.as_deref().unwrap_or_default())
                .with("expected", Kind::Pending.as_str())
                .because(format!("{} is resolved by another transfer", asked.pending))),
        }
    }
}

/// One row for each, in the order asked.
async fn standings(conn: &mut PgConnection, asked: &[PostOrVoid]) -> Result<Vec<Standing>, Failure> {
    let ids: Vec<Uuid> = asked.iter().map(|it| it.id.as_uuid()).collect();
    let pending: Vec<Uuid> = asked.iter().map(|it| it.pending.as_uuid()).collect();
    sqlx::query_as!(
        Standing,
        r#"
        select
            r.id as "id!",
            p.effective_on as "reserved_on?",
            t.id as "resolved_by?",
            t.kind as "resolved_as?",
            t.effective_on as "resolved_on?"
        from unnest($1::uuid[], $2::uuid[]) with ordinality as r (id, pending_id, place)
        left join platform.ledger_transfer as p on p.id = r.pending_id and p.kind = 'PENDING'
        left join platform.ledger_transfer as t on t.pending_id = r.pending_id
        order by r.place
        "#,
        &ids,
        &pending,
    )
    .fetch_all(conn)
    .await
    .map_err(db)
}

/// Days as a column.
pub(super) fn days(asked: &[PostOrVoid]) -> Vec<jiff_sqlx::Date> {
    asked.iter().map(|it| it.effective_on.to_sqlx()).collect()
}
