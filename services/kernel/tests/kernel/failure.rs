//! Failures: what is told, what is logged, what is kept.

use std::time::Duration;

use canopy_kernel::{Code, Failure, StoredFailure, reason};

fn no_budget() -> Failure {
    Failure::new(&reason::NO_BUDGET).with("scope", "quota").with("limit_fen", 100).with("asked_fen", 120)
}

#[test]
fn details_fill_the_texts_and_unfilled_parts_are_left_out() {
    let failure = no_budget();
    assert_eq!(failure.text_zh(), "预算不足，未占用任何额度：quota，可用上限100分，本次申请120分");
    assert_eq!(
        failure.text_en(),
        "The budget does not cover it and nothing is encumbered: quota, limit 100 fen, asked 120 fen"
    );
    assert_eq!(Failure::new(&reason::NO_BUDGET).text_zh(), "预算不足，未占用任何额度");
}

#[test]
fn the_field_fills_its_placeholder() {
    let failure = Failure::new(&reason::FIELD_MISSING).on("borrower.uscc");
    assert_eq!(failure.text_en(), "A required field is missing: borrower.uscc");
    assert_eq!(failure.text_zh(), "缺少必填项：borrower.uscc");
}

#[test]
fn a_detail_that_looks_like_a_placeholder_stays_as_it_is() {
    let failure = Failure::new(&reason::METHOD_UNKNOWN).with("method", "{method}[x]");
    assert_eq!(failure.text_en(), "There is no such method: {method}[x]");
}

#[test]
fn the_log_reads_the_internal_text_and_no_details() {
    let failure = Failure::new(&reason::FIELD_INVALID)
        .on("account_no")
        .with("value", "6222020000000000000")
        .because("checksum of the account");
    assert_eq!(failure.to_string(), "FIELD_INVALID on account_no: checksum of the account");
    assert_eq!(failure.internal(), Some("checksum of the account"));
    assert!(!failure.text_zh().contains("checksum"));
}

#[test]
fn several_violations_travel_in_one_failure_and_the_first_governs() {
    let second = Failure::new(&reason::DATE_FORMAT).on("granted_on");
    let third = Failure::new(&reason::FIELD_MISSING).on("number");
    let failure = Failure::new(&reason::USCC_FORMAT).on("holder_uscc").and(second.and(third));
    assert_eq!(failure.reason(), &reason::USCC_FORMAT);
    let fields: Vec<_> = failure.violations().map(|one| one.field().unwrap()).collect();
    assert_eq!(fields, ["holder_uscc", "granted_on", "number"]);
    assert_eq!(
        failure.to_string(),
        "USCC_FORMAT on holder_uscc; DATE_FORMAT on granted_on; FIELD_MISSING on number"
    );
}

#[test]
fn a_stored_refusal_is_repeated_word_for_word() {
    let told = no_budget()
        .on("batch")
        .because("line BL01")
        .and(Failure::new(&reason::FIELD_MISSING).on("approver"))
        .retry_after(Duration::from_millis(250));
    let kept = serde_json::to_string(&told.to_stored()).unwrap();
    let repeated = Failure::from_stored(serde_json::from_str(&kept).unwrap()).unwrap();
    assert_eq!(repeated.code(), Code::ResourceExhausted);
    assert_eq!(repeated.retry_delay(), Some(Duration::from_millis(250)));
    assert_eq!(repeated.internal(), None);
    for (before, after) in told.violations().zip(repeated.violations()) {
        assert_eq!(after.reason(), before.reason());
        assert_eq!(after.field(), before.field());
        assert_eq!(after.details(), before.details());
        assert_eq!((after.text_zh(), after.text_en()), (before.text_zh(), before.text_en()));
        assert_eq!((after.pass_zh(), after.pass_en()), (before.pass_zh(), before.pass_en()));
    }
    assert_eq!(repeated.violations().count(), 2);
    assert_eq!(serde_json::to_string(&repeated.to_stored()).unwrap(), kept);
}

#[test]
fn a_stored_refusal_keeps_its_words_when_the_table_is_reworded() {
    let mut stored = no_budget().to_stored();
    stored.first.words.zh = "额度不足".to_owned();
    assert_eq!(Failure::from_stored(stored).unwrap().text_zh(), "额度不足");
}

#[test]
fn a_stored_refusal_of_a_reason_that_is_gone_cannot_be_rebuilt() {
    let mut stored: StoredFailure = no_budget().to_stored();
    stored.first.reason = "NO_SUCH_REASON".to_owned();
    assert_eq!(Failure::from_stored(stored), None);
}

#[test]
fn only_what_was_judged_for_good_is_final() {
    let passing = [
        &reason::VERSION_CONFLICT,
        &reason::REQUEST_IN_FLIGHT,
        &reason::DATABASE_DOWN,
        &reason::DEADLINE_EXCEEDED,
        &reason::INTERNAL,
        &reason::QUOTA_EXCEEDED,
        &reason::FEED_REWOUND,
    ];
    for reason in passing {
        assert!(!Failure::new(reason).is_final(), "{}", reason.name);
    }
    let settled = [
        &reason::NO_BUDGET,
        &reason::USCC_FORMAT,
        &reason::PUBLICITY_NOT_OVER,
        &reason::DUPLICATE_ENTERPRISE,
        &reason::MAKER_IS_APPROVER,
        &reason::REPAIR_TOO_EARLY,
    ];
    for reason in settled {
        assert!(Failure::new(reason).is_final(), "{}", reason.name);
    }
}

#[test]
fn codes_carry_grpcs_names_and_numbers() {
    let numbers = [
        ("OK", 0),
        ("CANCELLED", 1),
        ("INVALID_ARGUMENT", 3),
        ("DEADLINE_EXCEEDED", 4),
        ("NOT_FOUND", 5),
        ("ALREADY_EXISTS", 6),
        ("PERMISSION_DENIED", 7),
        ("RESOURCE_EXHAUSTED", 8),
        ("FAILED_PRECONDITION", 9),
        ("ABORTED", 10),
        ("OUT_OF_RANGE", 11),
        ("UNIMPLEMENTED", 12),
        ("INTERNAL", 13),
        ("UNAVAILABLE", 14),
        ("UNAUTHENTICATED", 16),
    ];
    for (name, number) in numbers {
        assert_eq!(Code::from_name(name).unwrap().number(), number, "{name}");
    }
    assert_eq!(Code::ALL.len(), numbers.len());
    assert_eq!(Code::from_name("UNKNOWN"), None);
}
