//! What the RPCs of this service share beside the edge of every service: its state, and codes as they are read here.

use std::sync::Arc;
use std::time::Duration;

use canopy_kernel::actor::may_act_for;
use canopy_kernel::{Failure, Role, Uscc, reason};
pub(crate) use canopy_persistence::edge::{
    Answers, answers, day, day_if_any, day_text, guard, instant, named, opened, rows_of,
};
use canopy_persistence::{Consumer, Store};
use canopy_platform::Call;

use crate::config::Config;
use crate::registry::Registry;

/// How long a decision waits for what the registry answered before it to be applied here.
pub(crate) const CATCH_UP: Duration = Duration::from_secs(20);

/// What the RPCs of the service share. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Desk {
    /// The service's database.
    pub store: Store,
    /// The registry, for recognitions that it grants.
    pub registry: Registry,
    /// The registry's feed, as far as it is applied here.
    pub feed: Consumer,
    /// The choices of the installation.
    pub config: Arc<Config>,
}

/// Reads the code of an organisation: the format alone, since the registry judges the check characters and knows the
/// lawful exceptions.
pub(crate) fn code(field: &'static str, text: &str) -> Result<Uscc, Failure> {
    Uscc::from_stored(text).map_err(|failure| failure.on(field))
}

/// Reads the code that a call is about; an ENTERPRISE and an INSTITUTE act for their own only.
pub(crate) fn own_code(call: &Call, field: &'static str, text: &str) -> Result<Uscc, Failure> {
    let code = code(field, text)?;
    may_act_for(call.actor(), code).map_err(|failure| failure.on(field))?;
    Ok(code)
}

/// The unit that a caller is kept to: an INSTITUTE acts for the one it represents alone, others for any (`None`).
pub(crate) fn own_unit(call: &Call) -> Result<Option<Uscc>, Failure> {
    match call.actor().has(Role::Institute) {
        true => call.actor().represented.map(Some).ok_or_else(|| Failure::new(&reason::NOT_REPRESENTED)),
        false => Ok(None),
    }
}

/// Reads the unit that a list or count is about, empty for all; an INSTITUTE asks about its own only.
pub(crate) fn unit_if_any(call: &Call, field: &'static str, text: &str) -> Result<Option<Uscc>, Failure> {
    match text.is_empty() {
        false => own_code(call, field, text).map(Some),
        true => own_unit(call),
    }
}

/// Reads the name of a resource that may be left out.
pub(crate) fn named_if_any<T>(field: &'static str, text: &str) -> Result<Option<T>, Failure>
where
    T: std::str::FromStr<Err = Failure>,
{
    match text {
        "" => Ok(None),
        text => named(field, text).map(Some),
    }
}
