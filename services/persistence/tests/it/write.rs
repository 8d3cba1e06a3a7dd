//! Unary writes: the same answer for the same request, all or nothing, whoever hangs up.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use canopy_kernel::{Failure, reason};
use canopy_persistence::operations::list_refusals;
use canopy_persistence::testing::contents;
use canopy_persistence::{Store, Transition, Write};
use canopy_platform::to_rpc_status;
use canopy_proto::common::v1::{ListRefusalsRequest, ParkedEvent, Refusal};
use tokio::sync::Notify;

use crate::support::{call, count, database, note, request, uuid};

async fn write_note(store: &Store, message: &Refusal) -> Result<ParkedEvent, Failure> {
    let write = Write::new("write_note", &message.request_id, message);
    store
        .write(&call(), write, Ok(message.clone()), |tx, message| {
            Box::pin(async move {
                note(tx, &message.request_id, &message.external_ref).await?;
                let effective_on = tx.today();
                tx.audit(Transition {
                    aggregate: message.request_id.clone(),
                    from: String::new(),
                    to: "WRITTEN".to_owned(),
                    reason: String::new(),
                    rule_version: String::new(),
                    effective_on,
                });
                Ok(ParkedEvent { producer: message.external_ref.clone(), ..ParkedEvent::default() })
            })
        })
        .await
}

#[tokio::test]
async fn the_same_request_is_answered_with_the_same_bytes_and_written_once() {
    let (database, store) = database().await;
    let message = request(&uuid(), "first");
    let first = write_note(&store, &message).await.unwrap();
    let second = write_note(&store, &message).await.unwrap();
    assert_eq!(first, second);
    assert_eq!(count(&store, "select count(*) from probe.note").await, 1);
    assert_eq!(count(&store, "select count(*) from platform.audit").await, 1);
    database.close().await.unwrap();
}

#[tokio::test]
async fn a_write_can_be_asked_for_its_answer_before_it_is_done_again() {
    let (database, store) = database().await;
    let message = request(&uuid(), "first");
    let asked = async |message: &Refusal| {
        let write = Write::new("write_note", &message.request_id, message);
        store.answered::<ParkedEvent>(&call(), &write).await
    };
    assert_eq!(asked(&message).await, Ok(None));
    let first = write_note(&store, &message).await.unwrap();
    assert_eq!(asked(&message).await, Ok(Some(first)));
    let other = request(&message.request_id, "second");
    assert_eq!(asked(&other).await.unwrap_err().reason().name, "REQUEST_ID_REUSED");
    // What only checks has no answer of before.
    let write = Write::new("write_note", &message.request_id, &message).validate_only(true);
    assert_eq!(store.answered::<ParkedEvent>(&call(), &write).await, Ok(None));
    database.close().await.unwrap();
}

#[tokio::test]
async fn another_body_under_the_same_request_id_is_refused() {
    let (database, store) = database().await;
    let id = uuid();
    write_note(&store, &request(&id, "first")).await.unwrap();
    let failure = write_note(&store, &request(&id, "second")).await.unwrap_err();
    assert_eq!(failure.reason().name, "REQUEST_ID_REUSED");
    assert_eq!(count(&store, "select count(*) from probe.note where text = 'second'").await, 0);
    database.close().await.unwrap();
}

#[tokio::test]
async fn a_final_refusal_is_repeated_word_for_word_after_its_cause_is_gone() {
    let (database, store) = database().await;
    let message = request(&uuid(), "refused");
    let tries = Arc::new(AtomicU32::new(0));
    for _ in 0..2 {
        let write = Write::new("refuse", &message.request_id, &message);
        let failure = store
            .write(&call(), write, Ok(tries.clone()), |tx, tries| {
                Box::pin(async move {
                    note(tx, "trace", "of a refused write").await?;
                    match tries.fetch_add(1, Ordering::SeqCst) {
                        0 => Err(Failure::new(&reason::DUPLICATE_ENTERPRISE).on("uscc").with("uscc", "X")),
                        _ => Ok(ParkedEvent::default()),
                    }
                })
            })
            .await
            .unwrap_err();
        assert_eq!(failure.reason().name, "DUPLICATE_ENTERPRISE");
        assert_eq!(failure.field(), Some("uscc"));
    }
    assert_eq!(tries.load(Ordering::SeqCst), 1, "the second time nothing is decided anew");
    assert_eq!(count(&store, "select count(*) from probe.note").await, 0);
    database.close().await.unwrap();
}

