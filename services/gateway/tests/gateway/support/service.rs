//! The service behind the gateway: does as the request's `epoch` tells it, and remembers what it saw.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use canopy_kernel::{Failure, reason};
use canopy_platform::to_status;
use canopy_proto::common::v1::{
    FeedHead, GetFeedHeadRequest, ListEventsRequest, ListEventsResponse, RowResult, SubscribeRequest,
    SubscribeResponse,
};
use canopy_proto::registry::v1::feed_service_server::{FeedService, FeedServiceServer};
use canopy_proto::registry::v1::qualification_service_server::{
    QualificationService, QualificationServiceServer,
};
use canopy_proto::registry::v1::{
    AssessQualificationRequest, BatchImportQualificationsRequest, BatchImportQualificationsResponse,
    CountQualificationsRequest, CountQualificationsResponse, GetQualificationRequest,
    GrantQualificationRequest, ImportQualificationsRequest, ImportQualificationsResponse,
    ListQualificationsRequest, ListQualificationsResponse, Qualification, RevokeQualificationRequest,
};
use futures::{Stream, StreamExt as _, stream};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, watch};
use tonic::codec::CompressionEncoding;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status, Streaming};

use super::PATIENCE;

/// Metadata of a call, as it reached the service.
pub type Seen = BTreeMap<String, String>;

/// The service, as the test holds it.
pub struct Service {
    pub address: SocketAddr,
    rooms: Arc<Rooms>,
    events: mpsc::UnboundedReceiver<Event>,
    /// Of its own, so that its end takes every connection along, as a process's end does.
    runtime: Option<Runtime>,
}

/// What happens inside a call that was told to hang.
#[derive(Debug, PartialEq, Eq)]
pub enum Event {
    Begun,
    Dropped,
}

struct Rooms {
    seen: Mutex<Seen>,
    events: mpsc::UnboundedSender<Event>,
    /// Opened by a test to let the calls go on that wait.
    gate: watch::Sender<bool>,
}

impl Service {
    pub async fn start() -> Self {
        Self::on("127.0.0.1:0".parse().unwrap()).await
    }

