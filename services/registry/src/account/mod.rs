//! Payment accounts: corrections from a day on, and the name check.

pub mod model;
pub(crate) mod rpc;
pub(crate) mod store;

use canopy_kernel::id::AccountId;
use canopy_kernel::{Failure, reason};
use canopy_persistence::{Transition, Tx};

use crate::event;
use crate::subject;
use model::{Account, Correction};

/// Records a corrected account that holds from its day on.
pub(crate) async fn correct(tx: &mut Tx, command: &Correction) -> Result<Account, Failure> {
    let known = subject::store::lock_known(tx, &[command.uscc.to_string()]).await?;
    let subject =
        *known.get(&command.uscc).ok_or_else(|| Failure::new(&reason::UNKNOWN_SUBJECT).on("uscc"))?;
    let id = AccountId::at(tx.recorded_at());
    let name_matches = store::insert_correction(tx, id, subject, command).await?;
    tx.audit(Transition {
        aggregate: subject.to_string(),
        from: String::new(),
        to: "ACCOUNT_CORRECTED".to_owned(),
        reason: String::new(),
        rule_version: String::new(),
        effective_on: command.effective_on,
    });
    let version = subject::store::advance_known(tx, subject).await?;
    event::account_corrected(tx, subject, version, command);
    Ok(Account {
        id,
        uscc: command.uscc,
        data: command.data.clone(),
        name_matches,
        effective_on: Some(command.effective_on),
    })
}
