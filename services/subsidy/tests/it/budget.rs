//! Budget lines: the quota, the month plan and what counts when.

use canopy_platform::from_status;
use canopy_proto::subsidy::v1 as pb;

use crate::story::{FIRST, MATCH_ON, PAY_ON, terms};
use crate::suite::{Suite, id, reason_of};

fn adjustment(decision_no: &str, decided_on: &str, amount_fen: i64) -> pb::RecordAdjustmentRequest {
    pb::RecordAdjustmentRequest {
        request_id: id(),
        decision_no: decision_no.to_owned(),
        line: "BL01".to_owned(),
        decided_on: decided_on.to_owned(),
        amount_fen,
        reason: "年中追加".to_owned(),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_batch_beyond_the_quota_is_refused_whole_and_passes_after_an_adjustment() {
    let suite = Suite::start().await;
    suite.policy(terms()).await;
    suite.budget("BL01", 3 * FIRST - 1).await;
    suite.firms(3);
    let batch = suite.approved("HNTE").await;
    let before = suite.tables().await;
    let refused = from_status(&suite.fund(&batch.name, PAY_ON).await.unwrap_err());
    assert_eq!((refused.reason().name, refused.code().as_str()), ("NO_BUDGET", "RESOURCE_EXHAUSTED"));
    let told = |key: &str| refused.details()[key].clone();
    assert_eq!(
        (told("scope"), told("used_fen"), told("asked_fen")),
        ("quota".into(), "0".into(), "30000000".into())
    );
    assert_eq!(suite.tables().await, before, "nothing is encumbered and no line has moved");

    suite.budgets("2022-09-20").record_adjustment(adjustment("TZ-1", "2022-09-20", 1)).await.unwrap();
    let funded = suite.fund(&batch.name, PAY_ON).await.unwrap();
    assert_eq!((funded.state(), funded.total_fen), (pb::BatchState::Funded, 3 * FIRST));
    let line = suite.line_of_budget("BL01", PAY_ON).await;
    assert_eq!((line.encumbered_fen, line.paid_fen, line.adjusted_fen), (3 * FIRST, 0, 1));
    suite.close().await;
}

#[tokio::test]
async fn a_batch_within_the_quota_may_still_pass_the_plan_of_the_month() {
    let suite = Suite::start().await;
    suite.policy(terms()).await;
    let mut plan_fen = vec![2 * FIRST; 9];
    plan_fen.extend([3 * FIRST; 3]);
    let request = pb::CreateBudgetLineRequest {
        request_id: id(),
        line: "BL01".to_owned(),
        year: 2022,
        approved_fen: 3 * FIRST,
        plan_fen,
        ..Default::default()
    };
    suite.budgets("2022-01-05").create_budget_line(request).await.unwrap();
    suite.firms(3);
    let batch = suite.approved("HNTE").await;
    let refused = from_status(&suite.fund(&batch.name, "2022-09-30").await.unwrap_err());
    assert_eq!((refused.reason().name, refused.details()["scope"].as_str()), ("NO_BUDGET", "plan"));
    assert!(suite.fund(&batch.name, "2022-10-08").await.is_ok(), "October has its own plan");
    suite.close().await;
}

#[tokio::test]
async fn an_adjustment_counts_from_its_day_in_every_answer() {
    let suite = Suite::start().await;
    suite.budget("BL01", 1000).await;
    suite.budgets("2022-09-20").record_adjustment(adjustment("TZ-1", "2022-09-20", 500)).await.unwrap();
    for (day, adjusted, left) in [("2022-09-19", 0, 1000), ("2022-09-20", 500, 1500)] {
        let line = suite.line_of_budget("BL01", day).await;
        assert_eq!((line.adjusted_fen, line.left_fen), (adjusted, left), "{day}");
    }
    suite.close().await;
}

#[tokio::test]
async fn wrong_budget_data_are_refused_and_leave_no_trace() {
    let suite = Suite::start().await;
    suite.budget("BL01", 1000).await;
    suite.budgets(MATCH_ON).record_adjustment(adjustment("TZ-1", MATCH_ON, 1)).await.unwrap();
    let before = suite.tables().await;
    let mut chen = suite.budgets(MATCH_ON);
    let line = |change: fn(&mut pb::CreateBudgetLineRequest)| {
        let mut request = pb::CreateBudgetLineRequest {
            request_id: id(),
            line: "BL02".to_owned(),
            year: 2022,
            approved_fen: 10,
            plan_fen: vec![10; 12],
            ..Default::default()
        };
        change(&mut request);
        request
    };
    for (request, reason) in [
        (line(|it| it.line = "BL01".to_owned()), "DUPLICATE_BUDGET_LINE"),
        (line(|it| it.plan_fen[3] = 9), "FIELD_INVALID"),
        (line(|it| it.plan_fen.truncate(11)), "FIELD_MISSING"),
        (line(|it| it.approved_fen = -1), "FIELD_OUT_OF_RANGE"),
    ] {
        assert_eq!(reason_of(chen.create_budget_line(request).await), reason);
    }
    let unknown = pb::RecordAdjustmentRequest { line: "BL09".to_owned(), ..adjustment("TZ-2", MATCH_ON, 1) };
    for (request, reason) in [
        (adjustment("TZ-1", MATCH_ON, 5), "DUPLICATE_ADJUSTMENT"),
        (adjustment("TZ-2", MATCH_ON, -1002), "AMOUNT_NEGATIVE"),
        (adjustment("TZ-2", "2021-12-31", 5), "UNKNOWN_BUDGET_LINE"),
        (adjustment("TZ-2", "2022-9-1", 5), "FIELD_INVALID"),
        (unknown, "UNKNOWN_BUDGET_LINE"),
    ] {
        assert_eq!(reason_of(chen.record_adjustment(request).await), reason);
    }
    assert_eq!(suite.tables().await, before);
    suite.close().await;
}

#[tokio::test]
async fn what_is_taken_cannot_be_adjusted_away() {
    let suite = Suite::start().await;
    suite.policy(terms()).await;
    suite.budget("BL01", 2 * FIRST).await;
    suite.firms(1);
    suite.paid("HNTE").await;
    let mut chen = suite.budgets("2022-10-01");
    let too_much = adjustment("TZ-1", "2022-10-01", -FIRST - 1);
    assert_eq!(reason_of(chen.record_adjustment(too_much).await), "AMOUNT_NEGATIVE");
    chen.record_adjustment(adjustment("TZ-1", "2022-10-01", -FIRST)).await.unwrap();
    assert_eq!(suite.line_of_budget("BL01", "2022-10-01").await.left_fen, 0);
    suite.close().await;
}
