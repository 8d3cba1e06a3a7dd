//! The suite seen from outside: its architecture rules, its golden files, and journeys across services.
#![allow(clippy::unwrap_used, reason = "tests")]

mod architecture;
mod bad_input;
mod bank_book;
mod chaos;
mod chaos_batch;
mod citations;
mod dependencies;
mod golden_contract;
mod golden_events;
mod journey;
mod readme;
mod restore;
mod second_year;
