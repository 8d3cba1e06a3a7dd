//! The subsidy service against a real Postgres, with the registry and the bank stood in by the test.
#![allow(clippy::unwrap_used, reason = "tests")]

mod bank;
mod budget;
mod correction;
mod crowd;
mod decision;
mod doubt;
mod kill;
mod matching;
mod objection;
mod payment;
mod policy;
mod refusal;
mod registry;
mod restore;
mod statement;
mod story;
mod suite;
