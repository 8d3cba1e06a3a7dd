//! The end of a server.

use std::time::Duration;

use canopy_platform::from_status;
use canopy_proto::common::v1::{ListEventsRequest, SubscribeRequest};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use crate::suite::{PATIENCE, Suite};

#[tokio::test]
async fn a_mute_peer_does_not_keep_the_server_from_ending() {
    let suite = Suite::start(|settings| settings.drain_seconds = 1).await;
    let mut mute = TcpStream::connect(suite.address).await.unwrap();
    // The server's first frame says that the connection was taken; nothing is ever sent back.
    mute.read_u8().await.unwrap();
    suite.stop.send(()).unwrap();
    tokio::time::timeout(PATIENCE, suite.served).await.unwrap().unwrap().unwrap();
    drop(mute);
}

#[tokio::test]
async fn a_call_in_flight_is_answered_before_the_server_ends() {
    let mut suite = Suite::start(|_| {}).await;
    let mut client = suite.client().await;
    let request = suite.request(ListEventsRequest { epoch: "wait".to_owned(), ..Default::default() });
    let call = tokio::spawn(async move { client.list_events(request).await });
    suite.called().await;
    suite.stop.send(()).unwrap();
    // The port is closed at once: no new call starts while the old one finishes.
    let closed = async { while TcpStream::connect(suite.address).await.is_ok() {} };
    tokio::time::timeout(PATIENCE, closed).await.unwrap();
    assert!(!suite.served.is_finished());
    suite.release.notify_one();
    call.await.unwrap().unwrap();
    tokio::time::timeout(Duration::from_secs(10), suite.served).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn a_follower_is_told_to_come_back_and_does_not_hold_the_server_up() {
    let suite = Suite::start(|settings| settings.drain_seconds = 3600).await;
    let mut client = suite.client().await;
    let mut stream = client.subscribe(suite.request(SubscribeRequest::default())).await.unwrap().into_inner();
    stream.message().await.unwrap().unwrap();
    suite.stop.send(()).unwrap();
    let status = tokio::time::timeout(PATIENCE, stream.message()).await.unwrap().unwrap_err();
    let failure = from_status(&status);
    assert_eq!((failure.reason().name, failure.details()["service"].as_str()), ("SERVICE_DOWN", "registry"));
    tokio::time::timeout(PATIENCE, suite.served).await.unwrap().unwrap().unwrap();
}
