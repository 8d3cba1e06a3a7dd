//! The second phase: a reservation is posted or voided, once.

use canopy_kernel::{Failure, reason};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Kind, PostOrVoid, repeat};
use crate::{db, violates};

/// Posts reservations: what was pending is posted. It cannot break a cap, for the reservation counted already.
pub async fn post(
    conn: &mut PgConnection,
    asked: &[PostOrVoid],
    recorded_at: Timestamp,
) -> Result<(), Failure> {
    resolve(conn, Kind::Post, asked, recorded_at).await
}

/// Voids reservations: what was pending is free again.
pub async fn void(
    conn: &mut PgConnection,
    asked: &[PostOrVoid],
    recorded_at: Timestamp,
) -> Result<(), Failure> {
    resolve(conn, Kind::Void, asked, recorded_at).await
}

async fn resolve(
    conn: &mut PgConnection,
    kind: Kind,
    asked: &[PostOrVoid],
    recorded_at: Timestamp,
) -> Result<(), Failure> {
    if asked.is_empty() {
        return Ok(());
    }
    let booked = write(conn, kind, asked, recorded_at).await?;
    if usize::try_from(booked) == Ok(asked.len()) {
        return Ok(());
    }
    repeat::same_resolutions(conn, kind, asked).await
}

/// How many it booked; the rest stood there already, or may not be booked.
async fn write(
    conn: &mut PgConnection,
    kind: Kind,
    asked: &[PostOrVoid],
    recorded_at: Timestamp,
) -> Result<i64, Failure> {
    let ids: Vec<Uuid> = asked.iter().map(|it| it.id.as_uuid()).collect();
    let pending: Vec<Uuid> = asked.iter().map(|it| it.pending.as_uuid()).collect();
    // `booked` counts `locked` first: nothing is written before every lock is held. `offset 0` keeps the look-up
    // by key: a plan made while the table was small would read the whole of it for as long as it is cached.
    sqlx::query_scalar!(
        r#"
        with reserved as (
            select r.id, r.effective_on, p.id as pending_id, p.ring, p.debit_account, p.credit_account, p.amount_fen
            from unnest($1::uuid[], $2::uuid[], $3::date[]) as r (id, pending_id, effective_on)
            cross join lateral (
                select t.id, t.kind, t.ring, t.debit_account, t.credit_account, t.amount_fen, t.effective_on
                from platform.ledger_transfer as t
                where t.id = r.pending_id
                offset 0
            ) as p
            where p.kind = 'PENDING' and p.effective_on <= r.effective_on
        ),
        locked as (
            select id
            from platform.ledger_account
            where id in (select debit_account from reserved union select credit_account from reserved)
            order by id
            for no key update
        ),
        booked as (
            insert into platform.ledger_transfer
                (id, kind, pending_id, ring, debit_account, credit_account, amount_fen, effective_on, recorded_at)
            select id, $4, pending_id, ring, debit_account, credit_account, amount_fen, effective_on, $5
            from reserved
            where (select count(*) from locked) > 0
            on conflict (pending_id) do nothing
            returning debit_account, credit_account, amount_fen
        ),
        moved as (
            update platform.ledger_account as a
            set
                debits_pending = a.debits_pending - m.debit,
                debits_posted = a.debits_posted + case when $4 = 'POST' then m.debit else 0 end,
                credits_pending = a.credits_pending - m.credit,
                credits_posted = a.credits_posted + case when $4 = 'POST' then m.credit else 0 end
            from (
                select account, sum(debit)::bigint as debit, sum(credit)::bigint as credit
                from (
                    select debit_account as account, amount_fen as debit, 0 as credit from booked
                    union all
                    select credit_account, 0, amount_fen from booked
                ) as leg
                group by account
            ) as m
            where a.id = m.account
        )
        select count(*) as "booked!" from booked
        "#,
        &ids,
        &pending,
        &repeat::days(asked),
        kind.as_str(),
        recorded_at.to_sqlx(),
    )
    .fetch_one(conn)
    .await
    .map_err(refusal)
}

fn refusal(error: sqlx::Error) -> Failure {
    if violates(&error, "ledger_transfer_pkey") {
        return Failure::new(&reason::REQUEST_ID_REUSED).because(error);
    }
    db(error)
}
