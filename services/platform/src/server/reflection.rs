//! Reflection, v1 for today's clients and v1alpha for older ones, over one merged descriptor set.

use anyhow::Context;
use prost::Message as _;
use prost_types::FileDescriptorSet;
use tonic::service::Routes;
use tonic_reflection::server::Builder;

/// Adds both reflection services. They list what this server serves, not all that the image knows.
pub(super) fn add_to(routes: Routes, services: &[&str]) -> anyhow::Result<Routes> {
    let builder = || reflection(services.iter().copied());
    let v1 = builder().build_v1().context("reflection v1")?;
    let v1alpha = builder().build_v1alpha().context("reflection v1alpha")?;
    Ok(routes.add_service(v1).add_service(v1alpha))
}

/// Reflection that lists those services beside health and reflection itself.
pub fn reflection<'s>(services: impl Iterator<Item = &'s str>) -> Builder<'static> {
    let builder = Builder::configure()
        .register_encoded_file_descriptor_set(canopy_proto::IMAGE)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET)
        .register_file_descriptor_set(error_details())
        .include_reflection_service(false);
    let standard = ["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"];
    services.chain(standard).fold(builder, Builder::with_service_name)
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
