//! The services that the gateway answers itself, without a token: health and reflection.

use canopy_platform::server::reflection;
use http::{Request, Response};
use hyper::body::Incoming;
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
        let reflected = || reflection(services.iter().map(String::as_str));
        let routes = Routes::new(HealthServer::new(HealthService::from_health_reporter(health.clone())))
            .add_service(reflected().build_v1()?)
            .add_service(reflected().build_v1alpha()?)
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
