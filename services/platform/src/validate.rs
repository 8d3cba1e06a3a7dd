//! Maps the presence, length and range rules of the .proto files to the suite's own reasons and texts.

use canopy_kernel::{Failure, Reason, reason};
use canopy_proto::{Validate, Violation};

/// Checks a request against the rules beside its fields; several violations come back as one failure.
pub fn check(message: &impl Validate) -> Result<(), Failure> {
    let Err(error) = message.validate() else { return Ok(()) };
    let failures = error.violations().iter().map(failure);
    match failures.reduce(Failure::and) {
        Some(failure) => Err(failure),
        None => Ok(()),
    }
}

fn failure(violation: &Violation) -> Failure {
    let path = violation.field_path();
    let rule = violation.rule_id();
    let reason = reason_of(&path, rule, violation.message());
    let failure = Failure::new(reason).on(path);
    match (reason.name, bound(violation.message())) {
        ("FIELD_TOO_LONG", Some(limit)) => failure.with("max", limit),
        ("FIELD_OUT_OF_RANGE", Some(limit)) if is_lower_bound(rule) => failure.with("min", limit),
        ("FIELD_OUT_OF_RANGE", Some(limit)) if is_upper_bound(rule) => failure.with("max", limit),
        ("FIELD_INVALID", _) => failure.with("rule", rule),
        _ => failure,
    }
}

fn reason_of(path: &str, rule: &str, message: &str) -> &'static Reason {
    let (kind, name) = rule.rsplit_once('.').unwrap_or(("", rule));
    match (kind, name) {
        ("string", "uuid_empty") if path.ends_with("request_id") => &reason::REQUEST_ID_MISSING,
        (_, "required" | "uuid_empty" | "min_items") => &reason::FIELD_MISSING,
        // A text that needs one character at least is simply not given.
        ("string", "min_len") if bound(message).is_some_and(|limit| limit == "1") => &reason::FIELD_MISSING,
        (_, "max_len" | "max_items" | "max_bytes") => &reason::FIELD_TOO_LONG,
        ("enum", _) => &reason::ENUM_UNKNOWN,
        ("string", "in") => &reason::ENUM_UNKNOWN,
        ("string" | "bytes", _) => &reason::FIELD_INVALID,
        (_, name) if name.starts_with("gt") || name.starts_with("lt") => &reason::FIELD_OUT_OF_RANGE,
        _ => &reason::FIELD_INVALID,
    }
}

fn is_lower_bound(rule: &str) -> bool {
    matches!(rule.rsplit_once('.'), Some((_, "gt" | "gte" | "min_len" | "min_items")))
}

fn is_upper_bound(rule: &str) -> bool {
    matches!(rule.rsplit_once('.'), Some((_, "lt" | "lte" | "max_len" | "max_items")))
}

/// The limit that the rule's message names: its only number.
fn bound(message: &str) -> Option<&str> {
    let mut numbers =
        message.split(|c: char| !c.is_ascii_digit() && c != '-').filter(|part| part.parse::<i64>().is_ok());
    numbers.next().filter(|_| numbers.next().is_none())
}
