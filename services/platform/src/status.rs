//! The one place where a [`Failure`] becomes a `tonic::Status` or a `google.rpc.Status`, and is rebuilt from one.
//! Internal text never leaves: it is logged by [`answer`].

use std::collections::BTreeMap;

use canopy_kernel::{Code, Failure};
use prost::Message;
use prost_types::Any;
use tonic_types::pb;

mod rebuild;

pub use rebuild::{from_rpc_status, from_status};

/// `ErrorInfo.domain` of every failure of the suite.
pub const DOMAIN: &str = "canopy";
/// Locale of the Chinese message.
pub const ZH: &str = "zh-CN";
/// Locale of the English message.
pub const EN: &str = "en";

const TYPE_PREFIX: &str = "type.googleapis.com/google.rpc.";

/// Details travel in a header of limited size, so a request with a thousand faults names the first ones.
const MAX_FIELD_VIOLATIONS: usize = 20;

/// The failure as a gRPC status with its details; the message is the English text.
pub fn to_status(failure: &Failure) -> tonic::Status {
    let status = to_rpc_status(failure);
    // A business refusal is an answer; one that is returned as an error must not look like success.
    let code = match failure.code() {
        Code::Ok => Code::FailedPrecondition,
        code => code,
    };
    let message = status.message.clone();
    let details = pb::Status { code: code.number(), ..status }.encode_to_vec();
    tonic::Status::with_details(code.number().into(), message, details.into())
}

/// The same as a message: for row results and stored refusals. A business refusal has code 0.
pub fn to_rpc_status(failure: &Failure) -> tonic_types::Status {
    let mut details = vec![any("ErrorInfo", &error_info(failure))];
    let field_violations: Vec<_> =
        failure.violations().filter_map(field_violation).take(MAX_FIELD_VIOLATIONS).collect();
    if !field_violations.is_empty() {
        details.push(any("BadRequest", &pb::BadRequest { field_violations }));
    }
    details.push(any("LocalizedMessage", &localized(ZH, failure.text_zh())));
    details.push(any("LocalizedMessage", &localized(EN, failure.text_en())));
    details.push(any("Help", &what_would_pass(failure)));
    if let Some(delay) = failure.retry_delay() {
        let retry_delay = prost_types::Duration::try_from(delay).ok();
        details.push(any("RetryInfo", &pb::RetryInfo { retry_delay }));
    }
    pb::Status { code: failure.code().number(), message: failure.text_en(), details }
}

/// A handler's answer. An internal failure is logged here, once, with its internal text.
pub fn answer<T>(result: Result<T, Failure>) -> Result<tonic::Response<T>, tonic::Status> {
    match result {
        Ok(message) => Ok(tonic::Response::new(message)),
        Err(failure) => Err(refuse(&failure)),
    }
}

/// The status of a failure; logs it when it is a fault of ours. For streams, which fail in the middle.
pub fn refuse(failure: &Failure) -> tonic::Status {
    log_fault(failure);
    to_status(failure)
}

/// The failure as the answer of the stack, before any handler.
pub(crate) fn to_http(failure: &Failure) -> http::Response<tonic::body::Body> {
    refuse(failure).into_http()
}

/// The failure as the trailers that end a stream.
pub(crate) fn to_trailers(failure: &Failure) -> http::HeaderMap {
    let mut trailers = http::HeaderMap::new();
    match to_status(failure).add_header(&mut trailers) {
        Ok(()) => trailers,
        Err(status) => http::HeaderMap::from_iter([(
            http::HeaderName::from_static("grpc-status"),
            i32::from(status.code()).into(),
        )]),
    }
}

fn log_fault(failure: &Failure) {
    match failure.code() {
        Code::Internal => tracing::error!(reason = failure.reason().name, failure = %failure, "call failed"),
        Code::Unavailable => {
            tracing::warn!(reason = failure.reason().name, failure = %failure, "call failed")
        }
        _ => {}
    }
}

/// `google.rpc.ErrorInfo` with its metadata in order, so that a refusal that is repeated is the same bytes.
#[derive(Clone, PartialEq, Message)]
struct ErrorInfo {
    #[prost(string, tag = "1")]
    reason: String,
    #[prost(string, tag = "2")]
    domain: String,
    #[prost(btree_map = "string, string", tag = "3")]
    metadata: BTreeMap<String, String>,
}

fn error_info(failure: &Failure) -> ErrorInfo {
    ErrorInfo {
        reason: failure.reason().name.to_owned(),
        domain: DOMAIN.to_owned(),
        metadata: failure.details().iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
    }
}

fn field_violation(violation: &Failure) -> Option<pb::bad_request::FieldViolation> {
    Some(pb::bad_request::FieldViolation {
        field: violation.field()?.to_owned(),
        description: violation.text_en(),
        reason: violation.reason().name.to_owned(),
        localized_message: Some(localized(ZH, violation.text_zh())),
    })
}

/// What would make it pass, in both languages. `Help` wants a link: a URN that names the reason.
fn what_would_pass(failure: &Failure) -> pb::Help {
    let url = format!("urn:canopy:reason:{}", failure.reason().name);
    let link = |description| pb::help::Link { description, url: url.clone() };
    pb::Help { links: vec![link(failure.pass_zh()), link(failure.pass_en())] }
}

fn localized(locale: &str, message: String) -> pb::LocalizedMessage {
    pb::LocalizedMessage { locale: locale.to_owned(), message }
}

fn any(name: &str, message: &impl Message) -> Any {
    Any { type_url: format!("{TYPE_PREFIX}{name}"), value: message.encode_to_vec() }
}
