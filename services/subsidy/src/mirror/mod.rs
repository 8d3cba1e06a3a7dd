//! What is followed from the registry's feed: the shared mirror, so that a match reads no other service, and beside it
//! the days from which payees corrected their accounts.

pub mod model;
pub(crate) mod store;

use std::collections::BTreeMap;

use canopy_kernel::Failure;
use canopy_persistence::{Tx, mirror};
use canopy_proto::common::v1::Envelope;

use crate::{event, payment};

/// Takes a batch of events. Of several corrections of one account on one day the later one counts.
pub(crate) async fn apply(tx: &mut Tx, events: &[Envelope]) -> Result<(), Failure> {
    mirror::apply(tx, events).await?;
    let mut corrections = BTreeMap::new();
    for event in events {
        if let Some(correction) = event::correction(event)? {
            corrections.insert((correction.uscc.clone(), correction.effective_on), correction);
        }
    }
    if corrections.is_empty() {
        return Ok(());
    }
    store::put_corrections(tx, corrections.values()).await?;
    payment::await_corrections(tx, corrections.values()).await
}

/// Forgets what was followed, since it is told again from the beginning.
pub(crate) async fn forget(tx: &mut Tx) -> Result<(), Failure> {
    mirror::forget(tx).await?;
    store::forget(tx).await
}
