//! The guard of the pool: a future dropped while it begins must not swallow a later, committed write
//! (transact-rs/sqlx#4385).

use canopy_persistence::testing::transactions;
use futures::FutureExt;

use crate::support::{count, database};

#[tokio::test]
async fn no_committed_write_vanishes_after_cancelled_begins() {
    let (database, store) = database().await;
    for n in 0..400 {
        // Polled once and dropped: the `begin` may or may not have reached the server.
        let begin = transactions(&store).begin();
        let _ = begin.now_or_never();
        sqlx::query("insert into probe.note (id, text) values ($1, 'kept')")
            .bind(n.to_string())
            .execute(transactions(&store))
            .await
            .unwrap();
    }
    let fresh = database.store("probe", &crate::support::migrator()).await.unwrap();
    assert_eq!(count(&fresh, "select count(*) from probe.note").await, 400);
    database.close().await.unwrap();
}
