//! Declared interests of commissioners.

pub mod model;
pub(crate) mod rpc;
pub(crate) mod store;

use canopy_kernel::id::InterestId;
use canopy_kernel::{Failure, reason};
use canopy_persistence::{Transition, Tx};
use jiff::civil::Date;

use crate::broker::require_own;
use crate::{achievement, commissioner};
use model::{Brokered, Interest, Stake};

/// Declares an interest.
#[derive(Debug)]
pub(crate) struct Declare {
    pub commissioner: String,
    pub stake: Stake,
    pub from_on: Date,
    pub to_on: Option<Date>,
}

/// Declares an interest of a commissioner.
pub(crate) async fn declare(tx: &mut Tx, command: &Declare) -> Result<Interest, Failure> {
    require_own(tx.actor(), &command.commissioner)?;
    let numbers = std::slice::from_ref(&command.commissioner);
    if commissioner::store::known(tx.conn(), numbers).await?.is_empty() {
        return Err(commissioner::unknown(&command.commissioner));
    }
    if let Some(id) = command.stake.achievement() {
        let found = achievement::store::lock(tx, id).await?;
        found.ok_or_else(|| Failure::new(&reason::UNKNOWN_ACHIEVEMENT).on("achievement"))?;
    }
    commissioner::model::ordered("to_on", command.from_on, command.to_on)?;
    let interest = Interest {
        id: InterestId::at(tx.recorded_at()),
        commissioner: command.commissioner.clone(),
        stake: command.stake,
        from_on: command.from_on,
        to_on: command.to_on,
    };
    store::insert(tx, &interest).await?;
    tx.audit(Transition {
        aggregate: interest.id.to_string(),
        from: String::new(),
        to: "DECLARED".to_owned(),
        reason: interest.stake.kind().to_owned(),
        rule_version: String::new(),
        effective_on: interest.from_on,
    });
    Ok(interest)
}

/// Refuses a commissioner who has an interest in either side of what is brokered, on that day.
pub(crate) async fn require_none(
    tx: &mut Tx,
    commissioner: &str,
    brokered: Brokered,
    day: Date,
) -> Result<(), Failure> {
    let declared = store::list(tx.conn(), commissioner, None, i64::MAX).await?;
    model::require_none(&declared, brokered, day)
}
