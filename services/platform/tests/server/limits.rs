//! What bounds a call: deadline, size, number in flight; and what ends a stream.

use std::time::Duration;

use canopy_kernel::{Code, Role};
use canopy_platform::from_status;
use canopy_platform::metadata::{ASSERTION, GRPC_TIMEOUT};
use canopy_proto::common::v1::{ListEventsRequest, SubscribeRequest};

use crate::raw;
use crate::suite::{PATIENCE, Suite};

const LIST: &str = "/canopy.registry.v1.FeedService/ListEvents";
const SUBSCRIBE: &str = "/canopy.registry.v1.FeedService/Subscribe";

fn list(epoch: &str) -> ListEventsRequest {
    ListEventsRequest { epoch: epoch.to_owned(), ..Default::default() }
}

fn subscribe(epoch: &str) -> SubscribeRequest {
    SubscribeRequest { epoch: epoch.to_owned(), ..Default::default() }
}

#[tokio::test]
async fn a_deadline_that_is_past_already_reaches_no_handler() {
    let mut suite = Suite::start(|_| {}).await;
    let token = suite.assertion(Role::Operator);
    let failure =
        raw::call(suite.address, LIST, &[(ASSERTION, &token), (GRPC_TIMEOUT, "0n")], &list("")).await;
    assert_eq!(failure.unwrap().reason().name, "DEADLINE_EXCEEDED");
    assert!(suite.calls.try_recv().is_err());
}

#[tokio::test]
async fn a_handler_that_is_late_is_answered_for_with_deadline_exceeded() {
    let suite = Suite::start(|_| {}).await;
    let token = suite.assertion(Role::Operator);
    // tonic's own timer, set to the same instant, would answer CANCELLED: try often.
    for _ in 0..20 {
        let headers = [(ASSERTION, token.as_str()), (GRPC_TIMEOUT, "10m")];
        let failure = raw::call(suite.address, LIST, &headers, &list("wait")).await.unwrap();
        assert_eq!((failure.code(), failure.reason().name), (Code::DeadlineExceeded, "DEADLINE_EXCEEDED"));
        assert!(!failure.text_zh().is_empty());
    }
}

#[tokio::test]
async fn the_cap_ends_a_call_whose_caller_sets_no_deadline() {
    let suite = Suite::start(|settings| settings.deadline_cap_seconds = 1).await;
    let status = suite.client().await.list_events(suite.request(list("wait"))).await.unwrap_err();
    assert_eq!(from_status(&status).reason().name, "DEADLINE_EXCEEDED");
}

#[tokio::test]
async fn a_stream_ends_at_the_deadline_of_its_caller() {
    let suite = Suite::start(|_| {}).await;
    let token = suite.assertion(Role::Operator);
    let headers = [(ASSERTION, token.as_str()), (GRPC_TIMEOUT, "50m")];
    let failure = raw::call(suite.address, SUBSCRIBE, &headers, &subscribe("")).await;
    assert_eq!(failure.unwrap().reason().name, "DEADLINE_EXCEEDED");
}

#[tokio::test]
async fn a_malformed_timeout_is_named() {
    let suite = Suite::start(|_| {}).await;
    let failure = raw::call(suite.address, LIST, &[(GRPC_TIMEOUT, "soon")], &list("")).await.unwrap();
    assert_eq!((failure.reason().name, failure.field()), ("FIELD_INVALID", Some("grpc-timeout")));
}

#[tokio::test]
async fn a_message_over_four_mebibytes_is_refused() {
    let mut suite = Suite::start(|_| {}).await;
    let message = list(&"x".repeat(4 * 1024 * 1024));
    let status = suite.client().await.list_events(suite.request(message)).await.unwrap_err();
    let failure = from_status(&status);
    assert_eq!((failure.code(), failure.reason().name), (Code::ResourceExhausted, "MESSAGE_TOO_LARGE"));
    assert_eq!(failure.details()["limit_bytes"], "4194304");
    assert!(suite.calls.try_recv().is_err());
}

#[tokio::test]
async fn a_message_of_exactly_the_limit_is_taken() {
    let suite = Suite::start(|settings| settings.max_message_bytes = 103).await;
    let mut client = suite.client().await;
    // Two bytes of tag and length before the text: 101 + 2 = 103.
    client.list_events(suite.request(list(&"x".repeat(101)))).await.unwrap();
    let status = client.list_events(suite.request(list(&"x".repeat(102)))).await.unwrap_err();
    assert_eq!(from_status(&status).reason().name, "MESSAGE_TOO_LARGE");
}

#[tokio::test]
async fn a_call_beyond_the_limit_in_flight_is_refused_at_once_and_told_when_to_try_again() {
    let mut suite = Suite::start(|settings| settings.max_in_flight = 1).await;
    let mut client = suite.client().await;
    let (mut second, request) = (client.clone(), suite.request(list("wait")));
    let first = tokio::spawn(async move { client.list_events(request).await });
    suite.called().await;

    let status = second.list_events(suite.request(list(""))).await.unwrap_err();
    let failure = from_status(&status);
    assert_eq!((failure.code(), failure.reason().name), (Code::Unavailable, "OVERLOADED"));
    assert_eq!(failure.retry_delay(), Some(Duration::from_millis(200)));

    suite.release.notify_one();
    first.await.unwrap().unwrap();
    second.list_events(suite.request(list(""))).await.unwrap();
}

#[tokio::test]
async fn an_open_stream_counts_as_in_flight_until_its_reader_hangs_up() {
    let suite = Suite::start(|settings| settings.max_in_flight = 1).await;
    let mut client = suite.client().await;
    let mut stream = client.subscribe(suite.request(subscribe(""))).await.unwrap().into_inner();
    stream.message().await.unwrap().unwrap();
    let status = client.list_events(suite.request(list(""))).await.unwrap_err();
    assert_eq!(from_status(&status).reason().name, "OVERLOADED");
    drop(stream);
    // The reset travels after the drop; each refusal is an answer, so this waits on the server alone.
    let answered = async {
        while let Err(status) = client.list_events(suite.request(list(""))).await {
            assert_eq!(from_status(&status).reason().name, "OVERLOADED");
        }
    };
    tokio::time::timeout(PATIENCE, answered).await.unwrap();
}

#[tokio::test]
async fn a_stream_that_panics_ends_with_internal() {
    let suite = Suite::start(|_| {}).await;
    let mut client = suite.client().await;
    let mut stream = client.subscribe(suite.request(subscribe("panic"))).await.unwrap().into_inner();
    // The message before it was still being batched with what came next: it is lost with it.
    let status = stream.message().await.unwrap_err();
    assert_eq!(from_status(&status).reason().name, "INTERNAL");
    client.list_events(suite.request(list(""))).await.unwrap();
}
