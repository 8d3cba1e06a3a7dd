//! Each reason, the days it is checked on, and the order in which one is told.

use canopy_kernel::Uscc;
use jiff::civil::date;

use super::*;
use crate::policy::model::RequiredQualification;
use crate::policy::rule_terms::tests::terms;

const MATCH_ON: Date = date(2022, 8, 15);
const PAY_ON: Date = date(2022, 9, 22);
const CUT_OFF: Date = date(2022, 11, 30);

/// An entry that nothing speaks against.
pub(crate) fn frozen() -> Frozen {
    Frozen {
        uscc: Uscc::from_stored("91420111MA4KXA0264").unwrap(),
        title: "武汉示例科技有限公司".to_owned(),
        evidence_no: "GR202242000001".to_owned(),
        granted_on: date(2022, 3, 1),
        first_recognition: true,
        tier: 0,
        live: true,
        assessment: None,
        status: Status::Active,
        status_since: None,
    }
}

fn standing() -> Standing {
    Standing {
        uscc: "91420111MA4KXA0264".to_owned(),
        registered: true,
        status: Status::Active,
        status_since: None,
        blocking: Vec::new(),
        rule_version: "ref_1".to_owned(),
    }
}

fn codes(hits: &[Hit]) -> Vec<&'static str> {
    hits.iter().map(|hit| hit.reason.code()).collect()
}

#[test]
fn the_order_of_reasons_is_the_declared_one() {
    let declared: Vec<_> = Exclusion::ALL.iter().map(|it| it.code()).collect();
    assert_eq!(
        declared,
        [
            "QUALIFICATION_NOT_LIVE",
            "ASSESSMENT_FAILED",
            "ADMINISTRATIVE_HOST",
            "MOVED_OUT",
            "DEREGISTERED",
            "CREDIT_LISTED_AT_MATCH",
            "OBJECTION_UPHELD",
            "CREDIT_LISTED_AT_PAYMENT",
            "ALREADY_PAID_THIS_YEAR",
            "ACCOUNT_NAME_MISMATCH",
            "TREASURY_RETURN_NOT_CORRECTED",
        ]
    );
    assert!(Exclusion::ALL.is_sorted());
    for reason in Exclusion::ALL {
        assert_eq!(Exclusion::from_code(reason.code()), Ok(*reason));
    }
}

#[test]
fn a_sound_entry_has_no_hit_on_any_day() {
    assert_eq!(at_match(&terms(), &frozen(), MATCH_ON), []);
    for stage in [Stage::Match, Stage::PublicityEnd, Stage::Payment] {
        assert_eq!(by_standing(stage, &standing(), PAY_ON), []);
    }
}

#[test]
fn an_entry_without_a_live_qualification_is_left_out() {
    let entry = Frozen { live: false, ..frozen() };
    assert_eq!(codes(&at_match(&terms(), &entry, MATCH_ON)), ["QUALIFICATION_NOT_LIVE"]);
}

#[test]
fn a_failed_assessment_counts_only_where_the_policy_asks_for_a_pass() {
    let failed = Frozen { assessment: Some(Assessment::Fail), ..frozen() };
    assert_eq!(at_match(&terms(), &failed, MATCH_ON), []);
    let must_pass = RequiredQualification { kind: "HNTE".to_owned(), must_pass: true };
    let strict = Terms { requires: Some(must_pass), ..terms() };
    assert_eq!(codes(&at_match(&strict, &failed, MATCH_ON)), ["ASSESSMENT_FAILED"]);
    for assessment in [None, Some(Assessment::Pass), Some(Assessment::Excellent)] {
        assert_eq!(at_match(&strict, &Frozen { assessment, ..frozen() }, MATCH_ON), []);
    }
}

#[test]
fn a_host_with_the_excluded_prefix_is_left_out() {
    let strict = Terms { excluded_host_prefix: Some("11".to_owned()), ..terms() };
    let organ = Frozen { uscc: Uscc::from_stored("11420100011000014R").unwrap(), ..frozen() };
    assert_eq!(codes(&at_match(&strict, &organ, MATCH_ON)), ["ADMINISTRATIVE_HOST"]);
    assert_eq!(at_match(&strict, &frozen(), MATCH_ON), []);
    assert_eq!(at_match(&terms(), &organ, MATCH_ON), []);
}

