//! Any history of calls against the plainest possible book-keeping.

use std::collections::BTreeMap;
use std::future::Future;

use canopy_kernel::{Failure, reason};
use canopy_persistence::{Store, ledger};
use proptest::prelude::*;
use sqlx::Executor;

use super::{DAY, PLAN, QUOTA, SOURCE, SPENT, balance, balance_on, chart, funded, post, reserve, resolution};
use super::{transfer, transfer_now, verify, void};

/// One call of a random history.
#[derive(Clone, Debug)]
enum Step {
    Direct(Vec<(u128, u128, i64)>),
    Reserve(Vec<(u128, u128, i64)>),
    Post(usize),
    Void(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let batch = || prop::collection::vec((1u128..=4, 1u128..=4, 1i64..500), 1..6);
    let step = prop_oneof![
        batch().prop_map(Step::Direct),
        batch().prop_map(Step::Reserve),
        (0usize..40).prop_map(Step::Post),
        (0usize..40).prop_map(Step::Void),
    ];
    prop::collection::vec(step, 1..25)
}

/// The balances by the plainest possible book-keeping: account → pending and posted, debit and credit.
#[derive(Clone, Default)]
struct Book {
    accounts: BTreeMap<u128, [i64; 4]>,
    pending: Vec<(u128, (u128, u128, i64), bool)>,
}

impl Book {
    fn sides(&mut self, (debit, credit, fen): (u128, u128, i64), pending: i64, posted: i64) {
        let debited = self.accounts.entry(debit).or_default();
        (debited[0], debited[1]) = (debited[0] + pending * fen, debited[1] + posted * fen);
        let credited = self.accounts.entry(credit).or_default();
        (credited[2], credited[3]) = (credited[2] + pending * fen, credited[3] + posted * fen);
    }

    /// Whether the caps of quota and plan hold.
    fn holds(&self) -> bool {
        [QUOTA, PLAN].iter().all(|id| {
            self.accounts.get(id).is_none_or(|[pending, posted, _, credits]| pending + posted <= *credits)
        })
    }
}

async fn replay(store: &Store, steps: Vec<Step>) {
    let mut book = Book::default();
    book.sides((SOURCE, QUOTA, 1_000), 0, 1);
    book.sides((SOURCE, PLAN, 600), 0, 1);
    for (n, step) in (1..).zip(steps) {
        let base = n * 1_000;
        match step {
            Step::Direct(batch) | Step::Reserve(batch)
                if batch.iter().any(|(debit, credit, _)| debit == credit) => {}
            Step::Direct(batch) => {
                let mut next = book.clone();
                batch.iter().for_each(|it| next.sides(*it, 0, 1));
                let asked: Vec<_> =
                    (base..).zip(&batch).map(|(id, (d, c, fen))| transfer(id, *d, *c, *fen)).collect();
                book = judged(transfer_now(store, &asked).await, book, next);
            }
            Step::Reserve(batch) => {
                let mut next = book.clone();
                batch.iter().for_each(|it| next.sides(*it, 1, 0));
                next.pending.extend((base..).zip(&batch).map(|(id, it)| (id, *it, true)));
                let asked: Vec<_> =
                    (base..).zip(&batch).map(|(id, (d, c, fen))| transfer(id, *d, *c, *fen)).collect();
                book = judged(reserve(store, &asked).await, book, next);
            }
            Step::Post(at) => {
                resolve(&mut book, at, 1, |id| async move { post(store, &[resolution(base, id)]).await })
                    .await
            }
            Step::Void(at) => {
                resolve(&mut book, at, 0, |id| async move { void(store, &[resolution(base, id)]).await })
                    .await
            }
        }
    }
    for id in [SOURCE, QUOTA, SPENT, PLAN] {
        assert_eq!(balance(store, id).await, book.accounts.get(&id).copied().unwrap_or_default());
        assert_eq!(balance_on(store, id, DAY).await, balance(store, id).await);
    }
    verify(store).await.unwrap();
}

/// A batch passes exactly when all caps hold after it.
fn judged(outcome: Result<(), Failure>, before: Book, after: Book) -> Book {
    match outcome {
        Ok(()) => {
            assert!(after.holds(), "a cap was passed");
            after
        }
        Err(failure) => {
            assert_eq!(failure.reason(), &reason::NO_BUDGET, "{failure}");
            assert!(!after.holds(), "refused although it is covered");
            before
        }
    }
}

async fn resolve<F: Future<Output = Result<(), Failure>>>(
    book: &mut Book,
    at: usize,
    posted: i64,
    call: impl FnOnce(u128) -> F,
) {
    let Some((id, transfer, open)) = book.pending.get(at).copied() else { return };
    let outcome = call(id).await;
    assert_eq!(outcome.is_ok(), open);
    if open {
        book.sides(transfer, -1, posted);
        book.pending[at].2 = false;
    }
}

#[test]
fn any_history_adds_up_and_keeps_the_caps() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let config = ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() };
    let (database, store) = runtime.block_on(funded());
    proptest!(config, |(steps in steps())| {
        runtime.block_on(async {
            store.pool().execute("truncate platform.ledger_account, platform.ledger_transfer").await.unwrap();
            let mut conn = store.pool().acquire().await.unwrap();
            ledger::open_accounts(&mut conn, &chart()).await.unwrap();
            drop(conn);
            transfer_now(&store, &[transfer(1, SOURCE, QUOTA, 1_000), transfer(2, SOURCE, PLAN, 600)]).await.unwrap();
            replay(&store, steps).await;
        });
    });
    runtime.block_on(database.close()).unwrap();
}
