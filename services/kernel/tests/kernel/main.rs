//! The kernel's rules, example by example.
#![allow(clippy::unwrap_used, reason = "tests")]

mod actor;
mod calendar;
mod certificate;
mod failure;
mod fen;
mod id;
mod lpr;
mod page;
mod passport;
mod period;
mod reasons;
mod rule;
mod split;
mod time;
mod uscc;
