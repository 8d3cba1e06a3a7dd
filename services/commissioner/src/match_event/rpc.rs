//! `MatchEventService`: matchmaking events at the edge.

use canopy_kernel::id::MatchEventId;
use canopy_kernel::{Failure, on_the_wire, reason};
use canopy_persistence::edge::named;
use canopy_persistence::{ImportRow, Turn, Write};
use canopy_platform::{Call, answer, check};
use canopy_proto::commissioner::v1 as pb;
use canopy_proto::commissioner::v1::match_event_service_server::MatchEventService;
use canopy_proto::common::v1::RowResult;
use tonic::{Request, Response, Status, Streaming};
use uuid::Uuid;

use super::Settle;
use super::model::{EventKind, EventStatus, MatchEvent};
use super::store::{self, Place};
use crate::edge::{Answers, Desk, answers, day, day_if_any, opened, rows_of};
use crate::period::Period;

on_the_wire!(EventKind <=> pb::MatchEventKind { Roadshow, Matching, Salon });
on_the_wire!(EventStatus <=> pb::MatchEventStatus { Planned, Held, Cancelled });

/// The service.
pub(crate) struct MatchEventRpc(pub(crate) Desk);

#[tonic::async_trait]
impl MatchEventService for MatchEventRpc {
    type ImportMatchEventsStream = Answers<pb::ImportMatchEventsResponse>;

    async fn import_match_events(
        &self,
        request: Request<Streaming<pb::ImportMatchEventsRequest>>,
    ) -> Result<Response<Self::ImportMatchEventsStream>, Status> {
        let it = self.0.clone();
        answer(Call::of(&request).map(|call| {
            answers(request.into_inner(), move |mut message: pb::ImportMatchEventsRequest, turn| {
                let (it, call) = (it.clone(), call.clone());
                async move {
                    let rows = rows_of(&mut message, |it| &mut it.rows)?;
                    Ok(pb::ImportMatchEventsResponse { results: piece(&it, &call, turn, &rows).await? })
                }
            })
        }))
    }

    async fn batch_import_match_events(
        &self,
        request: Request<pb::BatchImportMatchEventsRequest>,
    ) -> Result<Response<pb::BatchImportMatchEventsResponse>, Status> {
        answer(batch(&self.0, request).await)
    }

    async fn settle_match_event(
        &self,
        request: Request<pb::SettleMatchEventRequest>,
    ) -> Result<Response<pb::MatchEvent>, Status> {
        answer(settle(&self.0, request).await)
    }

    async fn list_match_events(
        &self,
        request: Request<pb::ListMatchEventsRequest>,
    ) -> Result<Response<pb::ListMatchEventsResponse>, Status> {
        answer(list(&self.0, request).await)
    }

    async fn count_match_events(
        &self,
        request: Request<pb::CountMatchEventsRequest>,
    ) -> Result<Response<pb::CountMatchEventsResponse>, Status> {
        answer(count(&self.0, request).await)
    }
}

fn message(event: MatchEvent) -> pb::MatchEvent {
    pb::MatchEvent {
        name: event.id.to_string(),
        event_no: event.number,
        held_on: event.held_on.to_string(),
        kind: event.kind.to_wire(),
        title: event.title,
        attendees: event.attendees,
        status: event.status.to_wire(),
        etag: event.version.to_string(),
    }
}

/// Reads a row; its id comes when it is entered.
fn read(row: &pb::MatchEventRow) -> Result<MatchEvent, Failure> {
    check(row)?;
    let unknown = |field: &'static str| Failure::new(&reason::ENUM_UNKNOWN).on(field);
    Ok(MatchEvent {
        id: MatchEventId::new(Uuid::nil()),
        number: row.event_no.clone(),
        held_on: day("held_on", &row.held_on)?,
        kind: EventKind::from_wire(row.kind).ok_or_else(|| unknown("kind"))?,
        title: row.title.clone(),
        attendees: row.attendees,
        status: EventStatus::from_wire(row.status).ok_or_else(|| unknown("status"))?,
        version: 1,
    })
}

async fn piece(
    it: &Desk,
    call: &Call,
    turn: Turn,
    rows: &[pb::MatchEventRow],
) -> Result<Vec<RowResult>, Failure> {
    let rows = rows.iter().map(|row| ImportRow::of(row, &row.request_id, &row.external_ref, read(row)));
    it.store
        .import(call, "import_match_events", turn, rows.collect(), |tx, rows| {
            Box::pin(async move { super::enter(tx, &rows).await })
        })
        .await
}

async fn batch(
    it: &Desk,
    request: Request<pb::BatchImportMatchEventsRequest>,
) -> Result<pb::BatchImportMatchEventsResponse, Failure> {
    let call = Call::of(&request)?;
    let rows = rows_of(&mut request.into_inner(), |it| &mut it.rows)?;
    Ok(pb::BatchImportMatchEventsResponse { results: piece(it, &call, Turn::alone(), &rows).await? })
}

fn read_settlement(request: pb::SettleMatchEventRequest) -> Result<Settle, Failure> {
    let status = EventStatus::from_wire(request.status);
    Ok(Settle {
        id: named("name", &request.name)?,
        status: status.ok_or_else(|| Failure::new(&reason::ENUM_UNKNOWN).on("status"))?,
        attendees: request.attendees,
        etag: request.etag,
    })
}

async fn settle(it: &Desk, request: Request<pb::SettleMatchEventRequest>) -> Result<pb::MatchEvent, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("settle_match_event", &request.request_id, &request).validate_only(request.validate_only);
    it.store
        .write(&call, write, read_settlement(request), |tx, command| {
            Box::pin(async move { super::settle(tx, &command).await.map(message) })
        })
        .await
}

async fn list(
    it: &Desk,
    request: Request<pb::ListMatchEventsRequest>,
) -> Result<pb::ListMatchEventsResponse, Failure> {
    let (_, request) = opened(request)?;
    let query = pb::ListMatchEventsRequest { page_size: 0, page_token: String::new(), ..request.clone() };
    let page = it.store.page::<Place>(query, (request.page_size, &request.page_token), 100)?;
    let between = (day_if_any("from", &request.from)?, day_if_any("to", &request.to)?);
    let status = EventStatus::from_wire(request.status);
    let found = store::list(it.store.pool(), between, status, page.after.as_ref(), page.limit()).await?;
    let (found, next_page_token) = it.store.cut(&page, found, Place::of)?;
    Ok(pb::ListMatchEventsResponse {
        match_events: found.into_iter().map(message).collect(),
        next_page_token,
    })
}

async fn count(
    it: &Desk,
    request: Request<pb::CountMatchEventsRequest>,
) -> Result<pb::CountMatchEventsResponse, Failure> {
    let (call, request) = opened(request)?;
    let days = [&request.from, &request.to, &request.as_of, &request.known_at];
    let period = Period::read(it, &call, days.map(String::as_str))?;
    let counts = store::count(it.store.pool(), &period).await?;
    Ok(pb::CountMatchEventsResponse { held: counts.held, attendees: counts.attendees })
}
