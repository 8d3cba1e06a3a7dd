//! The ledger against a real Postgres: it never overspends, books each transfer once and adds up.

use std::future::Future;

use canopy_kernel::id::{LedgerAccountId, TransferId};
use canopy_kernel::{Failure, Fen, Reason, reason};
use canopy_persistence::Store;
use canopy_persistence::ledger::{self, Balance, Break, Cap, NewAccount, PostOrVoid, Sums, Transfer};
use canopy_persistence::testing::TestDatabase;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use sqlx::Executor;
use uuid::Uuid;

use crate::support::database;

mod cap;
mod crowd;
mod history;

const DAY: Date = date(2022, 9, 1);

fn uuid(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn account(n: u128) -> LedgerAccountId {
    LedgerAccountId::new(uuid(n))
}

fn transfer(id: u128, debit: u128, credit: u128, fen: i64) -> Transfer {
    Transfer {
        id: TransferId::new(uuid(id)),
        debit: account(debit),
        credit: account(credit),
        amount: Fen::new(fen).unwrap(),
        effective_on: DAY,
    }
}

fn resolution(id: u128, pending: u128) -> PostOrVoid {
    PostOrVoid { id: TransferId::new(uuid(id)), pending: TransferId::new(uuid(pending)), effective_on: DAY }
}

/// A quota that is credited when it is granted, its source, and what it is spent on; 9 is of another ring.
const SOURCE: u128 = 1;
const QUOTA: u128 = 2;
const SPENT: u128 = 3;
const PLAN: u128 = 4;
const ELSEWHERE: u128 = 9;

fn chart() -> Vec<NewAccount> {
    let open = |id, ring, scope: &str, cap| NewAccount {
        id: account(id),
        ring: uuid(ring),
        scope: scope.to_owned(),
        cap,
    };
    vec![
        open(SOURCE, 100, "", Cap::None),
        open(QUOTA, 100, "quota", Cap::Debits),
        open(SPENT, 100, "", Cap::None),
        open(PLAN, 100, "month plan", Cap::Debits),
        open(ELSEWHERE, 200, "", Cap::None),
    ]
}

/// The chart with 1,000 fen in the quota and 600 in the month plan.
async fn funded() -> (TestDatabase, Store) {
    let (database, store) = database().await;
    let mut conn = store.pool().acquire().await.unwrap();
    ledger::open_accounts(&mut conn, &chart()).await.unwrap();
    let grants = [transfer(1, SOURCE, QUOTA, 1_000), transfer(2, SOURCE, PLAN, 600)];
    ledger::transfer(&mut conn, &grants, Timestamp::UNIX_EPOCH).await.unwrap();
    (database, store)
}

async fn transfer_now(store: &Store, transfers: &[Transfer]) -> Result<(), Failure> {
    let mut conn = store.pool().acquire().await.unwrap();
    ledger::transfer(&mut conn, transfers, Timestamp::UNIX_EPOCH).await
}

async fn reserve(store: &Store, transfers: &[Transfer]) -> Result<(), Failure> {
    let mut conn = store.pool().acquire().await.unwrap();
    ledger::reserve(&mut conn, transfers, Timestamp::UNIX_EPOCH).await
}

async fn post(store: &Store, asked: &[PostOrVoid]) -> Result<(), Failure> {
    let mut conn = store.pool().acquire().await.unwrap();
    ledger::post(&mut conn, asked, Timestamp::UNIX_EPOCH).await
}

async fn void(store: &Store, asked: &[PostOrVoid]) -> Result<(), Failure> {
    let mut conn = store.pool().acquire().await.unwrap();
    ledger::void(&mut conn, asked, Timestamp::UNIX_EPOCH).await
}

async fn verify(store: &Store) -> Result<(), Break> {
    ledger::verify(&mut store.pool().acquire().await.unwrap()).await
}

/// Pending and posted debits, pending and posted credits.
fn fen(balance: &Balance) -> [i64; 4] {
    [balance.debits_pending, balance.debits_posted, balance.credits_pending, balance.credits_posted]
        .map(Fen::get)
}

async fn balance(store: &Store, id: u128) -> [i64; 4] {
    let mut conn = store.pool().acquire().await.unwrap();
    fen(&ledger::balances(&mut conn, &[account(id)]).await.unwrap()[0])
}

async fn balance_on(store: &Store, id: u128, day: Date) -> [i64; 4] {
    let mut conn = store.pool().acquire().await.unwrap();
    fen(&ledger::balances_as_of(&mut conn, &[account(id)], day).await.unwrap()[0])
}

async fn refused(call: impl Future<Output = Result<(), Failure>>) -> &'static Reason {
    call.await.unwrap_err().reason()
}

