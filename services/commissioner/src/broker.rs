//! Those who broker: commissioners and technology brokers, each for himself and entitled on the day.

use canopy_kernel::{Actor, Failure, Role, reason};
use canopy_persistence::Tx;
use jiff::civil::Date;

use crate::commissioner::model::Tenure;
use crate::commissioner::{store, unknown};
use crate::matching::model::Proposer;
use crate::training;

/// Keeps a COMMISSIONER to himself: the person of the token is his number.
pub(crate) fn require_own(actor: &Actor, number: &str) -> Result<(), Failure> {
    match actor.has(Role::Commissioner) && actor.person.as_deref() != Some(number) {
        true => Err(Failure::new(&reason::NOT_OWN_RECORD).on("commissioner_no")),
        false => Ok(()),
    }
}

/// As whom a caller brokers, and whose matches and interests he is kept to: a COMMISSIONER as one, an INDIVIDUAL as a
/// technology broker (R19). `None` for those who act for an office or an organisation.
pub(crate) fn caller(actor: &Actor) -> Option<Proposer> {
    let number = actor.person.clone().unwrap_or_default();
    match (actor.has(Role::Commissioner), actor.has(Role::Individual)) {
        (true, _) => Some(Proposer::Commissioner(number)),
        (false, true) => Some(Proposer::Broker(number)),
        (false, false) => None,
    }
}

/// Keeps a COMMISSIONER and a technology broker each to himself.
pub(crate) fn require_self(actor: &Actor, whose: &Proposer) -> Result<(), Failure> {
    match caller(actor).is_some_and(|caller| caller != *whose) {
        true => Err(Failure::new(&reason::NOT_OWN_RECORD).on(whose.field())),
        false => Ok(()),
    }
}

/// Refuses who may not broker on that day: a commissioner who is not in service, a person who is no broker.
pub(crate) async fn require_entitled(tx: &mut Tx, who: &Proposer, day: Date) -> Result<(), Failure> {
    match who {
        Proposer::Commissioner(number) => require_in_service(tx, number, day).await,
        Proposer::Broker(number) => training::require_broker(tx, number, day).await,
    }
}

/// Refuses someone who is no commissioner, or not in service on that day (`RULES.md` R3).
pub(crate) async fn require_in_service(tx: &mut Tx, number: &str, day: Date) -> Result<(), Failure> {
    let mut known = store::known(tx.conn(), &[number.to_owned()]).await?;
    let commissioner = known.remove(number).ok_or_else(|| unknown(number))?;
    let posts = store::posts(tx.conn(), &[commissioner.id]).await?;
    let tenure = Tenure {
        posted_on: posts.iter().map(|(_, post)| post.from_on).min(),
        ended_on: commissioner.service.ended_on,
    };
    tenure.require(day).map_err(|failure| failure.on("commissioner_no"))
}
