//! A suite that is away, busy or breaks off, as the replay meets it.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use canopy_kernel::{Clock, Failure, reason};
use canopy_platform::to_status;
use canopy_proto::common::v1::RowResult;
use canopy_proto::registry::v1::{ImportQualificationsRequest, ImportQualificationsResponse};
use canopy_sandbox::issuer::Issuer;
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use prost::Message;
use prost::bytes::Bytes;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::body::Body;
use tonic::codegen::{Service, http};
use tonic::server::{Grpc, NamedService, StreamingService, UnaryService};
use tonic::{Request, Response, Status, Streaming};

use crate::replay::codec::Raw;
use crate::replay::desk::Desk;
use crate::replay::file::{FILES, Kind, Place, RecordFile};
use crate::replay::link::{Answer, Ask, Link};
use crate::replay::people::REGISTRAR;
use crate::replay::plan::RequestIds;
use crate::replay::register::Import;
use crate::replay::table::Table;

/// What the suite does with one call: answers, or fails.
type Script = Arc<Mutex<Vec<Result<(), Status>>>>;

/// A suite that follows a script, call by call, and remembers what it was sent.
#[derive(Clone)]
struct Suite {
    script: Script,
    /// Bodies of calls, or ids of rows.
    seen: Arc<Mutex<Vec<Bytes>>>,
}

impl NamedService for Suite {
    const NAME: &'static str = "canopy.registry.v1.QualificationService";
}

impl Service<http::Request<Body>> for Suite {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let suite = self.clone();
        Box::pin(async move {
            let mut grpc = Grpc::new(Raw);
            let is_import = request.uri().path().contains("/Import");
            Ok(if is_import {
                grpc.streaming(suite, request).await
            } else {
                grpc.unary(suite, request).await
            })
        })
    }
}

impl UnaryService<Bytes> for Suite {
    type Response = Bytes;
    type Future = BoxFuture<'static, Result<Response<Bytes>, Status>>;

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        self.seen.lock().unwrap().push(request.into_inner());
        let next = self.script.lock().unwrap().remove(0);
        Box::pin(async move { next.map(|()| Response::new(Bytes::from_static(b"done"))) })
    }
}

impl StreamingService<Bytes> for Suite {
    type Response = Bytes;
    type ResponseStream = BoxStream<'static, Result<Bytes, Status>>;
    type Future = BoxFuture<'static, Result<Response<Self::ResponseStream>, Status>>;

    fn call(&mut self, request: Request<Streaming<Bytes>>) -> Self::Future {
        let suite = self.clone();
        let answers = request.into_inner().map(move |piece| suite.import(piece?));
        Box::pin(async move { Ok(Response::new(answers.boxed())) })
    }
}

impl Suite {
    /// Takes a piece, or breaks off as the script says.
    fn import(&self, piece: Bytes) -> Result<Bytes, Status> {
        let mut script = self.script.lock().unwrap();
        if !script.is_empty() {
            script.remove(0)?;
        }
        let piece = ImportQualificationsRequest::decode(piece).unwrap();
        let ids = piece.rows.into_iter().map(|row| row.request_id);
        let results = ids
            .map(|request_id| {
                self.seen.lock().unwrap().push(request_id.clone().into());
                RowResult { request_id, ..Default::default() }
            })
            .collect();
        Ok(ImportQualificationsResponse { results }.encode_to_vec().into())
    }
}

/// Starts such a suite; the link to it and what it has seen.
async fn start(script: Vec<Result<(), Status>>) -> (Link, Arc<Mutex<Vec<Bytes>>>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let suite = Suite { script: Arc::new(Mutex::new(script)), seen: Arc::default() };
    let seen = suite.seen.clone();
    tokio::spawn(
        tonic::transport::Server::builder()
            .add_service(suite)
            .serve_with_incoming(TcpListenerStream::new(listener)),
    );
    let keys = tempfile::tempdir().unwrap();
    let desk = Desk::new(Issuer::open(keys.path()).unwrap(), Clock::System);
    (Link::new(&address, desk, Duration::from_secs(10)).unwrap(), seen)
}

fn ask(body: &'static [u8]) -> Ask<'static> {
    let path = "/canopy.registry.v1.QualificationService/GetQualification";
    Ask { path, by: &REGISTRAR, at: None, body: Bytes::from_static(body) }
}

fn failing(reason: &'static canopy_kernel::Reason) -> Result<(), Status> {
    Err(to_status(&Failure::new(reason).retry_after(Duration::from_millis(1))))
}

#[tokio::test]
async fn a_call_is_repeated_with_the_same_body_until_the_suite_is_back() {
    let script = vec![
        failing(&reason::SERVICE_DOWN),
        failing(&reason::REQUEST_IN_FLIGHT),
        Err(Status::unknown("the connection broke")),
        Ok(()),
    ];
    let (link, seen) = start(script).await;
    let reply = link.get(&ask(b"body")).await.unwrap();
    assert_eq!(reply, "done");
    assert_eq!(*seen.lock().unwrap(), vec![Bytes::from_static(b"body"); 4]);
}

#[tokio::test]
async fn a_final_refusal_is_an_answer_and_is_not_asked_for_again() {
    let (link, seen) = start(vec![Err(to_status(&Failure::new(&reason::DUPLICATE_LISTING)))]).await;
    let Answer::Refused(failure) = link.ask(&ask(b"body")).await.unwrap() else { panic!("answered") };
    assert_eq!((failure.reason().name, seen.lock().unwrap().len()), ("DUPLICATE_LISTING", 1));
}

#[tokio::test]
async fn what_no_row_can_be_blamed_for_stops_the_replay() {
    for reason in [&reason::INTERNAL, &reason::TOKEN_EXPIRED, &reason::ROLE_NOT_ALLOWED] {
        let (link, _) = start(vec![Err(to_status(&Failure::new(reason)))]).await;
        let fault = link.ask(&ask(b"body")).await.unwrap_err().to_string();
        assert!(fault.contains(reason.name), "{fault}");
    }
}

#[tokio::test]
async fn an_import_that_breaks_off_sends_again_what_was_not_answered() {
    let down = || Err(to_status(&Failure::new(&reason::SERVICE_DOWN)));
    let (link, seen) = start(vec![Ok(()), Ok(()), down(), Ok(()), down()]).await;
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/wuhan-2022");
    let file: &RecordFile = FILES.iter().find(|file| file.name == "qualifications.csv").unwrap();
    let Kind::Register { path, piece, .. } = file.kind else { panic!("a register") };
    let place = Place { file: file.name, ids: RequestIds::of(b"a year") };
    let records = || Table::open(&folder, file.name, file.columns).unwrap().records();
    let expected: Vec<String> = records().map(|record| place.request_id(record.unwrap().line())).collect();

    let by = REGISTRAR.clone();
    let import = Import { path, by, place, encode: piece, records: records().map(|record| Ok(record?)) };
    let mut answered = 0;
    import.run(&link, |rows| answered += rows).await.unwrap();

    let seen = seen.lock().unwrap();
    let seen: Vec<&str> = seen.iter().map(|id| std::str::from_utf8(id).unwrap()).collect();
    assert_eq!(seen, expected, "each row once and in file order");
    assert_eq!(usize::try_from(answered).unwrap(), expected.len());
}
