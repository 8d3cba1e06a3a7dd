//! The feed: the outbox served in order, and the client that follows another service's.

mod bookmark;
mod client;

use std::time::Duration;

use canopy_kernel::id::EventId;
use canopy_kernel::{Failure, reason};
use canopy_proto::common::v1::{
    Envelope, FeedHead, GetFeedHeadRequest, ListEventsRequest, ListEventsResponse, SubscribeRequest,
    SubscribeResponse,
};
use futures::stream::{self, Stream};

use crate::db;
use crate::sequencer;
use crate::store::Store;

pub(crate) use bookmark::Bookmark;
pub use client::FeedClient;

/// Events in one piece of a stream.
const PIECE: i64 = 500;
/// How long a stream stays silent at most.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// How often the outbox is looked at for events that another process sequenced.
const POLL: Duration = Duration::from_millis(100);

/// Says where the feed stands; with `flush` it includes every write that was answered before the call.
pub async fn head(store: &Store, request: &GetFeedHeadRequest) -> Result<FeedHead, Failure> {
    if request.flush {
        sequencer::flush(store).await?;
    }
    let row = sqlx::query!("select feed_epoch, feed_head from platform.installation")
        .fetch_one(store.pool())
        .await
        .map_err(db)?;
    Ok(FeedHead { epoch: row.feed_epoch.to_string(), position: row.feed_head })
}

/// Reads one page of events.
pub async fn list(store: &Store, request: &ListEventsRequest) -> Result<ListEventsResponse, Failure> {
    let size = canopy_kernel::PageSize::parse(request.page_size, 500, 1000)?;
    let at = Bookmark::of_page(request)?;
    let events = events_after(store, at.position, i64::from(size.get())).await?;
    let (events, head) = told(store, &at, events).await?;
    Ok(ListEventsResponse { events, head: Some(head) })
}

/// Follows the feed: pieces as they come, an empty one as a sign of life.
pub async fn subscribe(
    store: Store,
    request: SubscribeRequest,
) -> Result<impl Stream<Item = Result<SubscribeResponse, Failure>> + Send + 'static, Failure> {
    let mut at = Bookmark::of_stream(&request)?;
    at.epoch = head_for_reader(&store, &at).await?.epoch;
    Ok(stream::unfold((store, at, true), |(store, mut at, first)| async move {
        let piece = next_piece(&store, &at, first).await;
        if let Some(last) = piece.as_ref().ok().and_then(|it| it.events.last()) {
            at = Bookmark::at(last).unwrap_or(at);
        }
        Some((piece, (store, at, false)))
    }))
}

/// Waits for events behind the reader; gives an empty piece at once at the beginning, later as a heartbeat.
async fn next_piece(store: &Store, at: &Bookmark, first: bool) -> Result<SubscribeResponse, Failure> {
    let mut waited = Duration::ZERO;
    loop {
        let events = events_after(store, at.position, PIECE).await?;
        if first || !events.is_empty() || waited >= HEARTBEAT {
            let (events, head) = told(store, at, events).await?;
            return Ok(SubscribeResponse { events, head: Some(head) });
        }
        store.sequenced_news(POLL).await;
        waited += POLL;
    }
}

/// Events that were read, with the head. The reader is looked at after the reading: a database that was put back
/// in between is noticed.
async fn told(
    store: &Store,
    at: &Bookmark,
    mut events: Vec<Envelope>,
) -> Result<(Vec<Envelope>, FeedHead), Failure> {
    let head = head_for_reader(store, at).await?;
    for event in &mut events {
        event.epoch.clone_from(&head.epoch);
    }
    Ok((events, head))
}

