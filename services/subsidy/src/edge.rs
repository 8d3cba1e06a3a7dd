//! What the RPCs of this service share beside the edge of every service: its state, and codes as they are read here.

use canopy_kernel::actor::may_act_for;
use canopy_kernel::{Failure, Role, Uscc, reason};
pub(crate) use canopy_persistence::edge::{Page, day, day_text, guard, named, opened};
use canopy_persistence::{Consumer, Store, Tx};
use canopy_platform::Call;

use crate::bank::Bank;
use crate::registry::Registry;

/// What the RPCs of the service share. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Subsidy {
    /// The service's database.
    pub store: Store,
    /// The registry, for decisions that must be right now.
    pub registry: Registry,
    /// The registry's feed, as far as it is applied here.
    pub feed: Consumer,
    /// The treasury bank.
    pub bank: Bank,
}

/// Reads the code of an organisation that is known already: the format alone, since it may be a lawful exception.
pub(crate) fn code(text: &str) -> Result<Uscc, Failure> {
    Uscc::from_stored(text).map_err(|failure| failure.on("uscc"))
}

/// Reads the code that a question is about; an ENTERPRISE asks about its own only.
pub(crate) fn own_code(call: &Call, text: &str) -> Result<Uscc, Failure> {
    let code = code(text)?;
    may_act_for(call.actor(), code).map_err(|failure| failure.on("uscc"))?;
    Ok(code)
}

/// Reads the code that a list is about, empty for all; an ENTERPRISE lists its own only.
pub(crate) fn code_if_any(call: &Call, text: &str) -> Result<Option<Uscc>, Failure> {
    match text.is_empty() {
        false => own_code(call, text).map(Some),
        true if call.actor().has(Role::Enterprise) => Err(Failure::new(&reason::NOT_REPRESENTED).on("uscc")),
        true => Ok(None),
    }
}

/// The person who acts; four eyes refuse the empty name of a caller that is none.
pub(crate) fn person(tx: &Tx) -> String {
    tx.actor().person.clone().unwrap_or_default()
}
