//! The feed: the outbox served in order, and the client that follows another service's.

use std::time::Duration;

use canopy_kernel::id::EventId;
use canopy_kernel::{Failure, reason};
use canopy_platform::{Call, Peer};
use canopy_proto::common::v1::{
    Envelope, FeedHead, GetFeedHeadRequest, ListEventsRequest, ListEventsResponse, SubscribeRequest,
    SubscribeResponse,
};
use futures::stream::{self, Stream};
use http::uri::PathAndQuery;

use crate::db;
use crate::sequencer;
use crate::store::Store;

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
    let head = head_for_reader(store, request.after_position, &request.epoch).await?;
    let events = events_after(store, &head.epoch, request.after_position, i64::from(size.get())).await?;
    Ok(ListEventsResponse { events, head: Some(head) })
}

/// Follows the feed: pieces as they come, an empty one as a sign of life.
pub async fn subscribe(
    store: Store,
    request: SubscribeRequest,
) -> Result<impl Stream<Item = Result<SubscribeResponse, Failure>> + Send + 'static, Failure> {
    let head = head_for_reader(&store, request.after_position, &request.epoch).await?;
    let start = (store, head.epoch, request.after_position, true);
    Ok(stream::unfold(start, |(store, epoch, position, first)| async move {
        let piece = next_piece(&store, &epoch, position, first).await;
        let at = piece.as_ref().ok().and_then(|it| it.events.last()).map_or(position, |it| it.position);
        Some((piece, (store, epoch, at, false)))
    }))
}

/// Waits for events behind the position; gives an empty piece at once at the beginning, later as a heartbeat.
async fn next_piece(
    store: &Store,
    epoch: &str,
    after: i64,
    first: bool,
) -> Result<SubscribeResponse, Failure> {
    let mut waited = Duration::ZERO;
    loop {
        let events = events_after(store, epoch, after, PIECE).await?;
        if first || !events.is_empty() || waited >= HEARTBEAT {
            let head = head_for_reader(store, after, epoch).await?;
            return Ok(SubscribeResponse { events, head: Some(head) });
        }
        store.sequenced_news(POLL).await;
        waited += POLL;
    }
}

/// The head, unless the reader knows another epoch or is ahead: then the producer was put back.
async fn head_for_reader(store: &Store, after: i64, epoch: &str) -> Result<FeedHead, Failure> {
    let head = head(store, &GetFeedHeadRequest { flush: false }).await?;
    if (!epoch.is_empty() && epoch != head.epoch) || after > head.position {
        return Err(Failure::new(&reason::FEED_REWOUND)
            .because(format!("reader at {after} of {epoch}, feed at {} of {}", head.position, head.epoch)));
    }
    Ok(head)
}

async fn events_after(store: &Store, epoch: &str, after: i64, limit: i64) -> Result<Vec<Envelope>, Failure> {
    let rows = sqlx::query!(
        r#"
        select id, position as "position!", type as kind, schema_version, aggregate, aggregate_version,
               effective_on, recorded_at, traceparent, agency, payload
        from platform.outbox
        where position > $1
        order by position
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
            epoch: epoch.to_owned(),
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

/// Another service's feed, reached by the same three methods in every package.
#[derive(Clone, Debug)]
pub struct FeedClient {
    peer: Peer,
    service: &'static str,
}

impl FeedClient {
    /// The feed of that service (`registry` …) behind the peer.
    pub fn new(peer: Peer, service: &'static str) -> FeedClient {
        FeedClient { peer, service }
    }

    /// The service that produces the feed.
    pub fn producer(&self) -> &'static str {
        self.service
    }

    /// Asks where the feed stands.
    pub async fn head(&self, call: &Call, flush: bool) -> Result<FeedHead, Failure> {
        let mut grpc = self.ready().await?;
        let request = self.peer.request(call, GetFeedHeadRequest { flush })?;
        let codec = tonic_prost::ProstCodec::default();
        let answer = grpc.unary(request, self.path("GetFeedHead")?, codec).await;
        Ok(answer.map_err(|status| self.peer.failure(status))?.into_inner())
    }

    /// Follows the feed behind a position.
    pub async fn subscribe(
        &self,
        call: &Call,
        request: SubscribeRequest,
    ) -> Result<tonic::Streaming<SubscribeResponse>, Failure> {
        let mut grpc = self.ready().await?;
        let request = self.peer.request(call, request)?;
        let codec = tonic_prost::ProstCodec::default();
        let answer = grpc.server_streaming(request, self.path("Subscribe")?, codec).await;
        Ok(answer.map_err(|status| self.peer.failure(status))?.into_inner())
    }

    /// What a broken stream means.
    pub(crate) fn failure(&self, status: tonic::Status) -> Failure {
        self.peer.failure(status)
    }

    async fn ready(&self) -> Result<tonic::client::Grpc<tonic::transport::Channel>, Failure> {
        let mut grpc = tonic::client::Grpc::new(self.peer.channel());
        let down = |error| Failure::new(&reason::SERVICE_DOWN).with("service", self.service).because(error);
        grpc.ready().await.map_err(down)?;
        Ok(grpc)
    }

    fn path(&self, method: &str) -> Result<PathAndQuery, Failure> {
        let path = format!("/canopy.{}.v1.FeedService/{method}", self.service);
        path.parse().map_err(|error| Failure::new(&reason::INTERNAL).because(error))
    }
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
