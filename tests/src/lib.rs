//! What the suite's own tests share: the source tree as text, golden files, and a suite started as a process.

pub mod golden;
pub mod source;
