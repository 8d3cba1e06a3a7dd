//! Outside parties for try-outs and tests: the bank that pays for the treasury, able to misbehave on request,
//! and an identity issuer. Never in a production image. The rules are in RULES.md.

pub mod bank;
pub mod issuer;
