//! The rules of the .proto files in the suite's own words.

use canopy_kernel::Failure;
use canopy_platform::check;
use canopy_proto::common::v1::{
    AdvanceToRequest, ListAuditRecordsRequest, ListEventsRequest, ResolveParkedEventRequest,
};

const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

fn found(failure: &Failure) -> Vec<(&'static str, &str)> {
    failure.violations().map(|one| (one.reason().name, one.field().unwrap_or_default())).collect()
}

#[test]
fn every_violation_is_named_with_its_field() {
    let failure = check(&ResolveParkedEventRequest::default()).unwrap_err();
    let expected = [
        ("REQUEST_ID_MISSING", "request_id"),
        ("FIELD_MISSING", "event_id"),
        ("ENUM_UNKNOWN", "decision"),
        ("FIELD_MISSING", "reason"),
    ];
    assert_eq!(found(&failure), expected);
}

#[test]
fn a_text_that_is_too_long_is_told_the_limit() {
    let failure =
        check(&ListAuditRecordsRequest { aggregate: "x".repeat(81), ..Default::default() }).unwrap_err();
    assert_eq!(found(&failure), [("FIELD_TOO_LONG", "aggregate")]);
    assert!(failure.text_en().contains("at most 80 characters"), "{}", failure.text_en());
    assert!(failure.text_zh().contains("最多80个字符"), "{}", failure.text_zh());
}

#[test]
fn a_number_below_its_range_is_told_the_bound() {
    let failure = check(&ListEventsRequest { after_position: -1, ..Default::default() }).unwrap_err();
    assert_eq!(found(&failure), [("FIELD_OUT_OF_RANGE", "after_position")]);
    assert_eq!(failure.details()["min"], "0");
}

#[test]
fn a_request_id_that_is_no_uuid_is_invalid_and_a_good_request_passes() {
    let request = |request_id: &str| AdvanceToRequest {
        request_id: request_id.to_owned(),
        day: "2022-11-30".to_owned(),
    };
    assert_eq!(found(&check(&request("7")).unwrap_err()), [("FIELD_INVALID", "request_id")]);
    assert!(check(&request(ID)).is_ok());
}
