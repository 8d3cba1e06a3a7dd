//! What this service tells others, and what it listens to in the registry's feed.

use canopy_kernel::{Failure, date, reason};
use canopy_persistence::{Listener, Tx};
use canopy_proto::common::v1::Envelope;
use canopy_proto::registry::v1 as registry;
use canopy_proto::subsidy::v1 as pb;
use futures::future::BoxFuture;
use jiff::civil::Date;
use prost::{Message, Name};

use crate::mirror;
use crate::mirror::model::Correction;
use crate::policy::model::Policy;

/// Tells that a policy version changed its state.
pub(crate) fn policy_changed(tx: &mut Tx, policy: &Policy) {
    let message = pb::PolicyChanged { policy: Some(crate::policy::rpc::message(policy)) };
    let today = tx.today();
    tx.emit(&message, &policy.id.to_string(), policy.version, today);
}

/// Tells that a run changed its state.
pub(crate) fn run_changed(tx: &mut Tx, run: pb::Run, version: i64) {
    let (name, today) = (run.name.clone(), tx.today());
    tx.emit(&pb::RunChanged { run: Some(run) }, &name, version, today);
}

/// Tells that a batch was funded.
pub(crate) fn batch_funded(tx: &mut Tx, batch: pb::Batch, version: i64) {
    let (name, today) = (batch.name.clone(), tx.today());
    tx.emit(&pb::BatchFunded { batch: Some(batch) }, &name, version, today);
}

/// Tells that a line was credited, from the bank's value date.
pub(crate) fn line_credited(tx: &mut Tx, line: pb::PaymentLine, version: i64, on: Date) {
    let name = line.name.clone();
    tx.emit(&pb::LineCredited { line: Some(line) }, &name, version, on);
}

/// Tells that a line bounced.
pub(crate) fn line_returned(tx: &mut Tx, line: pb::PaymentLine, version: i64, on: Date) {
    let name = line.name.clone();
    tx.emit(&pb::LineReturned { line: Some(line) }, &name, version, on);
}

/// Keeps the mirror of the registry's facts.
#[derive(Debug)]
pub(crate) struct RegistryListener;

impl Listener for RegistryListener {
    fn apply<'t>(&'t self, tx: &'t mut Tx, events: &'t [Envelope]) -> BoxFuture<'t, Result<(), Failure>> {
        Box::pin(mirror::apply(tx, events))
    }

    fn forget<'t>(&'t self, tx: &'t mut Tx) -> BoxFuture<'t, Result<(), Failure>> {
        Box::pin(mirror::forget(tx))
    }
}

/// The correction of an account that an event tells; `None` for another event.
pub(crate) fn correction(event: &Envelope) -> Result<Option<Correction>, Failure> {
    if event.r#type != registry::PaymentAccountCorrected::full_name() {
        return Ok(None);
    }
    let told = registry::PaymentAccountCorrected::decode(event.payload.as_slice()).map_err(|error| {
        Failure::new(&reason::INTERNAL).because(format_args!("event {}: {error}", event.id))
    })?;
    let effective_on = date::parse(&told.effective_on)?;
    Ok(Some(Correction { uscc: told.uscc, effective_on, position: event.position }))
}
