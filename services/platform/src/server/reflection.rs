//! Reflection, v1 for today's clients and v1alpha for older ones, over one merged descriptor set.

use std::collections::BTreeSet;

use anyhow::Context;
use bytes::Bytes;
use prost::{DecodeError, Message as _};
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
/// their events among them, and what these import.
pub fn reflection<'s>(services: impl Iterator<Item = &'s str> + Clone) -> Builder<'static> {
    let builder = Builder::configure()
        .register_file_descriptor_set(
            image_of(services.clone().filter_map(package_of)).expect("an image that the build made"),
        )
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

/// An encoded descriptor set, whose files are left as they are.
#[derive(Clone, PartialEq, prost::Message)]
struct Encoded {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    files: Vec<Bytes>,
}

/// What the head of a file's descriptor says.
#[derive(Clone, PartialEq, prost::Message)]
struct Head {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    package: String,
    #[prost(string, repeated, tag = "3")]
    imports: Vec<String>,
}

/// The files of those packages and all that they import. Only these are decoded.
fn image_of<'s>(packages: impl Iterator<Item = &'s str>) -> Result<FileDescriptorSet, DecodeError> {
    let image = Encoded::decode(Bytes::from_static(canopy_proto::IMAGE))?.files;
    let heads = image.iter().map(|file| Head::decode(file.clone())).collect::<Result<Vec<_>, _>>()?;
    let packages: BTreeSet<&str> = packages.collect();
    let named = heads.iter().filter(|head| packages.contains(head.package.as_str()));
    let mut open: Vec<&str> = named.map(|head| head.name.as_str()).collect();
    let mut kept = BTreeSet::new();
    while let Some(name) = open.pop() {
        if kept.insert(name) {
            let imports = heads.iter().filter(|head| head.name == name).flat_map(|head| &head.imports);
            open.extend(imports.map(String::as_str));
        }
    }
    let files = image.into_iter().zip(&heads).filter(|(_, head)| kept.contains(head.name.as_str()));
    let file = files.map(|(file, _)| FileDescriptorProto::decode(file)).collect::<Result<_, _>>()?;
    Ok(FileDescriptorSet { file })
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
        image_of([package].into_iter()).unwrap().file.into_iter().filter_map(|file| file.name).collect()
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
