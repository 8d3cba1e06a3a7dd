//! How long a call may take.

use canopy_kernel::reason;

use crate::support::{Event, PATIENCE, Suite, head, reason_of, stream, unary};

#[tokio::test]
async fn a_deadline_already_past_is_exceeded() {
    let suite = Suite::start().await;
    let mut request = head(&suite.token());
    request.metadata_mut().insert("grpc-timeout", "0m".parse().unwrap());
    assert_eq!(suite.refusal(request).await.reason(), &reason::DEADLINE_EXCEEDED);
    assert!(suite.service.seen().is_empty(), "the call reached the service");
}

#[tokio::test]
async fn a_caller_without_one_gets_the_cap() {
    let suite = Suite::with(|config, _| config.server.deadline_cap_seconds = 12).await;
    assert_eq!(suite.head(head(&suite.token())).await.unwrap()["grpc-timeout"], "12S");
    let mut request = head(&suite.token());
    request.metadata_mut().insert("grpc-timeout", "1H".parse().unwrap());
    assert_eq!(suite.head(request).await.unwrap()["grpc-timeout"], "12S");
}

#[tokio::test]
async fn a_service_that_does_not_answer_is_not_waited_for() {
    let mut suite = Suite::start().await;
    let mut request = unary(&suite.token(), "hang");
    // Not by set_timeout: the client would then give up first, and this is about the gateway.
    request.metadata_mut().insert("grpc-timeout", "50m".parse().unwrap());
    let answer = tokio::time::timeout(PATIENCE, suite.feed().list_events(request)).await.unwrap();
    let reason = reason_of(&answer.unwrap_err());
    assert_eq!(reason, &reason::DEADLINE_EXCEEDED);
    while suite.service.event().await != Event::Dropped {}
}

#[tokio::test]
async fn a_stream_lasts_until_its_callers_deadline() {
    let suite = Suite::start().await;
    let mut request = stream(&suite.token(), "hang", 1);
    request.metadata_mut().insert("grpc-timeout", "50m".parse().unwrap());
    let mut answer = suite.feed().subscribe(request).await.unwrap().into_inner();
    answer.message().await.unwrap().unwrap();
    let end = tokio::time::timeout(PATIENCE, answer.message()).await.unwrap().unwrap_err();
    assert_eq!(reason_of(&end), &reason::DEADLINE_EXCEEDED);
}

#[tokio::test]
async fn a_stream_without_one_has_no_end_set() {
    let suite = Suite::with(|config, _| config.server.deadline_cap_seconds = 1).await;
    suite.feed().subscribe(stream(&suite.token(), "", 1)).await.unwrap();
    assert!(!suite.service.seen().contains_key("grpc-timeout"));
}

#[tokio::test]
async fn every_call_has_a_trace() {
    let suite = Suite::start().await;
    let given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let mut request = head(&suite.token());
    request.metadata_mut().insert("traceparent", given.parse().unwrap());
    let seen = suite.head(request).await.unwrap();
    assert_eq!(seen["traceparent"], given);
    let seen = suite.head(head(&suite.token())).await.unwrap();
    assert_eq!(seen["traceparent"].len(), given.len());
}
