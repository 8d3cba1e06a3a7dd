//! The operator's binary: the whole suite in one process, the replay of a year, and small tools beside them.

pub mod cli;
pub mod doctor;
pub mod epoch;
pub mod feeds;
pub mod replay;
pub mod suite;
pub mod token;
pub mod verify;
