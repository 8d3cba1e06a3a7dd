//! What passes through: messages, streams, errors, compression, and the ends that either side makes.

use std::time::Duration;

use canopy_kernel::reason;
use canopy_proto::common::v1::ListEventsRequest;
use canopy_proto::registry::v1::qualification_service_client::QualificationServiceClient;
use canopy_proto::registry::v1::{ImportQualificationsRequest, QualificationRow};
use canopy_proto::subsidy::v1::feed_service_client::FeedServiceClient as SubsidyFeed;
use futures::StreamExt as _;
use tokio::sync::mpsc;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::codec::CompressionEncoding;
use tonic::{Code, Status};

use crate::support::{
    Event, PATIENCE, Service, Suite, head, own_runtime, reason_of, service_refusal, stream, unary, with_token,
};

async fn in_time<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.expect("it comes in time")
}

#[tokio::test]
async fn a_call_reaches_its_service_and_the_answer_its_caller() {
    let suite = Suite::start().await;
    let mut request = head(&suite.token());
    request.metadata_mut().insert("x-note", "kept".parse().unwrap());
    let answer = suite.feed().get_feed_head(request).await.unwrap();
    assert_eq!(answer.metadata().get("x-service").unwrap(), "registry");
    assert_eq!(answer.get_ref().position, 7);
    assert_eq!(suite.service.seen()["x-note"], "kept");
}

#[tokio::test]
async fn each_package_has_its_own_service() {
    let subsidy = Service::start().await;
    let uri = subsidy.uri();
    let suite = Suite::with(|config, _| {
        config.routes.insert("canopy.subsidy.v1".to_owned(), uri);
    })
    .await;
    suite.head(head(&suite.token())).await.unwrap();
    // That service does not know the subsidy package, and says so itself.
    let refused = SubsidyFeed::new(suite.channel()).get_feed_head(head(&suite.token())).await.unwrap_err();
    assert_eq!((refused.code(), refused.details().len()), (Code::Unimplemented, 0));
}

#[tokio::test]
async fn a_package_without_a_route_is_not_there() {
    let suite = Suite::start().await;
    let refused = SubsidyFeed::new(suite.channel()).get_feed_head(head(&suite.token())).await.unwrap_err();
    let failure = canopy_platform::from_status(&refused);
    assert_eq!(failure.reason(), &reason::METHOD_UNKNOWN);
    assert_eq!(failure.details()["method"], "/canopy.subsidy.v1.FeedService/GetFeedHead");
}

#[tokio::test]
async fn a_stream_comes_message_by_message_and_ends_with_its_trailers() {
    let suite = Suite::start().await;
    let answer = suite.feed().subscribe(stream(&suite.token(), "", 5_000)).await.unwrap();
    let messages: Vec<_> = answer.into_inner().map(Result::unwrap).collect().await;
    let positions: Vec<i64> =
        messages.iter().map(|message| message.head.as_ref().unwrap().position).collect();
    assert_eq!(positions, (1..=5_000).collect::<Vec<_>>());
}

#[tokio::test]
async fn rows_go_up_while_results_come_down() {
    let suite = Suite::start().await;
    let (pieces, requests) = mpsc::unbounded_channel();
    let request = with_token(&suite.token(), UnboundedReceiverStream::new(requests));
    let answer = suite.qualifications().import_qualifications(request).await.unwrap();
    let mut results = answer.into_inner();
    for rows in 1..=200 {
        let row = QualificationRow::default();
        pieces.send(ImportQualificationsRequest { rows: vec![row; rows] }).unwrap();
        // Each piece's results arrive before the next piece is sent.
        let answered = in_time(results.message()).await.unwrap().unwrap();
        assert_eq!(answered.results.len(), rows);
    }
    drop(pieces);
    assert_eq!(in_time(results.message()).await.unwrap(), None);
}

#[tokio::test]
async fn a_long_upload_waits_for_whom_it_is_for() {
    let suite = Suite::start().await;
    let row = QualificationRow { external_ref: "x".repeat(1_000), ..QualificationRow::default() };
    let piece = ImportQualificationsRequest { rows: vec![row; 1_000] };
    // 20 MB: more than all windows on the way together.
    let pieces = futures::stream::repeat(piece).take(20);
    let answer = suite.qualifications().import_qualifications(with_token(&suite.token(), pieces)).await;
    let results = answer.unwrap().into_inner().map(|piece| piece.unwrap().results.len());
    assert_eq!(in_time(results.fold(0, async |sum, rows| sum + rows)).await, 20_000);
}

fn is_the_services_refusal(status: &Status) {
    let sent = canopy_platform::to_status(&service_refusal());
    assert_eq!(status.code(), sent.code());
    assert_eq!(status.message(), sent.message());
    assert_eq!(status.details(), sent.details());
}

