//! Payments (支付): instructions handed in, what became of them, and the statement's entries.

pub mod model;
pub mod rpc;
pub(crate) mod store;
