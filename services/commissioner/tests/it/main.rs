//! The commissioner service against a real Postgres, with the registry's feed stood in by the test.
#![allow(clippy::unwrap_used, reason = "tests")]

mod achievement;
mod activity;
mod assessment;
mod broker;
mod commissioner;
mod convert_first;
mod deal;
mod deal_step;
mod demand;
mod empowerment;
mod grants;
mod handover;
mod licence_register;
mod match_event;
mod matching;
mod merge;
mod method;
mod needs;
mod permit;
mod recognition;
mod rectification;
mod registry;
mod score;
mod self_use;
mod signing;
mod suggest;
mod suite;
mod training;
mod transfer_year;
