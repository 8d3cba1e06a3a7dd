//! Many callers at once: no overspending, no failure for another reason, no deadlock.

use canopy_kernel::reason;
use canopy_persistence::ledger::{self, Cap, NewAccount, Transfer};
use jiff::Timestamp;

use super::{
    QUOTA, SPENT, account, balance, fen, funded, reserve, resolution, transfer, transfer_now, uuid, verify,
};
use crate::support::database;

#[tokio::test]
async fn a_repeat_passes_although_the_cap_is_used_up_by_the_first() {
    let (database, store) = funded().await;
    let all = [transfer(10, QUOTA, SPENT, 1_000)];
    let calls = (0..16).map(|_| reserve(&store, &all));
    for outcome in futures::future::join_all(calls).await {
        outcome.unwrap();
    }
    assert_eq!(balance(&store, QUOTA).await, [1_000, 0, 0, 1_000]);
    database.close().await.unwrap();
}

#[tokio::test]
async fn sixty_four_reservations_at_once_never_pass_the_limit_and_none_fails_for_another_reason() {
    let (database, _) = funded().await;
    let pool = sqlx::postgres::PgPoolOptions::new()
        .max_connections(64)
        .connect(&database.settings.url)
        .await
        .unwrap();
    let calls = (0..64u128).map(|n| {
        let pool = pool.clone();
        tokio::spawn(async move {
            let mut tx = pool.begin().await.unwrap();
            let outcome =
                ledger::reserve(&mut tx, &[transfer(1_000 + n, QUOTA, SPENT, 70)], Timestamp::UNIX_EPOCH)
                    .await;
            tx.commit().await.unwrap();
            outcome
        })
    });
    let mut passed = 0;
    for call in futures::future::join_all(calls).await {
        match call.unwrap() {
            Ok(()) => passed += 1,
            Err(failure) => assert_eq!(failure.reason(), &reason::NO_BUDGET, "{failure}"),
        }
    }
    assert_eq!(passed, 1_000 / 70);
    let mut conn = pool.acquire().await.unwrap();
    let after = ledger::balances(&mut conn, &[account(QUOTA)]).await.unwrap();
    assert_eq!(fen(&after[0]), [14 * 70, 0, 0, 1_000]);
    ledger::verify(&mut conn).await.unwrap();
    drop(conn);
    pool.close().await;
    database.close().await.unwrap();
}

#[tokio::test]
async fn who_posts_and_then_transfers_does_not_lock_out_who_reserves() {
    let (database, store) = funded().await;
    let pending: Vec<Transfer> = (0..32).map(|n| transfer(1_000 + n, QUOTA, SPENT, 10)).collect();
    reserve(&store, &pending).await.unwrap();
    let pool = sqlx::postgres::PgPoolOptions::new()
        .max_connections(64)
        .connect(&database.settings.url)
        .await
        .unwrap();
    let calls = (0..64u128).map(|n| {
        let pool = pool.clone();
        tokio::spawn(async move {
            let mut tx = pool.begin().await.unwrap();
            let now = Timestamp::UNIX_EPOCH;
            if n < 32 {
                ledger::post(&mut tx, &[resolution(2_000 + n, 1_000 + n)], now).await?;
                ledger::transfer(&mut tx, &[transfer(3_000 + n, QUOTA, SPENT, 5)], now).await?;
            } else {
                ledger::reserve(&mut tx, &[transfer(4_000 + n, QUOTA, SPENT, 5)], now).await?;
            }
            tx.commit().await.unwrap();
            Ok::<(), canopy_kernel::Failure>(())
        })
    });
    for call in futures::future::join_all(calls).await {
        call.unwrap().unwrap();
    }
    assert_eq!(balance(&store, QUOTA).await, [160, 480, 0, 1_000]);
    pool.close().await;
    database.close().await.unwrap();
}

#[tokio::test]
async fn transfers_that_cross_each_other_in_every_order_do_not_lock_each_other_out() {
    let (database, store) = database().await;
    let mut conn = store.pool().acquire().await.unwrap();
    let accounts: Vec<NewAccount> = (1..=8)
        .map(|n| NewAccount { id: account(n), ring: uuid(100), scope: String::new(), cap: Cap::None })
        .collect();
    ledger::open_accounts(&mut conn, &accounts).await.unwrap();
    let store = &store;
    let calls = (0..200u128).map(|call| async move {
        let batch: Vec<Transfer> = (0..16u128)
            .map(|n| {
                let debit = (call * 5 + n * 3) % 8;
                transfer(1_000 + call * 16 + n, debit + 1, (debit + 1 + call % 7) % 8 + 1, 1)
            })
            .collect();
        transfer_now(store, &batch).await
    });
    for outcome in futures::future::join_all(calls).await {
        outcome.unwrap();
    }
    verify(store).await.unwrap();
    drop(conn);
    database.close().await.unwrap();
}
