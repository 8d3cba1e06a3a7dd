//! SQL of matchmaking events.

use std::collections::BTreeSet;

use canopy_kernel::Failure;
use canopy_kernel::id::MatchEventId;
use canopy_persistence::{Tx, db, ensure_all, ensure_one};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgPool;
use uuid::Uuid;

use super::model::{EventKind, EventStatus, MatchEvent};
use crate::period::Period;

struct Row {
    id: Uuid,
    event_no: String,
    held_on: jiff_sqlx::Date,
    kind: String,
    title: String,
    attendees: i32,
    status: String,
    version: i64,
}

impl Row {
    fn read(self) -> Result<MatchEvent, Failure> {
        Ok(MatchEvent {
            id: MatchEventId::new(self.id),
            number: self.event_no,
            held_on: self.held_on.to_jiff(),
            kind: EventKind::stored(&self.kind)?,
            title: self.title,
            attendees: self.attendees,
            status: EventStatus::stored(&self.status)?,
            version: self.version,
        })
    }
}

/// Which of those numbers are used.
pub(crate) async fn known(tx: &mut Tx, numbers: &[String]) -> Result<BTreeSet<String>, Failure> {
    let known = sqlx::query_scalar!(
        "select event_no from commissioner.match_event where event_no = any($1)",
        numbers
    )
    .fetch_all(tx.conn())
    .await
    .map_err(db)?;
    Ok(known.into_iter().collect())
}

/// Enters events. A number that another transaction entered meanwhile undoes the piece, which is tried again and then
/// finds it.
pub(crate) async fn insert(tx: &mut Tx, events: &[MatchEvent]) -> Result<(), Failure> {
    let recorded_at = tx.recorded_at();
    let ids: Vec<Uuid> = events.iter().map(|it| it.id.as_uuid()).collect();
    let numbers: Vec<&str> = events.iter().map(|it| it.number.as_str()).collect();
    let days: Vec<_> = events.iter().map(|it| it.held_on.to_sqlx()).collect();
    let kinds: Vec<&str> = events.iter().map(|it| it.kind.as_str()).collect();
    let titles: Vec<&str> = events.iter().map(|it| it.title.as_str()).collect();
    let attendees: Vec<i32> = events.iter().map(|it| it.attendees).collect();
    let statuses: Vec<&str> = events.iter().map(|it| it.status.as_str()).collect();
    let result = sqlx::query!(
        r#"
        insert into commissioner.match_event
            (id, event_no, held_on, kind, title, attendees, status, version, recorded_at)
        select r.id, r.event_no, r.held_on, r.kind, r.title, r.attendees, r.status, 1, $1
        from unnest($2::uuid[], $3::text[], $4::date[], $5::text[], $6::text[], $7::integer[], $8::text[])
            as r (id, event_no, held_on, kind, title, attendees, status)
        on conflict (event_no) do nothing
        "#,
        recorded_at.to_sqlx(),
        &ids,
        &numbers as _,
        &days as _,
        &kinds as _,
        &titles as _,
        &attendees,
        &statuses as _,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    ensure_all(result, events.len())
}

/// Takes an event for a write.
pub(crate) async fn lock(tx: &mut Tx, id: MatchEventId) -> Result<Option<MatchEvent>, Failure> {
    let row = sqlx::query_as!(
        Row,
        r#"
        select id, event_no, held_on, kind, title, attendees, status, version
        from commissioner.match_event
        where id = $1
        for update
        "#,
        id.as_uuid(),
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(db)?;
    row.map(Row::read).transpose()
}

/// Writes what became of an event.
pub(crate) async fn write_status(tx: &mut Tx, event: &MatchEvent) -> Result<(), Failure> {
    let result = sqlx::query!(
        r#"
        update commissioner.match_event
        set status = $2, attendees = $3, version = $4
        where id = $1 and version + 1 = $4
        "#,
        event.id.as_uuid(),
        event.status.as_str(),
        event.attendees,
        event.version,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    ensure_one(result)
}

/// Place of an event in a list.
#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct Place {
    held_on: Date,
    id: MatchEventId,
}

impl Place {
    /// The place of an event.
    pub(crate) fn of(event: &MatchEvent) -> Self {
        Self { held_on: event.held_on, id: event.id }
    }
}

/// Lists the events of a period by day.
pub(crate) async fn list(
    pool: &PgPool,
    between: (Option<Date>, Option<Date>),
    status: Option<EventStatus>,
    after: Option<&Place>,
    limit: i64,
) -> Result<Vec<MatchEvent>, Failure> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select id, event_no, held_on, kind, title, attendees, status, version
        from commissioner.match_event
        where ($1::date is null or held_on >= $1)
          and ($2::date is null or held_on <= $2)
          and ($3::text is null or status = $3)
          and ($4::date is null or (held_on, id) > ($4, $5::uuid))
        order by held_on, id
        limit $6
        "#,
        between.0.map(ToSqlx::to_sqlx) as _,
        between.1.map(ToSqlx::to_sqlx) as _,
        status.map(EventStatus::as_str),
        after.map(|place| place.held_on.to_sqlx()) as _,
        after.map(|place| place.id.as_uuid()),
        limit,
    )
    .fetch_all(pool)
    .await
    .map_err(db)?;
    rows.into_iter().map(Row::read).collect()
}

/// What is counted.
pub(crate) struct Counts {
    /// Events held.
    pub held: i64,
    /// Head count over them.
    pub attendees: i64,
}

/// Counts the events held in a period.
pub(crate) async fn count(pool: &PgPool, period: &Period) -> Result<Counts, Failure> {
    sqlx::query_as!(
        Counts,
        r#"
        select count(*) as "held!", coalesce(sum(attendees), 0)::bigint as "attendees!"
        from commissioner.match_event
        where status = 'HELD'
          and held_on <= $1
          and ($2::timestamptz is null or recorded_at < $2)
          and ($3::date is null or held_on >= $3)
          and ($4::date is null or held_on <= $4)
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
