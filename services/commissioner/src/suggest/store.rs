//! SQL of suggestions: texts for the index, and what candidates are on a day.

use canopy_kernel::Failure;
use canopy_persistence::db;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgExecutor;
use uuid::Uuid;

use super::index::Entry;
use super::model::{Seat, Side};

/// The texts of those records.
pub(crate) async fn texts(
    conn: impl PgExecutor<'_>,
    side: Side,
    ids: &[Uuid],
) -> Result<Vec<Entry>, Failure> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = match side {
        Side::Demand => sqlx::query_as!(
            Row,
            r#"select id, words as "text!" from commissioner.demand where id = any($1)"#,
            ids
        )
        .fetch_all(conn)
        .await,
        Side::Achievement => sqlx::query_as!(
            Row,
            r#"select id, title || ' ' || summary as "text!" from commissioner.achievement where id = any($1)"#,
            ids
        )
        .fetch_all(conn)
        .await,
    };
    Ok(rows.map_err(db)?.into_iter().map(|row| row.entry(side)).collect())
}

/// A piece of all texts of a side, behind a record.
pub(crate) async fn page(
    conn: impl PgExecutor<'_>,
    side: Side,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Entry>, Failure> {
    let rows = match side {
        Side::Demand => {
            sqlx::query_as!(
                Row,
                r#"
            select id, words as "text!"
            from commissioner.demand
            where $1::uuid is null or id > $1
            order by id
            limit $2
            "#,
                after,
                limit,
            )
            .fetch_all(conn)
            .await
        }
        Side::Achievement => {
            sqlx::query_as!(
                Row,
                r#"
            select id, title || ' ' || summary as "text!"
            from commissioner.achievement
            where $1::uuid is null or id > $1
            order by id
            limit $2
            "#,
                after,
                limit,
            )
            .fetch_all(conn)
            .await
        }
    };
    Ok(rows.map_err(db)?.into_iter().map(|row| row.entry(side)).collect())
}

struct Row {
    id: Uuid,
    text: String,
}

impl Row {
    fn entry(self, side: Side) -> Entry {
        Entry { id: self.id, side, text: self.text }
    }
}

/// A demand or an achievement as a score reads it.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub id: Uuid,
    /// Business number.
    pub number: String,
    /// The firm or the owner.
    pub uscc: String,
    /// What a list shows of it.
    pub title: String,
    /// All its text.
    pub text: String,
    pub field: String,
    /// Recorded readiness; 1 for a demand.
    pub maturity: i32,
    /// Whether it may be suggested: open and standing for itself, with clear rights.
    pub is_open: bool,
    /// Whether institutes see it.
    pub is_published: bool,
    area_code: String,
    in_city: bool,
    /// Live listing of the firm or owner; empty = in good standing.
    pub listing_no: String,
}

impl Record {
    /// Where the party sits.
    pub fn seat(&self) -> Seat {
        Seat { area_code: self.area_code.clone(), in_city: self.in_city }
    }
}

/// Demands among those as of a day. A firm sits in the city when its district is one of the city's.
pub(crate) async fn demands(
    conn: impl PgExecutor<'_>,
    ids: &[Uuid],
    day: Date,
) -> Result<Vec<Record>, Failure> {
    sqlx::query_as!(
        Record,
        r#"
        select d.id, d.demand_no as number, d.enterprise_uscc as uscc, d.words as title, d.words as text, d.field,
               1 as "maturity!",
               (step.state in ('COLLECTED', 'VERIFIED', 'PUBLISHED', 'MATCHED', 'NEGOTIATING')
                and not exists (
                    select
                    from commissioner.merge m
                    where m.duplicate_id = d.id and m.merged_on <= $2
                      and (m.undone_on is null or m.undone_on > $2)
                )) as "is_open!",
               exists (
                   select
                   from commissioner.demand_step p
                   where p.demand_id = d.id and p.state = 'PUBLISHED' and p.effective_on <= $2
               ) as "is_published!",
               coalesce(s.area_code, '') as "area_code!",
               (coalesce(s.located_in_city, false) or exists (
                   select
                   from platform.mirror_setting c
                   where c.key = 'area_prefix' and s.area_code like c.value || '%'
               )) as "in_city!",
               coalesce((
                   select l.listing_no
                   from platform.mirror_listing l
                   where l.uscc = d.enterprise_uscc and l.decided_on <= $2
                     and (l.repaired_on is null or l.repaired_on > $2)
                   order by l.decided_on, l.listing_no
                   limit 1
               ), '') as "listing_no!"
        from commissioner.demand d
        join lateral (
            select st.state
            from commissioner.demand_step st
            where st.demand_id = d.id and st.effective_on <= $2
            order by st.version desc
            limit 1
        ) step on true
        left join platform.mirror_subject s on s.uscc = d.enterprise_uscc
        where d.id = any($1)
        "#,
        ids,
        day.to_sqlx(),
    )
    .fetch_all(conn)
    .await
    .map_err(db)
}

/// Achievements among those as of a day.
pub(crate) async fn achievements(
    conn: impl PgExecutor<'_>,
    ids: &[Uuid],
    day: Date,
) -> Result<Vec<Record>, Failure> {
    sqlx::query_as!(
        Record,
        r#"
        select a.id, a.achievement_no as number, a.owner_uscc as uscc, a.title, a.title || ' ' || a.summary as "text!",
               a.field, a.maturity,
               (not r.disputed and not r.classified and r.co_owner_consent <> 'REFUSED'
                and not exists (
                    select
                    from commissioner.merge m
                    where m.duplicate_id = a.id and m.merged_on <= $2
                      and (m.undone_on is null or m.undone_on > $2)
                )) as "is_open!",
               true as "is_published!",
               coalesce(s.area_code, '') as "area_code!",
               (coalesce(s.located_in_city, false) or exists (
                   select
                   from platform.mirror_setting c
                   where c.key = 'area_prefix' and s.kind = 'ENTERPRISE' and s.area_code like c.value || '%'
               )) as "in_city!",
               coalesce((
                   select l.listing_no
                   from platform.mirror_listing l
                   where l.uscc = a.owner_uscc and l.decided_on <= $2
                     and (l.repaired_on is null or l.repaired_on > $2)
                   order by l.decided_on, l.listing_no
                   limit 1
               ), '') as "listing_no!"
        from commissioner.achievement a
        join lateral (
            select disputed, classified, co_owner_consent
            from commissioner.achievement_rights
            where achievement_id = a.id and effective_on <= $2
            order by version desc
            limit 1
        ) r on true
        left join platform.mirror_subject s on s.uscc = a.owner_uscc
        where a.id = any($1) and a.collected_on <= $2
        "#,
        ids,
        day.to_sqlx(),
    )
    .fetch_all(conn)
    .await
    .map_err(db)
}
