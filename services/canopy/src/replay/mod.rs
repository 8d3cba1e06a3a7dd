//! `canopy replay`: drives the suite through a year of record files as the agencies would, then prints the year's
//! figures beside the published ones.

pub mod answers;
mod codec;
mod command;
pub mod desk;
pub mod drive;
pub mod figure;
pub mod file;
pub mod link;
pub mod outcome;
pub mod people;
pub mod plan;
pub mod progress;
mod quoting;
mod reference;
mod register;
pub mod report;
pub mod table;
pub mod verdict;
mod wire;
pub mod year;

pub use command::{Output, run, run_once};