#[tokio::test]
async fn a_refusal_passes_with_its_details() {
    let suite = Suite::start().await;
    let refused = suite.feed().list_events(unary(&suite.token(), "refuse")).await.unwrap_err();
    is_the_services_refusal(&refused);
}

#[tokio::test]
async fn a_refusal_after_messages_passes_with_its_details() {
    let suite = Suite::start().await;
    let mut answer = suite.feed().subscribe(stream(&suite.token(), "refuse", 3)).await.unwrap().into_inner();
    for _ in 0..3 {
        answer.message().await.unwrap().unwrap();
    }
    is_the_services_refusal(&answer.message().await.unwrap_err());
}

#[tokio::test]
async fn compressed_messages_pass_as_they_are() {
    let suite = Suite::start().await;
    let mut feed =
        suite.feed().send_compressed(CompressionEncoding::Gzip).accept_compressed(CompressionEncoding::Gzip);
    let answer = feed.subscribe(stream(&suite.token(), &"x".repeat(10_000), 10)).await.unwrap();
    assert_eq!(answer.metadata().get("grpc-encoding").unwrap(), "gzip");
    assert_eq!(suite.service.seen()["grpc-encoding"], "gzip");
    assert_eq!(answer.into_inner().map(Result::unwrap).count().await, 10);
}

#[tokio::test]
async fn an_oversized_message_gets_the_services_refusal() {
    let suite = Suite::start().await;
    let message = ListEventsRequest { epoch: "x".repeat(5 << 20), ..ListEventsRequest::default() };
    let refused = in_time(suite.feed().list_events(with_token(&suite.token(), message))).await.unwrap_err();
    assert_eq!(refused.code(), Code::OutOfRange, "{refused}");
}

#[tokio::test]
async fn a_cancelled_call_is_cancelled_at_the_service() {
    let mut suite = Suite::start().await;
    let mut feed = suite.feed();
    let request = unary(&suite.token(), "hang");
    let call = tokio::spawn(async move { feed.list_events(request).await });
    assert_eq!(suite.service.event().await, Event::Begun);
    call.abort();
    assert_eq!(suite.service.event().await, Event::Dropped);
}

#[tokio::test]
async fn a_stream_that_its_reader_leaves_is_cancelled_at_the_service() {
    let mut suite = Suite::start().await;
    let mut answer = suite.feed().subscribe(stream(&suite.token(), "hang", 1)).await.unwrap().into_inner();
    answer.message().await.unwrap().unwrap();
    assert_eq!(suite.service.event().await, Event::Begun);
    drop(answer);
    assert_eq!(suite.service.event().await, Event::Dropped);
}

#[tokio::test]
async fn an_upload_whose_sender_vanishes_is_cancelled_at_the_service() {
    let mut suite = Suite::start().await;
    let (token, address) = (suite.token(), suite.address.clone());
    let sender = own_runtime();
    let begun = sender.spawn(async move {
        let piece = ImportQualificationsRequest::default();
        let pieces = futures::stream::iter([piece]).chain(futures::stream::pending());
        let mut client = QualificationServiceClient::connect(address).await.unwrap();
        let answer = client.import_qualifications(with_token(&token, pieces)).await.unwrap();
        let mut results = answer.into_inner();
        results.message().await.unwrap().unwrap();
        results
    });
    let _results = in_time(begun).await.unwrap();
    sender.shutdown_background();
    assert_eq!(suite.service.event().await, Event::Dropped);
}

#[tokio::test]
async fn a_service_that_is_away_is_down_and_comes_back() {
    let mut suite = Suite::start().await;
    suite.head(head(&suite.token())).await.unwrap();
    suite.service.kill();
    let failure = suite.refusal(head(&suite.token())).await;
    assert_eq!(failure.reason(), &reason::SERVICE_DOWN);
    assert_eq!(failure.details()["service"], "registry");
    assert!(failure.retry_delay() > Some(Duration::ZERO));
    suite.service = Service::on(suite.service.address).await;
    let again = async {
        while suite.head(head(&suite.token())).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    in_time(again).await;
}

#[tokio::test]
async fn a_service_that_dies_in_the_middle_is_down() {
    let mut suite = Suite::start().await;
    let mut feed = suite.feed();
    let waiting = unary(&suite.token(), "hang");
    let call = tokio::spawn(async move { feed.list_events(waiting).await });
    assert_eq!(suite.service.event().await, Event::Begun);
    let mut answer = suite.feed().subscribe(stream(&suite.token(), "hang", 1)).await.unwrap().into_inner();
    answer.message().await.unwrap().unwrap();
    suite.service.kill();
    assert_eq!(reason_of(&in_time(call).await.unwrap().unwrap_err()), &reason::SERVICE_DOWN);
    assert_eq!(reason_of(&in_time(answer.message()).await.unwrap_err()), &reason::SERVICE_DOWN);
}
