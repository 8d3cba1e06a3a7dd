//! Bad input through the whole suite: who gets in, what is refused with which reason and field, and that a refusal
//! leaves nothing behind.

use std::path::Path;
use std::time::Duration;

use canopy_kernel::Failure;
use canopy_platform::{from_rpc_status, from_status, metadata};
use canopy_proto::registry::v1 as pb;
use canopy_proto::registry::v1::subject_service_client::SubjectServiceClient;
use canopy_tests::installation::{Ended, Installation, Running, signal, year};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Response, Status};

/// A code whose check digit fits.
const FIRM: &str = "91420111MA4KPR3D8L";
/// Another one.
const OTHER_FIRM: &str = "91420102MA4KAC3GX5";
const IMPORT: &str = "/canopy.registry.v1.SubjectService/BatchImportEnterprises";

/// A suite and who calls it.
struct Callers {
    installation: Installation,
    suite: Running,
    channel: Channel,
}

impl Callers {
    async fn start() -> Self {
        let installation = Installation::new();
        let suite = installation.up().await;
        let channel = Endpoint::from_shared(format!("http://{}", suite.address)).unwrap().connect_lazy();
        Self { installation, suite, channel }
    }

    fn client(&self) -> SubjectServiceClient<Channel> {
        SubjectServiceClient::new(self.channel.clone()).max_encoding_message_size(64 << 20)
    }

    /// A token with these options of `canopy token`.
    async fn token(&self, options: &[&str]) -> String {
        let mut arguments = vec!["token", "--person", "someone"];
        arguments.extend(options);
        let ended = self.installation.run(&arguments).await;
        assert!(ended.success, "{}", ended.text);
        ended.text.trim().to_owned()
    }
}

fn by<T>(token: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert(metadata::AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
    request
}

fn firm(name: &str) -> pb::GetSubjectRequest {
    pb::GetSubjectRequest { name: name.to_owned(), as_of: String::new() }
}

fn row(number: u32, uscc: &str) -> pb::EnterpriseRow {
    pb::EnterpriseRow {
        request_id: format!("00000000-0000-4000-8000-{number:012}"),
        uscc: uscc.to_owned(),
        title: "武汉测试有限公司".to_owned(),
        area_code: "420111".to_owned(),
        status: pb::SubjectStatus::Active.into(),
        ..Default::default()
    }
}

fn refused<T: std::fmt::Debug>(answer: Result<Response<T>, Status>) -> Failure {
    let failure = from_status(&answer.unwrap_err());
    let chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    assert!(chinese(&failure.text_zh()) && failure.text_en().is_ascii(), "{failure:?}");
    failure
}

fn reason<T: std::fmt::Debug>(answer: Result<Response<T>, Status>) -> &'static str {
    refused(answer).reason().name
}

#[tokio::test]
async fn bad_callers_and_bad_rows_are_refused_and_leave_nothing_but_their_refusal() {
    let callers = Callers::start().await;
    let before = callers.installation.verified().await;
    strangers_stay_outside(&callers).await;
    nobody_does_what_is_anothers(&callers).await;
    a_call_that_cannot_be_is_not_made(&callers).await;
    assert_eq!(callers.installation.verified().await, before, "a refused call wrote something");
    a_bad_row_is_refused_with_field_and_reason(&callers).await;
    assert_eq!(callers.installation.verified().await, before, "a refused row left more than its refusal");
    callers.suite.stop().await;
}

async fn strangers_stay_outside(callers: &Callers) {
    let expired = callers.token(&["--role", "OPERATOR", "--ttl=-1h"]).await;
    let mangled = callers.token(&["--role", "OPERATOR"]).await.replace('.', "..");
    let mut client = callers.client();
    assert_eq!(reason(client.get_subject(firm(FIRM)).await), "TOKEN_MISSING");
    assert_eq!(reason(client.get_subject(by(&expired, firm(FIRM))).await), "TOKEN_EXPIRED");
    assert_eq!(reason(client.get_subject(by(&mangled, firm(FIRM))).await), "TOKEN_INVALID");
    let mut forged = Request::new(firm(FIRM));
    forged.metadata_mut().insert(metadata::ASSERTION, mangled.parse().unwrap());
    assert_eq!(reason(client.get_subject(forged).await), "TOKEN_MISSING");
}

async fn nobody_does_what_is_anothers(callers: &Callers) {
    let enterprise = callers.token(&["--role", "ENTERPRISE", "--uscc", FIRM]).await;
    let operator = callers.token(&["--role", "OPERATOR"]).await;
    let mut client = callers.client();
    assert_eq!(reason(client.get_subject(by(&enterprise, firm(OTHER_FIRM))).await), "NOT_REPRESENTED");
    let import = pb::BatchImportEnterprisesRequest { rows: vec![row(1, FIRM)] };
    assert_eq!(reason(client.batch_import_enterprises(by(&operator, import)).await), "ROLE_NOT_ALLOWED");
    let mut at = by(&operator, firm(FIRM));
    at.metadata_mut().insert(metadata::BUSINESS_TIME, "2022-09-22T09:00:00+08:00".parse().unwrap());
    assert_eq!(reason(client.get_subject(at).await), "BUSINESS_TIME_REFUSED");
}

