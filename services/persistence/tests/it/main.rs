//! The shared rooms against a real Postgres: writes, imports, the feed, the log and the pool.
#![allow(clippy::unwrap_used, reason = "tests")]

mod feed;
mod import;
mod kill;
mod ledger;
mod log;
mod pool;
mod position;
mod support;
mod write;
