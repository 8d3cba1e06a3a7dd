//! A failure on the wire and back.

use canopy_kernel::{Code, Failure, reason};
use canopy_platform::{from_rpc_status, from_status, to_rpc_status, to_status};
use canopy_proto::common::v1::{ListEventsRequest, SubscribeRequest};
use prost::Message;
use tonic_types::StatusExt;

use crate::feed::refusal;
use crate::suite::Suite;

/// What the caller may know of a failure; the internal text is not part of it.
fn told(failure: &Failure) -> Vec<(&'static str, Option<String>, String, String)> {
    let told =
        |one: &Failure| (one.reason().name, one.field().map(str::to_owned), one.text_zh(), one.text_en());
    failure.violations().map(told).collect()
}

#[tokio::test]
async fn a_refusal_reaches_the_caller_with_all_its_details() {
    let suite = Suite::start(|_| {}).await;
    let message = ListEventsRequest { epoch: "refuse".to_owned(), ..Default::default() };
    let status = suite.client().await.list_events(suite.request(message)).await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::InvalidArgument);
    assert_eq!(status.message(), refusal().text_en());

    let info = status.get_details_error_info().unwrap();
    assert_eq!((info.reason.as_str(), info.domain.as_str()), ("FIELD_OUT_OF_RANGE", "canopy"));
    assert_eq!(info.metadata["max"], "500");
    let violations = status.get_details_bad_request().unwrap().field_violations;
    assert_eq!(violations[0].field, "rows[3].amount_fen");
    assert_eq!(violations[1].field, "rows[3].uscc");

    let details = tonic_types::pb::Status::decode(status.details()).unwrap().details;
    let locales: Vec<_> = details
        .iter()
        .filter(|any| any.type_url.ends_with("LocalizedMessage"))
        .map(|any| tonic_types::pb::LocalizedMessage::decode(any.value.as_slice()).unwrap())
        .map(|message| (message.locale, message.message))
        .collect();
    let expected = [("zh-CN".to_owned(), refusal().text_zh()), ("en".to_owned(), refusal().text_en())];
    assert_eq!(locales, expected);
}

#[test]
fn a_failure_is_rebuilt_as_it_was_told() {
    let sent = refusal();
    let back = from_status(&to_status(&sent));
    assert_eq!(told(&back), told(&sent));
    assert_eq!(back.details(), sent.details());
    assert_eq!(back.retry_delay(), sent.retry_delay());
    assert_eq!((back.pass_zh(), back.pass_en()), (sent.pass_zh(), sent.pass_en()));
    assert_eq!(back.internal(), None);
}

#[test]
fn every_reason_survives_the_wire() {
    for reason in reason::ALL {
        let sent = Failure::new(reason).with("scope", "配额").with("field", "x");
        let row = from_rpc_status(&to_rpc_status(&sent));
        assert_eq!(told(&row), told(&sent), "{}", reason.name);
        let answer = from_status(&to_status(&sent));
        assert_eq!(answer.reason(), *reason);
    }
}

#[test]
fn a_business_refusal_is_code_zero_in_a_row_and_never_a_success_as_an_error() {
    let refusal = Failure::new(&reason::MOVED_OUT);
    assert_eq!(to_rpc_status(&refusal).code, 0);
    assert_eq!(to_status(&refusal).code(), tonic::Code::FailedPrecondition);
    assert_eq!(from_status(&to_status(&refusal)).reason().name, "MOVED_OUT");
}

#[test]
fn internal_text_never_leaves() {
    let status = to_status(&refusal());
    let everything = format!("{} {:?}", status.message(), String::from_utf8_lossy(status.details()));
    assert!(!everything.contains("secret of the log"));
}

#[tokio::test]
async fn a_fault_of_ours_says_nothing_of_its_inside() {
    let suite = Suite::start(|_| {}).await;
    let message = ListEventsRequest { epoch: "break".to_owned(), ..Default::default() };
    let status = suite.client().await.list_events(suite.request(message)).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (tonic::Code::Internal, "An internal error"));
    assert!(!String::from_utf8_lossy(status.details()).contains("subjects"));
}

#[tokio::test]
async fn a_stream_fails_with_the_same_details() {
    let suite = Suite::start(|_| {}).await;
    let message = SubscribeRequest { epoch: "refuse".to_owned(), ..Default::default() };
    let mut stream = suite.client().await.subscribe(suite.request(message)).await.unwrap().into_inner();
    stream.message().await.unwrap().unwrap();
    let status = stream.message().await.unwrap_err();
    assert_eq!(told(&from_status(&status)), told(&refusal()));
}

#[test]
fn a_status_from_outside_is_judged_by_its_code() {
    let cases = [
        (tonic::Code::Unavailable, "SERVICE_DOWN", Code::Unavailable),
        (tonic::Code::DeadlineExceeded, "DEADLINE_EXCEEDED", Code::DeadlineExceeded),
        (tonic::Code::Cancelled, "DEADLINE_EXCEEDED", Code::DeadlineExceeded),
        (tonic::Code::Unimplemented, "METHOD_UNKNOWN", Code::Unimplemented),
        (tonic::Code::NotFound, "INTERNAL", Code::Internal),
        (tonic::Code::Unknown, "INTERNAL", Code::Internal),
    ];
    for (code, reason, expected) in cases {
        let failure = from_status(&tonic::Status::new(code, "odd"));
        assert_eq!((failure.reason().name, failure.code()), (reason, expected));
    }
}

#[test]
fn a_thousand_faults_fit_into_the_headers() {
    let fault = |row: usize| Failure::new(&reason::USCC_FORMAT).on(format!("rows[{row}].uscc"));
    let failure = (1..1000).map(fault).fold(fault(0), Failure::and);
    assert!(to_status(&failure).details().len() < 8 * 1024);
}
