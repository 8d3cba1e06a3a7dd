//! Policies (政策清单): who gets how much from which budget line, by structured terms alone.

pub mod model;
pub(crate) mod rpc;
pub mod rule_terms;
pub(crate) mod store;

use canopy_kernel::id::PolicyId;
use canopy_kernel::{Failure, reason};
use canopy_persistence::{Transition, Tx};

use crate::edge::{guard, person};
use crate::event;
use model::{Policy, Terms};

/// Writes down version 1 of a new code, or the next version of a known one.
#[derive(Debug)]
pub(crate) struct Create {
    pub terms: Terms,
    pub revise: bool,
}

/// A step of a version that is known by name.
#[derive(Debug)]
pub(crate) struct StepOf {
    pub id: PolicyId,
    pub etag: String,
    pub reason: String,
}

/// Writes a policy down as a draft.
pub(crate) async fn create(tx: &mut Tx, command: &Create) -> Result<Policy, Failure> {
    let latest = store::latest_revision(tx, &command.terms.code).await?;
    let revision = match (latest, command.revise) {
        (None, false) => 1,
        (Some(latest), true) => latest + 1,
        (Some(_), false) => return Err(Failure::new(&reason::DUPLICATE_POLICY).on("terms.code")),
        (None, true) => return Err(Failure::new(&reason::UNKNOWN_POLICY).on("terms.code")),
    };
    let id = PolicyId::at(tx.recorded_at());
    let policy = Policy::draft(id, revision, command.terms.clone(), person(tx));
    store::insert(tx, &policy).await?;
    tell(tx, &policy, "", "");
    Ok(policy)
}

/// Reviews a draft.
pub(crate) async fn review(tx: &mut Tx, command: &StepOf) -> Result<Policy, Failure> {
    let reviewer = person(tx);
    step(tx, command, |policy| policy.review(&reviewer)).await
}

/// Activates a reviewed version; the version before it is closed.
pub(crate) async fn activate(tx: &mut Tx, command: &StepOf) -> Result<Policy, Failure> {
    let policy = store::lock(tx, command.id).await?;
    guard(&command.etag, policy.version)?;
    let activated = policy.clone().activate()?;
    if let Some(before) = store::lock_active(tx, &policy.terms.code).await? {
        let closed = before.clone().close()?;
        write(tx, &before, &closed, "REPLACED").await?;
    }
    write(tx, &policy, &activated, "").await?;
    Ok(activated)
}

/// Closes an active version for good.
pub(crate) async fn close(tx: &mut Tx, command: &StepOf) -> Result<Policy, Failure> {
    step(tx, command, Policy::close).await
}

async fn step(
    tx: &mut Tx,
    command: &StepOf,
    decide: impl FnOnce(Policy) -> Result<Policy, Failure>,
) -> Result<Policy, Failure> {
    let before = store::lock(tx, command.id).await?;
    guard(&command.etag, before.version)?;
    let after = decide(before.clone())?;
    write(tx, &before, &after, &command.reason).await?;
    Ok(after)
}

async fn write(tx: &mut Tx, before: &Policy, after: &Policy, reason: &str) -> Result<(), Failure> {
    store::update(tx, after).await?;
    tell(tx, after, before.state.as_str(), reason);
    Ok(())
}

fn tell(tx: &mut Tx, policy: &Policy, from: &str, reason: &str) {
    tx.audit(Transition {
        aggregate: policy.id.to_string(),
        from: from.to_owned(),
        to: policy.state.as_str().to_owned(),
        reason: reason.to_owned(),
        rule_version: String::new(),
        effective_on: tx.today(),
    });
    event::policy_changed(tx, policy);
}
