//! What a probe or a tool sees without an assertion: health and reflection.

use canopy_platform::server::READINESS;
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::feed;
use crate::suite::{PATIENCE, Suite};

async fn health(channel: &Channel, service: &str) -> ServingStatus {
    let request = HealthCheckRequest { service: service.to_owned() };
    HealthClient::new(channel.clone()).check(request).await.unwrap().get_ref().status()
}

#[tokio::test]
async fn readiness_follows_the_service_and_liveness_does_not() {
    let suite = Suite::start(|_| {}).await;
    let channel = suite.channel().await;
    let request = HealthCheckRequest { service: READINESS.to_owned() };
    let mut watched = HealthClient::new(channel.clone()).watch(request).await.unwrap().into_inner();
    let mut next = async |expected| {
        while watched.message().await.unwrap().unwrap().status() != expected {}
    };
    tokio::time::timeout(PATIENCE, next(ServingStatus::Serving)).await.unwrap();
    suite.ready.send_replace(false);
    tokio::time::timeout(PATIENCE, next(ServingStatus::NotServing)).await.unwrap();
    assert_eq!(health(&channel, feed::NAME).await, ServingStatus::NotServing);
    assert_eq!(health(&channel, "").await, ServingStatus::Serving);
    suite.ready.send_replace(true);
    tokio::time::timeout(PATIENCE, next(ServingStatus::Serving)).await.unwrap();
    assert_eq!(health(&channel, feed::NAME).await, ServingStatus::Serving);
}

#[tokio::test]
async fn health_is_answered_while_the_server_is_full() {
    let suite = Suite::start(|settings| settings.max_in_flight = 0).await;
    assert_eq!(health(&suite.channel().await, "").await, ServingStatus::Serving);
}

macro_rules! reflection {
    ($version:ident) => {{
        use tonic_reflection::pb::$version::ServerReflectionRequest;
        use tonic_reflection::pb::$version::server_reflection_client::ServerReflectionClient;
        use tonic_reflection::pb::$version::server_reflection_request::MessageRequest;
        use tonic_reflection::pb::$version::server_reflection_response::MessageResponse;

        let suite = Suite::start(|_| {}).await;
        let mut client = ServerReflectionClient::new(suite.channel().await);
        let ask = |message_request| ServerReflectionRequest {
            host: String::new(),
            message_request: Some(message_request),
        };
        let requests = tokio_stream::iter([
            ask(MessageRequest::ListServices(String::new())),
            ask(MessageRequest::FileContainingSymbol(feed::NAME.to_owned())),
            ask(MessageRequest::FileContainingSymbol("grpc.health.v1.Health".to_owned())),
            ask(MessageRequest::FileContainingSymbol("google.rpc.ErrorInfo".to_owned())),
        ]);
        let mut answers = client.server_reflection_info(requests).await.unwrap().into_inner();
        let Some(MessageResponse::ListServicesResponse(list)) =
            answers.message().await.unwrap().unwrap().message_response
        else {
            panic!("no list")
        };
        let names: Vec<String> = list.service.into_iter().map(|service| service.name).collect();
        for _ in 0..3 {
            let answer = answers.message().await.unwrap().unwrap().message_response;
            assert!(matches!(answer, Some(MessageResponse::FileDescriptorResponse(_))), "{answer:?}");
        }
        names
    }};
}

const LISTED: [&str; 3] = [feed::NAME, "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"];

#[tokio::test]
async fn reflection_lists_what_is_served() {
    assert_eq!(reflection!(v1), LISTED);
}

#[tokio::test]
async fn reflection_for_older_clients_lists_the_same() {
    assert_eq!(reflection!(v1alpha), LISTED);
}
