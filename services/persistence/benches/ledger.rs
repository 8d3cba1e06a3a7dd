//! How many transfers a second the ledger books: in batches over 1,000 accounts, and one by one on one account.
//! Runs on the server of `CANOPY_TEST_DATABASE_URL` in a database of its own; durable only if that server is.
#![allow(clippy::unwrap_used, reason = "a bench stops at the first failure")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use canopy_kernel::Fen;
use canopy_kernel::id::{LedgerAccountId, TransferId};
use canopy_persistence::ledger::{self, Cap, NewAccount, PostOrVoid, Transfer};
use canopy_persistence::testing::TestDatabase;
use jiff::Timestamp;
use jiff::civil::date;
use sqlx::PgPool;
use sqlx::migrate::Migrator;
use uuid::Uuid;

const CLIENTS: u64 = 32;
const ACCOUNTS: u64 = 1_000;
const BATCH: u64 = 100;
const MEASURED: Duration = Duration::from_secs(5);
const SERVICE: &str = "bench";

fn account(n: u64) -> LedgerAccountId {
    LedgerAccountId::new(Uuid::from_u128(u128::from(n)))
}

fn id() -> TransferId {
    TransferId::new(uuid::Builder::from_random_bytes(rand::random()).into_uuid())
}

fn transfer(debit: u64, credit: u64) -> Transfer {
    Transfer {
        id: id(),
        debit: account(debit),
        credit: account(credit),
        amount: Fen::new(1).unwrap(),
        effective_on: date(2022, 9, 1),
    }
}

/// One capped account (0) with money, its counterpart (`ACCOUNTS + 1`), and the others.
async fn open(pool: &PgPool) {
    let mut conn = pool.acquire().await.unwrap();
    let accounts: Vec<NewAccount> = (0..=ACCOUNTS + 1)
        .map(|n| NewAccount {
            id: account(n),
            ring: Uuid::max(),
            scope: "quota".to_owned(),
            cap: if n == 0 { Cap::Debits } else { Cap::None },
        })
        .collect();
    ledger::open_accounts(&mut conn, &accounts).await.unwrap();
    let grant = Transfer { amount: Fen::new(1_000_000_000).unwrap(), ..transfer(1, 0) };
    ledger::transfer(&mut conn, &[grant], Timestamp::UNIX_EPOCH).await.unwrap();
}

/// A batch of transfers between random accounts.
async fn spread(pool: PgPool) -> u64 {
    let batch: Vec<Transfer> = (0..BATCH)
        .map(|_| {
            let debit = rand::random_range(1..=ACCOUNTS);
            let credit = debit % ACCOUNTS + 1;
            transfer(debit, credit)
        })
        .collect();
    let mut tx = pool.begin().await.unwrap();
    ledger::transfer(&mut tx, &batch, Timestamp::UNIX_EPOCH).await.unwrap();
    tx.commit().await.unwrap();
    BATCH
}

/// One reservation on the one capped account.
async fn hot(pool: PgPool) -> u64 {
    let mut tx = pool.begin().await.unwrap();
    ledger::reserve(&mut tx, &[transfer(0, ACCOUNTS + 1)], Timestamp::UNIX_EPOCH).await.unwrap();
    tx.commit().await.unwrap();
    1
}

/// One batch reserved and posted: two transfers each.
async fn two_phase(pool: PgPool) -> u64 {
    let batch: Vec<Transfer> = (0..BATCH).map(|n| transfer(n + 1, n + 2)).collect();
    let posts: Vec<PostOrVoid> = batch
        .iter()
        .map(|it| PostOrVoid { id: id(), pending: it.id, effective_on: it.effective_on })
        .collect();
    let mut tx = pool.begin().await.unwrap();
    ledger::reserve(&mut tx, &batch, Timestamp::UNIX_EPOCH).await.unwrap();
    ledger::post(&mut tx, &posts, Timestamp::UNIX_EPOCH).await.unwrap();
    tx.commit().await.unwrap();
    2 * BATCH
}

/// Transfers a second at that many clients.
async fn rate<F>(pool: &PgPool, clients: u64, call: fn(PgPool) -> F) -> u128
where
    F: Future<Output = u64> + Send + 'static,
{
    let booked = Arc::new(AtomicU64::new(0));
    let began = Instant::now();
    let tasks = (0..clients).map(|_| {
        let (pool, booked) = (pool.clone(), booked.clone());
        tokio::spawn(async move {
            while began.elapsed() < MEASURED {
                booked.fetch_add(call(pool.clone()).await, Ordering::Relaxed);
            }
        })
    });
    for task in futures::future::join_all(tasks).await {
        task.unwrap();
    }
    u128::from(booked.load(Ordering::Relaxed)) * 1_000 / began.elapsed().as_millis()
}

#[expect(clippy::print_stdout, reason = "a bench tells its figures")]
#[tokio::main]
async fn main() {
    let mut migrator = Migrator::with_migrations(Vec::new());
    migrator.create_schema(SERVICE);
    migrator.dangerous_set_table_name(format!("{SERVICE}.schema_version"));
    let database = TestDatabase::new(SERVICE, &migrator).await.unwrap();
    let options = sqlx::postgres::PgPoolOptions::new().max_connections(u32::try_from(CLIENTS).unwrap());
    let pool = options.connect(&database.settings.url).await.unwrap();
    open(&pool).await;
    println!(
        "ledger.spread {} transfers/s (batches of {BATCH} over {ACCOUNTS} accounts, 8 clients)",
        rate(&pool, 8, spread).await
    );
    println!(
        "ledger.two_phase {} transfers/s (batches of {BATCH} reserved and posted, 1 client)",
        rate(&pool, 1, two_phase).await
    );
    println!(
        "ledger.one_account {} transfers/s (one by one, {CLIENTS} clients)",
        rate(&pool, CLIENTS, hot).await
    );
    let began = Instant::now();
    ledger::verify(&mut pool.acquire().await.unwrap()).await.unwrap();
    println!("ledger.verify {} ms", began.elapsed().as_millis());
    pool.close().await;
    database.close().await.unwrap();
}
