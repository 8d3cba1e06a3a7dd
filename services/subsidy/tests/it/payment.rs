//! Batches and lines: from funding to the credit, and what each day looked like.

use canopy_kernel::Role;
use canopy_proto::subsidy::v1 as pb;
use canopy_proto::subsidy::v1::LineState;

use crate::story::{CUT_OFF, FIRST, PAY_ON, code, terms, title};
use crate::suite::{Suite, id, reason_of};

async fn suite(firms: usize) -> Suite {
    let suite = Suite::start().await;
    suite.policy(terms()).await;
    suite.budget("BL01", 100 * FIRST).await;
    suite.firms(firms);
    suite
}

#[tokio::test]
async fn a_funded_batch_is_credited_on_the_banks_value_date() {
    let suite = suite(3).await;
    let batch = suite.funded("HNTE").await;
    assert_eq!((batch.state(), batch.pay_on.as_str()), (pb::BatchState::Funded, PAY_ON));
    assert_eq!(
        (batch.maker.as_str(), batch.approver.as_str(), batch.funder.as_str()),
        ("zhang", "liu", "chen")
    );
    assert_eq!(batch.batch_no, "PB20220922001");
    assert_eq!(suite.open(PAY_ON).await, 3);
    let lines = suite.lines("HNTE", CUT_OFF).await;
    for line in &lines {
        assert_eq!((line.state(), line.credited_on.as_str()), (LineState::Credited, PAY_ON));
        assert_eq!((line.amount_fen, line.attempts, line.was_held), (FIRST, 1, false));
        assert!(line.treasury_ref.starts_with("TB") && line.instruction.starts_with("ist_"));
    }
    assert_eq!(lines.iter().map(|line| line.uscc.clone()).collect::<Vec<_>>(), [code(1), code(2), code(3)]);
    assert_eq!(suite.run(&batch.run).await.state(), pb::RunState::Paid);
    let sent = suite.bank.instructions();
    assert!(
        sent.iter()
            .all(|it| it.purpose == "HNTE" && it.value_date == PAY_ON && it.payee_name.contains("测试"))
    );
    suite.close().await;
}

#[tokio::test]
async fn what_was_paid_is_told_as_of_the_day_asked() {
    let suite = suite(2).await;
    suite.paid("HNTE").await;
    for (day, payees, fen, encumbered, paid) in [
        ("2022-09-21", 0, 0, 0, 0),
        (PAY_ON, 2, 2 * FIRST, 0, 2 * FIRST),
        (CUT_OFF, 2, 2 * FIRST, 0, 2 * FIRST),
    ] {
        let summary = suite.summary("HNTE", day).await;
        assert_eq!((summary.payees, summary.credited_fen), (payees, fen), "{day}");
        let line = suite.line_of_budget("BL01", day).await;
        assert_eq!((line.encumbered_fen, line.paid_fen), (encumbered, paid), "{day}");
    }
    assert_eq!(suite.summary("HNTE", CUT_OFF).await.publicity_last_day, "2022-09-14");
    suite.close().await;
}

#[tokio::test]
async fn a_line_whose_account_has_another_name_is_held_and_its_money_stays_encumbered() {
    let suite = suite(3).await;
    suite.registry.set_account(&code(2), "2022-09-20", "另一家公司");
    let batch = suite.paid("HNTE").await;
    assert_eq!(batch.total_fen, 3 * FIRST, "a held line counts");
    assert_eq!(suite.line(2, CUT_OFF).await, (LineState::Held, "ACCOUNT_NAME_MISMATCH".to_owned()));
    let line = suite.line_of_budget("BL01", CUT_OFF).await;
    assert_eq!((line.encumbered_fen, line.paid_fen), (FIRST, 2 * FIRST));
    assert_eq!(suite.exclusions("HNTE", CUT_OFF).await, [(code(2), "ACCOUNT_NAME_MISMATCH".to_owned())]);
    assert_eq!(suite.run(&batch.run).await.state(), pb::RunState::PartlyPaid);
    suite.close().await;
}

#[tokio::test]
async fn a_payee_is_paid_once_a_year_under_a_policy() {
    let suite = suite(2).await;
    let (first, second) = (suite.approved("HNTE").await, suite.approved("HNTE").await);
    suite.fund(&first.name, PAY_ON).await.unwrap();
    suite.registry.enter(&code(3), &title(3));
    let late = suite.fund(&second.name, PAY_ON).await.unwrap();
    assert_eq!((late.lines, late.total_fen), (2, 0));
    suite.open(PAY_ON).await;
    assert_eq!(suite.summary("HNTE", CUT_OFF).await.credited_fen, 2 * FIRST);
    let excluded: Vec<_> = suite
        .lines("HNTE", CUT_OFF)
        .await
        .into_iter()
        .filter(|line| line.batch == second.name)
        .map(|line| (line.state(), line.reason_code))
        .collect();
    assert_eq!(excluded, vec![(LineState::Excluded, "ALREADY_PAID_THIS_YEAR".to_owned()); 2]);
    assert_eq!(suite.exclusions("HNTE", CUT_OFF).await, [], "both are paid");
    suite.close().await;
}

