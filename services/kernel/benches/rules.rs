//! Speed of the pure rules.
fn main() {}
