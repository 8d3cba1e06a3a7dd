//! Signed projects: recorded, linked to contracts, counted.

pub mod model;
pub(crate) mod rpc;
pub(crate) mod store;

use canopy_kernel::id::{AchievementId, DemandId, SigningId};
use canopy_kernel::{Failure, Fen, reason};
use canopy_persistence::{Transition, Tx};
use jiff::civil::Date;

use crate::contract::rule_link::Link;
use crate::contract::{self, Parties};
use crate::demand::model::Act;
use crate::{achievement, demand, event, match_event, matching};
use model::Signing;
use store::AsOf;

/// Records a signed project. Demand and achievement stand as they were named: by name or business number.
#[derive(Debug)]
pub(crate) struct Record {
    pub number: String,
    pub event: String,
    pub parties: Parties,
    pub demand: String,
    pub achievement: String,
    pub title: String,
    pub amount: Fen,
    pub signed_on: Date,
    pub external_ref: String,
}

/// Records a signed project: its demand is SIGNED, their match settled, and a contract that is registered already
/// carries it out (R18).
pub(crate) async fn record(tx: &mut Tx, command: &Record) -> Result<AsOf, Failure> {
    if command.signed_on > tx.today() {
        return Err(Failure::new(&reason::DATE_IN_FUTURE).on("signed_on"));
    }
    contract::store::lock_pair(tx, command.parties).await?;
    store::require_new(tx, command).await?;
    require_event(tx, &command.event).await?;
    let demand = demand_of(tx, &command.demand).await?;
    let achievement = achievement_of(tx, &command.achievement).await?;
    let id = SigningId::at(tx.recorded_at());
    let settled = match (demand, achievement) {
        (Some(demand), Some(achievement)) => {
            matching::sign(tx, demand, achievement, command.signed_on).await?
        }
        _ => None,
    };
    let signing = Signing {
        id,
        number: command.number.clone(),
        event: command.event.clone(),
        parties: command.parties,
        demand,
        achievement,
        settled,
        title: command.title.trim().to_owned(),
        amount: command.amount,
        signed_on: command.signed_on,
        version: 1,
    };
    store::insert(tx, &signing, &command.external_ref).await?;
    if let Some(demand) = demand {
        let unknown = || Failure::new(&reason::UNKNOWN_DEMAND).on("demand");
        let demand = demand::store::lock(tx, demand).await?.ok_or_else(unknown)?;
        let followed = demand::follow(tx, demand, Act::Sign, signing.signed_on, &id.to_string()).await;
        followed.map_err(|failure| failure.on("demand"))?;
    }
    tell(tx, &signing, "").await?;
    contract::relink(tx, command.parties).await?;
    view(tx, id).await
}

/// A project of the same parties, title and day, or of the same number, is recorded once.
async fn require_event(tx: &mut Tx, number: &str) -> Result<(), Failure> {
    let known = match number {
        "" => return Ok(()),
        number => match_event::store::known(tx, &[number.to_owned()]).await?,
    };
    match known.is_empty() {
        true => Err(Failure::new(&reason::UNKNOWN_MATCH_EVENT).on("event_no")),
        false => Ok(()),
    }
}

async fn demand_of(tx: &mut Tx, name: &str) -> Result<Option<DemandId>, Failure> {
    if name.is_empty() {
        return Ok(None);
    }
    let found = demand::store::find(tx.conn(), name, Date::MAX).await?;
    let found = found.ok_or_else(|| Failure::new(&reason::UNKNOWN_DEMAND).on("demand"))?;
    // The row is taken before the match, as everywhere.
    demand::store::lock(tx, found.demand.id).await?;
    Ok(Some(found.demand.id))
}

async fn achievement_of(tx: &mut Tx, name: &str) -> Result<Option<AchievementId>, Failure> {
    if name.is_empty() {
        return Ok(None);
    }
    let found = achievement::store::find(tx.conn(), name, Date::MAX).await?;
    let found = found.ok_or_else(|| Failure::new(&reason::UNKNOWN_ACHIEVEMENT).on("achievement"))?;
    Ok(Some(found.achievement.id))
}

/// States and tells that a contract carries a project out now, or does not any more.
pub(crate) async fn contract_changed(
    tx: &mut Tx,
    id: SigningId,
    link: Option<&Link>,
) -> Result<Signing, Failure> {
    let signing = store::advance(tx, id).await?;
    let (from, to) = match link {
        Some(_) => ("SIGNED", "REGISTERED"),
        None => ("REGISTERED", "SIGNED"),
    };
    tx.audit(Transition {
        aggregate: id.to_string(),
        from: from.to_owned(),
        to: to.to_owned(),
        reason: link.map(|link| link.contract.clone()).unwrap_or_default(),
        rule_version: String::new(),
        effective_on: link.map_or_else(|| tx.today(), |link| link.from),
    });
    let seen = view(tx, id).await?;
    event::signing_changed(tx, &seen);
    Ok(signing)
}

async fn tell(tx: &mut Tx, signing: &Signing, from: &str) -> Result<(), Failure> {
    tx.audit(Transition {
        aggregate: signing.id.to_string(),
        from: from.to_owned(),
        to: "SIGNED".to_owned(),
        reason: if signing.amount.is_zero() { "FRAMEWORK" } else { "" }.to_owned(),
        rule_version: String::new(),
        effective_on: signing.signed_on,
    });
    let seen = view(tx, signing.id).await?;
    event::signing_changed(tx, &seen);
    Ok(())
}

async fn view(tx: &mut Tx, id: SigningId) -> Result<AsOf, Failure> {
    let found = store::find(tx.conn(), &id.to_string(), Date::MAX).await?;
    found.ok_or_else(|| Failure::new(&reason::INTERNAL).because("a signing that was written is not found"))
}
