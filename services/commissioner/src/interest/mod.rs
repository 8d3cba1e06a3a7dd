//! Declared interests of commissioners and brokers.

pub mod model;
pub(crate) mod rpc;
pub(crate) mod store;

use canopy_kernel::id::InterestId;
use canopy_kernel::{Failure, reason};
use canopy_persistence::{Transition, Tx};
use jiff::civil::Date;

use crate::broker::require_self;
use crate::matching::model::Proposer;
use crate::{achievement, commissioner, training};
use model::{Brokered, Interest, Stake};

/// Declares an interest.
#[derive(Debug)]
pub(crate) struct Declare {
    pub holder: Proposer,
    pub stake: Stake,
    pub from_on: Date,
    pub to_on: Option<Date>,
}

/// Declares an interest of a commissioner, or of who is a broker on the business day.
pub(crate) async fn declare(tx: &mut Tx, command: &Declare) -> Result<Interest, Failure> {
    require_self(tx.actor(), &command.holder)?;
    require_known(tx, &command.holder).await?;
    if let Some(id) = command.stake.achievement() {
        let found = achievement::store::lock(tx, id).await?;
        found.ok_or_else(|| Failure::new(&reason::UNKNOWN_ACHIEVEMENT).on("achievement"))?;
    }
    commissioner::model::ordered("to_on", command.from_on, command.to_on)?;
    let interest = Interest {
        id: InterestId::at(tx.recorded_at()),
        holder: command.holder.clone(),
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

/// Refuses a number of nobody who could broker: an interest declared under it would bar no one.
async fn require_known(tx: &mut Tx, holder: &Proposer) -> Result<(), Failure> {
    match holder {
        Proposer::Commissioner(number) => {
            let known = commissioner::store::known(tx.conn(), std::slice::from_ref(number)).await?;
            match known.contains_key(number) {
                true => Ok(()),
                false => Err(commissioner::unknown(number)),
            }
        }
        Proposer::Broker(number) => {
            let today = tx.today();
            training::require_broker(tx, number, today).await.map_err(|failure| failure.on("broker_no"))
        }
    }
}

/// Refuses a commissioner or broker who has an interest in either side of what is brokered, on that day.
pub(crate) async fn require_none(
    tx: &mut Tx,
    who: &Proposer,
    brokered: Brokered,
    day: Date,
) -> Result<(), Failure> {
    let declared = store::list(tx.conn(), who, None, i64::MAX).await?;
    model::require_none(&declared, brokered, day)
}
