//! The client that follows another service's feed.

use canopy_kernel::{Failure, reason};
use canopy_platform::{Call, Peer};
use canopy_proto::common::v1::{
    FeedHead, GetFeedHeadRequest, ListEventsRequest, ListEventsResponse, SubscribeRequest, SubscribeResponse,
};
use http::uri::PathAndQuery;

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

    /// Reads a page of events.
    pub async fn list(&self, call: &Call, request: ListEventsRequest) -> Result<ListEventsResponse, Failure> {
        let mut grpc = self.ready().await?;
        let request = self.peer.request(call, request)?;
        let codec = tonic_prost::ProstCodec::default();
        let answer = grpc.unary(request, self.path("ListEvents")?, codec).await;
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
