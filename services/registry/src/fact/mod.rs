//! Facts: recorded once per proof.

pub mod model;
pub(crate) mod rpc;
pub(crate) mod store;

use canopy_kernel::id::FactId;
use canopy_kernel::{Failure, reason};
use canopy_persistence::{Transition, Tx};

use crate::event;
use crate::subject;
use model::{Fact, Statement};

/// Records a fact about a known subject.
pub(crate) async fn record(tx: &mut Tx, command: &Statement) -> Result<Fact, Failure> {
    let known = subject::store::lock_known(tx, &[command.uscc.to_string()]).await?;
    let unknown = || Failure::new(&reason::UNKNOWN_SUBJECT).on("uscc");
    let subject = *known.get(&command.uscc).ok_or_else(unknown)?;
    let fact = Fact { id: FactId::at(tx.recorded_at()), statement: command.clone() };
    store::insert(tx, subject, &fact).await?;
    tx.audit(Transition {
        aggregate: fact.id.to_string(),
        from: String::new(),
        to: "RECORDED".to_owned(),
        reason: command.kind.clone(),
        rule_version: String::new(),
        effective_on: command.occurred_on,
    });
    event::fact_recorded(tx, &fact);
    Ok(fact)
}
