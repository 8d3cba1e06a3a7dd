//! Decisions of each outcome, and that nothing is told before it was checked.

use canopy_kernel::id::CandidateId;
use jiff::civil::date;

use super::*;
use crate::policy::rule_terms::tests::{fen, terms};
use crate::run::rule_exclusion::tests::frozen;

const MATCH_ON: Date = date(2022, 8, 15);
const PAY_ON: Date = date(2022, 9, 22);
const PUBLICITY: Publicity = Publicity { posted_on: date(2022, 9, 7), last_day: date(2022, 9, 14) };

fn candidate() -> Candidate {
    let id = CandidateId::new(uuid::Uuid::from_u128(1));
    Candidate { id, frozen: frozen(), amount: fen(10_000_000), confirmed_on: None }
}

fn check(at_match: bool, on: Date) -> Check {
    Check { at_match, on, rule_version: "ref_1".to_owned() }
}

fn hit(reason: Exclusion, checked_on: Date, detail: &str) -> Hit {
    Hit { reason, checked_on, detail: detail.to_owned(), rule_version: String::new() }
}

fn line(state: &str, on: Date) -> LineNow {
    LineNow { state: state.to_owned(), on }
}

/// Asks about a candidate that went all the way, with those hits and that line.
fn ask<T>(hits: &[Hit], line: Option<&LineNow>, answer: impl Fn(&Known<'_>) -> T) -> T {
    let (terms, candidate) = (terms(), candidate());
    let checks = [check(true, MATCH_ON), check(false, PUBLICITY.last_day), check(false, PAY_ON)];
    answer(&Known {
        terms: &terms,
        candidate: &candidate,
        match_on: MATCH_ON,
        publicity: Some(PUBLICITY),
        funded_on: Some(PAY_ON),
        hits,
        checks: &checks,
        line,
        as_of: date(2022, 11, 30),
    })
}

fn failing(clauses: &[Clause]) -> Vec<(&'static str, &'static str)> {
    clauses.iter().filter_map(|clause| Some((clause.clause, clause.reason?))).collect()
}

#[test]
fn a_paid_firm_is_told_every_clause_and_none_fails() {
    let credited = line("CREDITED", PAY_ON);
    let (whole, told) = ask(&[], Some(&credited), |known| (outcome(known), clauses(known)));
    assert_eq!(whole, (Outcome::Paid(PAY_ON), fen(10_000_000)));
    let names: Vec<_> = told.iter().map(|clause| clause.clause).collect();
    assert_eq!(
        names,
        [
            "policy_in_force",
            "evidence_in_window",
            "qualification_live",
            "in_city",
            "registered",
            "credit_at_match",
            "no_objection_upheld",
            "credit_at_payment",
            "once_a_year",
            "account_name",
            "transfer",
            "amount",
        ]
    );
    assert_eq!(failing(&told), []);
    assert!(
        told.iter().all(|clause| !clause.zh.is_empty() && !clause.en.is_empty() && !clause.source.is_empty())
    );
}

#[test]
fn a_firm_left_out_is_told_the_listing_and_the_day() {
    let hits = [hit(Exclusion::CreditListedAtMatch, MATCH_ON, "XY-7")];
    let (whole, told) = ask(&hits, None, |known| (outcome(known), clauses(known)));
    assert_eq!(whole, (Outcome::Excluded, Fen::ZERO));
    assert_eq!(failing(&told), [("credit_at_match", "CREDIT_LISTED_AT_MATCH")]);
    let clause = told.iter().find(|clause| clause.reason.is_some()).unwrap();
    assert_eq!((clause.fact.as_str(), clause.on), ("XY-7", MATCH_ON));
    assert!(clause.zh.contains("XY-7") && clause.en.contains("XY-7"), "{clause:?}");
}

#[test]
fn a_held_or_bounced_line_is_under_way_with_its_reason() {
    for (state, reason, clause) in [
        ("HELD", Exclusion::AccountNameMismatch, "account_name"),
        ("RETURNED", Exclusion::TreasuryReturnNotCorrected, "transfer"),
    ] {
        let now = line(state, PAY_ON);
        let hits = [hit(reason, PAY_ON, "")];
        let (whole, told) = ask(&hits, Some(&now), |known| (outcome(known), clauses(known)));
        assert_eq!(whole.0, Outcome::InProgress, "{state}");
        assert_eq!(failing(&told), [(clause, reason.code())]);
    }
}

#[test]
fn a_line_that_was_corrected_and_credited_fails_no_clause() {
    let credited = line("CREDITED", date(2022, 10, 12));
    let hits = [hit(Exclusion::AccountNameMismatch, PAY_ON, "")];
    let told = ask(&hits, Some(&credited), clauses);
    assert_eq!(failing(&told), []);
}

#[test]
fn an_abandoned_line_is_left_out() {
    let abandoned = line("ABANDONED", PAY_ON);
    assert_eq!(ask(&[], Some(&abandoned), outcome).0, Outcome::Excluded);
}

#[test]
fn what_was_not_checked_yet_is_not_told() {
    let (terms, candidate) = (terms(), candidate());
    let checks = [check(true, MATCH_ON)];
    let known = Known {
        terms: &terms,
        candidate: &candidate,
        match_on: MATCH_ON,
        publicity: None,
        funded_on: None,
        hits: &[],
        checks: &checks,
        line: None,
        as_of: MATCH_ON,
    };
    let told = clauses(&known);
    for later in ["no_objection_upheld", "credit_at_payment", "once_a_year", "account_name", "transfer"] {
        assert!(told.iter().all(|clause| clause.clause != later), "{later}");
    }
    assert_eq!(outcome(&known).0, Outcome::InProgress);
}

#[test]
fn a_firm_that_no_run_matched_is_told_so() {
    let told = not_matched(&terms(), date(2022, 9, 1));
    assert_eq!(failing(&told), [("matched", "UNKNOWN_CANDIDATE")]);
    let late = not_matched(&terms(), date(2024, 1, 1));
    assert_eq!(failing(&late)[0], ("policy_in_force", "POLICY_NOT_IN_FORCE"));
}
