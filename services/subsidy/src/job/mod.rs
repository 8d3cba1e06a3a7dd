//! Work done on a clock, on dated rows, under a lease.

pub(crate) mod pay;
