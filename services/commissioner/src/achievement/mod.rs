//! Achievements: collected, rights stated, merged.

pub mod model;
pub(crate) mod rpc;
pub mod rule_number;
pub(crate) mod store;

use canopy_kernel::actor::may_act_for;
use canopy_kernel::id::AchievementId;
use canopy_kernel::{Failure, Uscc, reason};
use canopy_persistence::{Transition, Tx};

use crate::edge::guard;
use crate::event;
use crate::job::follow_up;
use crate::merge::{self, Member};
use model::{Achievement, Rights};
use store::AsOf;

/// Collects an achievement.
#[derive(Debug)]
pub(crate) struct Collect {
    pub number: String,
    pub owner: Uscc,
    /// Whether the register knows the owner.
    pub is_registered: bool,
    pub title: String,
    pub summary: String,
    pub field: String,
    pub ip_count: i32,
    pub maturity: i32,
    pub is_key: bool,
    pub registration: String,
    pub external_ref: String,
    /// Months after which a key achievement is told as not followed up.
    pub follow_up_months: u32,
}

/// Collects an achievement on the business day: an owner's achievement of one title is recorded once.
pub(crate) async fn collect(tx: &mut Tx, command: &Collect) -> Result<AsOf, Failure> {
    let achievement = Achievement {
        id: AchievementId::at(tx.recorded_at()),
        number: command.number.clone(),
        owner: command.owner,
        title: command.title.trim().to_owned(),
        summary: command.summary.clone(),
        field: command.field.clone(),
        ip_count: command.ip_count,
        maturity: command.maturity,
        is_key: command.is_key,
        registration: command.registration.clone(),
        collected_on: tx.today(),
        rights: Rights::CLEAR,
        rights_since: tx.today(),
        version: 1,
    };
    store::require_new(tx, &achievement).await?;
    rule_number::require_form(&achievement.registration)?;
    if !command.is_registered {
        return Err(Failure::new(&reason::UNKNOWN_OWNER).on("owner_uscc"));
    }
    store::insert(tx, &achievement, &command.external_ref).await?;
    if achievement.is_key {
        follow_up::watch(tx, achievement.id, achievement.collected_on, command.follow_up_months)?;
    }
    tell(tx, &achievement, "", "").await
}

/// States the rights of an achievement.
#[derive(Debug)]
pub(crate) struct StateRights {
    pub id: AchievementId,
    pub rights: Rights,
    pub etag: String,
}

/// States the rights anew from the business day on.
pub(crate) async fn state_rights(tx: &mut Tx, command: &StateRights) -> Result<AsOf, Failure> {
    let before = load(tx, command.id).await?;
    guard(&command.etag, before.version)?;
    may_act_for(tx.actor(), before.owner).map_err(|failure| failure.on("name"))?;
    let from = rights_word(before.rights);
    let after = before.state_rights(command.rights, tx.today());
    store::write_rights(tx, &after).await?;
    tell(tx, &after, from, "RIGHTS_STATED").await
}

/// Takes an achievement that stands for itself: a merged one is not written.
pub(crate) async fn load(tx: &mut Tx, id: AchievementId) -> Result<Achievement, Failure> {
    let found = store::lock(tx, id).await?;
    let achievement = found.ok_or_else(|| Failure::new(&reason::UNKNOWN_ACHIEVEMENT).on("name"))?;
    merge::require_unmerged(tx, id.as_uuid()).await?;
    Ok(achievement)
}

/// Merges a duplicate into the achievement that is kept.
#[derive(Debug)]
pub(crate) struct Merge {
    pub kept: AchievementId,
    pub duplicate: AchievementId,
    /// Why, in words.
    pub reason: String,
}

/// Merges two achievements of one owner (R12).
pub(crate) async fn merge(tx: &mut Tx, command: &Merge) -> Result<AsOf, Failure> {
    // Two merges of the same pair take the rows in one order.
    let (first, second) = (command.kept.min(command.duplicate), command.kept.max(command.duplicate));
    let mut found = Vec::new();
    for id in [first, second] {
        let achievement = store::lock(tx, id).await?;
        found.push(achievement.ok_or_else(|| Failure::new(&reason::UNKNOWN_ACHIEVEMENT).on("kept"))?);
    }
    let find = |id: AchievementId| found.iter().find(|achievement| achievement.id == id);
    let (Some(kept), Some(duplicate)) = (find(command.kept), find(command.duplicate)) else {
        return Err(Failure::new(&reason::UNKNOWN_ACHIEVEMENT).on("duplicate"));
    };
    merge::merge(tx, &member(kept), &member(duplicate), &command.reason).await?;
    tell(tx, duplicate, rights_word(duplicate.rights), &format!("MERGED {}", kept.id)).await?;
    view(tx, kept).await
}

/// Undoes a merge.
#[derive(Debug)]
pub(crate) struct Undo {
    pub duplicate: AchievementId,
    /// Why, in words.
    pub reason: String,
}

/// Undoes a merge from the business day on.
pub(crate) async fn undo(tx: &mut Tx, command: &Undo) -> Result<AsOf, Failure> {
    let found = store::lock(tx, command.duplicate).await?;
    let duplicate = found.ok_or_else(|| Failure::new(&reason::UNKNOWN_ACHIEVEMENT).on("duplicate"))?;
    let kept = AchievementId::new(merge::undo(tx, &member(&duplicate), &command.reason).await?);
    tell(tx, &duplicate, rights_word(duplicate.rights), &format!("MERGE_UNDONE {kept}")).await
}

fn member(achievement: &Achievement) -> Member {
    Member { id: achievement.id.as_uuid(), owner: achievement.owner }
}

fn rights_word(rights: Rights) -> &'static str {
    match rights.require_clear() {
        Ok(()) => "CLEAR",
        Err(_) => "NOT_CLEAR",
    }
}

/// States and tells what became of an achievement.
async fn tell(tx: &mut Tx, achievement: &Achievement, from: &str, reason: &str) -> Result<AsOf, Failure> {
    let today = tx.today();
    tx.audit(Transition {
        aggregate: achievement.id.to_string(),
        from: from.to_owned(),
        to: rights_word(achievement.rights).to_owned(),
        reason: reason.to_owned(),
        rule_version: String::new(),
        effective_on: today,
    });
    let seen = view(tx, achievement).await?;
    event::achievement_changed(tx, &seen, today);
    Ok(seen)
}

async fn view(tx: &mut Tx, achievement: &Achievement) -> Result<AsOf, Failure> {
    let day = tx.today().max(achievement.rights_since);
    let found = store::find(tx.conn(), &achievement.id.to_string(), day).await?;
    found.ok_or_else(|| {
        Failure::new(&reason::INTERNAL).because("an achievement that was written is not found")
    })
}
