//! The switches (开关) by which an operator makes the bank bounce a transfer or misbehave.

pub mod model;
pub mod rpc;
pub(crate) mod store;
