//! A feed service whose handlers do what the request's `epoch` says, and report the call they were given.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use canopy_kernel::{Failure, reason};
use canopy_platform::{Call, answer, status, to_status};
use canopy_proto::common::v1::{
    FeedHead, GetFeedHeadRequest, ListEventsRequest, ListEventsResponse, SubscribeRequest, SubscribeResponse,
};
use canopy_proto::registry::v1::feed_service_server::FeedService;
use futures::{Stream, StreamExt, stream};
use tokio::sync::{Notify, mpsc};
use tonic::{Request, Response, Status};

/// Full name of the service.
pub const NAME: &str = "canopy.registry.v1.FeedService";

pub struct Feed {
    pub calls: mpsc::UnboundedSender<Call>,
    pub release: Arc<Notify>,
}

#[tonic::async_trait]
impl FeedService for Feed {
    async fn get_feed_head(
        &self,
        request: Request<GetFeedHeadRequest>,
    ) -> Result<Response<FeedHead>, Status> {
        let call = Call::of(&request).map_err(|failure| to_status(&failure))?;
        self.calls.send(call).unwrap();
        answer(Ok(FeedHead { epoch: "e1".to_owned(), position: 7 }))
    }

    async fn list_events(
        &self,
        request: Request<ListEventsRequest>,
    ) -> Result<Response<ListEventsResponse>, Status> {
        let call = Call::of(&request).map_err(|failure| to_status(&failure))?;
        self.calls.send(call).unwrap();
        match request.get_ref().epoch.as_str() {
            "panic" => panic!("the handler broke"),
            "wait" => self.release.notified().await,
            "refuse" => return answer(Err(refusal())),
            "break" => return answer(Err(Failure::new(&reason::INTERNAL).because("table subjects is gone"))),
            _ => {}
        }
        answer(Ok(ListEventsResponse::default()))
    }

    type SubscribeStream = Pin<Box<dyn Stream<Item = Result<SubscribeResponse, Status>> + Send>>;

    async fn subscribe(
        &self,
        request: Request<SubscribeRequest>,
    ) -> Result<Response<Self::SubscribeStream>, Status> {
        let call = Call::of(&request).map_err(|failure| to_status(&failure))?;
        self.calls.send(call).unwrap();
        let first = stream::iter([Ok(SubscribeResponse::default())]);
        let rest: Self::SubscribeStream = match request.get_ref().epoch.as_str() {
            "panic" => stream::once(async { panic!("the stream broke") }).boxed(),
            "refuse" => stream::iter([Err(status::refuse(&refusal()))]).boxed(),
            _ => stream::pending().boxed(),
        };
        answer(Ok(first.chain(rest).boxed() as Self::SubscribeStream))
    }
}

/// A refusal with everything that a status can carry.
pub fn refusal() -> Failure {
    Failure::new(&reason::FIELD_OUT_OF_RANGE)
        .on("rows[3].amount_fen")
        .with("min", 1)
        .with("max", 500)
        .because("secret of the log")
        .retry_after(Duration::from_millis(1500))
        .and(Failure::new(&reason::USCC_CHECK_DIGIT).on("rows[3].uscc"))
}