    /// The service on that address, as after a restart.
    pub async fn on(address: SocketAddr) -> Self {
        let runtime = own_runtime();
        let listener = runtime.spawn(TcpListener::bind(address)).await.unwrap().unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, events) = mpsc::unbounded_channel();
        let rooms =
            Arc::new(Rooms { seen: Mutex::default(), events: sender, gate: watch::Sender::new(false) });
        let handler = Handler(rooms.clone());
        let server = Server::builder()
            .add_service(
                FeedServiceServer::new(handler.clone())
                    .accept_compressed(CompressionEncoding::Gzip)
                    .send_compressed(CompressionEncoding::Gzip),
            )
            .add_service(QualificationServiceServer::new(handler))
            .serve_with_incoming(TcpIncoming::from(listener));
        runtime.spawn(async move { server.await.unwrap() });
        Self { address, rooms, events, runtime: Some(runtime) }
    }

    pub fn uri(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Metadata of the last call.
    pub fn seen(&self) -> Seen {
        self.rooms.seen.lock().unwrap().clone()
    }

    /// What happened next in a hanging call.
    pub async fn event(&mut self) -> Event {
        tokio::time::timeout(PATIENCE, self.events.recv()).await.expect("something happens").unwrap()
    }

    /// Lets waiting calls go on.
    pub fn open(&self) {
        self.rooms.gate.send_replace(true);
    }

    /// Ends the service at once, its connections too.
    pub fn kill(&mut self) {
        self.runtime.take().unwrap().shutdown_background();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// A runtime that a test can end at once.
pub fn own_runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

#[derive(Clone)]
struct Handler(Arc<Rooms>);

impl Handler {
    fn see<M>(&self, request: &Request<M>) {
        let metadata = request.metadata().clone().into_headers();
        let seen = metadata
            .iter()
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
        *self.0.seen.lock().unwrap() = seen.collect();
    }

    async fn hang(&self) {
        let _dropped = Dropped(self.0.events.clone());
        self.0.events.send(Event::Begun).unwrap();
        std::future::pending().await
    }

    async fn wait(&self) {
        self.0.events.send(Event::Begun).unwrap();
        self.0.gate.subscribe().wait_for(|open| *open).await.unwrap();
    }
}

struct Dropped(mpsc::UnboundedSender<Event>);

impl Drop for Dropped {
    fn drop(&mut self) {
        // The test may be over.
        let _ = self.0.send(Event::Dropped);
    }
}

/// A refusal with everything that a refusal can have.
pub fn refusal() -> Failure {
    Failure::new(&reason::FIELD_MISSING)
        .on("rows[3].uscc")
        .and(Failure::new(&reason::FIELD_TOO_LONG).on("rows[4].name").with("max", 200))
}

type Answers<M> = Pin<Box<dyn Stream<Item = Result<M, Status>> + Send>>;

#[tonic::async_trait]
impl FeedService for Handler {
    type SubscribeStream = Answers<SubscribeResponse>;

    async fn get_feed_head(
        &self,
        request: Request<GetFeedHeadRequest>,
    ) -> Result<Response<FeedHead>, Status> {
        self.see(&request);
        let mut response = Response::new(FeedHead { epoch: "e1".to_owned(), position: 7 });
        response.metadata_mut().insert("x-service", "registry".parse().unwrap());
        Ok(response)
    }

    async fn list_events(
        &self,
        request: Request<ListEventsRequest>,
    ) -> Result<Response<ListEventsResponse>, Status> {
        self.see(&request);
        match request.get_ref().epoch.as_str() {
            "refuse" => return Err(to_status(&refusal())),
            "hang" => self.hang().await,
            "wait" => self.wait().await,
            _ => {}
        }
        Ok(Response::new(ListEventsResponse::default()))
    }

    async fn subscribe(
        &self,
        request: Request<SubscribeRequest>,
    ) -> Result<Response<Self::SubscribeStream>, Status> {
        self.see(&request);
        let SubscribeRequest { after_position: count, epoch: told, .. } = request.into_inner();
        let messages = stream::iter(1..=count).map(|position| {
            let head = FeedHead { epoch: "e1".to_owned(), position };
            Ok(SubscribeResponse { events: Vec::new(), head: Some(head) })
        });
        let handler = self.clone();
        let end = async move {
            match told.as_str() {
                "refuse" => Some(Err(to_status(&refusal()))),
                "hang" => {
                    handler.hang().await;
                    None
                }
                _ => None,
            }
        };
        let end = stream::once(end).filter_map(std::future::ready);
        Ok(Response::new(messages.chain(end).boxed()))
    }
}

#[tonic::async_trait]
impl QualificationService for Handler {
    type ImportQualificationsStream = Answers<ImportQualificationsResponse>;

    /// Answers each piece with as many results as it has rows, as the pieces come.
    async fn import_qualifications(
        &self,
        request: Request<Streaming<ImportQualificationsRequest>>,
    ) -> Result<Response<Self::ImportQualificationsStream>, Status> {
        self.see(&request);
        let dropped = Dropped(self.0.events.clone());
        let answers = request.into_inner().map(move |piece| {
            let _held = &dropped;
            let rows = piece?.rows.len();
            Ok(ImportQualificationsResponse { results: vec![RowResult::default(); rows] })
        });
        Ok(Response::new(answers.boxed()))
    }

    async fn batch_import_qualifications(
        &self,
        request: Request<BatchImportQualificationsRequest>,
    ) -> Result<Response<BatchImportQualificationsResponse>, Status> {
        let results = vec![RowResult::default(); request.into_inner().rows.len()];
        Ok(Response::new(BatchImportQualificationsResponse { results }))
    }

    async fn grant_qualification(&self, _: Request<GrantQualificationRequest>) -> Answer<Qualification> {
        unserved()
    }

    async fn revoke_qualification(&self, _: Request<RevokeQualificationRequest>) -> Answer<Qualification> {
        unserved()
    }

    async fn assess_qualification(&self, _: Request<AssessQualificationRequest>) -> Answer<Qualification> {
        unserved()
    }

    async fn get_qualification(&self, _: Request<GetQualificationRequest>) -> Answer<Qualification> {
        unserved()
    }

    async fn list_qualifications(
        &self,
        _: Request<ListQualificationsRequest>,
    ) -> Answer<ListQualificationsResponse> {
        unserved()
    }

    async fn count_qualifications(
        &self,
        _: Request<CountQualificationsRequest>,
    ) -> Answer<CountQualificationsResponse> {
        unserved()
    }
}

type Answer<M> = Result<Response<M>, Status>;

fn unserved<M>() -> Answer<M> {
    Err(to_status(&Failure::new(&reason::METHOD_UNKNOWN)))
}
