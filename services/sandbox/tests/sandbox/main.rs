//! The sandbox's parties as their callers see them: the bank over its gRPC server, the issuer's tokens.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;
mod issuer;
mod kill;
mod misbehaviour;
mod payment;
