//! How many transfers a second the ledger books on a durable server: in batches over 1,000 accounts, and one by one on
//! one account, whose row lock each commit holds until it is flushed.

use std::str::FromStr as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use canopy_kernel::Fen;
use canopy_kernel::id::{LedgerAccountId, TransferId};
use canopy_persistence::ledger::{self, Cap, NewAccount, PostOrVoid, Transfer};
use futures::future::BoxFuture;
use jiff::Timestamp;
use jiff::civil::date;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{PgPool, Postgres, Transaction};
use uuid::Uuid;

use crate::database::Database;
use crate::table::{Line, Table};
use crate::usage::Usage;

const CLIENTS: u32 = 32;
const ACCOUNTS: u64 = 1_000;
const BATCH: u64 = 100;
const TIME: Duration = Duration::from_secs(3);
const SERVICE: &str = "bench";

/// One unit of work: how many transfers it books.
type Work = fn(PgPool) -> BoxFuture<'static, anyhow::Result<u64>>;

/// Measures both, and the two-phase way of a payment batch.
pub async fn measure(table: &mut Table, server: &Database) -> anyhow::Result<()> {
    server.require_durable().await?;
    let mut migrator = Migrator::with_migrations(Vec::new());
    migrator.create_schema(SERVICE);
    migrator.dangerous_set_table_name(format!("{SERVICE}.schema_version"));
    server.create(SERVICE).await?;
    let url = server.url(SERVICE);
    canopy_persistence::migrate(&url, SERVICE, &migrator).await?;
    let options = PgPoolOptions::new().max_connections(CLIENTS);
    let pool = options.connect(&url).await?;
    open(&pool).await?;
    let postgres = [("postgres", server.process()?)];

    let usage = Usage::of(&postgres);
    let spread = rate(&pool, 8, |pool| Box::pin(spread(pool))).await?;
    let what = format!("ledger, batches of {BATCH} over {ACCOUNTS} accounts, 8 clients");
    table.add(Line::at_least(5_000.0, "transfers/s", what, spread).because(usage.shares()));

    let usage = Usage::of(&postgres);
    let one_by_one = rate(&pool, CLIENTS, |pool| Box::pin(hot(pool))).await?;
    let what = format!("ledger, one by one on one account, {CLIENTS} clients");
    table.add(Line::at_least(1_000.0, "transfers/s", what, one_by_one).because(usage.shares()));

    // What the row lock alone allows: the same without waiting for the disk.
    let unflushed = PgConnectOptions::from_str(&url)?.options([("synchronous_commit", "off")]);
    let quick = PgPoolOptions::new().max_connections(CLIENTS).connect_with(unflushed).await?;
    let locked = rate(&quick, CLIENTS, |pool| Box::pin(hot(pool))).await?;
    quick.close().await;
    table.fact("ledger, one by one on one account without flushes, transfers/s", locked);

    let batches = rate(&pool, 1, |pool| Box::pin(two_phase(pool))).await?;
    table.fact("ledger, batches of 100 reserved and posted, 1 client, transfers/s", batches);
    ledger::verify(&mut *pool.acquire().await?).await?;
    pool.close().await;
    Ok(())
}

fn account(n: u64) -> LedgerAccountId {
    LedgerAccountId::new(Uuid::from_u128(u128::from(n)))
}

fn id() -> TransferId {
    TransferId::new(uuid::Builder::from_random_bytes(rand::random()).into_uuid())
}

fn transfer(debit: u64, credit: u64, fen: i64) -> anyhow::Result<Transfer> {
    Ok(Transfer {
        id: id(),
        debit: account(debit),
        credit: account(credit),
        amount: Fen::new(fen)?,
        effective_on: date(2022, 9, 1),
    })
}

/// One capped account (0) with money, its counterpart (`ACCOUNTS + 1`), and the others.
async fn open(pool: &PgPool) -> anyhow::Result<()> {
    let mut conn = pool.acquire().await?;
    let accounts: Vec<NewAccount> = (0..=ACCOUNTS + 1)
        .map(|n| NewAccount {
            id: account(n),
            ring: Uuid::max(),
            scope: "quota".to_owned(),
            cap: if n == 0 { Cap::Debits } else { Cap::None },
        })
        .collect();
    ledger::open_accounts(&mut conn, &accounts).await?;
    ledger::transfer(&mut conn, &[transfer(1, 0, 1_000_000_000)?], Timestamp::UNIX_EPOCH).await?;
    Ok(())
}

/// A batch of transfers between random accounts.
async fn spread(pool: PgPool) -> anyhow::Result<u64> {
    let pairs = (0..BATCH).map(|_| {
        let debit = rand::random_range(1..=ACCOUNTS);
        transfer(debit, debit % ACCOUNTS + 1, 1)
    });
    let batch = pairs.collect::<anyhow::Result<Vec<_>>>()?;
    let mut tx = pool.begin().await?;
    ledger::transfer(&mut tx, &batch, Timestamp::UNIX_EPOCH).await?;
    commit(tx, BATCH).await
}

/// One reservation on the one capped account.
async fn hot(pool: PgPool) -> anyhow::Result<u64> {
    let mut tx = pool.begin().await?;
    ledger::reserve(&mut tx, &[transfer(0, ACCOUNTS + 1, 1)?], Timestamp::UNIX_EPOCH).await?;
    commit(tx, 1).await
}

/// One batch reserved and posted: two transfers each.
async fn two_phase(pool: PgPool) -> anyhow::Result<u64> {
    let batch = (0..BATCH).map(|n| transfer(n + 1, n + 2, 1)).collect::<anyhow::Result<Vec<_>>>()?;
    let posts: Vec<PostOrVoid> = batch
        .iter()
        .map(|it| PostOrVoid { id: id(), pending: it.id, effective_on: it.effective_on })
        .collect();
    let mut tx = pool.begin().await?;
    ledger::reserve(&mut tx, &batch, Timestamp::UNIX_EPOCH).await?;
    ledger::post(&mut tx, &posts, Timestamp::UNIX_EPOCH).await?;
    commit(tx, 2 * BATCH).await
}

async fn commit(tx: Transaction<'static, Postgres>, booked: u64) -> anyhow::Result<u64> {
    tx.commit().await?;
    Ok(booked)
}

/// Transfers a second at that many clients.
async fn rate(pool: &PgPool, clients: u32, work: Work) -> anyhow::Result<f64> {
    let booked = Arc::new(AtomicU64::new(0));
    let began = Instant::now();
    let tasks = (0..clients).map(|_| {
        let (pool, booked) = (pool.clone(), booked.clone());
        tokio::spawn(async move {
            while began.elapsed() < TIME {
                booked.fetch_add(work(pool.clone()).await?, Ordering::Relaxed);
            }
            anyhow::Ok(())
        })
    });
    for task in futures::future::join_all(tasks).await {
        task.context("a client")??;
    }
    let booked = u32::try_from(booked.load(Ordering::Relaxed))?;
    Ok(f64::from(booked) / began.elapsed().as_secs_f64())
}
