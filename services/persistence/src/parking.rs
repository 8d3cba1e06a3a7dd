//! Parked events: what could not be applied waits, with the later events of its aggregate, for a named operator;
//! the rest of the feed goes on.

use canopy_kernel::id::EventId;
use canopy_kernel::{Failure, PageSize, reason};
use canopy_proto::common::v1::{
    Envelope, ListParkedEventsRequest, ListParkedEventsResponse, ParkedDecision, ParkedEvent,
    ResolveParkedEventRequest, ResolveParkedEventResponse,
};
use jiff_sqlx::ToSqlx;
use prost::Message as _;
use uuid::Uuid;

use crate::audit::Transition;
use crate::consumer::Consumer;
use crate::page::PageToken;
use crate::store::Store;
use crate::tx::Tx;
use crate::{db, feed};

const SCOPE: &str = "parked_events";

/// Keeps events for later.
pub(crate) async fn park(
    tx: &mut Tx,
    producer: &str,
    events: &[Envelope],
    attempts: i32,
    why: &str,
) -> Result<(), Failure> {
    let parked_at = tx.recorded_at();
    let positions: Vec<i64> = events.iter().map(|it| it.position).collect();
    let ids = events.iter().map(|it| event_uuid(&it.id)).collect::<Result<Vec<Uuid>, _>>()?;
    let aggregates: Vec<String> = events.iter().map(|it| it.aggregate.clone()).collect();
    let envelopes: Vec<Vec<u8>> = events.iter().map(|it| it.encode_to_vec()).collect();
    sqlx::query!(
        r#"
        insert into platform.parked_event
            (producer, position, event_id, aggregate, envelope, attempts, reason, parked_at)
        select $1, r.position, r.event_id, r.aggregate, r.envelope, $2, $3, $4
        from unnest($5::bigint[], $6::uuid[], $7::text[], $8::bytea[])
            as r (position, event_id, aggregate, envelope)
        "#,
        producer,
        attempts,
        why,
        parked_at.to_sqlx(),
        &positions,
        &ids,
        &aggregates,
        &envelopes,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}

/// Parks those events whose aggregate has a parked one before them, and gives back the others.
pub(crate) async fn park_behind(
    tx: &mut Tx,
    producer: &str,
    events: &[Envelope],
) -> Result<Vec<Envelope>, Failure> {
    let aggregates: Vec<String> = events.iter().map(|it| it.aggregate.clone()).collect();
    let blocked = sqlx::query_scalar!(
        "select distinct aggregate from platform.parked_event where producer = $1 and aggregate = any($2)",
        producer,
        &aggregates,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(db)?;
    let (behind, free): (Vec<_>, Vec<_>) =
        events.iter().cloned().partition(|it| blocked.contains(&it.aggregate));
    if !behind.is_empty() {
        park(tx, producer, &behind, 0, "").await?;
    }
    Ok(free)
}

/// Lists parked events, oldest first.
pub async fn list(
    store: &Store,
    request: &ListParkedEventsRequest,
) -> Result<ListParkedEventsResponse, Failure> {
    let size = PageSize::parse(request.page_size, 100, 1000)?;
    let (producer, position): (String, i64) =
        PageToken::open(store.crypt(), SCOPE, &request.page_token)?.unwrap_or_default();
    let rows = sqlx::query!(
        r#"
        select producer, position, envelope, attempts, reason, parked_at
        from platform.parked_event
        where (producer, position) > ($1, $2)
        order by producer, position
        limit $3
        "#,
        producer,
        position,
        i64::from(size.get()),
    )
    .fetch_all(store.pool())
    .await
    .map_err(db)?;
    let full = rows.len() == usize::try_from(size.get()).unwrap_or(usize::MAX);
    let next_page_token = match rows.last() {
        Some(last) if full => PageToken::seal(store.crypt(), SCOPE, &(&last.producer, last.position))?,
        _ => String::new(),
    };
    let parked_events = rows
        .into_iter()
        .map(|row| {
            let event = Envelope::decode(row.envelope.as_slice()).map_err(internal)?;
            let parked_at = Some(feed::timestamp(row.parked_at.to_jiff()));
            Ok(ParkedEvent {
                event: Some(event),
                producer: row.producer,
                attempts: row.attempts,
                reason: row.reason,
                parked_at,
            })
        })
        .collect::<Result<_, Failure>>()?;
    Ok(ListParkedEventsResponse { parked_events, next_page_token })
}

/// Carries out an operator's decision: skips or retries the event, then applies what waited behind it.
pub async fn resolve(
    tx: &mut Tx,
    consumers: &[Consumer],
    request: &ResolveParkedEventRequest,
) -> Result<ResolveParkedEventResponse, Failure> {
    let id = event_uuid(&request.event_id)?;
    let found = sqlx::query!(
        "select producer, position, aggregate from platform.parked_event where event_id = $1 for update",
        id,
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(db)?
    .ok_or_else(|| Failure::new(&reason::UNKNOWN_EVENT).on("event_id"))?;
    let consumer = consumers
        .iter()
        .find(|it| it.producer() == found.producer)
        .ok_or_else(|| Failure::new(&reason::UNKNOWN_EVENT).on("event_id"))?;
    let mut waiting = waiting(tx, &found.producer, &found.aggregate, found.position).await?;
    if request.decision() == ParkedDecision::Skip {
        waiting.retain(|it| it.position != found.position);
    }
    if !waiting.is_empty() {
        consumer.listener().apply(tx, &waiting).await?;
    }
    sqlx::query!(
        "delete from platform.parked_event where producer = $1 and aggregate = $2 and position >= $3",
        found.producer,
        found.aggregate,
        found.position,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    let effective_on = tx.today();
    tx.audit(Transition {
        aggregate: request.event_id.clone(),
        from: "PARKED".to_owned(),
        to: request.decision().as_str_name().trim_start_matches("PARKED_DECISION_").to_owned(),
        reason: request.reason.clone(),
        rule_version: String::new(),
        effective_on,
    });
    Ok(ResolveParkedEventResponse { applied: i64::try_from(waiting.len()).unwrap_or(i64::MAX) })
}

/// The event and those parked behind it, in order.
async fn waiting(tx: &mut Tx, producer: &str, aggregate: &str, from: i64) -> Result<Vec<Envelope>, Failure> {
    let envelopes = sqlx::query_scalar!(
        r#"
        select envelope
        from platform.parked_event
        where producer = $1 and aggregate = $2 and position >= $3
        order by position
        "#,
        producer,
        aggregate,
        from,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(db)?;
    envelopes.iter().map(|bytes| Envelope::decode(bytes.as_slice()).map_err(internal)).collect()
}

/// Forgets what is parked of a feed that is followed anew: it comes again.
pub(crate) async fn forget(tx: &mut Tx, producer: &str) -> Result<(), Failure> {
    sqlx::query!("delete from platform.parked_event where producer = $1", producer)
        .execute(tx.conn())
        .await
        .map_err(db)?;
    Ok(())
}

fn event_uuid(text: &str) -> Result<Uuid, Failure> {
    text.parse::<EventId>().map(|id| id.as_uuid()).map_err(|failure| failure.on("event_id"))
}

fn internal(error: prost::DecodeError) -> Failure {
    Failure::new(&reason::INTERNAL).because(error)
}
