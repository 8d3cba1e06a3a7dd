//! A span, a metric and a log line reach a collector, under the trace that the caller carries.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use canopy_kernel::{Actor, Clock, Failure, Role, reason};
use canopy_platform::metadata::{ASSERTION, TRACEPARENT};
use canopy_platform::{
    Call, MethodTable, Server, ServerSettings, SigningIdentity, answer, generate_key, telemetry,
};
use canopy_proto::sandbox::v1::sandbox_bank_service_client::SandboxBankServiceClient;
use canopy_proto::sandbox::v1::sandbox_bank_service_server::{SandboxBankService, SandboxBankServiceServer};
use canopy_proto::sandbox::v1::{
    ScriptReturnRequest, ScriptReturnResponse, SetBehaviourRequest, SetBehaviourResponse,
};
use fake_opentelemetry_collector::FakeCollectorServer;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tonic::service::Routes;
use tonic::{Request, Response, Status};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLERS_SPAN: &str = "00f067aa0ba902b7";
const PATIENCE: Duration = Duration::from_secs(20);

struct Bank(mpsc::UnboundedSender<Call>);

#[tonic::async_trait]
impl SandboxBankService for Bank {
    async fn script_return(
        &self,
        request: Request<ScriptReturnRequest>,
    ) -> Result<Response<ScriptReturnResponse>, Status> {
        self.0.send(Call::of(&request).unwrap()).unwrap();
        answer(Err(Failure::new(&reason::INTERNAL).because("the bank's store is gone")))
    }

    async fn set_behaviour(
        &self,
        _: Request<SetBehaviourRequest>,
    ) -> Result<Response<SetBehaviourResponse>, Status> {
        answer(Ok(SetBehaviourResponse {}))
    }
}

fn operator() -> Actor {
    Actor {
        issuer: "gateway".to_owned(),
        agency: "wuhan-st".to_owned(),
        system: "ops".to_owned(),
        person: None,
        assurance: "high".to_owned(),
        represented: None,
        roles: [Role::Operator].into(),
        purpose: None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_is_seen_by_the_collector_under_the_callers_trace() {
    let mut collector = FakeCollectorServer::start().await.unwrap();
    let (pem, public) = generate_key().unwrap();
    let gateway = SigningIdentity::from_bytes("gateway", pem.as_bytes()).unwrap();
    let mut settings = ServerSettings::default();
    settings.identity.name = "sandbox".to_owned();
    settings.identity.accept.insert("gateway".to_owned(), public);
    settings.telemetry.otlp_endpoint = collector.endpoint();
    let guard = telemetry::init(&settings.telemetry).unwrap();

    let (sender, mut calls) = mpsc::unbounded_channel();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let server =
        Server::new(&settings, MethodTable::of_suite().unwrap(), &["canopy.sandbox.v1.SandboxBankService"])
            .unwrap()
            .routes(Routes::new(SandboxBankServiceServer::new(Bank(sender))));
    let served = tokio::spawn(server.serve(listener, async move {
        let _ = stopped.await;
    }));

    let mut client = SandboxBankServiceClient::connect(format!("http://{address}")).await.unwrap();
    let mut request = Request::new(ScriptReturnRequest::default());
    let token = gateway.issue(&operator(), "sandbox", None, Clock::System.now()).unwrap();
    request.metadata_mut().insert(ASSERTION, token.parse().unwrap());
    request.metadata_mut().insert(TRACEPARENT, format!("00-{TRACE}-{CALLERS_SPAN}-01").parse().unwrap());
    client.script_return(request).await.unwrap_err();
    drop(client);
    let passed_on = calls.recv().await.unwrap().traceparent().unwrap().to_owned();
    assert!(
        passed_on.starts_with(&format!("00-{TRACE}-")) && !passed_on.contains(CALLERS_SPAN),
        "{passed_on}"
    );
    stop.send(()).unwrap();
    served.await.unwrap().unwrap();
    guard.shutdown().await;

    let spans = collector.exported_spans(1, PATIENCE).await;
    let span =
        spans.iter().find(|span| span.name == "canopy.sandbox.v1.SandboxBankService/ScriptReturn").unwrap();
    assert_eq!((span.trace_id.as_str(), span.parent_span_id.as_str()), (TRACE, CALLERS_SPAN));
    assert!(passed_on.contains(&span.span_id), "what is passed on is the own span");
    assert!(span.attributes["rpc.grpc.status_code"].contains("13"), "{:?}", span.attributes);
    assert!(span.attributes["enduser.agency"].contains("wuhan-st"), "{:?}", span.attributes);

    let metrics = collector.exported_metrics(1, PATIENCE).await;
    let names: Vec<&str> =
        metrics.iter().flat_map(|batch| &batch.metrics).map(|metric| metric.name.as_str()).collect();
    assert!(names.contains(&"rpc.server.duration"), "{names:?}");

    let logs = collector.exported_logs(1, PATIENCE).await;
    let faults: Vec<_> = logs.iter().filter(|log| log.severity_text == "ERROR").collect();
    assert_eq!(faults.len(), 1, "a failure is logged once: {logs:?}");
    assert_eq!(faults[0].trace_id, TRACE);
}
