//! The bank's statement: booked once per entry, in whichever order things came.

use canopy_kernel::Code;
use canopy_platform::{from_rpc_status, from_status};
use canopy_proto::subsidy::v1 as pb;
use canopy_proto::subsidy::v1::LineState;
use canopy_proto::treasury::v1 as treasury;

use crate::bank::Misbehave::SilentBefore;
use crate::story::{CUT_OFF, FIRST, PAY_ON, code, terms};
use crate::suite::{Suite, reason_of};

async fn suite(firms: usize) -> Suite {
    let suite = Suite::start().await;
    suite.policy(terms()).await;
    suite.budget("BL01", 1000 * FIRST).await;
    suite.firms(firms);
    suite
}

#[tokio::test]
async fn a_statement_credits_what_the_bank_had_only_acknowledged() {
    let suite = suite(250).await;
    suite.bank.only_acknowledge();
    let batch = suite.paid("HNTE").await;
    assert_eq!(suite.summary("HNTE", CUT_OFF).await.payees, 0);
    assert_eq!(suite.line(7, CUT_OFF).await.0, LineState::Submitted);
    let booked = suite.reconcile(PAY_ON).await.unwrap();
    assert_eq!((booked.entries, booked.credited, booked.booked_before), (250, 250, 0), "all pages");
    assert_eq!(suite.summary("HNTE", PAY_ON).await.payees, 250);
    assert_eq!(suite.run(&batch.run).await.state(), pb::RunState::Paid);
    let again = suite.reconcile(PAY_ON).await.unwrap();
    assert_eq!((again.credited, again.booked_before), (0, 250));
    suite.close().await;
}

#[tokio::test]
async fn a_statement_that_gives_entries_twice_changes_nothing_twice() {
    let suite = suite(3).await;
    suite.bank.only_acknowledge();
    suite.bank.give_entries_twice();
    suite.paid("HNTE").await;
    let booked = suite.reconcile(PAY_ON).await.unwrap();
    assert_eq!((booked.entries, booked.credited, booked.booked_before), (6, 3, 3));
    assert_eq!(suite.line_of_budget("BL01", CUT_OFF).await.paid_fen, 3 * FIRST);
    suite.close().await;
}

#[tokio::test]
async fn what_an_answer_had_said_already_is_booked_before() {
    let suite = suite(2).await;
    suite.paid("HNTE").await;
    let booked = suite.reconcile(PAY_ON).await.unwrap();
    assert_eq!((booked.entries, booked.credited, booked.booked_before), (2, 0, 2));
    suite.close().await;
}

#[tokio::test]
async fn an_entry_that_names_no_line_of_ours_is_refused_and_the_rest_is_booked() {
    let suite = suite(1).await;
    suite.bank.only_acknowledge();
    suite.paid("HNTE").await;
    let line = suite.lines("HNTE", CUT_OFF).await.remove(0);
    let entry = |instruction: &str, payment: &str, reference: &str| treasury::StatementEntry {
        kind: treasury::EntryKind::Credit.into(),
        treasury_ref: reference.to_owned(),
        instruction_id: instruction.to_owned(),
        end_to_end_id: payment.to_owned(),
        amount_fen: FIRST,
        value_date: PAY_ON.to_owned(),
        ..Default::default()
    };
    suite.bank.enter(PAY_ON, entry("ist_01890a5d-ac96-774b-bcce-b302099a8057", &line.name, "TB-X"));
    suite.bank.enter(PAY_ON, entry(&line.instruction, "lin_01890a5d-ac96-774b-bcce-b302099a8057", "TB-Y"));
    suite.bank.enter(PAY_ON, entry("what", "ever", ""));
    let booked = suite.reconcile(PAY_ON).await.unwrap();
    assert_eq!((booked.entries, booked.credited), (4, 1));
    let refused: Vec<_> = booked
        .refused
        .iter()
        .map(|it| (it.reference.as_str(), from_rpc_status(it.refusal.as_ref().unwrap())))
        .collect();
    assert_eq!(refused.iter().map(|(named, _)| *named).collect::<Vec<_>>(), ["TB-X", "TB-Y", "what"]);
    for (index, (named, refusal)) in refused.into_iter().enumerate() {
        assert_eq!((refusal.reason().name, refusal.code()), ("UNKNOWN_TREASURY_REFERENCE", Code::NotFound));
        assert_eq!(refusal.field(), Some(format!("entries[{}].treasury_ref", index + 1).as_str()));
        assert!(refusal.text_zh().contains(named) && refusal.text_en().contains(named), "{refusal:?}");
    }
    suite.close().await;
}

#[tokio::test]
async fn an_amount_other_than_the_lines_refuses_the_statement_and_books_nothing() {
    let suite = suite(1).await;
    suite.paid("HNTE").await;
    let line = suite.lines("HNTE", CUT_OFF).await.remove(0);
    suite.bank.enter(
        "2022-09-27",
        treasury::StatementEntry {
            kind: treasury::EntryKind::Return.into(),
            treasury_ref: line.treasury_ref.clone(),
            instruction_id: line.instruction.clone(),
            end_to_end_id: line.name,
            amount_fen: FIRST + 1,
            value_date: "2022-09-27".to_owned(),
            ..Default::default()
        },
    );
    let before = suite.tables().await;
    let refused = from_status(&suite.reconcile("2022-09-27").await.unwrap_err());
    assert_eq!(
        (refused.reason().name, refused.field()),
        ("FIELD_OUT_OF_RANGE", Some("entries[0].amount_fen"))
    );
    assert_eq!(suite.tables().await, before);
    suite.close().await;
}

#[tokio::test]
async fn a_return_after_the_credit_takes_the_money_back_and_reopens_the_run() {
    let suite = suite(2).await;
    let batch = suite.paid("HNTE").await;
    let line = suite.lines("HNTE", CUT_OFF).await.into_iter().find(|line| line.uscc == code(1)).unwrap();
    suite.bank.enter(
        "2022-09-27",
        treasury::StatementEntry {
            kind: treasury::EntryKind::Return.into(),
            treasury_ref: line.treasury_ref.clone(),
            instruction_id: line.instruction.clone(),
            end_to_end_id: line.name.clone(),
            amount_fen: FIRST,
            value_date: "2022-09-27".to_owned(),
            reason: "账户已销户退票".to_owned(),
            ..Default::default()
        },
    );
    suite.reconcile("2022-09-27").await.unwrap();
    for (day, encumbered, paid, payees) in [("2022-09-26", 0, 2 * FIRST, 2), ("2022-09-27", FIRST, FIRST, 1)]
    {
        let budget = suite.line_of_budget("BL01", day).await;
        assert_eq!((budget.encumbered_fen, budget.paid_fen), (encumbered, paid), "{day}");
        assert_eq!(suite.summary("HNTE", day).await.payees, payees, "{day}");
    }
    assert_eq!(suite.run(&batch.run).await.state(), pb::RunState::PartlyPaid);
    suite.close().await;
}

#[tokio::test]
async fn a_silent_bank_gives_no_statement_and_the_next_call_does() {
    let suite = suite(1).await;
    suite.bank.only_acknowledge();
    suite.paid("HNTE").await;
    suite.bank.misbehave(&[SilentBefore]);
    assert_eq!(reason_of(suite.reconcile(PAY_ON).await), "BANK_SILENT");
    assert_eq!(suite.reconcile(PAY_ON).await.unwrap().credited, 1);
    suite.close().await;
}
