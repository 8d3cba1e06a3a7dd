//! Booking transfers and reservations: lock, judge, write and move the balances, in one statement.

use std::collections::BTreeMap;

use canopy_kernel::id::TransferId;
use canopy_kernel::{Failure, reason};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Kind, Transfer, repeat};
use crate::{db, violates};

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
    let outcome = match outcome.refused() {
        Some(failure) => without_repeats(conn, kind, &transfers, recorded_at, failure).await?,
        None => outcome,
    };
    match outcome.refused() {
        Some(failure) => Err(failure),
        None if usize::try_from(outcome.booked) == Ok(transfers.len()) => Ok(()),
        None => repeat::same_transfers(conn, kind, &transfers).await,
    }
}

/// The statement judges every transfer as if it were new. When that refuses, those that stand in the ledger
/// already are left out and the rest is judged again; the locks are held by now, so none can join them.
async fn without_repeats(
    conn: &mut PgConnection,
    kind: Kind,
    transfers: &[Transfer],
    recorded_at: Timestamp,
    failure: Failure,
) -> Result<Outcome, Failure> {
    let known = repeat::known(conn, transfers).await?;
    let fresh: Vec<Transfer> = transfers.iter().filter(|it| !known.contains(&it.id)).copied().collect();
    match fresh.len() {
        all if all == transfers.len() => Err(failure),
        0 => Ok(Outcome::default()),
        _ => write(conn, kind, &Batch::of(&fresh), recorded_at).await,
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
#[derive(Default)]
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
    // `refused` reads all of `locked`, and `booked` reads `refused`: nothing is written before every lock is
    // held. A locked row shows its newest version, so the caps are judged on what is really there.
    sqlx::query_as!(
        Outcome,
        r#"
        with asked as (
            select id, debit_account, credit_account, amount_fen, effective_on, place
            from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::date[]) with ordinality
                as r (id, debit_account, credit_account, amount_fen, effective_on, place)
        ),
        locked as (
            select id, ring, scope, cap, debits_pending, debits_posted, credits_pending, credits_posted
            from platform.ledger_account
            where id = any($6)
            order by id
            for no key update
        ),
        allowed as (
            select a.id, a.debit_account, a.credit_account, a.amount_fen, a.effective_on, a.place, d.ring
            from asked as a
            join locked as d on d.id = a.debit_account
            join locked as c on c.id = a.credit_account
        ),
        wanted as (
            select account, sum(debit) as debit, sum(credit) as credit, min(place) as place
            from (
                select debit_account as account, amount_fen as debit, 0 as credit, place from allowed
                union all
                select credit_account, 0, amount_fen, place from allowed
            ) as leg
            group by account
        ),
        judged as (
            select
                l.scope,
                w.place,
                case l.cap when 'DEBITS' then l.credits_posted else l.debits_posted end
                    + case when $7 <> 'DIRECT' then 0 when l.cap = 'DEBITS' then w.credit else w.debit end
                    as limit_fen,
                case l.cap when 'DEBITS' then l.debits_posted else l.credits_posted end
                    + case l.cap when 'DEBITS' then l.debits_pending else l.credits_pending end as used_fen,
                case l.cap when 'DEBITS' then w.debit else w.credit end as asked_fen
            from wanted as w
            join locked as l on l.id = w.account
            where l.cap <> 'NONE'
        ),
        refused as (
            select scope, limit_fen, used_fen, asked_fen
            from judged
            where used_fen + asked_fen > limit_fen
            order by place
            limit 1
        ),
        booked as (
            insert into platform.ledger_transfer
                (id, kind, ring, debit_account, credit_account, amount_fen, effective_on, recorded_at)
            select id, $7, ring, debit_account, credit_account, amount_fen, effective_on, $8
            from allowed
            where not exists (select from refused)
            on conflict (id) do nothing
            returning debit_account, credit_account, amount_fen
        ),
        moved as (
            update platform.ledger_account as a
            set
                debits_pending = a.debits_pending + case when $7 = 'PENDING' then m.debit else 0 end,
                debits_posted = a.debits_posted + case when $7 = 'DIRECT' then m.debit else 0 end,
                credits_pending = a.credits_pending + case when $7 = 'PENDING' then m.credit else 0 end,
                credits_posted = a.credits_posted + case when $7 = 'DIRECT' then m.credit else 0 end
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
        select
            (select count(*) from booked) as "booked!",
            r.scope as "scope?",
            r.limit_fen::text as "limit_fen?",
            r.used_fen::text as "used_fen?",
            r.asked_fen::text as "asked_fen?"
        from (values (1)) as one (row)
        left join refused as r on true
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
    .map_err(refusal)
}

/// The constraints stand behind the judgement above: whatever writes to these tables, they hold.
fn refusal(error: sqlx::Error) -> Failure {
    const CAPS: [&str; 2] = ["ledger_account_debits_capped", "ledger_account_credits_capped"];
    if CAPS.iter().any(|cap| violates(&error, cap)) {
        return Failure::new(&reason::NO_BUDGET).because(error);
    }
    db(error)
}