#[tokio::test]
async fn a_reservation_is_posted_or_voided_and_the_balances_follow() {
    let (database, store) = funded().await;
    reserve(&store, &[transfer(10, QUOTA, SPENT, 300), transfer(11, QUOTA, SPENT, 200)]).await.unwrap();
    assert_eq!(balance(&store, QUOTA).await, [500, 0, 0, 1_000]);
    assert_eq!(balance(&store, SPENT).await, [0, 0, 500, 0]);
    post(&store, &[resolution(20, 10)]).await.unwrap();
    void(&store, &[resolution(21, 11)]).await.unwrap();
    assert_eq!(balance(&store, QUOTA).await, [0, 300, 0, 1_000]);
    assert_eq!(balance(&store, SPENT).await, [0, 0, 0, 300]);
    verify(&store).await.unwrap();
    database.close().await.unwrap();
}

#[tokio::test]
async fn the_same_transfer_books_once_and_another_content_under_its_id_is_refused() {
    let (database, store) = funded().await;
    let batch = [transfer(10, QUOTA, SPENT, 700), transfer(11, QUOTA, SPENT, 300)];
    reserve(&store, &batch[..1]).await.unwrap();
    reserve(&store, &[batch[0], batch[1], batch[1]]).await.unwrap();
    reserve(&store, &batch).await.unwrap();
    assert_eq!(balance(&store, QUOTA).await, [1_000, 0, 0, 1_000]);
    let later = Transfer { effective_on: date(2022, 9, 2), ..batch[0] };
    for other in [transfer(10, QUOTA, SPENT, 699), transfer(10, PLAN, SPENT, 700), later] {
        assert_eq!(refused(reserve(&store, &[other])).await, &reason::REQUEST_ID_REUSED);
    }
    assert_eq!(
        refused(transfer_now(&store, &batch[..1])).await,
        &reason::REQUEST_ID_REUSED,
        "posted, not reserved"
    );
    let twice = [transfer(12, SOURCE, QUOTA, 1), transfer(12, SOURCE, QUOTA, 2)];
    assert_eq!(refused(transfer_now(&store, &twice)).await, &reason::REQUEST_ID_REUSED);
    assert_eq!(balance(&store, QUOTA).await, [1_000, 0, 0, 1_000]);
    database.close().await.unwrap();
}

#[tokio::test]
async fn a_reservation_is_resolved_once() {
    let (database, store) = funded().await;
    reserve(&store, &[transfer(10, QUOTA, SPENT, 300)]).await.unwrap();
    post(&store, &[resolution(20, 10)]).await.unwrap();
    post(&store, &[resolution(20, 10), resolution(20, 10)]).await.unwrap();
    assert_eq!(refused(post(&store, &[resolution(21, 10)])).await, &reason::STATE_NOT_ALLOWED);
    assert_eq!(refused(void(&store, &[resolution(21, 10)])).await, &reason::STATE_NOT_ALLOWED);
    assert_eq!(refused(void(&store, &[resolution(20, 10)])).await, &reason::REQUEST_ID_REUSED);
    reserve(&store, &[transfer(11, QUOTA, SPENT, 300)]).await.unwrap();
    assert_eq!(refused(post(&store, &[resolution(20, 11)])).await, &reason::REQUEST_ID_REUSED);
    assert_eq!(refused(post(&store, &[resolution(22, 1)])).await, &reason::UNKNOWN_RECORD, "posted at once");
    assert_eq!(refused(post(&store, &[resolution(22, 99)])).await, &reason::UNKNOWN_RECORD);
    let early = PostOrVoid { effective_on: date(2022, 8, 31), ..resolution(22, 11) };
    assert_eq!(refused(post(&store, &[early])).await, &reason::STATUS_DATE_ORDER);
    assert_eq!(balance(&store, QUOTA).await, [300, 300, 0, 1_000]);
    verify(&store).await.unwrap();
    database.close().await.unwrap();
}

