//! Reflection, v1 for today's clients and v1alpha for older ones, over one merged descriptor set.

use anyhow::Context;
use tonic::service::Routes;
use tonic_reflection::server::Builder;

/// Adds both reflection services. They list what this server serves, not all that the image knows.
pub(super) fn add_to(routes: Routes, services: &[&str]) -> anyhow::Result<Routes> {
    let v1 = builder(services).build_v1().context("reflection v1")?;
    let v1alpha = builder(services).build_v1alpha().context("reflection v1alpha")?;
    Ok(routes.add_service(v1).add_service(v1alpha))
}

fn builder(services: &[&str]) -> Builder<'static> {
    let builder = Builder::configure()
        .register_encoded_file_descriptor_set(canopy_proto::IMAGE)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET)
        .include_reflection_service(false);
    let standard = ["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"];
    services.iter().copied().chain(standard).fold(builder, Builder::with_service_name)
}
