//! Counts of qualifications by level and batch.

use canopy_kernel::Failure;
use canopy_persistence::db;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgPool;

use super::read_level;
use crate::qualification::model::QualificationLevel;

/// What a count asks for.
pub(crate) struct Counted<'q> {
    /// Kind.
    pub kind: &'q str,
    /// Recognised by this day.
    pub day: Date,
    /// Recorded before this instant.
    pub known_before: Option<Timestamp>,
    /// Recognised on or after this day.
    pub granted_from: Option<Date>,
    /// Recognised on or before this day.
    pub granted_to: Option<Date>,
    /// Those live on the day only.
    pub live_only: bool,
    /// First recognitions only.
    pub first_recognition_only: bool,
}

/// A group of qualifications, or all of them.
pub(crate) struct Group {
    /// Level and batch; `None` for all.
    pub of: Option<(Option<QualificationLevel>, i32)>,
    /// Recognitions.
    pub recognitions: i64,
    /// Distinct holders.
    pub holders: i64,
    /// Latest day of recognition.
    pub latest_granted_on: Option<Date>,
    /// Distinct holders whose lower level was ended by one of the group.
    pub upgrades: i64,
}

/// Counts by level and batch, and over all groups.
pub(crate) async fn count(pool: &PgPool, asked: &Counted<'_>) -> Result<Vec<Group>, Failure> {
    let rows = sqlx::query!(
        r#"
        select q.level as "level?", q.batch_no as "batch_no?", grouping(q.level) as "over_all!",
               count(*) as "recognitions!", count(distinct q.subject_id) as "holders!",
               max(q.granted_on) as latest_granted_on,
               count(distinct q.subject_id) filter (where exists (
                   select
                   from registry.qualification l
                   where l.subject_id = q.subject_id and l.kind = q.kind
                     and l.superseded_on = q.granted_on and l.granted_on < q.granted_on
               )) as "upgrades!"
        from registry.qualification q
        where q.kind = $1
          and q.granted_on <= $2
          and ($3::timestamptz is null or q.recorded_at < $3)
          and ($4::date is null or q.granted_on >= $4)
          and ($5::date is null or q.granted_on <= $5)
          and (not $6 or (
              (q.expires_on is null or q.expires_on >= $2)
              and (q.revoked_on is null or q.revoked_on > $2)
              and (q.superseded_on is null or q.superseded_on > $2)
          ))
          and (not $7 or q.first_recognition)
        group by grouping sets ((q.level, q.batch_no), ())
        order by 3 desc, 1, 2
        "#,
        asked.kind,
        asked.day.to_sqlx(),
        asked.known_before.map(ToSqlx::to_sqlx) as _,
        asked.granted_from.map(ToSqlx::to_sqlx) as _,
        asked.granted_to.map(ToSqlx::to_sqlx) as _,
        asked.live_only,
        asked.first_recognition_only,
    )
    .fetch_all(pool)
    .await
    .map_err(db)?;
    rows.into_iter()
        .map(|row| {
            let of = match (row.over_all, row.level, row.batch_no) {
                (0, Some(level), Some(batch_no)) => Some((read_level(&level)?, batch_no)),
                _ => None,
            };
            Ok(Group {
                of,
                recognitions: row.recognitions,
                holders: row.holders,
                latest_granted_on: row.latest_granted_on.map(|day| day.to_jiff()),
                upgrades: row.upgrades,
            })
        })
        .collect()
}
