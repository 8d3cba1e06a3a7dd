//! Organisations as calls name them: the code first, then what the register knows (`RULES.md` R9).

use std::time::Duration;

use canopy_kernel::{Failure, Uscc};
use canopy_persistence::mirror::{self, model::Subject};
use canopy_platform::Call;

use crate::edge::{Desk, code};

/// How long a call waits for what the registry has told already.
const PATIENCE: Duration = Duration::from_secs(5);

/// Reads a code and finds its organisation; `None` when the register does not know it although the code is sound. What
/// the register knows is a code, whatever its check characters: some lawful early ones fail them.
pub(crate) async fn registered(
    it: &Desk,
    call: &Call,
    field: &'static str,
    text: &str,
) -> Result<(Uscc, Option<Subject>), Failure> {
    let uscc = code(field, text)?;
    if let Some(subject) = mirror::subject(it.store.pool(), uscc).await? {
        return Ok((uscc, Some(subject)));
    }
    it.feed.catch_up(call, PATIENCE).await?;
    if let Some(subject) = mirror::subject(it.store.pool(), uscc).await? {
        return Ok((uscc, Some(subject)));
    }
    Uscc::parse(text).map_err(|failure| failure.on(field))?;
    Ok((uscc, None))
}

/// Reads the code of a party that may be outside the register.
pub(crate) async fn anywhere(
    it: &Desk,
    call: &Call,
    field: &'static str,
    text: &str,
) -> Result<Uscc, Failure> {
    match Uscc::parse(text) {
        Ok(uscc) => Ok(uscc),
        Err(_) => registered(it, call, field, text).await.map(|(uscc, _)| uscc),
    }
}
