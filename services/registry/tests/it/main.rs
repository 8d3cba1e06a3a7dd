//! The registry behind its real gRPC server, on a fresh database each.
#![allow(clippy::unwrap_used, reason = "tests")]

mod account;
mod callers;
mod cancel;
mod concurrency;
mod credit;
mod event;
mod fact;
mod idempotency;
mod outage;
mod person;
mod qualification;
mod reference;
mod refusal;
mod rows;
mod snapshot;
mod subject;
mod suite;
