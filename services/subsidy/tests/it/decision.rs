//! Explanations: why a firm gets what it gets, in both languages, as of a day.

use canopy_proto::subsidy::v1 as pb;
use canopy_proto::subsidy::v1::run_service_client::RunServiceClient;

use crate::story::{CUT_OFF, FIRST, MATCH_ON, PAY_ON, code, terms};
use crate::suite::{Suite, reason_of};

fn ask(n: usize, as_of: &str) -> pb::GetDecisionRequest {
    pb::GetDecisionRequest { policy_code: "HNTE".to_owned(), uscc: code(n), as_of: as_of.to_owned() }
}

fn failing(decision: &pb::Decision) -> Vec<(&str, &str)> {
    let clauses = decision.clauses.iter().filter(|clause| !clause.holds);
    clauses.map(|clause| (clause.clause.as_str(), clause.reason_code.as_str())).collect()
}

async fn suite() -> Suite {
    let suite = Suite::start().await;
    suite.policy(terms()).await;
    suite.budget("BL01", 100 * FIRST).await;
    suite.firms(3);
    suite.registry.list(&code(2), "XY-7", MATCH_ON, "2022-12-31");
    suite.registry.set_account(&code(3), "2022-09-20", "另一家公司");
    suite.paid("HNTE").await;
    suite
}

#[tokio::test]
async fn a_paid_firm_reads_every_clause_with_fact_source_and_day() {
    let suite = suite().await;
    let mut firm = RunServiceClient::new(suite.firm(&code(1)));
    let decision = firm.get_decision(ask(1, CUT_OFF)).await.unwrap().into_inner();
    assert_eq!((decision.outcome(), decision.amount_fen), (pb::DecisionOutcome::Paid, FIRST));
    assert_eq!((decision.credited_on.as_str(), failing(&decision)), (PAY_ON, vec![]));
    for clause in &decision.clauses {
        let texts = [&clause.fact, &clause.source, &clause.on, &clause.text_zh, &clause.text_en];
        assert!(texts.iter().all(|text| !text.is_empty()), "{clause:?}");
    }
    let evidence = decision.clauses.iter().find(|clause| clause.clause == "evidence_in_window").unwrap();
    assert_eq!(evidence.fact, "HNTE GR202242000001 2022-03-01");
    suite.close().await;
}

#[tokio::test]
async fn a_firm_left_out_or_held_reads_why_and_one_not_matched_reads_that() {
    let suite = suite().await;
    let mut zhang = suite.runs("zhang", CUT_OFF);
    let listed = zhang.get_decision(ask(2, CUT_OFF)).await.unwrap().into_inner();
    assert_eq!((listed.outcome(), listed.amount_fen), (pb::DecisionOutcome::Excluded, 0));
    let at_match = ("credit_at_match", "CREDIT_LISTED_AT_MATCH");
    assert_eq!(failing(&listed), [at_match, ("credit_at_payment", "CREDIT_LISTED_AT_PAYMENT")]);
    let clause = listed.clauses.iter().find(|clause| clause.clause == "credit_at_match").unwrap();
    assert_eq!((clause.fact.as_str(), clause.on.as_str()), ("XY-7", MATCH_ON));
    assert!(clause.text_zh.contains("失信") && clause.text_en.contains("XY-7"));

    let held = zhang.get_decision(ask(3, CUT_OFF)).await.unwrap().into_inner();
    assert_eq!(held.outcome(), pb::DecisionOutcome::InProgress);
    assert_eq!(failing(&held), [("account_name", "ACCOUNT_NAME_MISMATCH")]);

    let unknown = zhang.get_decision(ask(9, CUT_OFF)).await.unwrap().into_inner();
    assert_eq!(unknown.outcome(), pb::DecisionOutcome::NotMatched);
    assert_eq!(failing(&unknown), [("matched", "UNKNOWN_CANDIDATE")]);
    suite.close().await;
}

#[tokio::test]
async fn a_decision_tells_what_was_known_on_the_day_asked() {
    let suite = suite().await;
    let mut zhang = suite.runs("zhang", CUT_OFF);
    for (day, outcome, clauses) in [
        ("2022-08-14", pb::DecisionOutcome::NotMatched, 2),
        (MATCH_ON, pb::DecisionOutcome::InProgress, 7),
        ("2022-09-21", pb::DecisionOutcome::InProgress, 9),
        (PAY_ON, pb::DecisionOutcome::Paid, 12),
    ] {
        let decision = zhang.get_decision(ask(1, day)).await.unwrap().into_inner();
        assert_eq!((decision.outcome(), decision.clauses.len()), (outcome, clauses), "{day}");
    }
    suite.close().await;
}

#[tokio::test]
async fn a_firm_asks_about_itself_alone() {
    let suite = suite().await;
    let mut firm = RunServiceClient::new(suite.firm(&code(1)));
    assert_eq!(reason_of(firm.get_decision(ask(2, CUT_OFF)).await), "NOT_REPRESENTED");
    let unknown = pb::GetDecisionRequest { policy_code: "NONE".to_owned(), ..ask(1, CUT_OFF) };
    assert_eq!(reason_of(firm.get_decision(unknown).await), "UNKNOWN_POLICY");
    suite.close().await;
}