#[tokio::test]
async fn money_cannot_leave_its_ring_nor_reach_an_account_that_is_not_open() {
    let (database, store) = funded().await;
    let failure = transfer_now(&store, &[transfer(10, SOURCE, ELSEWHERE, 1)]).await.unwrap_err();
    assert_eq!(failure.reason(), &reason::INTERNAL);
    assert!(failure.internal().unwrap().contains("ledger_transfer_credit_fkey"), "{failure}");
    assert_eq!(refused(transfer_now(&store, &[transfer(10, SOURCE, 99, 1)])).await, &reason::UNKNOWN_RECORD);
    assert_eq!(refused(transfer_now(&store, &[transfer(10, 99, SOURCE, 1)])).await, &reason::UNKNOWN_RECORD);
    assert_eq!(
        refused(transfer_now(&store, &[transfer(10, SOURCE, QUOTA, 0)])).await,
        &reason::FIELD_OUT_OF_RANGE
    );
    let mut conn = store.pool().acquire().await.unwrap();
    let unknown = ledger::balances(&mut conn, &[account(QUOTA), account(99)]).await.unwrap_err();
    assert_eq!(unknown.reason(), &reason::UNKNOWN_RECORD);
    assert_eq!(balance(&store, ELSEWHERE).await, [0, 0, 0, 0]);
    drop(conn);
    database.close().await.unwrap();
}

#[tokio::test]
async fn an_account_stays_as_it_was_opened() {
    let (database, store) = funded().await;
    let mut conn = store.pool().acquire().await.unwrap();
    ledger::open_accounts(&mut conn, &chart()).await.unwrap();
    assert_eq!(balance(&store, QUOTA).await, [0, 0, 0, 1_000]);
    let uncapped = NewAccount { cap: Cap::None, ..chart()[1].clone() };
    let moved = NewAccount { ring: uuid(200), ..chart()[1].clone() };
    for other in [uncapped, moved] {
        let failure = ledger::open_accounts(&mut conn, &[other]).await.unwrap_err();
        assert_eq!(failure.reason(), &reason::REQUEST_ID_REUSED);
    }
    drop(conn);
    database.close().await.unwrap();
}

#[tokio::test]
async fn a_balance_is_read_as_it_stood_on_a_day() {
    let (database, store) = funded().await;
    let on = |day, it: Transfer| Transfer { effective_on: day, ..it };
    let (tenth, twelfth) = (date(2022, 9, 10), date(2022, 9, 12));
    reserve(&store, &[on(tenth, transfer(10, QUOTA, SPENT, 300))]).await.unwrap();
    post(&store, &[PostOrVoid { effective_on: twelfth, ..resolution(20, 10) }]).await.unwrap();
    // Recorded last, counts from before.
    transfer_now(&store, &[on(date(2022, 8, 1), transfer(11, SOURCE, QUOTA, 50))]).await.unwrap();
    assert_eq!(balance_on(&store, QUOTA, date(2022, 7, 31)).await, [0, 0, 0, 0]);
    assert_eq!(balance_on(&store, QUOTA, date(2022, 8, 1)).await, [0, 0, 0, 50]);
    assert_eq!(balance_on(&store, QUOTA, date(2022, 9, 9)).await, [0, 0, 0, 1_050]);
    assert_eq!(balance_on(&store, QUOTA, tenth).await, [300, 0, 0, 1_050]);
    assert_eq!(balance_on(&store, QUOTA, twelfth).await, [0, 300, 0, 1_050]);
    assert_eq!(balance_on(&store, QUOTA, twelfth).await, balance(&store, QUOTA).await);
    database.close().await.unwrap();
}

#[tokio::test]
async fn verify_names_the_first_account_that_differs_and_a_resolution_that_was_altered() {
    let (database, store) = funded().await;
    reserve(&store, &[transfer(10, QUOTA, SPENT, 300)]).await.unwrap();
    post(&store, &[resolution(20, 10)]).await.unwrap();
    store
        .pool()
        .execute("update platform.ledger_account set debits_posted = 299 where scope = 'quota'")
        .await
        .unwrap();
    let sums =
        |debits_posted| Sums { debits_pending: 0, debits_posted, credits_pending: 0, credits_posted: 1_000 };
    let expected = Break::Account { account: account(QUOTA), stored: sums(299), booked: sums(300) };
    assert_eq!(verify(&store).await, Err(expected));
    let repair = "update platform.ledger_account set debits_posted = 300 where scope = 'quota'";
    store.pool().execute(repair).await.unwrap();
    verify(&store).await.unwrap();
    // Both sums stay as they are: only the pair of reservation and posting tells it.
    store
        .pool()
        .execute("update platform.ledger_transfer set effective_on = '2022-10-01' where kind = 'PENDING'")
        .await
        .unwrap();
    assert_eq!(verify(&store).await, Err(Break::Resolution { transfer: TransferId::new(uuid(20)) }));
    database.close().await.unwrap();
}
