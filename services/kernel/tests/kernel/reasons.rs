//! The table of reasons.

use canopy_kernel::{Code, Failure, reason};

#[test]
fn every_reason_is_found_by_its_name() {
    for known in reason::ALL {
        assert_eq!(reason::by_name(known.name), Some(*known));
    }
    assert_eq!(reason::by_name("NO_SUCH_REASON"), None);
    assert_eq!(reason::by_name(""), None);
}

#[test]
fn the_classes_of_answer_are_those_of_the_rules() {
    let classes = [
        ("USCC_CHECK_DIGIT", Code::InvalidArgument),
        ("CALENDAR_YEAR_NOT_LOADED", Code::OutOfRange),
        ("DUPLICATE_QUALIFICATION", Code::AlreadyExists),
        ("ALREADY_PAID_THIS_YEAR", Code::AlreadyExists),
        ("UNKNOWN_TREASURY_REFERENCE", Code::NotFound),
        ("HIGHER_LEVEL_HELD", Code::FailedPrecondition),
        ("PUBLICITY_NOT_OVER", Code::FailedPrecondition),
        ("NO_BUDGET", Code::ResourceExhausted),
        ("MAKER_IS_APPROVER", Code::PermissionDenied),
        ("TOKEN_EXPIRED", Code::Unauthenticated),
        ("VERSION_CONFLICT", Code::Aborted),
        ("BANK_SILENT", Code::Unavailable),
        ("METHOD_UNKNOWN", Code::Unimplemented),
        ("REPAIR_TOO_EARLY", Code::Ok),
        ("CREDIT_LISTED_AT_PAYMENT", Code::Ok),
    ];
    for (name, code) in classes {
        assert_eq!(reason::by_name(name).unwrap().code, code, "{name}");
    }
}

#[test]
fn no_text_shows_a_placeholder_or_bracket_when_nothing_is_filled() {
    for known in reason::ALL {
        let failure = Failure::new(known);
        for text in [failure.text_zh(), failure.text_en(), failure.pass_zh(), failure.pass_en()] {
            assert!(
                !text.contains(['{', '}', '[', ']']) && !text.trim().is_empty(),
                "{}: {text}",
                known.name
            );
        }
    }
}

#[test]
fn chinese_texts_are_chinese_and_english_texts_are_not() {
    let chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    for known in reason::ALL {
        assert!(chinese(known.zh) && chinese(known.pass_zh), "{}", known.name);
        assert!(known.en.is_ascii() && known.pass_en.is_ascii(), "{}", known.name);
    }
}
