//! The services that the gateway answers itself, without a token: health and reflection.

use http::{Request, Response};
use hyper::body::Incoming;
use prost::Message as _;
use prost_types::FileDescriptorSet;
use tonic::service::Routes;
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::HealthServer;
use tonic_health::server::{HealthReporter, HealthService};
use tower::ServiceExt as _;

use crate::answer::Body;

/// Health of the gateway itself; which services are well, they say themselves.
const READINESS: &str = "readiness";

/// Health and reflection.
pub(crate) struct Own {
    routes: Routes,
    health: HealthReporter,
}

impl Own {
    /// Reflection lists those services beside health and reflection themselves.
    pub(crate) fn new(services: &[String]) -> anyhow::Result<Self> {
        let health = HealthReporter::new();
        let routes = Routes::new(HealthServer::new(HealthService::from_health_reporter(health.clone())))
            .add_service(reflection(services).build_v1()?)
            .add_service(reflection(services).build_v1alpha()?)
            .prepare();
        Ok(Self { routes, health })
    }

    pub(crate) fn serves(path: &str) -> bool {
        path.starts_with("/grpc.health.") || path.starts_with("/grpc.reflection.")
    }

    pub(crate) async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let answer = self.routes.clone().oneshot(request.map(tonic::body::Body::new)).await;
        answer.unwrap_or_else(|never| match never {}).map(Body::Own)
    }

    /// Ready while `serving`; alive in any case.
    pub(crate) async fn set_ready(&self, serving: bool) {
        let status = if serving { ServingStatus::Serving } else { ServingStatus::NotServing };
        self.health.set_service_status(READINESS, status).await;
    }
}

fn reflection(services: &[String]) -> tonic_reflection::server::Builder<'static> {
    let own = ["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"];
    let names = services.iter().map(String::as_str).chain(own);
    let builder = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(canopy_proto::IMAGE)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET)
        .register_file_descriptor_set(error_details());
    names.fold(builder, tonic_reflection::server::Builder::with_service_name)
}

/// The types of an error's details, which no message names, so that a tool can show them in words.
fn error_details() -> FileDescriptorSet {
    let mut set =
        FileDescriptorSet::decode(tonic_types::pb::FILE_DESCRIPTOR_SET).expect("a set that prost made");
    set.file.retain_mut(|file| {
        let named = file.name().ends_with("error_details.proto");
        file.name = Some("google/rpc/error_details.proto".to_owned());
        named
    });
    set
}
