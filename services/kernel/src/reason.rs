//! The closed list of reasons, generated from `reasons.toml`: one constant per reason.

use crate::failure::{Code, Reason};

include!(concat!(env!("OUT_DIR"), "/reason.rs"));

/// The reason of that name.
pub fn by_name(name: &str) -> Option<&'static Reason> {
    ALL.binary_search_by(|reason| reason.name.cmp(name)).ok().map(|index| ALL[index])
}
