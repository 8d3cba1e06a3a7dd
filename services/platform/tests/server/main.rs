//! Drives a real server over loopback: the stack, health, reflection, the end of it, and calls between services.
#![allow(clippy::unwrap_used, reason = "tests")]

mod admission;
mod assertion;
mod config;
mod drain;
mod feed;
mod limits;
mod method;
mod peer;
mod probes;
mod raw;
mod status;
mod suite;
mod validate;