#[tokio::test]
async fn what_could_not_be_read_is_refused_for_good_and_listed() {
    let (database, store) = database().await;
    let message = request(&uuid(), "unreadable");
    let the_call = call();
    let written = |read: Result<&'static str, Failure>, validate_only| {
        let write = Write::new("read", &message.request_id, &message)
            .validate_only(validate_only)
            .external_ref(&message.external_ref);
        store.write(&the_call, write, read, |tx, text| {
            Box::pin(async move {
                note(tx, "n", &text).await?;
                Ok(ParkedEvent::default())
            })
        })
    };
    let unreadable = |reason| Err(Failure::new(reason).on("uscc"));
    let before = contents(store.pool()).await.unwrap();
    let forgotten = [
        (&reason::USCC_FORMAT, true),
        (&reason::FEED_BEHIND, false),
        (&reason::FEED_REWOUND, false),
        (&reason::NOT_REPRESENTED, false),
    ];
    for (reason, validate_only) in forgotten {
        let failure = written(unreadable(reason), validate_only).await.unwrap_err();
        assert_eq!(failure.reason().name, reason.name);
    }
    assert_eq!(count(&store, "select count(*) from platform.idempotency").await, 0);
    let first = to_rpc_status(&written(unreadable(&reason::USCC_FORMAT), false).await.unwrap_err());
    // Even when it is read otherwise, or without fault, the first answer stands.
    for read in [unreadable(&reason::FIELD_MISSING), Ok("readable")] {
        let again = written(read, false).await.unwrap_err();
        assert_eq!(to_rpc_status(&again), first, "the same bytes");
    }
    let listed = list_refusals(&store, &ListRefusalsRequest::default()).await.unwrap().refusals;
    let told: Vec<_> = listed.into_iter().map(|it| (it.external_ref, it.status)).collect();
    assert_eq!(told, [("unreadable".to_owned(), Some(first))]);
    assert_eq!(contents(store.pool()).await.unwrap(), before);
    database.close().await.unwrap();
}

#[tokio::test]
async fn a_passing_failure_is_not_remembered() {
    let (database, store) = database().await;
    let message = request(&uuid(), "later");
    let tries = Arc::new(AtomicU32::new(0));
    let the_call = call();
    let once = || {
        let write = Write::new("later", &message.request_id, &message);
        store.write(&the_call, write, Ok(tries.clone()), |_, tries| {
            Box::pin(async move {
                match tries.fetch_add(1, Ordering::SeqCst) {
                    0 => Err(Failure::new(&reason::SERVICE_DOWN)),
                    _ => Ok(ParkedEvent::default()),
                }
            })
        })
    };
    assert_eq!(once().await.unwrap_err().reason().name, "SERVICE_DOWN");
    once().await.unwrap();
    database.close().await.unwrap();
}

#[tokio::test]
async fn a_second_call_in_flight_is_told_to_come_back() {
    let (database, store) = database().await;
    let message = request(&uuid(), "slow");
    let (entered, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let slow = {
        let (store, message) = (store.clone(), message.clone());
        let gates = (entered.clone(), release.clone());
        tokio::spawn(async move {
            let write = Write::new("slow", &message.request_id, &message);
            store
                .write(&call(), write, Ok(gates), |_, gates| {
                    Box::pin(async move {
                        gates.0.notify_one();
                        gates.1.notified().await;
                        Ok(ParkedEvent::default())
                    })
                })
                .await
        })
    };
    entered.notified().await;
    let write = Write::new("slow", &message.request_id, &message);
    let the_call = call();
    let second = store.write(&the_call, write, Ok(()), |_, _| Box::pin(async { Ok(ParkedEvent::default()) }));
    let failure = second.await.unwrap_err();
    assert_eq!(failure.reason().name, "REQUEST_IN_FLIGHT");
    assert!(failure.retry_delay().is_some());
    release.notify_one();
    slow.await.unwrap().unwrap();
    database.close().await.unwrap();
}

#[tokio::test]
async fn validate_only_decides_and_writes_nothing() {
    let (database, store) = database().await;
    let message = request(&uuid(), "checked");
    let write = Write::new("check", &message.request_id, &message).validate_only(true);
    store
        .write(&call(), write, Ok(()), |tx, _| {
            Box::pin(async move {
                note(tx, "n", "checked").await?;
                Ok(ParkedEvent::default())
            })
        })
        .await
        .unwrap();
    assert_eq!(count(&store, "select count(*) from probe.note").await, 0);
    assert_eq!(count(&store, "select count(*) from platform.idempotency").await, 0);
    database.close().await.unwrap();
}

#[tokio::test]
async fn a_caller_that_hangs_up_leaves_all_of_the_write() {
    let (database, store) = database().await;
    let message = request(&uuid(), "kept");
    let (entered, release, done) =
        (Arc::new(Notify::new()), Arc::new(Notify::new()), Arc::new(Notify::new()));
    let gates = (entered.clone(), release.clone(), done.clone());
    let write = Write::new("hang_up", &message.request_id, &message);
    let the_call = call();
    let writing = store.write(&the_call, write, Ok(gates), |tx, gates| {
        Box::pin(async move {
            note(tx, "first", "half").await?;
            gates.0.notify_one();
            gates.1.notified().await;
            note(tx, "second", "half").await?;
            gates.2.notify_one();
            Ok(ParkedEvent::default())
        })
    });
    tokio::select! {
        _ = writing => panic!("the write cannot end before it is released"),
        () = entered.notified() => {}
    }
    // The caller's future is dropped here, in the middle of the transaction.
    release.notify_one();
    done.notified().await;
    // The same request waits for the commit and gets the first answer.
    let again = Write::new("hang_up", &message.request_id, &message);
    loop {
        let answer = store
            .write(&the_call, again.clone(), Ok(()), |_, _| Box::pin(async { Ok(ParkedEvent::default()) }));
        match answer.await {
            Err(failure) if failure.reason().name == "REQUEST_IN_FLIGHT" => {}
            answer => break drop(answer.unwrap()),
        }
    }
    assert_eq!(count(&store, "select count(*) from probe.note").await, 2);
    database.close().await.unwrap();
}
