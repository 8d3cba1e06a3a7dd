//! Who is calling, said by the gateway or another service and signed with its own key (Ed25519), for one audience
//! and at most a minute. Nothing else makes a caller known to a service.

mod claims;
mod issuers;
mod key;

pub use issuers::AcceptedIssuers;
pub use key::{PublicKey, SigningIdentity, generate_key};

/// How long an assertion is good for, in seconds.
pub const LIFETIME_SECONDS: i64 = 60;

/// By how many seconds the clocks of two nodes may differ.
pub const SKEW_SECONDS: i64 = 5;

/// The issuer that speaks for callers from outside; it cannot say that a service of the suite calls.
pub const GATEWAY: &str = "gateway";
