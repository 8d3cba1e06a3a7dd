//! Policies: from draft to closed, version after version.

use canopy_proto::subsidy::v1 as pb;

use crate::story::terms;
use crate::suite::{Suite, id, reason_of};

const ON: &str = "2022-01-10";

fn create(terms: pb::PolicyTerms, revise: bool) -> pb::CreatePolicyRequest {
    pb::CreatePolicyRequest { request_id: id(), terms: Some(terms), revise, ..Default::default() }
}

#[tokio::test]
async fn a_policy_is_active_after_two_people_and_reads_back_as_it_was_written() {
    let suite = Suite::start().await;
    let policy = suite.policy(terms()).await;
    assert_eq!(
        (policy.state(), policy.version, policy.reviewer.as_str()),
        (pb::PolicyState::Active, 1, "liu")
    );
    let expected = pb::PolicyTerms { shortfall: pb::ShortfallRule::RefuseRun.into(), ..terms() };
    assert_eq!(policy.terms, Some(expected));
    for name in [policy.name.clone(), "HNTE".to_owned()] {
        let found = suite.policies("zhang", ON).get_policy(pb::GetPolicyRequest { name }).await.unwrap();
        assert_eq!(found.into_inner(), policy);
    }
    suite.close().await;
}

#[tokio::test]
async fn a_new_version_replaces_the_active_one_when_it_is_activated() {
    let suite = Suite::start().await;
    let first = suite.policy(terms()).await;
    let raised = pb::PolicyTerms { fixed_first_fen: 20_000_000, ..terms() };
    let mut zhang = suite.policies("zhang", ON);
    let second = zhang.create_policy(create(raised, true)).await.unwrap().into_inner();
    assert_eq!((second.version, second.state()), (2, pb::PolicyState::Draft));
    let still = zhang.get_policy(pb::GetPolicyRequest { name: "HNTE".to_owned() }).await.unwrap();
    assert_eq!(still.into_inner().name, first.name, "the draft does not replace it yet");

    let review =
        pb::ReviewPolicyRequest { request_id: id(), name: second.name.clone(), ..Default::default() };
    suite.policies("liu", ON).review_policy(review).await.unwrap();
    let activate =
        pb::ActivatePolicyRequest { request_id: id(), name: second.name.clone(), ..Default::default() };
    zhang.activate_policy(activate).await.unwrap();
    let now = zhang.get_policy(pb::GetPolicyRequest { name: "HNTE".to_owned() }).await.unwrap().into_inner();
    let before = zhang.get_policy(pb::GetPolicyRequest { name: first.name }).await.unwrap().into_inner();
    assert_eq!((now.name, before.state()), (second.name, pb::PolicyState::Closed));
    suite.close().await;
}

#[tokio::test]
async fn a_policy_that_cannot_be_served_or_is_known_is_refused_and_leaves_no_trace() {
    let suite = Suite::start().await;
    suite.policy(terms()).await;
    let before = suite.tables().await;
    let other = |change: fn(&mut pb::PolicyTerms)| {
        let mut terms = pb::PolicyTerms { code: "OTHER".to_owned(), ..terms() };
        change(&mut terms);
        create(terms, false)
    };
    let cases = [
        (create(terms(), false), "DUPLICATE_POLICY"),
        (create(pb::PolicyTerms { code: "OTHER".to_owned(), ..terms() }, true), "UNKNOWN_POLICY"),
        (other(|terms| terms.evidence_source = "CONTRACTS".to_owned()), "EVIDENCE_SOURCE_NOT_SERVED"),
        (other(|terms| terms.valid_to = "2020-12-31".to_owned()), "FIELD_INVALID"),
        (other(|terms| terms.award_to = "2022-02-30".to_owned()), "DATE_FORMAT"),
        (other(|terms| (terms.fixed_first_fen, terms.fixed_repeat_fen) = (0, 0)), "FIELD_INVALID"),
        (other(|terms| terms.cap_fen = -1), "FIELD_OUT_OF_RANGE"),
        (other(|terms| terms.budget_line = String::new()), "FIELD_MISSING"),
        (other(|terms| terms.amount_kind = 0), "ENUM_UNKNOWN"),
    ];
    for (request, reason) in cases {
        assert_eq!(reason_of(suite.policies("zhang", ON).create_policy(request).await), reason);
    }
    assert_eq!(suite.tables().await, before);
    suite.close().await;
}

#[tokio::test]
async fn policies_are_listed_page_by_page_in_the_order_of_codes() {
    let suite = Suite::start().await;
    for code in ["C", "A", "B"] {
        suite.policy(pb::PolicyTerms { code: code.to_owned(), ..terms() }).await;
    }
    let mut zhang = suite.policies("zhang", ON);
    let (mut codes, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = pb::ListPoliciesRequest { page_size: 2, page_token };
        let page = zhang.list_policies(request).await.unwrap().into_inner();
        codes.extend(page.policies.into_iter().map(|policy| policy.terms.unwrap().code));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(codes, ["A", "B", "C"]);
    let forged = pb::ListPoliciesRequest { page_size: 2, page_token: "YWJj".to_owned() };
    assert_eq!(reason_of(zhang.list_policies(forged).await), "PAGE_TOKEN_INVALID");
    suite.close().await;
}
