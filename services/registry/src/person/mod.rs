//! Persons: registered once, found by any of their passports.

pub mod model;
pub(crate) mod rpc;
pub(crate) mod store;

use canopy_kernel::id::SubjectId;
use canopy_kernel::{Failure, reason};
use canopy_persistence::Tx;

use crate::subject::model::{Identity, Subject, SubjectKey, SubjectKind};
use crate::subject::{self, tell};
use model::{NewPerson, Renewal};

/// Registers a person. The answer is kept for a repeat, so the name does not stand in it.
pub(crate) async fn register(tx: &mut Tx, command: &NewPerson) -> Result<Subject, Failure> {
    let id = SubjectId::at(tx.recorded_at());
    store::insert(tx, id, command).await?;
    store::insert_passport(tx, id, &command.passport).await?;
    let subject =
        Subject { id, kind: SubjectKind::Person, identity: Identity::Person, change: None, version: 1 };
    tell(tx, &subject, "", "");
    Ok(subject)
}

/// Adds a renewed passport to a person; the name does not stand in the answer.
pub(crate) async fn renew(tx: &mut Tx, command: &Renewal) -> Result<Subject, Failure> {
    let today = tx.today();
    let found = subject::store::find(tx.conn(), &SubjectKey::Id(command.person), today).await?;
    let person = found
        .filter(|it| it.kind == SubjectKind::Person)
        .ok_or_else(|| Failure::new(&reason::UNKNOWN_SUBJECT).on("name"))?;
    let version = subject::store::advance_known(tx, person.id).await?;
    store::insert_passport(tx, command.person, &command.passport).await?;
    let status = person.status().as_str();
    let subject = Subject { version, ..person };
    tell(tx, &subject, status, "PASSPORT_RENEWED");
    Ok(subject)
}
