//! Matches: proposed, accepted, negotiated, ended, credited.

pub mod model;
pub(crate) mod rpc;
pub mod rule_credit;
pub(crate) mod store;

use canopy_kernel::actor::may_act_for;
use canopy_kernel::id::{AchievementId, DemandId, MatchId};
use canopy_kernel::{Actor, Failure, reason};
use canopy_persistence::{Transition, Tx};

use crate::achievement::model::Achievement;
use crate::broker::{caller, require_entitled, require_in_service, require_self};
use crate::demand::model::{Act, Demand};
use crate::edge::guard;
use crate::interest::model::Brokered;
use crate::{achievement, demand, event, interest};
use model::{Match, MatchState, Proposer};
use rule_credit::Share;

/// A match with what it is of, all three rows taken in one order.
struct Held {
    demand: Demand,
    achievement: Achievement,
    found: Match,
}

impl Held {
    fn brokered(&self) -> Brokered {
        brokered(&self.demand, &self.achievement)
    }
}

fn brokered(demand: &Demand, achievement: &Achievement) -> Brokered {
    Brokered { firm: demand.enterprise, owner: achievement.owner, achievement: achievement.id }
}

/// Proposes a match.
#[derive(Debug)]
pub(crate) struct Propose {
    pub demand: DemandId,
    pub achievement: AchievementId,
    pub note: String,
}

/// Proposes a match on the business day, as the commissioner or broker who calls (R14, R19). Who may not propose at all
/// learns nothing of demands and achievements.
pub(crate) async fn propose(tx: &mut Tx, command: &Propose) -> Result<Match, Failure> {
    let today = tx.today();
    let proposer = caller(tx.actor()).ok_or_else(|| Failure::new(&reason::ROLE_NOT_ALLOWED))?;
    require_entitled(tx, &proposer, today).await?;
    let demand = demand::load(tx, command.demand).await.map_err(|failure| failure.on("demand"))?;
    let achievement =
        achievement::load(tx, command.achievement).await.map_err(|failure| failure.on("achievement"))?;
    interest::require_none(tx, &proposer, brokered(&demand, &achievement), today).await?;
    achievement.rights.require_clear()?;
    if demand.state.after(Act::Match).is_none() {
        return Err(Failure::new(&reason::STATE_NOT_ALLOWED)
            .on("demand")
            .with("state", demand.state.as_str())
            .with("expected", "PUBLISHED"));
    }
    let proposed = Match {
        id: MatchId::at(tx.recorded_at()),
        demand: demand.id,
        achievement: achievement.id,
        state: MatchState::Proposed,
        credits: rule_credit::of_proposal(&proposer),
        proposed_by: proposer,
        proposed_on: today,
        since: today,
        stepped_on: today,
        note: command.note.clone(),
        version: 1,
    };
    store::insert(tx, &proposed).await?;
    tell(tx, &proposed, "", "");
    Ok(proposed)
}

/// What someone says about a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Say {
    /// The owner accepts.
    Accept,
    /// The owner or the firm declines.
    Decline,
    /// The parties negotiate.
    Negotiate,
    /// It ends without a signature.
    End,
}

/// An order about a match.
#[derive(Debug)]
pub(crate) struct Order {
    pub id: MatchId,
    pub say: Say,
    /// Why, in words.
    pub reason: String,
    pub etag: String,
}

/// Moves a match on the business day, and its demand with it.
pub(crate) async fn say(tx: &mut Tx, order: &Order) -> Result<Match, Failure> {
    let today = tx.today();
    let held = hold(tx, order.id).await?;
    guard(&order.etag, held.found.version)?;
    require_right(tx.actor(), &held, order.say)?;
    let next = match order.say {
        Say::Accept => {
            held.achievement.rights.require_clear()?;
            MatchState::Accepted
        }
        Say::Decline => MatchState::Declined,
        Say::Negotiate => {
            for who in held.found.brokered_by() {
                interest::require_none(tx, &who, held.brokered(), today).await?;
            }
            MatchState::Negotiating
        }
        Say::End => MatchState::Ended,
    };
    let from = held.found.state;
    let after = held.found.become_on(next, &order.reason, today)?;
    store::write_state(tx, &after).await?;
    let act = match order.say {
        Say::Accept => Act::Match,
        Say::Negotiate => Act::Negotiate,
        Say::Decline | Say::End => Act::Unmatch(best(tx, after.demand).await?),
    };
    demand::follow(tx, held.demand, act, today, &after.id.to_string()).await?;
    tell(tx, &after, from.as_str(), &order.reason);
    Ok(after)
}

