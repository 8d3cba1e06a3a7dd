//! What the suite's own tests share: the source tree as text, golden files, and an installation of the suite.

pub mod golden;
pub mod installation;
pub mod source;
