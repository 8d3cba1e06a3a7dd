//! How the gateway stops.

use tokio::net::TcpStream;
use tonic::Code;

use crate::support::{Event, Suite, head, stream, unary};

#[tokio::test]
async fn a_call_in_flight_ends_before_the_gateway_does() {
    let mut suite = Suite::start().await;
    let mut feed = suite.feed();
    let waiting = unary(&suite.token(), "wait");
    let call = tokio::spawn(async move { feed.list_events(waiting).await });
    assert_eq!(suite.service.event().await, Event::Begun);
    suite.stop();
    suite.service.open();
    call.await.unwrap().unwrap();
    suite.stopped().await;
}

#[tokio::test]
async fn a_mute_peer_and_an_endless_stream_do_not_keep_it() {
    let mut suite = Suite::with(|config, _| config.server.drain_seconds = 1).await;
    let mute = TcpStream::connect(suite.address.trim_start_matches("http://")).await.unwrap();
    let mut endless = suite.feed().subscribe(stream(&suite.token(), "hang", 1)).await.unwrap().into_inner();
    endless.message().await.unwrap().unwrap();
    suite.stop();
    suite.stopped().await;
    assert!(endless.message().await.is_err());
    drop(mute);
}

#[tokio::test]
async fn after_the_end_nobody_is_served() {
    let mut suite = Suite::start().await;
    let (mut feed, request) = (suite.feed(), head(&suite.token()));
    suite.stop();
    suite.stopped().await;
    assert_eq!(feed.get_feed_head(request).await.unwrap_err().code(), Code::Unavailable);
}