#[tokio::test]
async fn an_abandoned_line_frees_its_money_and_its_entitlement() {
    let suite = suite(1).await;
    suite.registry.set_account(&code(1), "2022-09-20", "另一家公司");
    suite.paid("HNTE").await;
    let held = suite.lines("HNTE", CUT_OFF).await.remove(0);
    let request =
        pb::AbandonLineRequest { request_id: id(), name: held.name, reason: "不再拨付".to_owned() };
    let mut chen = suite.payments("chen", Role::FinanceBureau, "2022-10-10");
    let line = chen.abandon_line(request.clone()).await.unwrap().into_inner();
    assert_eq!(line.state(), LineState::Abandoned);
    let again = pb::AbandonLineRequest { request_id: id(), ..request };
    assert_eq!(reason_of(chen.abandon_line(again).await), "STATE_NOT_ALLOWED");
    for (day, encumbered) in [("2022-10-09", FIRST), ("2022-10-10", 0)] {
        assert_eq!(suite.line_of_budget("BL01", day).await.encumbered_fen, encumbered, "{day}");
    }
    suite.registry.set_account(&code(1), "2022-09-21", &title(1));
    let second = suite.approved("HNTE").await;
    suite.fund(&second.name, "2022-10-12").await.unwrap();
    suite.open("2022-10-12").await;
    assert_eq!(suite.summary("HNTE", CUT_OFF).await.payees, 1);
    suite.close().await;
}

#[tokio::test]
async fn the_same_request_answers_the_same_and_pays_once() {
    let suite = suite(2).await;
    let batch = suite.approved("HNTE").await;
    let request = pb::FundBatchRequest { request_id: id(), name: batch.name, ..Default::default() };
    let mut chen = suite.payments("chen", Role::FinanceBureau, PAY_ON);
    let first = chen.fund_batch(request.clone()).await.unwrap().into_inner();
    let again = chen.fund_batch(request).await.unwrap().into_inner();
    assert_eq!(first, again);
    suite.open(PAY_ON).await;
    assert!(suite.bank.credits().values().all(|times| *times == 1));
    assert_eq!(suite.bank.credits().len(), 2);
    suite.close().await;
}

#[tokio::test]
async fn lines_are_listed_page_by_page_and_a_firm_sees_its_own_alone() {
    use canopy_proto::subsidy::v1::payment_service_client::PaymentServiceClient;
    let suite = suite(5).await;
    suite.paid("HNTE").await;
    let mut reader = suite.payments("audit", Role::Auditor, CUT_OFF);
    let (mut seen, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = pb::ListPaymentLinesRequest {
            policy_code: "HNTE".to_owned(),
            credited_only: true,
            page_size: 2,
            page_token,
            ..Default::default()
        };
        let page = reader.list_payment_lines(request).await.unwrap().into_inner();
        seen.extend(page.lines.into_iter().map(|line| line.uscc));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(seen, (1..=5).map(code).collect::<Vec<_>>());
    let mut firm = PaymentServiceClient::new(suite.firm(&code(1)));
    let own = pb::ListPaymentLinesRequest { uscc: code(1), ..Default::default() };
    assert_eq!(firm.list_payment_lines(own).await.unwrap().into_inner().lines.len(), 1);
    for uscc in [code(2), String::new()] {
        let others = pb::ListPaymentLinesRequest { uscc, ..Default::default() };
        assert_eq!(reason_of(firm.list_payment_lines(others).await), "NOT_REPRESENTED");
    }
    suite.close().await;
}

#[tokio::test]
async fn what_is_personal_of_a_payee_stands_encrypted() {
    let suite = suite(1).await;
    suite.paid("HNTE").await;
    suite.require_unreadable(&["6200000000000000000"]).await;
    suite.close().await;
}

#[tokio::test]
async fn others_hear_of_runs_batches_and_credits_in_order() {
    use canopy_proto::common::v1::{GetFeedHeadRequest, ListEventsRequest};
    let suite = suite(1).await;
    suite.paid("HNTE").await;
    let mut feed = suite.feed();
    feed.get_feed_head(GetFeedHeadRequest { flush: true }).await.unwrap();
    let events = feed.list_events(ListEventsRequest::default()).await.unwrap().into_inner().events;
    let told = |kind: &str| -> Vec<i64> {
        let of_kind = events.iter().filter(|event| event.r#type.ends_with(kind));
        of_kind.map(|event| event.aggregate_version).collect()
    };
    assert_eq!(told("PolicyChanged"), [1, 2, 3], "draft, review, activation");
    assert_eq!(told("RunChanged"), [1, 2, 3, 4, 5, 6], "match, post, confirm, batch, fund, paid");
    assert_eq!((told("BatchFunded"), told("LineCredited")), (vec![3], vec![4]));
    let positions: Vec<_> = events.iter().map(|event| event.position).collect();
    assert_eq!(positions, (1..=11).collect::<Vec<_>>());
    suite.close().await;
}
