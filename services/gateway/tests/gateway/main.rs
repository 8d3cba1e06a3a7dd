//! Drives the gateway over loopback, with a small real gRPC service behind it.
#![allow(clippy::unwrap_used, reason = "tests")]

mod deadline;
mod end;
mod forwarding;
mod identity;
mod limits;
mod open;
mod support;
mod time;
mod tls;
