//! Runs, batches and lines refuse what their state, their four eyes or their callers do not allow.

use canopy_kernel::Role;
use canopy_platform::from_status;
use canopy_proto::common::v1::ListRefusalsRequest;
use canopy_proto::subsidy::v1 as pb;

use crate::story::{CONFIRM_ON, FIRST, MATCH_ON, PAY_ON, terms};
use crate::suite::{Suite, id, reason_of};

async fn suite() -> Suite {
    let suite = Suite::start().await;
    suite.policy(terms()).await;
    suite.firms(2);
    suite
}

#[tokio::test]
async fn a_policy_is_matched_only_in_force_and_a_number_only_once() {
    let suite = suite().await;
    assert_eq!(reason_of(suite.try_match("NONE", MATCH_ON).await), "UNKNOWN_POLICY");
    assert_eq!(reason_of(suite.try_match("HNTE", "2020-12-31").await), "POLICY_NOT_IN_FORCE");
    assert_eq!(reason_of(suite.try_match("HNTE", "2024-01-01").await), "POLICY_NOT_IN_FORCE");
    let numbered = || pb::MatchRunRequest {
        request_id: id(),
        external_ref: "payout_runs.csv:6".to_owned(),
        policy_code: "HNTE".to_owned(),
        ..Default::default()
    };
    suite.runs("zhang", MATCH_ON).match_run(numbered()).await.unwrap();
    assert_eq!(reason_of(suite.runs("zhang", MATCH_ON).match_run(numbered()).await), "DUPLICATE_RUN");
    suite.close().await;
}

#[tokio::test]
async fn steps_out_of_order_are_refused_and_change_nothing() {
    let suite = suite().await;
    let run = suite.published("HNTE").await;
    let before = suite.tables().await;
    let publish = pb::PublishRunRequest { request_id: id(), name: run.name.clone(), ..Default::default() };
    assert_eq!(reason_of(suite.runs("zhang", MATCH_ON).publish_run(publish).await), "STATE_NOT_ALLOWED");
    assert_eq!(reason_of(suite.batch(&run.name, PAY_ON).await), "STATE_NOT_ALLOWED");
    let stale = pb::ConfirmRunRequest { request_id: id(), name: run.name, etag: "1".to_owned() };
    assert_eq!(reason_of(suite.runs("zhang", CONFIRM_ON).confirm_run(stale).await), "VERSION_CONFLICT");
    let nobody = "run_01890a5d-ac96-774b-bcce-b302099a8057";
    assert_eq!(reason_of(suite.confirm(nobody, CONFIRM_ON).await), "UNKNOWN_RUN");
    assert_eq!(reason_of(suite.confirm("bat_1", CONFIRM_ON).await), "ID_FORMAT");
    assert_eq!(suite.tables().await, before);
    suite.close().await;
}

#[tokio::test]
async fn a_list_is_not_posted_into_a_year_without_a_calendar() {
    let suite = suite().await;
    let run = suite.matched("HNTE").await;
    let publish = pb::PublishRunRequest { request_id: id(), name: run.name, ..Default::default() };
    let refused = suite.runs("zhang", "2023-01-04").publish_run(publish).await;
    assert_eq!(reason_of(refused), "CALENDAR_YEAR_NOT_LOADED");
    suite.close().await;
}

#[tokio::test]
async fn maker_approver_and_funder_of_a_batch_are_three_people() {
    let suite = suite().await;
    suite.budget("BL01", 100 * FIRST).await;
    let run = suite.confirmed("HNTE").await;
    let batch = suite.batch(&run.name, PAY_ON).await.unwrap();
    assert_eq!(reason_of(suite.approve(&batch.name, "zhang").await), "MAKER_IS_APPROVER");
    assert_eq!(reason_of(suite.fund(&batch.name, PAY_ON).await), "STATE_NOT_ALLOWED");
    suite.approve(&batch.name, "liu").await.unwrap();
    for who in ["zhang", "liu"] {
        let request =
            pb::FundBatchRequest { request_id: id(), name: batch.name.clone(), ..Default::default() };
        let mut funder = suite.payments(who, Role::FinanceBureau, PAY_ON);
        let refused = from_status(&funder.fund_batch(request).await.unwrap_err());
        assert_eq!(
            (refused.reason().name, refused.code().as_str()),
            ("MAKER_IS_APPROVER", "PERMISSION_DENIED")
        );
    }
    suite.fund(&batch.name, PAY_ON).await.unwrap();
    suite.close().await;
}

#[tokio::test]
async fn a_batch_without_a_budget_line_of_its_year_is_refused() {
    let suite = suite().await;
    let batch = suite.approved("HNTE").await;
    assert_eq!(reason_of(suite.fund(&batch.name, PAY_ON).await), "UNKNOWN_BUDGET_LINE");
    suite.close().await;
}

#[tokio::test]
async fn who_may_not_is_refused_by_the_role_of_the_method() {
    let suite = suite().await;
    let match_run =
        pb::MatchRunRequest { request_id: id(), policy_code: "HNTE".to_owned(), ..Default::default() };
    for role in [Role::Operator, Role::Auditor, Role::FinanceBureau, Role::TreasuryBank, Role::Enterprise] {
        let actor = crate::suite::person("zhang", role);
        let mut runs = pb::run_service_client::RunServiceClient::new(suite.calls(&actor, MATCH_ON));
        assert_eq!(reason_of(runs.match_run(match_run.clone()).await), "ROLE_NOT_ALLOWED", "{role}");
    }
    suite.close().await;
}

#[tokio::test]
async fn a_refusal_is_repeated_word_for_word_and_can_be_listed() {
    let suite = suite().await;
    let request = pb::MatchRunRequest {
        request_id: id(),
        external_ref: "payout_runs.csv:9".to_owned(),
        policy_code: "NONE".to_owned(),
        ..Default::default()
    };
    let first = suite.runs("zhang", MATCH_ON).match_run(request.clone()).await.unwrap_err();
    let again = suite.runs("zhang", MATCH_ON).match_run(request).await.unwrap_err();
    assert_eq!((first.message(), first.details()), (again.message(), again.details()));
    let listed =
        suite.operations(Role::Operator).list_refusals(ListRefusalsRequest::default()).await.unwrap();
    let refusals = listed.into_inner().refusals;
    assert_eq!(refusals.iter().map(|it| it.external_ref.as_str()).collect::<Vec<_>>(), ["payout_runs.csv:9"]);
    suite.close().await;
}

#[tokio::test]
async fn validate_only_writes_nothing() {
    let suite = suite().await;
    let before = suite.tables().await;
    let request = pb::MatchRunRequest {
        request_id: id(),
        validate_only: true,
        policy_code: "HNTE".to_owned(),
        ..Default::default()
    };
    let run = suite.runs("zhang", MATCH_ON).match_run(request).await.unwrap().into_inner();
    assert_eq!(run.candidates, 2);
    assert_eq!(suite.tables().await, before);
    suite.close().await;
}
