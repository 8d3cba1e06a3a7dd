//! The wire contract of the suite: generated messages, clients and server traits of every package, their
//! validation, and the image (descriptor set): with comments for reflection and the schema gate, without for options.

/// The image: all files with options, comments and imports, as an encoded `FileDescriptorSet`.
pub const IMAGE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/canopy.binpb"));
/// The image without comments, a third as large: for whoever needs types and options alone.
pub const CONTRACT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/canopy.contract.binpb"));

pub use prost_protovalidate::{Validate, ValidationError, Violation};

/// The packages, as their .proto files name them.
#[allow(
    missing_docs,
    clippy::all,
    clippy::too_many_lines,
    clippy::allow_attributes_without_reason,
    unused_qualifications,
    reason = "generated; documented in the .proto files"
)]
pub mod canopy {
    pub mod options {
        pub mod v1 {
            tonic::include_proto!("canopy.options.v1");
        }
    }
    pub mod common {
        pub mod v1 {
            tonic::include_proto!("canopy.common.v1");
        }
    }
    pub mod registry {
        pub mod v1 {
            tonic::include_proto!("canopy.registry.v1");
        }
    }
    pub mod subsidy {
        pub mod v1 {
            tonic::include_proto!("canopy.subsidy.v1");
        }
    }
    pub mod commissioner {
        pub mod v1 {
            tonic::include_proto!("canopy.commissioner.v1");
        }
    }
    pub mod treasury {
        pub mod v1 {
            tonic::include_proto!("canopy.treasury.v1");
        }
    }
    pub mod sandbox {
        pub mod v1 {
            tonic::include_proto!("canopy.sandbox.v1");
        }
    }
}

pub use canopy::{commissioner, common, options, registry, sandbox, subsidy, treasury};

#[allow(clippy::all, clippy::too_many_lines, clippy::allow_attributes_without_reason, reason = "generated")]
mod validation {
    use crate::canopy;

    include!(concat!(env!("OUT_DIR"), "/validate_impl.rs"));
}
