//! Commissioners as those who act: each for himself, and in service on the day.

use canopy_kernel::{Actor, Failure, Role, reason};
use canopy_persistence::Tx;
use jiff::civil::Date;

use crate::commissioner::model::Tenure;
use crate::commissioner::{store, unknown};

/// Keeps a COMMISSIONER to himself: the person of the token is his number.
pub(crate) fn require_own(actor: &Actor, number: &str) -> Result<(), Failure> {
    match actor.has(Role::Commissioner) && actor.person.as_deref() != Some(number) {
        true => Err(Failure::new(&reason::NOT_OWN_RECORD).on("commissioner_no")),
        false => Ok(()),
    }
}

/// The number of the commissioner who calls.
pub(crate) fn caller(actor: &Actor) -> String {
    actor.person.clone().unwrap_or_default()
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
