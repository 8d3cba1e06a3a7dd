//! Reflection, v1 for today's clients and v1alpha for older ones, over one merged descriptor set.

use std::collections::BTreeSet;

use anyhow::Context;
use prost::Message as _;
use prost_types::{FileDescriptorProto, FileDescriptorSet};
use tonic::service::Routes;
use tonic_reflection::server::Builder;

/// Adds both reflection services. They list what this server serves, not all that the image knows.
pub(super) fn add_to(routes: Routes, services: &[&str]) -> anyhow::Result<Routes> {
    let builder = || reflection(services.iter().copied());
    let v1 = builder().build_v1().context("reflection v1")?;
    let v1alpha = builder().build_v1alpha().context("reflection v1alpha")?;
    Ok(routes.add_service(v1).add_service(v1alpha))
}

/// Reflection that lists those services beside health and reflection itself. It knows the packages of those services,
/// their events among them, and what these import: the whole image with its comments would take some MB of each process,
/// twice.
pub fn reflection<'s>(services: impl Iterator<Item = &'s str> + Clone) -> Builder<'static> {
    let builder = Builder::configure()
        .register_file_descriptor_set(image_of(services.clone().filter_map(package_of)))
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET)
        .register_file_descriptor_set(error_details())
        .include_reflection_service(false);
    let standard = ["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"];
    services.chain(standard).fold(builder, Builder::with_service_name)
}

/// The package of a service: `package.Service`.
fn package_of(service: &str) -> Option<&str> {
    service.rsplit_once('.').map(|(package, _)| package)
}

/// The files of those packages and all that they import.
fn image_of<'s>(packages: impl Iterator<Item = &'s str>) -> FileDescriptorSet {
    let mut image = FileDescriptorSet::decode(canopy_proto::IMAGE).expect("an image that the build made");
    let packages: BTreeSet<&str> = packages.collect();
    let named = |file: &&FileDescriptorProto| packages.contains(file.package());
    let mut open: Vec<String> = image.file.iter().filter(named).map(|file| file.name().to_owned()).collect();
    let mut kept = BTreeSet::new();
    while let Some(name) = open.pop() {
        if let Some(file) = image.file.iter().find(|file| file.name() == name) {
            open.extend(file.dependency.iter().filter(|import| !kept.contains(*import)).cloned());
        }
        kept.insert(name);
    }
    image.file.retain(|file| kept.contains(file.name()));
    image
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

#[cfg(test)]
mod tests {
    use super::*;

    fn files(package: &str) -> BTreeSet<String> {
        image_of([package].into_iter()).file.into_iter().filter_map(|file| file.name).collect()
    }

    #[test]
    fn a_server_knows_its_package_and_what_it_imports_and_no_other() {
        let registry = files("canopy.registry.v1");
        for file in [
            "canopy/registry/v1/event.proto",
            "canopy/options/v1/options.proto",
            "buf/validate/validate.proto",
        ] {
            assert!(registry.contains(file), "{file} in {registry:?}");
        }
        assert!(!registry.iter().any(|file| file.starts_with("canopy/subsidy/")));
        assert!(files("canopy.nowhere.v1").is_empty());
    }
}
