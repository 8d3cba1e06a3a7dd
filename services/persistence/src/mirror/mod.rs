//! Mirror: what a service follows from the registry's feed into its own database, so that a decision in bulk reads no
//! other service. Organisations with dated status, recognitions with assessments, credit listings, and the reference
//! data in force. A row stands on the feed position that told it: an event that was parked and is applied later does
//! not overwrite what a later one said.

mod ask;
mod event;
pub mod model;
mod store;
mod store_reference;

use canopy_kernel::Failure;
use canopy_proto::common::v1::Envelope;

use crate::tx::Tx;

pub use ask::{
    assessments, calendar, is_known, is_live, qualification, qualifications, rules, subject, subject_by_title,
};

/// Takes a batch of the registry's events. Of several about one thing the later one counts, so one statement per
/// table writes them all. Events that tell of nothing that is mirrored are left alone.
pub async fn apply(tx: &mut Tx, events: &[Envelope]) -> Result<(), Failure> {
    let mut facts = event::Facts::default();
    for event in events {
        facts.take(event)?;
    }
    store::put_subjects(tx, facts.subjects.values()).await?;
    store::put_statuses(tx, facts.statuses.values()).await?;
    store::put_qualifications(tx, facts.qualifications.values()).await?;
    store::put_assessments(tx, facts.assessments.values()).await?;
    store::put_listings(tx, facts.listings.values()).await?;
    if let Some((set, days)) = &facts.calendar {
        store_reference::replace_calendar(tx, set, days).await?;
    }
    if let Some((set, parameters)) = &facts.parameters {
        store_reference::replace_parameters(tx, set, parameters).await?;
    }
    if let Some((set, settings)) = &facts.settings {
        store_reference::replace_settings(tx, set, settings).await?;
    }
    Ok(())
}

/// Forgets what was followed, since the registry was put back and tells it again from the beginning.
pub async fn forget(tx: &mut Tx) -> Result<(), Failure> {
    store::forget(tx).await
}
