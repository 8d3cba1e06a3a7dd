//! Lists and counts of activities.

use std::collections::BTreeMap;

use canopy_kernel::Failure;
use canopy_kernel::id::ActivityId;
use canopy_persistence::db;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;

use super::Row;
use crate::activity::model::{Activity, Kind};

/// Where a list of activities goes on.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Place {
    activity_on: Date,
    id: ActivityId,
}

impl Place {
    /// The place of an activity.
    pub(crate) fn of(activity: &Activity) -> Self {
        Self { activity_on: activity.report.activity_on, id: activity.id }
    }
}

/// What a list asks for.
pub(crate) struct Asked<'q> {
    /// This commissioner only; empty = all.
    pub commissioner_no: &'q str,
    /// This kind only.
    pub kind: Option<Kind>,
    /// First day.
    pub from_on: Option<Date>,
    /// Last day.
    pub to_on: Date,
    /// With leading firms of their industry only.
    pub leading_only: bool,
    /// With this organisation only: its code and its registered name.
    pub counterpart: Option<(&'q str, &'q str)>,
    /// Place of the last activity of the page before.
    pub after: Option<&'q Place>,
    /// At most this many.
    pub limit: i64,
}

/// Activities by day.
pub(crate) async fn list(pool: &PgPool, asked: &Asked<'_>) -> Result<Vec<Activity>, Failure> {
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
        where ($1 = '' or c.commissioner_no = $1)
          and ($2::text is null or a.kind = $2)
          and ($3::date is null or a.activity_on >= $3)
          and a.activity_on <= $4
          and (not $5 or exists (
              select
              from commissioner.leading_firm f
              where f.counterpart = a.counterpart and f.from_on <= a.activity_on
                and (f.to_on is null or f.to_on >= a.activity_on)
          ))
          and ($6::text is null or a.counterpart_uscc = $6 or a.counterpart_uscc = '' and a.counterpart = $7)
          and ($8::date is null or (a.activity_on, a.id) > ($8, $9::uuid))
        order by a.activity_on, a.id
        limit $10
        "#,
        asked.commissioner_no,
        asked.kind.map(Kind::as_str),
        asked.from_on.map(ToSqlx::to_sqlx) as _,
        asked.to_on.to_sqlx(),
        asked.leading_only,
        asked.counterpart.map(|(code, _)| code),
        asked.counterpart.map_or("", |(_, title)| title),
        asked.after.map(|place| place.activity_on.to_sqlx()) as _,
        asked.after.map(|place| place.id.as_uuid()),
        asked.limit,
    )
    .fetch_all(pool)
    .await
    .map_err(db)?;
    rows.into_iter().map(Row::read).collect()
}

/// What there was of a kind.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counted {
    /// Activities, a joint sheet once.
    pub activities: i64,
    /// Of them joint sheets.
    pub joint: i64,
    /// Participants.
    pub participations: i64,
}

/// Counts from the tally.
pub(crate) async fn count(
    pool: &PgPool,
    from_on: Date,
    to_on: Date,
) -> Result<BTreeMap<Kind, Counted>, Failure> {
    let rows = sqlx::query!(
        r#"
        select kind, sum(activities)::bigint as "activities!", sum(joint_activities)::bigint as "joint!",
               sum(participations)::bigint as "participations!"
        from commissioner.activity_day
        where day between $1 and $2
        group by kind
        "#,
        from_on.to_sqlx(),
        to_on.to_sqlx(),
    )
    .fetch_all(pool)
    .await
    .map_err(db)?;
    rows.into_iter()
        .map(|row| {
            let counted =
                Counted { activities: row.activities, joint: row.joint, participations: row.participations };
            Ok((Kind::stored(&row.kind)?, counted))
        })
        .collect()
}

/// Counts the contacts with leading firms of their industry, a joint sheet once.
pub(crate) async fn contacts_with_leading_firms(
    pool: &PgPool,
    from_on: Date,
    to_on: Date,
) -> Result<i64, Failure> {
    sqlx::query_scalar!(
        r#"
        select count(distinct case a.joint_sheet_no when '' then a.id::text else a.joint_sheet_no end) as "count!"
        from commissioner.leading_firm f
        join commissioner.activity a
            on a.counterpart = f.counterpart and a.activity_on >= f.from_on
            and (f.to_on is null or a.activity_on <= f.to_on)
        where a.kind = 'CONTACT' and a.activity_on between $1 and $2
        "#,
        from_on.to_sqlx(),
        to_on.to_sqlx(),
    )
    .fetch_one(pool)
    .await
    .map_err(db)
}
