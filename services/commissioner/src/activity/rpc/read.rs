//! Activities as they are read: one, lists, counts, and what is to be followed up.

use canopy_kernel::{Failure, Role, reason};
use canopy_persistence::mirror;
use canopy_platform::Call;
use canopy_proto::commissioner::v1 as pb;
use jiff::civil::Date;
use tonic::Request;

use super::message;
use crate::activity::model::{Activity, Kind};
use crate::activity::rule_follow_up;
use crate::activity::store::{self, Asked, Counted, Due, Place, Unfollowed};
use crate::broker::require_own;
use crate::edge::{Desk, day_if_any, named, opened};

pub(super) async fn get(
    it: &Desk,
    request: Request<pb::GetActivityRequest>,
) -> Result<pb::Activity, Failure> {
    let (call, request) = opened(request)?;
    let day = it.store.as_of(&call, "as_of", &request.as_of)?;
    let unknown = || Failure::new(&reason::UNKNOWN_ACTIVITY).on("name");
    let found = store::find(it.store.pool(), named("name", &request.name)?).await?.ok_or_else(unknown)?;
    require_own(call.actor(), &found.report.commissioner_no)?;
    Ok(message(&found, it.config.activity.silence_days, day))
}

/// Keeps a COMMISSIONER to his own; the number that a list is about, empty for all.
fn own_if_any(call: &Call, number: &str) -> Result<(), Failure> {
    match number.is_empty() && !call.actor().has(Role::Commissioner) {
        true => Ok(()),
        false => require_own(call.actor(), number),
    }
}

pub(super) async fn list(
    it: &Desk,
    request: Request<pb::ListActivitiesRequest>,
) -> Result<pb::ListActivitiesResponse, Failure> {
    let (call, request) = opened(request)?;
    own_if_any(&call, &request.commissioner_no)?;
    let query = pb::ListActivitiesRequest { page_size: 0, page_token: String::new(), ..request.clone() };
    let page =
        it.store.page::<Place>((query, represented(&call)), (request.page_size, &request.page_token), 100)?;
    let to_on = it.store.as_of(&call, "as_of", &request.as_of)?;
    let counterpart = counterpart(it, &call).await?;
    let asked = Asked {
        commissioner_no: &request.commissioner_no,
        kind: Kind::from_wire(request.kind),
        from_on: day_if_any("from_on", &request.from_on)?,
        to_on,
        leading_only: request.leading_firms_only,
        counterpart: counterpart.as_ref().map(|(code, title)| (code.as_str(), title.as_str())),
        after: page.after.as_ref(),
        limit: page.limit(),
    };
    let found = store::list(it.store.pool(), &asked).await?;
    let (found, next_page_token) = it.store.cut(&page, found, Place::of)?;
    let activities = messages(it, &found, to_on);
    Ok(pb::ListActivitiesResponse { activities, next_page_token })
}

fn messages(it: &Desk, found: &[Activity], day: Date) -> Vec<pb::Activity> {
    found.iter().map(|activity| message(activity, it.config.activity.silence_days, day)).collect()
}

/// The code of the organisation that lists the activities with itself; empty for those who list others'.
fn represented(call: &Call) -> String {
    let actor = call.actor();
    match actor.has(Role::Enterprise) || actor.has(Role::Institute) {
        true => actor.represented.map(|uscc| uscc.to_string()).unwrap_or_default(),
        false => String::new(),
    }
}

/// That organisation with its registered name.
async fn counterpart(it: &Desk, call: &Call) -> Result<Option<(String, String)>, Failure> {
    let actor = call.actor();
    if !actor.has(Role::Enterprise) && !actor.has(Role::Institute) {
        return Ok(None);
    }
    let code = actor.represented.ok_or_else(|| Failure::new(&reason::NOT_REPRESENTED))?;
    let title = mirror::subject(it.store.pool(), code).await?.map(|it| it.title).unwrap_or_default();
    Ok(Some((code.to_string(), title)))
}

pub(super) async fn count(
    it: &Desk,
    request: Request<pb::CountActivitiesRequest>,
) -> Result<pb::CountActivitiesResponse, Failure> {
    let (call, request) = opened(request)?;
    let to_on = it.store.as_of(&call, "as_of", &request.as_of)?;
    let from_on = day_if_any("from_on", &request.from_on)?.unwrap_or_else(|| to_on.first_of_year());
    let pool = it.store.pool();
    let counted = store::count(pool, from_on, to_on).await?;
    let of = |kind: Kind| counted.get(&kind).map_or(0, |it| it.activities);
    let sum = |part: fn(&Counted) -> i64| counted.values().map(part).sum();
    Ok(pb::CountActivitiesResponse {
        visits: of(Kind::Visit),
        inspections: of(Kind::Inspection),
        contacts: of(Kind::Contact),
        joint_activities: sum(|it| it.joint),
        participations: sum(|it| it.participations),
        contacts_with_leading_firms: store::contacts_with_leading_firms(pool, from_on, to_on).await?,
    })
}

pub(super) async fn open_follow_ups(
    it: &Desk,
    request: Request<pb::ListOpenFollowUpsRequest>,
) -> Result<pb::ListOpenFollowUpsResponse, Failure> {
    let (call, request) = opened(request)?;
    own_if_any(&call, &request.commissioner_no)?;
    let query = pb::ListOpenFollowUpsRequest { page_size: 0, page_token: String::new(), ..request.clone() };
    let page = it.store.page::<Due>(query, (request.page_size, &request.page_token), 100)?;
    let day = it.store.as_of(&call, "as_of", &request.as_of)?;
    let (number, after) = (request.commissioner_no.as_str(), page.after.as_ref());
    let found = store::open_follow_ups(it.store.pool(), number, day, after, page.limit()).await?;
    let (found, next_page_token) = it.store.cut(&page, found, Due::of)?;
    Ok(pb::ListOpenFollowUpsResponse { activities: messages(it, &found, day), next_page_token })
}

pub(super) async fn unfollowed(
    it: &Desk,
    request: Request<pb::ListUnfollowedAchievementsRequest>,
) -> Result<pb::ListUnfollowedAchievementsResponse, Failure> {
    let (call, request) = opened(request)?;
    let query =
        pb::ListUnfollowedAchievementsRequest { page_size: 0, page_token: String::new(), ..request.clone() };
    let page = it.store.page::<Unfollowed>(query, (request.page_size, &request.page_token), 100)?;
    let day = it.store.as_of(&call, "as_of", &request.as_of)?;
    let since = rule_follow_up::last_day_to_wait_from(day, it.config.activity.unfollowed_months);
    let found = store::unfollowed(it.store.pool(), since, day, page.after.as_ref(), page.limit()).await?;
    let place = |last: &Unfollowed| Unfollowed { ..*last };
    let (found, next_page_token) = it.store.cut(&page, found, place)?;
    let achievements = found
        .iter()
        .map(|it| pb::UnfollowedAchievement {
            achievement: it.achievement.to_string(),
            last_seen_on: it.last_seen_on.to_string(),
        })
        .collect();
    Ok(pb::ListUnfollowedAchievementsResponse { achievements, next_page_token })
}
