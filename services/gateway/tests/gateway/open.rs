//! What anyone may ask: health and reflection.

use futures::StreamExt as _;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1alpha;

use crate::support::Suite;

fn ask(question: MessageRequest) -> impl futures::Stream<Item = ServerReflectionRequest> {
    let request = ServerReflectionRequest { host: String::new(), message_request: Some(question) };
    futures::stream::iter([request])
}

async fn reflect(suite: &Suite, question: MessageRequest) -> MessageResponse {
    let mut client = ServerReflectionClient::new(suite.channel());
    let mut answers = client.server_reflection_info(ask(question)).await.unwrap().into_inner();
    answers.next().await.unwrap().unwrap().message_response.unwrap()
}

#[tokio::test]
async fn health_is_told_without_a_token() {
    let suite = Suite::start().await;
    for service in ["", "readiness"] {
        let request = HealthCheckRequest { service: service.to_owned() };
        let answer = HealthClient::new(suite.channel()).check(request).await.unwrap().into_inner();
        assert_eq!(answer.status(), ServingStatus::Serving, "{service:?}");
    }
    let request = HealthCheckRequest { service: "nobody".to_owned() };
    let refused = HealthClient::new(suite.channel()).check(request).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
}

#[tokio::test]
async fn reflection_lists_the_services_that_can_be_reached() {
    let suite = Suite::start().await;
    let MessageResponse::ListServicesResponse(list) =
        reflect(&suite, MessageRequest::ListServices(String::new())).await
    else {
        panic!("no list");
    };
    let names: Vec<&str> = list.service.iter().map(|service| service.name.as_str()).collect();
    for name in ["canopy.registry.v1.SubjectService", "grpc.health.v1.Health"] {
        assert!(names.contains(&name), "{names:?}");
    }
    assert!(!names.iter().any(|name| name.starts_with("canopy.subsidy.")), "{names:?}");
}

#[tokio::test]
async fn reflection_describes_services_and_the_details_of_errors() {
    let suite = Suite::start().await;
    for symbol in ["canopy.registry.v1.FeedService", "google.rpc.ErrorInfo", "google.rpc.BadRequest"] {
        let answer = reflect(&suite, MessageRequest::FileContainingSymbol(symbol.to_owned())).await;
        let MessageResponse::FileDescriptorResponse(files) = answer else { panic!("no file for {symbol}") };
        assert!(!files.file_descriptor_proto.is_empty());
    }
}

#[tokio::test]
async fn older_clients_have_their_reflection_too() {
    let suite = Suite::start().await;
    let mut client = v1alpha::server_reflection_client::ServerReflectionClient::new(suite.channel());
    let question = v1alpha::server_reflection_request::MessageRequest::ListServices(String::new());
    let request = v1alpha::ServerReflectionRequest { host: String::new(), message_request: Some(question) };
    let mut answers =
        client.server_reflection_info(futures::stream::iter([request])).await.unwrap().into_inner();
    assert!(answers.next().await.unwrap().unwrap().message_response.is_some());
}