/// The head, unless the reader knows another epoch, is ahead, or stands on another event: then the producer was
/// put back to an earlier copy.
async fn head_for_reader(store: &Store, at: &Bookmark) -> Result<FeedHead, Failure> {
    let row = sqlx::query!(
        r#"
        select i.feed_epoch, i.feed_head, p.event_id as "event_id?"
        from platform.installation i
        left join platform.outbox_position p on p.position = $1
        "#,
        at.position,
    )
    .fetch_one(store.pool())
    .await
    .map_err(db)?;
    let head = FeedHead { epoch: row.feed_epoch.to_string(), position: row.feed_head };
    let same_epoch = at.epoch.is_empty() || at.epoch == head.epoch;
    let same_event = at.event_id.is_none_or(|known| row.event_id == Some(known));
    if !same_epoch || at.position > head.position || !same_event {
        return Err(Failure::new(&reason::FEED_REWOUND)
            .because(format!("reader at {at}, feed at {} of {}", head.position, head.epoch)));
    }
    Ok(head)
}

/// Events behind a position; the epoch is entered with the head.
async fn events_after(store: &Store, after: i64, limit: i64) -> Result<Vec<Envelope>, Failure> {
    let rows = sqlx::query!(
        r#"
        select o.id, p.position, o.type as kind, o.schema_version, o.aggregate, o.aggregate_version, o.effective_on,
               o.recorded_at, o.traceparent, o.agency, o.payload
        from platform.outbox_position p
        cross join lateral (select * from platform.outbox where id = p.event_id offset 0) o
        where p.position > $1
        order by p.position
        limit $2
        "#,
        after,
        limit,
    )
    .fetch_all(store.pool())
    .await
    .map_err(db)?;
    Ok(rows
        .into_iter()
        .map(|row| Envelope {
            id: EventId::new(row.id).to_string(),
            epoch: String::new(),
            position: row.position,
            r#type: row.kind,
            schema_version: u32::try_from(row.schema_version).unwrap_or_default(),
            aggregate: row.aggregate,
            aggregate_version: row.aggregate_version,
            effective_on: row.effective_on.to_jiff().to_string(),
            recorded_at: Some(timestamp(row.recorded_at.to_jiff())),
            traceparent: row.traceparent,
            agency: row.agency,
            payload: row.payload,
        })
        .collect())
}

/// An instant as the wire has it.
pub fn timestamp(instant: jiff::Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: instant.as_second(), nanos: instant.subsec_nanosecond() }
}

/// Implements a package's `FeedService` over the store, once for all services.
#[macro_export]
macro_rules! feed_service {
    ($($package:ident)::+) => {
        /// The feed of this service.
        #[derive(Clone)]
        pub struct FeedRpc(pub $crate::Store);

        #[tonic::async_trait]
        impl $($package)::+::feed_service_server::FeedService for FeedRpc {
            type SubscribeStream = ::futures::stream::BoxStream<
                'static,
                Result<::canopy_proto::common::v1::SubscribeResponse, tonic::Status>,
            >;

            async fn get_feed_head(
                &self,
                request: tonic::Request<::canopy_proto::common::v1::GetFeedHeadRequest>,
            ) -> Result<tonic::Response<::canopy_proto::common::v1::FeedHead>, tonic::Status> {
                ::canopy_platform::answer($crate::feed::head(&self.0, request.get_ref()).await)
            }

            async fn list_events(
                &self,
                request: tonic::Request<::canopy_proto::common::v1::ListEventsRequest>,
            ) -> Result<tonic::Response<::canopy_proto::common::v1::ListEventsResponse>, tonic::Status> {
                ::canopy_platform::answer($crate::feed::list(&self.0, request.get_ref()).await)
            }

            async fn subscribe(
                &self,
                request: tonic::Request<::canopy_proto::common::v1::SubscribeRequest>,
            ) -> Result<tonic::Response<Self::SubscribeStream>, tonic::Status> {
                use ::futures::StreamExt as _;
                let pieces = $crate::feed::subscribe(self.0.clone(), request.into_inner()).await;
                ::canopy_platform::answer(pieces.map(|pieces| {
                    pieces.map(|piece| piece.map_err(|failure| ::canopy_platform::to_status(&failure))).boxed()
                }))
            }
        }
    };
}
