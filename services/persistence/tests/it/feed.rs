//! The feed: gapless positions whoever writes, versions in order whatever the clocks say, a rewound producer
//! noticed, and events that fail parked with those behind them.

use std::sync::Arc;

use canopy_kernel::{Failure, reason};
use canopy_persistence::migrate::renew_epoch;
use canopy_persistence::{Store, feed, verify};
use canopy_proto::common::v1::{GetFeedHeadRequest, ListEventsRequest, SubscribeRequest};
use canopy_proto::registry::v1::SubjectChanged;
use jiff::civil::date;
use sqlx::Executor;

use crate::support::{SERVICE, call, database};

async fn tell(store: &Store, aggregate: String, version: i64) -> Result<(), Failure> {
    let aggregate = Arc::new(aggregate);
    store
        .job_tx(&call(), "tell", move |tx| {
            let aggregate = aggregate.clone();
            Box::pin(async move {
                tx.emit(&SubjectChanged::default(), &aggregate, version, date(2022, 11, 30));
                Ok(())
            })
        })
        .await
}

async fn events(store: &Store) -> Vec<(i64, String, i64)> {
    feed::head(store, &GetFeedHeadRequest { flush: true }).await.unwrap();
    let page = feed::list(store, &ListEventsRequest { page_size: 1000, ..ListEventsRequest::default() })
        .await
        .unwrap();
    page.events.into_iter().map(|it| (it.position, it.aggregate, it.aggregate_version)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_writers_and_sequencers_leave_no_gap() {
    let (database, store) = database().await;
    let mut tasks = tokio::task::JoinSet::new();
    for writer in 0..8 {
        let store = store.clone();
        tasks.spawn(async move {
            for version in 1..=20 {
                tell(&store, format!("a{writer}"), version).await.unwrap();
                feed::head(&store, &GetFeedHeadRequest { flush: true }).await.unwrap();
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    let events = events(&store).await;
    assert_eq!(events.iter().map(|it| it.0).collect::<Vec<_>>(), (1..=160).collect::<Vec<i64>>());
    for writer in 0..8 {
        let versions: Vec<i64> =
            events.iter().filter(|it| it.1 == format!("a{writer}")).map(|it| it.2).collect();
        assert_eq!(versions, (1..=20).collect::<Vec<i64>>());
    }
    assert_eq!(verify(store.pool()).await.unwrap().events, 160);
    database.close().await.unwrap();
}

#[tokio::test]
async fn an_aggregate_keeps_its_order_when_a_clock_is_behind() {
    let (database, store) = database().await;
    tell(&store, "a".to_owned(), 1).await.unwrap();
    tell(&store, "a".to_owned(), 2).await.unwrap();
    tell(&store, "b".to_owned(), 1).await.unwrap();
    let skew = "update platform.outbox set recorded_at = recorded_at - interval '1 hour' where aggregate = 'a' and \
                aggregate_version = 2";
    store.pool().execute(skew).await.unwrap();
    let order: Vec<(String, i64)> = events(&store).await.into_iter().map(|it| (it.1, it.2)).collect();
    assert_eq!(order, [("a".to_owned(), 1), ("a".to_owned(), 2), ("b".to_owned(), 1)]);
    database.close().await.unwrap();
}

#[tokio::test]
async fn a_reader_ahead_of_the_feed_or_of_another_epoch_is_told_so() {
    let (database, store) = database().await;
    tell(&store, "a".to_owned(), 1).await.unwrap();
    let head = feed::head(&store, &GetFeedHeadRequest { flush: true }).await.unwrap();
    let ahead = ListEventsRequest { after_position: 2, epoch: head.epoch.clone(), ..Default::default() };
    let failure = feed::list(&store, &ahead).await.unwrap_err();
    assert_eq!(failure.reason().name, reason::FEED_REWOUND.name);
    renew_epoch(&database.settings.url, SERVICE).await.unwrap();
    let known = ListEventsRequest { after_position: 1, epoch: head.epoch, ..Default::default() };
    assert_eq!(feed::list(&store, &known).await.unwrap_err().reason().name, reason::FEED_REWOUND.name);
    database.close().await.unwrap();
}

#[tokio::test]
async fn a_reader_that_stands_on_another_event_is_told_so_though_the_epoch_is_the_same() {
    let (database, store) = database().await;
    tell(&store, "a".to_owned(), 1).await.unwrap();
    let head = feed::head(&store, &GetFeedHeadRequest { flush: true }).await.unwrap();
    let page = feed::list(&store, &ListEventsRequest::default()).await.unwrap();
    let (after_position, after_event_id) = (1, page.events[0].id.clone());
    let reader =
        ListEventsRequest { after_position, after_event_id, epoch: head.epoch, ..Default::default() };
    assert!(feed::list(&store, &reader).await.unwrap().events.is_empty());

    // Put back to before the event, and others told since: as many, so that no position gives it away.
    let put_back = "delete from platform.outbox; delete from platform.outbox_position; \
                    update platform.installation set feed_head = 0";
    store.pool().execute(put_back).await.unwrap();
    tell(&store, "a".to_owned(), 1).await.unwrap();
    tell(&store, "a".to_owned(), 2).await.unwrap();
    feed::head(&store, &GetFeedHeadRequest { flush: true }).await.unwrap();
    let failure = feed::list(&store, &reader).await.unwrap_err();
    assert_eq!(failure.reason().name, reason::FEED_REWOUND.name);
    let stream = SubscribeRequest {
        after_position,
        after_event_id: reader.after_event_id.clone(),
        epoch: reader.epoch.clone(),
    };
    assert_eq!(
        feed::subscribe(store.clone(), stream).await.err().unwrap().reason().name,
        reason::FEED_REWOUND.name
    );
    database.close().await.unwrap();
}
