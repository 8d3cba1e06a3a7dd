//! Money that is not there, people who are not two, firms that may not be paid: all before anything is encumbered.

use canopy_kernel::Role;
use canopy_proto::subsidy::v1 as pb;
use canopy_proto::subsidy::v1::LineState::{Approved, Excluded};
use tonic::Code::{self, InvalidArgument};

use super::world::{World, id};
use super::year::{AMOUNT, PAY_ON, code, terms};

const NOBODY: &str = "bat_01890a5d-ac96-774b-bcce-b302099a8057";

#[tokio::test]
async fn nothing_is_encumbered_without_budget_plan_and_three_people() {
    let world = World::with_year(2).await;
    for (policy, line) in [("HNTE", "BL01"), ("SHORT", "BL02"), ("LATE", "BL03"), ("LOST", "BL04")] {
        let (code, budget_line) = (policy.to_owned(), line.to_owned());
        world.policy(pb::PolicyTerms { code, budget_line, ..terms() }).await;
    }
    world.budget("BL01", 2 * AMOUNT, 2 * AMOUNT).await;
    world.budget("BL02", 2 * AMOUNT - 1, 2 * AMOUNT - 1).await;
    world.budget("BL03", 2 * AMOUNT, 2 * AMOUNT - 1).await;
    lines_and_adjustments_that_cannot_be(&world).await;
    a_batch_above_quota_or_plan_or_without_a_line(&world).await;
    maker_approver_and_funder_are_three(&world).await;
    world.stop().await;
}

async fn lines_and_adjustments_that_cannot_be(world: &World) {
    let mut budgets = world.budgets().await;
    let line = |line: &str, plan_fen: Vec<i64>| pb::CreateBudgetLineRequest {
        request_id: id(),
        line: line.to_owned(),
        year: 2022,
        approved_fen: AMOUNT,
        plan_fen,
        ..Default::default()
    };
    let falling = [vec![AMOUNT], vec![0; 11]].concat();
    for (request, expected) in [
        (line("BL01", vec![AMOUNT; 12]), (Code::AlreadyExists, "DUPLICATE_BUDGET_LINE", "line")),
        (line("BL09", falling), (InvalidArgument, "FIELD_INVALID", "plan_fen[1]")),
        (line("", vec![AMOUNT; 12]), (InvalidArgument, "FIELD_MISSING", "line")),
    ] {
        world.refuses(budgets.create_budget_line(request), expected).await;
    }
    let adjustment = |line: &str, amount_fen: i64| pb::RecordAdjustmentRequest {
        request_id: id(),
        decision_no: "TZ-1".to_owned(),
        line: line.to_owned(),
        decided_on: "2022-03-01".to_owned(),
        amount_fen,
        ..Default::default()
    };
    for (request, expected) in [
        (adjustment("BL09", 1), (Code::NotFound, "UNKNOWN_BUDGET_LINE", "line")),
        (adjustment("BL01", -3 * AMOUNT), (InvalidArgument, "AMOUNT_NEGATIVE", "amount_fen")),
        (adjustment("BL01", 0), (InvalidArgument, "FIELD_INVALID", "amount_fen")),
    ] {
        world.refuses(budgets.record_adjustment(request), expected).await;
    }
}

async fn a_batch_above_quota_or_plan_or_without_a_line(world: &World) {
    let refused = (Code::ResourceExhausted, "NO_BUDGET", "");
    for (policy, line, scope) in [("SHORT", "BL02", "quota"), ("LATE", "BL03", "plan")] {
        let batch = world.approved(policy).await.name;
        world.refuses(world.fund(&batch, "chen"), refused).await;
        let status = world.fund(&batch, "chen").await.unwrap_err();
        assert_eq!(canopy_platform::from_status(&status).details()["scope"], scope);
        let left = world.line_of_budget(line).await;
        assert_eq!((left.encumbered_fen, left.paid_fen), (0, 0));
    }
    let batch = world.approved("LOST").await.name;
    let unknown = (Code::NotFound, "UNKNOWN_BUDGET_LINE", "line");
    world.refuses(world.fund(&batch, "chen"), unknown).await;
}

async fn maker_approver_and_funder_are_three(world: &World) {
    let run = world.published("HNTE").await.name;
    world.confirm(&run, super::year::CONFIRM_ON).await.unwrap();
    let batch = world.batch(&run, PAY_ON).await.unwrap().into_inner().name;
    let refused = (Code::PermissionDenied, "MAKER_IS_APPROVER", "");
    let state = (Code::FailedPrecondition, "STATE_NOT_ALLOWED", "");
    world.refuses(world.approve(&batch, "zhang"), refused).await;
    world.refuses(world.fund(&batch, "chen"), state).await;
    world.approve(&batch, "liu").await.unwrap();
    world.refuses(world.approve(&batch, "chen"), state).await;
    for person in ["zhang", "liu"] {
        world.refuses(world.fund(&batch, person), refused).await;
    }
    world.refuses(world.fund(NOBODY, "chen"), (Code::NotFound, "UNKNOWN_BATCH", "name")).await;
    let stale = pb::FundBatchRequest { request_id: id(), name: batch.clone(), etag: "1".to_owned() };
    let mut chen = world.payments("chen", Role::FinanceBureau, PAY_ON).await;
    world.refuses(chen.fund_batch(stale), (Code::Aborted, "VERSION_CONFLICT", "etag")).await;
    world.fund(&batch, "chen").await.unwrap();
    assert_eq!(world.line_of_budget("BL01").await.encumbered_fen, 2 * AMOUNT);
}

#[tokio::test]
async fn who_was_paid_this_year_or_is_listed_by_now_is_left_out_and_the_rest_is_paid() {
    let world = World::with_year(3).await;
    world.policy(terms()).await;
    world.budget("BL01", 100 * AMOUNT, 100 * AMOUNT).await;
    // Two lists of the same firms; the first that is funded pays them, but for the one that is listed meanwhile.
    let (first, second) = (world.approved("HNTE").await, world.approved("HNTE").await);
    world.list("LHCJ-1", 1, "2022-09-20").await;
    world.fund(&first.name, "chen").await.unwrap();
    world.fund(&second.name, "chen").await.unwrap();
    let mut lines = world.lines("HNTE", PAY_ON).await;
    lines.sort_by_key(|line| (line.batch != first.name, line.uscc.clone()));
    let told: Vec<_> =
        lines.iter().map(|line| (line.uscc.as_str(), line.state(), line.reason_code.as_str())).collect();
    let codes = [1, 2, 3].map(code);
    let [listed, others @ ..] = &codes;
    let mut expected = vec![(listed.as_str(), Excluded, "CREDIT_LISTED_AT_PAYMENT")];
    expected.extend(others.iter().map(|code| (code.as_str(), Approved, "")));
    expected.push((listed.as_str(), Excluded, "CREDIT_LISTED_AT_PAYMENT"));
    expected.extend(others.iter().map(|code| (code.as_str(), Excluded, "ALREADY_PAID_THIS_YEAR")));
    assert_eq!(told, expected);
    assert_eq!(world.line_of_budget("BL01").await.encumbered_fen, 2 * AMOUNT, "two firms, once each");
    world.stop().await;
}