#[test]
fn who_moved_out_or_was_deregistered_is_left_out_on_every_day_checked() {
    for (status, code) in [(Status::MovedOut, "MOVED_OUT"), (Status::Deregistered, "DEREGISTERED")] {
        let since = Some(date(2022, 8, 1));
        let entry = Frozen { status, status_since: since, ..frozen() };
        let hits = at_match(&terms(), &entry, MATCH_ON);
        assert_eq!((codes(&hits), hits[0].detail.clone()), (vec![code], format!("{code} 2022-08-01")));
        let gone = Standing { status, status_since: since, ..standing() };
        assert_eq!(codes(&by_standing(Stage::PublicityEnd, &gone, PAY_ON)), [code]);
        assert_eq!(codes(&by_standing(Stage::Payment, &gone, PAY_ON)), [code]);
        assert_eq!(by_standing(Stage::Match, &gone, MATCH_ON), [], "the snapshot says it already");
    }
}

#[test]
fn who_is_not_in_the_register_is_not_paid() {
    let unknown = Standing { registered: false, ..standing() };
    assert_eq!(codes(&by_standing(Stage::Payment, &unknown, PAY_ON)), ["DEREGISTERED"]);
}

#[test]
fn a_listing_is_a_hit_named_by_the_day_it_was_found_on() {
    let listed = Standing { blocking: vec!["XY-1".to_owned(), "XY-2".to_owned()], ..standing() };
    let stages = [
        (Stage::Match, "CREDIT_LISTED_AT_MATCH"),
        (Stage::PublicityEnd, "CREDIT_LISTED_AT_PAYMENT"),
        (Stage::Payment, "CREDIT_LISTED_AT_PAYMENT"),
    ];
    for (stage, code) in stages {
        let hits = by_standing(stage, &listed, PAY_ON);
        assert_eq!(codes(&hits), [code]);
        assert_eq!((hits[0].detail.as_str(), hits[0].rule_version.as_str()), ("XY-1; XY-2", "ref_1"));
    }
}

#[test]
fn the_reason_told_is_the_first_in_order_and_not_the_first_in_time() {
    let hits = [
        Hit::found(Exclusion::CreditListedAtPayment, date(2022, 9, 14), String::new()),
        Hit::found(Exclusion::MovedOut, PAY_ON, String::new()),
    ];
    assert_eq!(first(&hits, Some(PAY_ON), CUT_OFF).unwrap().reason, Exclusion::MovedOut);
    assert_eq!(
        first(&hits, Some(PAY_ON), date(2022, 9, 14)).unwrap().reason,
        Exclusion::CreditListedAtPayment
    );
    assert_eq!(first(&hits, Some(PAY_ON), date(2022, 9, 13)), None);
}

#[test]
fn what_is_found_after_the_day_of_payment_does_not_change_the_reason() {
    let hits = [
        Hit::found(Exclusion::AccountNameMismatch, PAY_ON, String::new()),
        Hit::found(Exclusion::CreditListedAtPayment, date(2022, 10, 12), String::new()),
    ];
    assert_eq!(first(&hits, Some(PAY_ON), CUT_OFF).unwrap().reason, Exclusion::AccountNameMismatch);
}

#[test]
fn a_return_is_told_as_known_on_the_day_asked() {
    let hits = [Hit::found(Exclusion::TreasuryReturnNotCorrected, date(2022, 9, 27), String::new())];
    assert_eq!(first(&hits, Some(PAY_ON), date(2022, 9, 26)), None);
    let told = first(&hits, Some(PAY_ON), date(2022, 9, 27)).unwrap();
    assert_eq!(told.reason, Exclusion::TreasuryReturnNotCorrected);
}

#[test]
fn a_hold_or_a_return_does_not_take_an_entry_off_the_list() {
    for reason in Exclusion::ALL {
        let waits = matches!(reason, Exclusion::AccountNameMismatch | Exclusion::TreasuryReturnNotCorrected);
        assert_eq!(excludes(&[Hit::found(*reason, PAY_ON, String::new())]), !waits);
    }
}
