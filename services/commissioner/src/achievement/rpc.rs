//! `AchievementService`: achievements at the edge.

use canopy_kernel::actor::may_act_for;
use canopy_kernel::{Failure, reason};
use canopy_persistence::Write;
use canopy_persistence::edge::named;
use canopy_platform::{Call, answer};
use canopy_proto::commissioner::v1 as pb;
use canopy_proto::commissioner::v1::achievement_service_server::AchievementService;
use tonic::{Request, Response, Status};

use super::model::{CoOwner, Rights};
use super::store::{self, AsOf, Listing, Place};
use super::{Collect, Merge, StateRights, Undo};
use crate::edge::{Desk, code, opened};
use crate::party;
use crate::period::Period;

/// The service.
pub(crate) struct AchievementRpc(pub(crate) Desk);

#[tonic::async_trait]
impl AchievementService for AchievementRpc {
    async fn collect_achievement(
        &self,
        request: Request<pb::CollectAchievementRequest>,
    ) -> Result<Response<pb::Achievement>, Status> {
        answer(collect(&self.0, request).await)
    }

    async fn state_achievement_rights(
        &self,
        request: Request<pb::StateAchievementRightsRequest>,
    ) -> Result<Response<pb::Achievement>, Status> {
        answer(state_rights(&self.0, request).await)
    }

    async fn merge_achievements(
        &self,
        request: Request<pb::MergeAchievementsRequest>,
    ) -> Result<Response<pb::Achievement>, Status> {
        answer(merge(&self.0, request).await)
    }

    async fn undo_achievement_merge(
        &self,
        request: Request<pb::UndoAchievementMergeRequest>,
    ) -> Result<Response<pb::Achievement>, Status> {
        answer(undo(&self.0, request).await)
    }

    async fn get_achievement(
        &self,
        request: Request<pb::GetAchievementRequest>,
    ) -> Result<Response<pb::Achievement>, Status> {
        answer(get(&self.0, request).await)
    }

    async fn list_achievements(
        &self,
        request: Request<pb::ListAchievementsRequest>,
    ) -> Result<Response<pb::ListAchievementsResponse>, Status> {
        answer(list(&self.0, request).await)
    }

    async fn count_achievements(
        &self,
        request: Request<pb::CountAchievementsRequest>,
    ) -> Result<Response<pb::CountAchievementsResponse>, Status> {
        answer(count(&self.0, request).await)
    }
}

/// The achievement on the wire.
pub(crate) fn message(found: AsOf) -> pb::Achievement {
    let AsOf { achievement, merged_into } = found;
    let consent = match achievement.rights.co_owner {
        CoOwner::None => pb::CoOwnerConsent::Unspecified,
        CoOwner::Consents => pb::CoOwnerConsent::Given,
        CoOwner::Refuses => pb::CoOwnerConsent::Refused,
    };
    pb::Achievement {
        name: achievement.id.to_string(),
        achievement_no: achievement.number,
        owner_uscc: achievement.owner.to_string(),
        title: achievement.title,
        summary: achievement.summary,
        field: achievement.field,
        ip_count: achievement.ip_count,
        maturity: achievement.maturity,
        is_key: achievement.is_key,
        registration_no: achievement.registration,
        collected_on: achievement.collected_on.to_string(),
        disputed: achievement.rights.disputed,
        classified: achievement.rights.classified,
        co_owner_consent: consent.into(),
        merged_into: merged_into.map(|id| id.to_string()).unwrap_or_default(),
        etag: achievement.version.to_string(),
        rights_since: achievement.rights_since.to_string(),
    }
}

async fn read(it: &Desk, call: &Call, request: pb::CollectAchievementRequest) -> Result<Collect, Failure> {
    let (owner, known) = party::registered(it, call, "owner_uscc", &request.owner_uscc).await?;
    may_act_for(call.actor(), owner).map_err(|failure| failure.on("owner_uscc"))?;
    Ok(Collect {
        number: request.achievement_no,
        owner,
        is_registered: known.is_some(),
        title: request.title,
        summary: request.summary,
        field: request.field,
        ip_count: request.ip_count,
        maturity: request.maturity,
        is_key: request.is_key,
        registration: request.registration_no,
        external_ref: request.external_ref,
        follow_up_months: it.config.activity.unfollowed_months,
    })
}

