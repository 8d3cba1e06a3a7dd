//! Work on a clock.

pub mod follow_up;
