//! Achievements as of a day, with the rights last stated by then, and their counts.

use canopy_kernel::id::AchievementId;
use canopy_kernel::{Failure, Uscc};
use canopy_persistence::db;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::{PgExecutor, PgPool};

use super::Row;
use crate::achievement::model::Achievement;
use crate::period::Period;

/// An achievement as of a day.
#[derive(Clone)]
pub(crate) struct AsOf {
    /// The achievement with the rights of that day.
    pub achievement: Achievement,
    /// Achievement into which it is merged.
    pub merged_into: Option<AchievementId>,
}

/// What a list asks for.
pub(crate) struct Listing<'q> {
    /// This one only.
    pub id: Option<AchievementId>,
    /// That of this business number only.
    pub number: Option<&'q str>,
    /// Of this owner only.
    pub owner: Option<Uscc>,
    /// Of this field only; empty = all.
    pub field: &'q str,
    /// Key achievements only.
    pub key_only: bool,
    /// The day.
    pub day: Date,
    /// Place after which the page begins.
    pub after: Option<&'q Place>,
    /// Rows to read.
    pub limit: i64,
}

impl Listing<'_> {
    /// All achievements as of a day.
    pub(crate) fn of(day: Date) -> Self {
        Self { id: None, number: None, owner: None, field: "", key_only: false, day, after: None, limit: 1 }
    }
}

/// Place of an achievement in a list.
#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct Place {
    collected_on: Date,
    id: AchievementId,
}

impl Place {
    /// The place of an achievement.
    pub(crate) fn of(found: &AsOf) -> Self {
        Self { collected_on: found.achievement.collected_on, id: found.achievement.id }
    }
}

/// Finds the achievement of that name: an id, or else a business number.
pub(crate) async fn find(conn: impl PgExecutor<'_>, name: &str, day: Date) -> Result<Option<AsOf>, Failure> {
    let asked = match name.parse::<AchievementId>() {
        Ok(id) => Listing { id: Some(id), ..Listing::of(day) },
        Err(_) => Listing { number: Some(name), ..Listing::of(day) },
    };
    Ok(list(conn, &asked).await?.pop())
}

/// Lists achievements collected by a day, by day of collection.
pub(crate) async fn list(conn: impl PgExecutor<'_>, asked: &Listing<'_>) -> Result<Vec<AsOf>, Failure> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select a.id, a.achievement_no, a.owner_uscc, a.title, a.summary, a.field, a.ip_count, a.maturity, a.is_key,
               a.registration_no, a.collected_on, r.disputed, r.classified, r.co_owner_consent,
               r.effective_on as rights_since, a.version,
               (select m.kept_id from commissioner.merge m
                where m.duplicate_id = a.id and m.merged_on <= $1
                  and (m.undone_on is null or m.undone_on > $1)) as merged_into
        from commissioner.achievement a
        join lateral (
            select disputed, classified, co_owner_consent, effective_on
            from commissioner.achievement_rights
            where achievement_id = a.id and effective_on <= $1
            order by version desc
            limit 1
        ) r on true
        where a.collected_on <= $1
          and ($2::uuid is null or a.id = $2)
          and ($3::text is null or a.achievement_no = $3)
          and ($4::text is null or a.owner_uscc = $4)
          and ($5 = '' or a.field = $5)
          and (not $6 or a.is_key)
          and ($7::date is null or (a.collected_on, a.id) > ($7, $8::uuid))
        order by a.collected_on, a.id
        limit $9
        "#,
        asked.day.to_sqlx(),
        asked.id.map(|id| id.as_uuid()),
        asked.number,
        asked.owner.as_ref().map(Uscc::as_str),
        asked.field,
        asked.key_only,
        asked.after.map(|place| place.collected_on.to_sqlx()) as _,
        asked.after.map(|place| place.id.as_uuid()),
        asked.limit,
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    rows.into_iter().map(Row::read).collect()
}

/// What is counted.
pub(crate) struct Counts {
    /// Achievements collected in the period.
    pub collected: i64,
    /// Key achievements among them.
    pub key: i64,
}

/// Counts achievements collected in a period that are not merged on the day.
pub(crate) async fn count(pool: &PgPool, period: &Period) -> Result<Counts, Failure> {
    sqlx::query_as!(
        Counts,
        r#"
        select count(*) as "collected!", count(*) filter (where is_key) as "key!"
        from commissioner.achievement a
        where collected_on <= $1
          and ($2::timestamptz is null or recorded_at < $2)
          and ($3::date is null or collected_on >= $3)
          and ($4::date is null or collected_on <= $4)
          and not exists (
              select
              from commissioner.merge m
              where m.duplicate_id = a.id and m.merged_on <= $1
                and (m.undone_on is null or m.undone_on > $1)
                and ($2::timestamptz is null or m.recorded_at < $2)
          )
        "#,
        period.day.to_sqlx(),
        period.known_before.map(ToSqlx::to_sqlx) as _,
        period.from.map(ToSqlx::to_sqlx) as _,
        period.to.map(ToSqlx::to_sqlx) as _,
    )
    .fetch_one(pool)
    .await
    .map_err(db)
}