async fn collect(
    it: &Desk,
    request: Request<pb::CollectAchievementRequest>,
) -> Result<pb::Achievement, Failure> {
    let (call, request) = opened(request)?;
    let write = Write::new("collect_achievement", &request.request_id, &request)
        .validate_only(request.validate_only)
        .external_ref(&request.external_ref);
    let command = read(it, &call, request).await;
    it.store
        .write(&call, write, command, |tx, command| {
            Box::pin(async move { super::collect(tx, &command).await.map(message) })
        })
        .await
}

async fn state_rights(
    it: &Desk,
    request: Request<pb::StateAchievementRightsRequest>,
) -> Result<pb::Achievement, Failure> {
    let (call, request) = opened(request)?;
    let write = Write::new("state_achievement_rights", &request.request_id, &request)
        .validate_only(request.validate_only);
    let co_owner = match request.co_owner_consent() {
        pb::CoOwnerConsent::Unspecified => CoOwner::None,
        pb::CoOwnerConsent::Given => CoOwner::Consents,
        pb::CoOwnerConsent::Refused => CoOwner::Refuses,
    };
    let command = named("name", &request.name).map(|id| StateRights {
        id,
        rights: Rights { disputed: request.disputed, classified: request.classified, co_owner },
        etag: request.etag,
    });
    it.store
        .write(&call, write, command, |tx, command| {
            Box::pin(async move { super::state_rights(tx, &command).await.map(message) })
        })
        .await
}

fn read_merge(request: pb::MergeAchievementsRequest) -> Result<Merge, Failure> {
    Ok(Merge {
        kept: named("kept", &request.kept)?,
        duplicate: named("duplicate", &request.duplicate)?,
        reason: request.reason,
    })
}

async fn merge(
    it: &Desk,
    request: Request<pb::MergeAchievementsRequest>,
) -> Result<pb::Achievement, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("merge_achievements", &request.request_id, &request).validate_only(request.validate_only);
    it.store
        .write(&call, write, read_merge(request), |tx, command| {
            Box::pin(async move { super::merge(tx, &command).await.map(message) })
        })
        .await
}

async fn undo(
    it: &Desk,
    request: Request<pb::UndoAchievementMergeRequest>,
) -> Result<pb::Achievement, Failure> {
    let (call, request) = opened(request)?;
    let write = Write::new("undo_achievement_merge", &request.request_id, &request)
        .validate_only(request.validate_only);
    let command =
        named("duplicate", &request.duplicate).map(|duplicate| Undo { duplicate, reason: request.reason });
    it.store
        .write(&call, write, command, |tx, command| {
            Box::pin(async move { super::undo(tx, &command).await.map(message) })
        })
        .await
}

async fn get(it: &Desk, request: Request<pb::GetAchievementRequest>) -> Result<pb::Achievement, Failure> {
    let (call, request) = opened(request)?;
    let day = it.store.as_of(&call, "as_of", &request.as_of)?;
    let found = store::find(it.store.pool(), &request.name, day).await?;
    let found = found.ok_or_else(|| Failure::new(&reason::UNKNOWN_ACHIEVEMENT).on("name"))?;
    Ok(message(found))
}

async fn list(
    it: &Desk,
    request: Request<pb::ListAchievementsRequest>,
) -> Result<pb::ListAchievementsResponse, Failure> {
    let (call, request) = opened(request)?;
    let query = pb::ListAchievementsRequest { page_size: 0, page_token: String::new(), ..request.clone() };
    let page = it.store.page::<Place>(query, (request.page_size, &request.page_token), 100)?;
    let day = it.store.as_of(&call, "as_of", &request.as_of)?;
    let owner = match request.owner_uscc.as_str() {
        "" => None,
        text => Some(code("owner_uscc", text)?),
    };
    let asked = Listing {
        owner,
        field: &request.field,
        key_only: request.key_only,
        after: page.after.as_ref(),
        limit: page.limit(),
        ..Listing::of(day)
    };
    let found = store::list(it.store.pool(), &asked).await?;
    let (found, next_page_token) = it.store.cut(&page, found, Place::of)?;
    Ok(pb::ListAchievementsResponse {
        achievements: found.into_iter().map(message).collect(),
        next_page_token,
    })
}

async fn count(
    it: &Desk,
    request: Request<pb::CountAchievementsRequest>,
) -> Result<pb::CountAchievementsResponse, Failure> {
    let (call, request) = opened(request)?;
    let days = [&request.from, &request.to, &request.as_of, &request.known_at];
    let period = Period::read(it, &call, days.map(String::as_str))?;
    let counts = store::count(it.store.pool(), &period).await?;
    Ok(pb::CountAchievementsResponse { collected: counts.collected, key: counts.key })
}
