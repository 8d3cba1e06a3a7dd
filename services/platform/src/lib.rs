//! How any server of the suite runs: configuration, telemetry, the tower stack, who is calling, calls to other
//! services, and the one mapping of failures to the wire.

pub mod assertion;
pub mod call;
pub mod client;
pub mod config;
pub mod metadata;
pub mod method;
pub mod process;
pub mod server;
mod stack;
pub mod status;
pub mod telemetry;
pub mod validate;

pub use assertion::{AcceptedIssuers, SigningIdentity, generate_key};
pub use call::Call;
pub use client::Peer;
pub use method::{Access, MethodRule, MethodTable, Sensitivity};
pub use server::{IdentitySettings, Server, ServerSettings};
pub use status::{answer, from_rpc_status, from_status, to_rpc_status, to_status};
pub use telemetry::TelemetrySettings;
pub use validate::check;
