//! Calls from one service to another.

use canopy_kernel::{Clock, Code, Role};
use canopy_platform::{Call, Peer};
use canopy_proto::common::v1::{GetFeedHeadRequest, ListEventsRequest};
use canopy_proto::registry::v1::feed_service_client::FeedServiceClient;
use jiff::Timestamp;

use crate::feed;
use crate::suite::{Suite, actor, identity};

async fn received(suite: &mut Suite) -> Call {
    suite.client().await.get_feed_head(suite.request(GetFeedHeadRequest::default())).await.unwrap();
    suite.called().await
}

#[tokio::test]
async fn a_service_calls_as_system_on_behalf_of_its_caller() {
    let mut suite = Suite::start(|settings| settings.tryout = true).await;
    let on_behalf = received(&mut suite).await;
    let peer = Peer::new(&suite.uri(), "registry", suite.subsidy.clone(), Clock::System).unwrap();
    let request = peer.request(&on_behalf, GetFeedHeadRequest::default()).unwrap();
    FeedServiceClient::new(peer.channel()).get_feed_head(request).await.unwrap();

    let call = suite.called().await;
    assert_eq!(call.actor().issuer, "subsidy");
    assert_eq!(call.actor().roles, [Role::System].into());
    assert_eq!(call.actor().person, actor(Role::Operator).person);
    assert_eq!(call.actor().agency, actor(Role::Operator).agency);
    assert!(call.deadline() < on_behalf.deadline(), "a margin is kept for the reply");
}

#[tokio::test]
async fn a_job_passes_its_business_time_on() {
    let mut suite = Suite::start(|settings| settings.tryout = true).await;
    let due: Timestamp = "2022-11-30T16:00:00Z".parse().unwrap();
    let job = Call::internal("subsidy", "pay", Some(due), Clock::System);
    let peer = Peer::new(&suite.uri(), "registry", suite.subsidy.clone(), Clock::System).unwrap();
    let request = peer.request(&job, GetFeedHeadRequest::default()).unwrap();
    FeedServiceClient::new(peer.channel()).get_feed_head(request).await.unwrap();
    let call = suite.called().await;
    assert_eq!((call.now(), call.actor().person.as_deref()), (due, None));
}

#[tokio::test]
async fn a_service_that_is_away_is_down_and_named() {
    let peer = Peer::new("http://127.0.0.1:1", "registry", identity("subsidy"), Clock::System).unwrap();
    let job = Call::internal("subsidy", "pay", None, Clock::System);
    let request = peer.request(&job, GetFeedHeadRequest::default()).unwrap();
    let status = FeedServiceClient::new(peer.channel()).get_feed_head(request).await.unwrap_err();
    let failure = peer.failure(status);
    assert_eq!((failure.code(), failure.reason().name), (Code::Unavailable, "SERVICE_DOWN"));
    assert_eq!(failure.details()["service"], "registry");
}

#[tokio::test]
async fn a_peers_refusal_keeps_its_reason_and_words() {
    let suite = Suite::start(|_| {}).await;
    let peer = Peer::new(&suite.uri(), "registry", suite.subsidy.clone(), Clock::System).unwrap();
    let job = Call::internal("subsidy", "pay", None, Clock::System);
    let message = ListEventsRequest { epoch: "refuse".to_owned(), ..Default::default() };
    let request = peer.request(&job, message).unwrap();
    let status = FeedServiceClient::new(peer.channel()).list_events(request).await.unwrap_err();
    let failure = peer.failure(status);
    assert_eq!(failure.reason().name, "FIELD_OUT_OF_RANGE");
    assert_eq!(failure.text_zh(), feed::refusal().text_zh());
}