async fn a_call_that_cannot_be_is_not_made(callers: &Callers) {
    let registrar = callers.token(&["--role", "REGISTRAR"]).await;
    let mut client = callers.client();
    let missing = refused(client.get_subject(by(&registrar, firm(""))).await);
    assert_eq!((missing.reason().name, missing.field()), ("FIELD_MISSING", Some("name")));
    let page = pb::ListSubjectsRequest { page_token: "bm90IG91cnM".to_owned(), ..Default::default() };
    assert_eq!(reason(client.list_subjects(by(&registrar, page)).await), "PAGE_TOKEN_INVALID");

    // The client has a timer of its own, which says CANCELLED when it is the first: the gateway's answer is awaited.
    let mut answered = Code::Cancelled;
    for _ in 0..100 {
        let mut late = by(&registrar, firm(FIRM));
        late.metadata_mut().insert(metadata::GRPC_TIMEOUT, "0m".parse().unwrap());
        answered = client.get_subject(late).await.unwrap_err().code();
        if answered != Code::Cancelled {
            break;
        }
    }
    assert_eq!(answered, Code::DeadlineExceeded);

    let mut large = row(1, FIRM);
    large.title = "大".repeat(2 << 20);
    let import = pb::BatchImportEnterprisesRequest { rows: vec![large] };
    assert_eq!(reason(client.batch_import_enterprises(by(&registrar, import)).await), "MESSAGE_TOO_LARGE");

    let path = "/canopy.registry.v1.SubjectService/ForgetSubject".parse().unwrap();
    let mut grpc = tonic::client::Grpc::new(callers.channel.clone());
    grpc.ready().await.unwrap();
    let codec = tonic_prost::ProstCodec::<pb::GetSubjectRequest, pb::Subject>::default();
    assert_eq!(reason(grpc.unary(by(&registrar, firm(FIRM)), path, codec).await), "METHOD_UNKNOWN");
}

async fn a_bad_row_is_refused_with_field_and_reason(callers: &Callers) {
    let registrar = callers.token(&["--role", "REGISTRAR"]).await;
    let swapped = "91420111MA4KPR3D8M";
    let rows = vec![
        row(1, swapped),
        row(2, "914201"),
        pb::EnterpriseRow { area_code: "42x".to_owned(), ..row(3, FIRM) },
    ];
    let request = pb::BatchImportEnterprisesRequest { rows };
    let answer = callers
        .client()
        .batch_import_enterprises(by(&registrar, request.clone()))
        .await
        .unwrap()
        .into_inner();
    let told: Vec<_> = answer
        .results
        .iter()
        .map(|result| from_rpc_status(result.refusal.as_ref().unwrap()))
        .map(|failure| (failure.reason().name, failure.field().unwrap_or_default().to_owned()))
        .collect();
    let expected = [("USCC_CHECK_DIGIT", "uscc"), ("USCC_FORMAT", "uscc"), ("AREA_CODE_FORMAT", "area_code")];
    assert_eq!(told.len(), expected.len());
    for ((reason, field), (expected_reason, expected_field)) in told.iter().zip(expected) {
        assert_eq!(*reason, expected_reason);
        assert!(field.ends_with(expected_field), "{reason} on {field}");
    }
    let again =
        callers.client().batch_import_enterprises(by(&registrar, request)).await.unwrap().into_inner();
    assert!(again.results.iter().all(|result| result.repeated_answer), "{IMPORT} forgot a refusal");
}

#[tokio::test]
async fn a_suite_without_its_database_says_so_and_recovers_by_itself() {
    let callers = Callers::start().await;
    let registrar = callers.token(&["--role", "REGISTRAR"]).await;
    let mut client = callers.client();
    assert_eq!(reason(client.get_subject(by(&registrar, firm(FIRM))).await), "UNKNOWN_SUBJECT");

    // With its folder away the database stays down; otherwise it may be back before a caller notices.
    let data = callers.installation.path().join("postgres/data");
    let away = data.with_extension("away");
    let text = std::fs::read_to_string(data.join("postmaster.pid")).unwrap();
    std::fs::rename(&data, &away).unwrap();
    signal("KILL", text.lines().next().unwrap().parse().unwrap()).await;
    answered(&callers, &registrar, canopy_kernel::Code::Unavailable).await;
    std::fs::rename(&away, &data).unwrap();
    answered(&callers, &registrar, canopy_kernel::Code::NotFound).await;
    callers.suite.stop().await;
}

/// Asks until the refusal has that code.
async fn answered(callers: &Callers, token: &str, code: canopy_kernel::Code) {
    let mut client = callers.client();
    let asking = async {
        while refused(client.get_subject(by(token, firm(FIRM))).await).code() != code {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(90), asking).await.unwrap_or_else(|_| panic!("never {code}"));
}

#[tokio::test]
async fn a_malformed_file_is_refused_with_line_and_column_before_anything_is_sent() {
    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(year()).unwrap() {
        let entry = entry.unwrap().path();
        std::fs::copy(&entry, copy.path().join(entry.file_name().unwrap())).unwrap();
    }
    let file = copy.path().join("enterprises.csv");
    let mut lines: Vec<String> = std::fs::read_to_string(&file).unwrap().lines().map(str::to_owned).collect();
    lines[4] = lines[4].replacen(',', ",\"", 1);
    std::fs::write(&file, lines.join("\n")).unwrap();

    let callers = Callers::start().await;
    let before = callers.installation.verified().await;
    let ended = replay(&callers.installation, copy.path()).await;
    assert!(!ended.success, "{}", ended.text);
    assert!(ended.text.contains("enterprises.csv") && ended.text.contains("line 5"), "{}", ended.text);
    assert!(ended.text.contains("column"), "{}", ended.text);
    assert_eq!(callers.installation.verified().await, before);
    callers.suite.stop().await;
}

async fn replay(installation: &Installation, folder: &Path) -> Ended {
    let mut command = installation.command(&["replay"]);
    command.arg(folder);
    Ended::wait(command.output()).await
}
