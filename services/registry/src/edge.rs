//! What the RPCs of the registry share beside the edge of every service: its state, and codes as they are read here.

use std::sync::Arc;

use canopy_kernel::actor::may_act_for;
use canopy_kernel::{BasisPoints, Failure, Role, Uscc, UsccRules, reason};
pub(crate) use canopy_persistence::edge::{
    Answers, answers, day, day_if_any, day_text, guard, opened, rows_of,
};
use canopy_persistence::{Gather, Store};
use canopy_platform::Call;
use jiff::civil::Date;

use crate::credit::standing::Known;
use crate::reference::rules::Rules;

/// What the RPCs of the registry share. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Registry {
    /// The registry's database.
    pub store: Store,
    /// Which codes are lawful although their check characters fail.
    pub codes: Arc<UsccRules>,
    /// The rule parameters in force.
    pub rules: Rules,
    /// Looks up what is known of one entity on a day, with those that others ask about at the time.
    pub standings: Gather<(Uscc, Date), Known>,
    /// Largest share of firms that one complete list may end.
    pub snapshot_max_ended: BasisPoints,
}

impl Registry {
    /// Reads a code.
    pub(crate) fn code(&self, field: &'static str, text: &str) -> Result<Uscc, Failure> {
        self.codes.parse(text).map_err(|failure| failure.on(field))
    }

    /// Reads the code that a list is about, empty for all; an ENTERPRISE lists its own only.
    pub(crate) fn code_if_any(
        &self,
        call: &Call,
        field: &'static str,
        text: &str,
    ) -> Result<Option<Uscc>, Failure> {
        if !text.is_empty() {
            return self.own_code(call, field, text).map(Some);
        }
        match call.actor().has(Role::Enterprise) {
            true => Err(Failure::new(&reason::NOT_REPRESENTED).on(field)),
            false => Ok(None),
        }
    }

    /// Reads the code that a question is about; an ENTERPRISE asks about its own only.
    pub(crate) fn own_code(&self, call: &Call, field: &'static str, text: &str) -> Result<Uscc, Failure> {
        let code = self.code(field, text)?;
        may_act_for(call.actor(), code).map_err(|failure| failure.on(field))?;
        Ok(code)
    }
}
