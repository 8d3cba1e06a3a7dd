//! Who gets through to a handler, and what the handler is told about them.

use canopy_kernel::{Actor, Clock, Code, Role};
use canopy_platform::{Access, Call, from_status};
use canopy_proto::common::v1::{GetFeedHeadRequest, ListEventsRequest};
use canopy_proto::registry::v1::GetSubjectRequest;
use canopy_proto::registry::v1::subject_service_client::SubjectServiceClient;
use jiff::{SignedDuration, Timestamp};

use crate::suite::{Suite, actor, asserted, identity};

async fn refused(suite: &Suite, token: &str) -> &'static str {
    let request = asserted(GetFeedHeadRequest::default(), token);
    let status = suite.client().await.get_feed_head(request).await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::Unauthenticated);
    from_status(&status).reason().name
}

#[tokio::test]
async fn a_handler_is_told_who_calls_what_and_when() {
    let mut suite = Suite::start(|_| {}).await;
    let before = Clock::System.now();
    let mut request = suite.request(GetFeedHeadRequest::default());
    request
        .metadata_mut()
        .insert("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().unwrap());
    request.set_timeout(std::time::Duration::from_secs(5));
    let head = suite.client().await.get_feed_head(request).await.unwrap();
    assert_eq!(head.get_ref().position, 7);

    let call = suite.called().await;
    assert_eq!(call.actor(), &actor(Role::Operator));
    assert_eq!(call.method(), "/canopy.registry.v1.FeedService/GetFeedHead");
    assert_eq!(call.rule().map(|rule| rule.access), Some(Access::Read));
    assert_eq!(call.business_time(), None);
    assert!(call.now() >= before && call.recorded_at() >= before);
    assert_eq!(call.traceparent(), Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
    let left = call.deadline().unwrap().saturating_duration_since(std::time::Instant::now());
    assert!(left.as_secs() < 5, "the caller's deadline counts and not the cap of a minute: {left:?}");
}

#[tokio::test]
async fn a_call_without_an_assertion_is_refused() {
    let suite = Suite::start(|_| {}).await;
    let status = suite.client().await.get_feed_head(GetFeedHeadRequest::default()).await.unwrap_err();
    assert_eq!(from_status(&status).reason().name, "ASSERTION_MISSING");
}

#[tokio::test]
async fn an_assertion_of_two_minutes_ago_is_refused() {
    let suite = Suite::start(|_| {}).await;
    let then = Clock::System.now() - SignedDuration::from_secs(120);
    let token = suite.gateway.issue(&actor(Role::Operator), "registry", None, then).unwrap();
    assert_eq!(refused(&suite, &token).await, "ASSERTION_EXPIRED");
}

#[tokio::test]
async fn an_assertion_signed_by_another_key_in_the_gateways_name_is_refused() {
    let suite = Suite::start(|_| {}).await;
    let forger = identity("gateway");
    let token = forger.issue(&actor(Role::Operator), "registry", None, Clock::System.now()).unwrap();
    assert_eq!(refused(&suite, &token).await, "ASSERTION_INVALID");
}

#[tokio::test]
async fn an_assertion_of_an_issuer_that_is_not_listed_is_refused() {
    let suite = Suite::start(|_| {}).await;
    let token = identity("loan").issue(&actor(Role::System), "registry", None, Clock::System.now()).unwrap();
    assert_eq!(refused(&suite, &token).await, "ASSERTION_ISSUER");
}

#[tokio::test]
async fn an_assertion_for_another_service_is_refused() {
    let suite = Suite::start(|_| {}).await;
    let token = suite.gateway.issue(&actor(Role::Operator), "subsidy", None, Clock::System.now()).unwrap();
    assert_eq!(refused(&suite, &token).await, "ASSERTION_INVALID");
}

#[tokio::test]
async fn an_unsigned_assertion_is_refused() {
    let suite = Suite::start(|_| {}).await;
    let token = suite.assertion(Role::Operator);
    let (signed, _) = token.rsplit_once('.').unwrap();
    assert_eq!(refused(&suite, &format!("{signed}.")).await, "ASSERTION_INVALID");
}

#[tokio::test]
async fn the_gateway_cannot_pass_a_caller_off_as_a_service() {
    let suite = Suite::start(|_| {}).await;
    let token = suite.assertion(Role::System);
    assert_eq!(refused(&suite, &token).await, "ASSERTION_INVALID");
}

#[tokio::test]
async fn a_role_that_the_method_does_not_list_is_refused() {
    let mut suite = Suite::start(|_| {}).await;
    let request = asserted(GetFeedHeadRequest::default(), &suite.assertion(Role::Enterprise));
    let status = suite.client().await.get_feed_head(request).await.unwrap_err();
    let failure = from_status(&status);
    assert_eq!((failure.code(), failure.reason().name), (Code::PermissionDenied, "ROLE_NOT_ALLOWED"));
    assert_eq!(failure.details()["roles"], "AUDITOR, OPERATOR, SYSTEM");
    assert!(suite.calls.try_recv().is_err(), "the handler was not reached");
}

#[tokio::test]
async fn a_method_of_a_service_that_is_not_served_is_unknown() {
    let suite = Suite::start(|_| {}).await;
    let mut client = SubjectServiceClient::new(suite.channel().await);
    let status = client.get_subject(suite.request(GetSubjectRequest::default())).await.unwrap_err();
    let failure = from_status(&status);
    assert_eq!((failure.code(), failure.reason().name), (Code::Unimplemented, "METHOD_UNKNOWN"));
    assert_eq!(failure.details()["method"], "/canopy.registry.v1.SubjectService/GetSubject");
}

#[tokio::test]
async fn a_production_server_refuses_business_time() {
    let mut suite = Suite::start(|_| {}).await;
    let at: Timestamp = "2022-06-30T01:00:00Z".parse().unwrap();
    let request = suite.request_at(GetFeedHeadRequest::default(), at);
    let status = suite.client().await.get_feed_head(request).await.unwrap_err();
    let failure = from_status(&status);
    assert_eq!((failure.code(), failure.reason().name), (Code::FailedPrecondition, "BUSINESS_TIME_REFUSED"));
    assert!(suite.calls.try_recv().is_err(), "the handler was not reached");
}

#[tokio::test]
async fn a_tryout_server_lives_at_the_business_time_and_records_at_the_clock() {
    let mut suite = Suite::start(|settings| settings.tryout = true).await;
    let at: Timestamp = "2022-06-30T17:00:00Z".parse().unwrap();
    let before = Clock::System.now();
    suite.client().await.get_feed_head(suite.request_at(GetFeedHeadRequest::default(), at)).await.unwrap();
    let call = suite.called().await;
    assert_eq!((call.now(), call.business_time()), (at, Some(at)));
    assert!(call.recorded_at() >= before);
    let zone = canopy_kernel::clock::time_zone("Asia/Shanghai").unwrap();
    assert_eq!(call.on_day(&zone).to_string(), "2022-07-01");
}

#[tokio::test]
async fn a_panic_costs_its_own_call_alone() {
    let suite = Suite::start(|_| {}).await;
    let mut client = suite.client().await;
    let message = ListEventsRequest { epoch: "panic".to_owned(), ..Default::default() };
    let status = client.list_events(suite.request(message)).await.unwrap_err();
    assert_eq!(from_status(&status).reason().name, "INTERNAL");
    assert!(!status.message().contains("broke"), "the panic's text stays in the log");
    client.list_events(suite.request(ListEventsRequest::default())).await.unwrap();
}

#[test]
fn a_job_acts_as_the_service_at_its_due_instant() {
    let due: Timestamp = "2022-11-30T16:00:00Z".parse().unwrap();
    let recorded: Timestamp = "2023-01-01T00:00:00Z".parse().unwrap();
    let call = Call::internal("subsidy", "close_publicity", Some(due), Clock::Fixed(recorded));
    assert_eq!((call.now(), call.recorded_at()), (due, recorded));
    assert_eq!(call.method(), "job/close_publicity");
    let Actor { issuer, person, roles, .. } = call.actor().clone();
    assert_eq!((issuer.as_str(), person, roles), ("subsidy", None, [Role::System].into()));
    assert!(call.rule().is_none());
}