/// What the live matches of a demand make of it.
async fn best(tx: &mut Tx, demand: DemandId) -> Result<Option<demand::model::DemandState>, Failure> {
    let states = store::states_of(tx, demand).await?;
    Ok(states.into_iter().filter_map(MatchState::of_demand).max())
}

/// Who may say what: the owner of the achievement, the firm, and of those who broker at all who brokers this match.
fn require_right(actor: &Actor, held: &Held, say: Say) -> Result<(), Failure> {
    let is_party = |uscc| may_act_for(actor, uscc);
    match say {
        Say::Accept => is_party(held.achievement.owner),
        // One of the two is enough.
        Say::Decline => is_party(held.achievement.owner).or_else(|_| is_party(held.demand.enterprise)),
        Say::Negotiate | Say::End => match caller(actor) {
            Some(who) if !held.found.brokered_by().contains(&who) => {
                Err(Failure::new(&reason::NOT_OWN_RECORD))
            }
            _ => Ok(()),
        },
    }
    .map_err(|failure| failure.on("name"))
}

/// Takes a match: its demand first, then the achievement, then the match itself.
async fn hold(tx: &mut Tx, id: MatchId) -> Result<Held, Failure> {
    let unknown = || Failure::new(&reason::UNKNOWN_MATCH).on("name");
    let seen = store::find(tx.conn(), id).await?.ok_or_else(unknown)?;
    let demand = demand::load(tx, seen.demand).await?;
    let achievement = achievement::load(tx, seen.achievement).await?;
    store::lock(tx, id).await?;
    let found = store::find(tx.conn(), id).await?.ok_or_else(unknown)?;
    Ok(Held { demand, achievement, found })
}

/// Says anew who is credited.
#[derive(Debug)]
pub(crate) struct Split {
    pub id: MatchId,
    pub credits: Vec<Share>,
    pub etag: String,
}

/// Splits the credit for a match (R16): the whole, to commissioners in service without an interest. A commissioner splits
/// what he proposed himself.
pub(crate) async fn split(tx: &mut Tx, command: &Split) -> Result<Match, Failure> {
    let today = tx.today();
    let held = hold(tx, command.id).await?;
    guard(&command.etag, held.found.version)?;
    require_self(tx.actor(), &held.found.proposed_by).map_err(|failure| failure.on("name"))?;
    rule_credit::require_whole(&command.credits)?;
    for share in &command.credits {
        require_in_service(tx, &share.commissioner, today).await?;
        let credited = Proposer::Commissioner(share.commissioner.clone());
        interest::require_none(tx, &credited, held.brokered(), today).await?;
    }
    let after = held.found.credit_on(command.credits.clone(), today);
    store::write_credits(tx, &after).await?;
    tell(tx, &after, after.state.as_str(), "CREDIT_SPLIT");
    Ok(after)
}

/// Marks the live match of a demand with an achievement as signed; answers it when there is one. The caller holds the
/// demand's row.
pub(crate) async fn sign(
    tx: &mut Tx,
    demand: DemandId,
    achievement: AchievementId,
    on: jiff::civil::Date,
) -> Result<Option<MatchId>, Failure> {
    let Some(id) = store::live(tx, demand, achievement).await? else { return Ok(None) };
    store::lock(tx, id).await?;
    let Some(before) = store::find(tx.conn(), id).await? else { return Ok(None) };
    if before.state == MatchState::Signed {
        return Ok(Some(id));
    }
    let from = before.state;
    let after = before.become_on(MatchState::Signed, "", on)?;
    store::write_state(tx, &after).await?;
    tell(tx, &after, from.as_str(), "SIGNING");
    Ok(Some(id))
}

/// States and tells what became of a match.
fn tell(tx: &mut Tx, changed: &Match, from: &str, reason: &str) {
    tx.audit(Transition {
        aggregate: changed.id.to_string(),
        from: from.to_owned(),
        to: changed.state.as_str().to_owned(),
        reason: reason.to_owned(),
        rule_version: String::new(),
        effective_on: changed.stepped_on,
    });
    event::match_changed(tx, changed);
}
