//! What a refusal has to say: code, reason, field, both languages.

use std::collections::BTreeMap;
use std::fmt::Debug;

use canopy_kernel::{Failure, Reason};
use canopy_platform::status::{EN, ZH};
use canopy_platform::{from_rpc_status, from_status};
use canopy_proto::common::v1::RowResult;
use prost::Message;
use tonic::{Response, Status};
use tonic_types::pb;

/// Checks that a call was refused for that reason, on that field (empty = none).
#[track_caller]
pub fn refused<T: Debug>(
    answer: Result<Response<T>, Status>,
    reason: &'static Reason,
    field: &str,
) -> Failure {
    let status = answer.unwrap_err();
    let wire = pb::Status::decode(status.details()).unwrap();
    assert_eq!(i32::from(status.code()), reason.code.number(), "{status:?}");
    checked(from_status(&status), &wire, reason, field)
}

/// Checks that a row was refused for that reason, on that field.
#[track_caller]
pub fn row_refused(row: &RowResult, reason: &'static Reason, field: &str) -> Failure {
    assert_eq!(row.name, "");
    let wire = row.refusal.as_ref().expect("the row was taken");
    assert_eq!(wire.code, reason.code.number());
    checked(from_rpc_status(wire), wire, reason, field)
}

#[track_caller]
fn checked(failure: Failure, wire: &pb::Status, reason: &'static Reason, field: &str) -> Failure {
    assert_eq!(failure.reason().name, reason.name, "{wire:?}");
    assert_eq!(failure.field().unwrap_or_default(), field, "{}", reason.name);
    let words: BTreeMap<String, String> = wire
        .details
        .iter()
        .filter(|detail| detail.type_url.ends_with("LocalizedMessage"))
        .map(|detail| pb::LocalizedMessage::decode(detail.value.as_slice()).unwrap())
        .map(|message| (message.locale, message.message))
        .collect();
    assert!(words[ZH].chars().any(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter)), "{words:?}");
    assert!(words[EN].is_ascii() && !words[EN].is_empty(), "{words:?}");
    assert_eq!(words[EN], wire.message);
    failure
}
