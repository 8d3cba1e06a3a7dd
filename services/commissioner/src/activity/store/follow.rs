//! What is to be followed up (跟踪服务) and was not (`RULES.md` R5).

use canopy_kernel::Failure;
use canopy_kernel::id::{AchievementId, ActivityId};
use canopy_persistence::{Tx, db};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use uuid::Uuid;

use super::Row;
use crate::activity::model::Activity;

/// Where a list of open follow-ups goes on.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Due {
    follow_up_on: Date,
    id: ActivityId,
}

impl Due {
    /// The place of an activity.
    pub(crate) fn of(activity: &Activity) -> Self {
        let follow_up_on = activity.report.follow_up_on.unwrap_or(Date::MAX);
        Self { follow_up_on, id: activity.id }
    }
}

/// Activities that were to be followed up by a day and were not: by then there was no later one with that counterpart,
/// about that demand or about that achievement.
pub(crate) async fn open_follow_ups(
    pool: &PgPool,
    commissioner_no: &str,
    day: Date,
    after: Option<&Due>,
    limit: i64,
) -> Result<Vec<Activity>, Failure> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select a.id, a.activity_no, a.kind, a.commissioner_id, c.commissioner_no, a.joint_sheet_no, a.activity_on,
               a.reported_at, a.reported_on, a.counterpart_kind, a.counterpart, a.counterpart_uscc, a.method_code,
               a.note, a.evidence, a.demand_id, a.achievement_id, a.follow_up_on, w.verdict as "verdict?",
               w.answered_on as "answered_on?"
        from commissioner.activity a
        join commissioner.commissioner c on c.id = a.commissioner_id
        left join commissioner.activity_answer w on w.activity_id = a.id
        where a.follow_up_on <= $2
          and ($1 = '' or c.commissioner_no = $1)
          and not exists (
              select
              from commissioner.activity l
              where l.counterpart = a.counterpart and l.activity_on > a.activity_on and l.activity_on <= $2
          )
          and not exists (
              select
              from commissioner.activity l
              where l.achievement_id = a.achievement_id and l.activity_on > a.activity_on and l.activity_on <= $2
          )
          and not exists (
              select
              from commissioner.activity l
              where l.demand_id = a.demand_id and l.activity_on > a.activity_on and l.activity_on <= $2
          )
          and ($3::date is null or (a.follow_up_on, a.id) > ($3, $4::uuid))
        order by a.follow_up_on, a.id
        limit $5
        "#,
        commissioner_no,
        day.to_sqlx(),
        after.map(|place| place.follow_up_on.to_sqlx()) as _,
        after.map(|place| place.id.as_uuid()),
        limit,
    )
    .fetch_all(pool)
    .await
    .map_err(db)?;
    rows.into_iter().map(Row::read).collect()
}

/// An achievement that nobody followed up; also where a list of them goes on.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Unfollowed {
    /// The achievement.
    pub achievement: AchievementId,
    /// Day of the last activity about it, or of its collection.
    pub last_seen_on: Date,
}

/// Key achievements about which nothing happened after the day `since` and by `day`, those first that wait longest.
/// A merged one is seen as the one that is kept.
pub(crate) async fn unfollowed(
    pool: &PgPool,
    since: Date,
    day: Date,
    after: Option<&Unfollowed>,
    limit: i64,
) -> Result<Vec<Unfollowed>, Failure> {
    let rows = sqlx::query!(
        r#"
        with merged as (
            select duplicate_id, kept_id
            from commissioner.merge
            where merged_on <= $2 and (undone_on is null or undone_on > $2)
        ),
        about as (
            select coalesce(m.kept_id, l.achievement_id) as achievement_id, max(l.activity_on) as activity_on
            from commissioner.activity l
            left join merged m on m.duplicate_id = l.achievement_id
            where l.achievement_id is not null and l.activity_on <= $2
            group by 1
        ),
        seen as (
            select a.id, greatest(a.collected_on, l.activity_on) as last_seen_on
            from commissioner.achievement a
            left join about l on l.achievement_id = a.id
            where a.is_key and a.collected_on <= $2
              and not exists (select from merged m where m.duplicate_id = a.id)
        )
        select id, last_seen_on as "last_seen_on!"
        from seen
        where last_seen_on <= $1
          and ($3::date is null or (last_seen_on, id) > ($3, $4::uuid))
        order by last_seen_on, id
        limit $5
        "#,
        since.to_sqlx(),
        day.to_sqlx(),
        after.map(|place| place.last_seen_on.to_sqlx()) as _,
        after.map(|place| place.achievement.as_uuid()) as Option<Uuid>,
        limit,
    )
    .fetch_all(pool)
    .await
    .map_err(db)?;
    let read = |id, day: jiff_sqlx::Date| Unfollowed {
        achievement: AchievementId::new(id),
        last_seen_on: day.to_jiff(),
    };
    Ok(rows.into_iter().map(|row| read(row.id, row.last_seen_on)).collect())
}

/// The day on which something last happened about an achievement, as of a day; `None` for one that is merged.
pub(crate) async fn last_seen(
    tx: &mut Tx,
    achievement: AchievementId,
    day: Date,
) -> Result<Option<Date>, Failure> {
    let seen = sqlx::query_scalar!(
        r#"
        with merged as (
            select duplicate_id, kept_id
            from commissioner.merge
            where merged_on <= $2 and (undone_on is null or undone_on > $2)
        )
        select greatest(a.collected_on, (
                   select max(l.activity_on)
                   from commissioner.activity l
                   where l.activity_on <= $2
                     and l.achievement_id in (select a.id union all
                                              select m.duplicate_id from merged m where m.kept_id = a.id)
               )) as "last_seen_on!"
        from commissioner.achievement a
        where a.id = $1 and not exists (select from merged m where m.duplicate_id = a.id)
        "#,
        achievement.as_uuid(),
        day.to_sqlx(),
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(db)?;
    Ok(seen.map(|day| day.to_jiff()))
}
