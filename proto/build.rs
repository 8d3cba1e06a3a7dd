//! Compiles the .proto files without protoc: imports of others' files resolve to the descriptor sets that their
//! crates carry, so none is committed. Writes the generated code, the validation code and the image (descriptor
//! set with options, comments and imports) that reflection and buf read, without comments for the role gate.

use std::path::{Path, PathBuf};

use prost::Message as _;
use protox::file::{ChainFileResolver, DescriptorSetFileResolver, GoogleFileResolver, IncludeFileResolver};

type BoxError = Box<dyn std::error::Error>;

fn main() -> Result<(), BoxError> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    println!("cargo:rerun-if-changed=canopy");

    let image = compiled(&root, true)?;
    let path = out.join("canopy.binpb");
    std::fs::write(&path, &image)?;
    std::fs::write(out.join("canopy.contract.binpb"), compiled(&root, false)?)?;

    let set = prost_types::FileDescriptorSet::decode(image.as_slice())?;
    let mut config = tonic_prost_build::Config::new();
    config.enable_type_names();
    tonic_prost_build::configure()
        .extern_path(".google.rpc.Status", "::tonic_types::Status")
        .extern_path(".buf.validate", "::prost_protovalidate_types")
        .compile_fds_with_config(set, config)?;

    prost_protovalidate_build::Builder::new()
        .file_descriptor_set_path(&path)?
        .fail_on_runtime_only(true)
        .compile()?;
    Ok(())
}

/// The image, with comments or without.
fn compiled(root: &Path, with_comments: bool) -> Result<Vec<u8>, BoxError> {
    let mut resolver = ChainFileResolver::new();
    resolver.add(IncludeFileResolver::new(root.to_owned()));
    resolver.add(GoogleFileResolver::new());
    let validate = prost_protovalidate_types::DESCRIPTOR_POOL.encode_to_vec();
    resolver.add(DescriptorSetFileResolver::decode(validate.as_slice())?);
    resolver.add(DescriptorSetFileResolver::decode(google_rpc()?.as_slice())?);

    let mut compiler = protox::Compiler::with_file_resolver(resolver);
    compiler.include_imports(true).include_source_info(with_comments);
    compiler.open_files(own_files(root)?)?;
    Ok(compiler.encode_file_descriptor_set())
}

/// `google/rpc/status.proto` from the crate that carries it, under the path by which all languages import it.
fn google_rpc() -> Result<Vec<u8>, BoxError> {
    let mut set = prost_types::FileDescriptorSet::decode(tonic_types::pb::FILE_DESCRIPTOR_SET)?;
    for file in &mut set.file {
        if let Some("status.proto" | "error_details.proto") = file.name.as_deref() {
            file.name = file.name.take().map(|name| format!("google/rpc/{name}"));
        }
    }
    Ok(set.encode_to_vec())
}

/// The suite's own .proto files, relative to the crate, in a stable order.
fn own_files(root: &Path) -> Result<Vec<String>, BoxError> {
    let mut files = Vec::new();
    let mut folders = vec![root.join("canopy")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "proto") {
                files.push(path.strip_prefix(root)?.to_string_lossy().into_owned());
            }
        }
    }
    files.sort();
    Ok(files)
}
