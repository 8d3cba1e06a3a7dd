//! What this service tells others, and what it listens to in the registry's feed.

use canopy_kernel::Failure;
use canopy_kernel::id::AchievementId;
use canopy_persistence::{Listener, Tx, mirror};
use canopy_proto::commissioner::v1 as pb;
use canopy_proto::common::v1::Envelope;
use futures::future::BoxFuture;
use jiff::civil::Date;

pub(crate) mod permit;

use crate::activity::model::Activity;
use crate::commissioner::model::Commissioner;
use crate::matching::model::Match;
use crate::{achievement, activity, commissioner, demand, matching, signing};

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

/// Tells that a commissioner was entered or ended.
pub(crate) fn commissioner_changed(tx: &mut Tx, changed: &Commissioner, day: Date) {
    let event = pb::CommissionerChanged { commissioner: Some(commissioner::rpc::message(changed)) };
    tx.emit(&event, &changed.id.to_string(), changed.version, day);
}

/// Tells that an empowerment changed, without the shares of its inventors.
pub(crate) fn empowerment_changed(tx: &mut Tx, changed: pb::Empowerment, version: i64, day: Date) {
    let name = changed.name.clone();
    let empowerment = Some(pb::Empowerment { agreements: Vec::new(), ..changed });
    tx.emit(&pb::EmpowermentChanged { empowerment }, &name, version, day);
}

/// Tells that a deal changed.
pub(crate) fn deal_changed(tx: &mut Tx, changed: pb::Deal, version: i64, day: Date) {
    let name = changed.name.clone();
    tx.emit(&pb::DealChanged { deal: Some(changed) }, &name, version, day);
}

/// Tells that income or shares were divided, without what each inventor got.
pub(crate) fn income_divided(tx: &mut Tx, divided: pb::Split, version: i64, day: Date) {
    let name = divided.deal.clone();
    tx.emit(&pb::IncomeDivided { split: Some(divided) }, &name, version, day);
}

/// Tells that a unit began to use a result itself or awarded a year of it, without what each inventor got.
pub(crate) fn self_use_changed(tx: &mut Tx, changed: pb::SelfUse, version: i64, day: Date) {
    let name = changed.name.clone();
    let awards = changed.awards.into_iter().map(|it| pb::SelfUseAward { parts: Vec::new(), ..it }).collect();
    let self_use = Some(pb::SelfUse { awards, ..changed });
    tx.emit(&pb::SelfUseChanged { self_use }, &name, version, day);
}

/// Tells that an activity was reported.
pub(crate) fn activity_reported(tx: &mut Tx, reported: &Activity, day: Date) {
    let event = pb::ActivityReported { activity: Some(activity::rpc::message(reported, 0, day)) };
    tx.emit(&event, &reported.id.to_string(), 1, day);
}

/// Tells that the counterpart of an activity answered.
pub(crate) fn activity_answered(tx: &mut Tx, answered: &Activity, day: Date) {
    let event = pb::ActivityAnswered { activity: Some(activity::rpc::message(answered, 0, day)) };
    tx.emit(&event, &answered.id.to_string(), 2, day);
}

/// Tells that a demand was collected, moved on or merged.
pub(crate) fn demand_changed(tx: &mut Tx, changed: &demand::store::AsOf) {
    let (name, version, day) = (changed.demand.id.to_string(), changed.demand.version, changed.demand.since);
    let event = pb::DemandChanged { demand: Some(demand::rpc::message(changed.clone(), false)) };
    tx.emit(&event, &name, version, day);
}

/// Tells that an achievement was collected, its rights stated, or that it was merged.
pub(crate) fn achievement_changed(tx: &mut Tx, changed: &achievement::store::AsOf, day: Date) {
    let (name, version) = (changed.achievement.id.to_string(), changed.achievement.version);
    let event = pb::AchievementChanged { achievement: Some(achievement::rpc::message(changed.clone())) };
    tx.emit(&event, &name, version, day);
}

/// Tells that a match was proposed or changed.
pub(crate) fn match_changed(tx: &mut Tx, changed: &Match) {
    let event = pb::MatchChanged { r#match: Some(matching::rpc::message(changed.clone())) };
    tx.emit(&event, &changed.id.to_string(), changed.version, changed.stepped_on);
}

/// Tells that a project was signed, or that its contract changed.
pub(crate) fn signing_changed(tx: &mut Tx, changed: &signing::store::AsOf) {
    let signing = &changed.signing;
    let (name, version) = (signing.id.to_string(), signing.version);
    let day = changed.contract.as_ref().map_or(signing.signed_on, |(_, on)| signing.signed_on.max(*on));
    let event = pb::SigningChanged { signing: Some(signing::rpc::message(changed.clone())) };
    tx.emit(&event, &name, version, day);
}

/// Tells that nobody followed up a key achievement.
pub(crate) fn achievement_unfollowed(tx: &mut Tx, achievement: AchievementId, last_seen_on: Date, day: Date) {
    let event = pb::AchievementUnfollowed {
        achievement: achievement.to_string(),
        last_seen_on: last_seen_on.to_string(),
    };
    // An alarm has no version of its own: the alarms about one achievement are ordered by their day.
    let version = i64::from(day.day_of_year()) + 1000 * i64::from(day.year());
    tx.emit(&event, &format!("{achievement}/follow_up"), version, day);
}

/// Tells that an institution was assessed, or that it rectified what the assessment had found.
pub(crate) fn assessment_changed(tx: &mut Tx, changed: pb::Assessment, version: i64, day: Date) {
    let name = changed.name.clone();
    tx.emit(&pb::AssessmentChanged { assessment: Some(changed) }, &name, version, day);
}

/// Tells that an application for recognition changed.
pub(crate) fn recognition_changed(tx: &mut Tx, changed: pb::Recognition, version: i64, day: Date) {
    let name = changed.name.clone();
    tx.emit(&pb::RecognitionChanged { recognition: Some(changed) }, &name, version, day);
}
