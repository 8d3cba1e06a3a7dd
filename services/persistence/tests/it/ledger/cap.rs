//! What a capped account does not cover is refused, by the statement and by the database.

use std::collections::BTreeMap;

use canopy_kernel::{Failure, reason};
use canopy_persistence::ledger::{self, Cap, NewAccount, Transfer};
use jiff::Timestamp;
use sqlx::Executor;

use super::verify;
use super::{
    PLAN, QUOTA, SOURCE, SPENT, account, balance, funded, refused, reserve, transfer, transfer_now, uuid,
};

#[tokio::test]
async fn a_batch_that_the_cap_does_not_cover_is_refused_whole_and_the_transaction_goes_on() {
    let (database, store) = funded().await;
    reserve(&store, &[transfer(10, QUOTA, SPENT, 700)]).await.unwrap();
    let mut tx = store.pool().begin().await.unwrap();
    let batch = [transfer(11, QUOTA, SPENT, 100), transfer(12, QUOTA, SPENT, 201)];
    let failure = ledger::reserve(&mut tx, &batch, Timestamp::UNIX_EPOCH).await.unwrap_err();
    assert_eq!(failure.reason(), &reason::NO_BUDGET);
    let details: BTreeMap<&str, &str> =
        failure.details().iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let expected = [("asked_fen", "301"), ("limit_fen", "1000"), ("scope", "quota"), ("used_fen", "700")];
    assert_eq!(details, BTreeMap::from(expected));
    ledger::reserve(&mut tx, &batch[..1], Timestamp::UNIX_EPOCH).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(balance(&store, QUOTA).await, [800, 0, 0, 1_000]);
    verify(&store).await.unwrap();
    database.close().await.unwrap();
}

#[tokio::test]
async fn what_is_booked_already_is_not_asked_for_again_by_a_batch_that_is_refused() {
    let (database, store) = funded().await;
    let first = transfer(10, QUOTA, SPENT, 900);
    reserve(&store, &[first]).await.unwrap();
    let asked =
        async |batch: &[Transfer]| reserve(&store, batch).await.unwrap_err().details()["asked_fen"].clone();
    assert_eq!(asked(&[first, transfer(11, QUOTA, SPENT, 101)]).await, "101");
    // Beyond what an amount can be, too.
    assert_eq!(asked(&[transfer(12, QUOTA, SPENT, i64::MAX)]).await, i64::MAX.to_string());
    reserve(&store, &[first, transfer(11, QUOTA, SPENT, 100)]).await.unwrap();
    assert_eq!(balance(&store, QUOTA).await, [1_000, 0, 0, 1_000]);
    database.close().await.unwrap();
}

#[tokio::test]
async fn another_check_than_a_cap_is_no_lack_of_money() {
    let (database, store) = funded().await;
    let failure = reserve(&store, &[transfer(10, QUOTA, QUOTA, 1)]).await.unwrap_err();
    assert_eq!(failure.reason(), &reason::INTERNAL);
    database.close().await.unwrap();
}

#[tokio::test]
async fn of_two_caps_that_refuse_the_one_asked_first_is_told() {
    let (database, store) = funded().await;
    let both = [transfer(10, QUOTA, SPENT, 1_001), transfer(11, PLAN, SPENT, 1_001)];
    let scope = |failure: Failure| failure.details()["scope"].clone();
    assert_eq!(scope(reserve(&store, &both).await.unwrap_err()), "quota");
    let reversed = [both[1], both[0]];
    assert_eq!(scope(reserve(&store, &reversed).await.unwrap_err()), "month plan");
    let plan_alone = [transfer(10, QUOTA, SPENT, 601), transfer(11, PLAN, SPENT, 601)];
    assert_eq!(scope(reserve(&store, &plan_alone).await.unwrap_err()), "month plan");
    assert_eq!(balance(&store, QUOTA).await, [0, 0, 0, 1_000], "nothing of the batch is written");
    database.close().await.unwrap();
}

#[tokio::test]
async fn a_batch_is_judged_by_where_it_ends() {
    let (database, store) = funded().await;
    let covered = [transfer(10, QUOTA, SPENT, 1_500), transfer(11, SOURCE, QUOTA, 500)];
    transfer_now(&store, &covered).await.unwrap();
    assert_eq!(balance(&store, QUOTA).await, [0, 1_500, 0, 1_500]);
    let pending = [transfer(12, QUOTA, SPENT, 1), transfer(13, SOURCE, QUOTA, 1)];
    assert_eq!(
        refused(reserve(&store, &pending)).await,
        &reason::NO_BUDGET,
        "money that is not there yet covers nothing"
    );
    database.close().await.unwrap();
}

#[tokio::test]
async fn a_cap_on_credits_holds_as_one_on_debits_does() {
    let (database, store) = funded().await;
    let mut conn = store.pool().acquire().await.unwrap();
    let owed = NewAccount { id: account(5), ring: uuid(100), scope: "owed".to_owned(), cap: Cap::Credits };
    ledger::open_accounts(&mut conn, &[owed]).await.unwrap();
    transfer_now(&store, &[transfer(10, 5, SOURCE, 100)]).await.unwrap();
    reserve(&store, &[transfer(11, SOURCE, 5, 60)]).await.unwrap();
    let failure = transfer_now(&store, &[transfer(12, SOURCE, 5, 41)]).await.unwrap_err();
    assert_eq!(
        failure.text_en(),
        "The budget does not cover it and nothing is encumbered: owed, limit 100 fen, used 60 fen, asked 41 fen"
    );
    transfer_now(&store, &[transfer(12, SOURCE, 5, 40)]).await.unwrap();
    verify(&store).await.unwrap();
    drop(conn);
    database.close().await.unwrap();
}

#[tokio::test]
async fn the_database_itself_refuses_an_overspent_account() {
    let (database, store) = funded().await;
    let overspend = "update platform.ledger_account set debits_pending = 1001 where scope = 'quota'";
    let error = store.pool().execute(overspend).await.unwrap_err();
    assert!(canopy_persistence::violates(&error, "ledger_account_debits_capped"), "{error}");
    database.close().await.unwrap();
}
