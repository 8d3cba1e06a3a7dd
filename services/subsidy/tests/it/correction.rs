//! Corrected accounts: when a held or bounced line is sent again, whichever came first.

use canopy_proto::registry::v1::SubjectStatus;
use canopy_proto::subsidy::v1::LineState;

use crate::story::{CUT_OFF, FIRST, code, terms, title};
use crate::suite::Suite;

const CORRECTED: &str = "2022-10-12";

async fn suite(firms: usize) -> Suite {
    let suite = Suite::start().await;
    suite.policy(terms()).await;
    suite.budget("BL01", 100 * FIRST).await;
    suite.firms(firms);
    suite
}

#[tokio::test]
async fn a_held_line_is_credited_on_the_day_its_corrected_account_holds() {
    let suite = suite(2).await;
    suite.registry.set_account(&code(1), "2022-09-20", "另一家公司");
    suite.paid("HNTE").await;
    suite.registry.correct(&code(1), CORRECTED, &title(1));
    suite.open("2022-10-11").await;
    assert_eq!(suite.line(1, CUT_OFF).await.0, LineState::Held, "not before that day");
    suite.open(CORRECTED).await;
    for (day, state) in [("2022-10-11", LineState::Held), (CORRECTED, LineState::Credited)] {
        assert_eq!(suite.line(1, day).await.0, state, "{day}");
    }
    let line = suite.lines("HNTE", CUT_OFF).await.into_iter().find(|line| line.uscc == code(1)).unwrap();
    assert_eq!((line.credited_on.as_str(), line.was_held, line.attempts), (CORRECTED, true, 1));
    let summary = suite.summary("HNTE", CUT_OFF).await;
    assert_eq!((summary.payees, summary.credited_after_hold), (2, 1));
    assert_eq!(suite.exclusions("HNTE", CUT_OFF).await, []);
    assert_eq!(suite.exclusions("HNTE", "2022-10-11").await, [(code(1), "ACCOUNT_NAME_MISMATCH".to_owned())]);
    suite.close().await;
}

#[tokio::test]
async fn a_hold_finds_a_correction_that_was_recorded_before_it() {
    let suite = suite(1).await;
    suite.registry.set_account(&code(1), "2022-09-20", "另一家公司");
    suite.registry.correct(&code(1), CORRECTED, &title(1));
    suite.paid("HNTE").await;
    assert_eq!(suite.line(1, CUT_OFF).await.0, LineState::Held);
    suite.open(CORRECTED).await;
    assert_eq!(suite.line(1, CORRECTED).await.0, LineState::Credited);
    suite.close().await;
}

#[tokio::test]
async fn a_bounced_line_is_paid_again_with_a_new_instruction_under_the_same_end_to_end_id() {
    let suite = suite(2).await;
    suite.bank.bounce(&code(1), "2022-09-27");
    suite.paid("HNTE").await;
    assert_eq!(suite.line(1, CUT_OFF).await.0, LineState::Submitted);
    let booked = suite.reconcile("2022-09-27").await.unwrap();
    assert_eq!((booked.entries, booked.returned, booked.credited), (1, 1, 0));
    assert_eq!(
        suite.line(1, CUT_OFF).await,
        (LineState::Returned, "TREASURY_RETURN_NOT_CORRECTED".to_owned())
    );
    let excluded = vec![(code(1), "TREASURY_RETURN_NOT_CORRECTED".to_owned())];
    assert_eq!(suite.exclusions("HNTE", CUT_OFF).await, excluded);
    assert_eq!(suite.line_of_budget("BL01", CUT_OFF).await.encumbered_fen, FIRST, "for the line");

    suite.registry.correct(&code(1), CORRECTED, &title(1));
    suite.open(CORRECTED).await;
    let line = suite.lines("HNTE", CUT_OFF).await.into_iter().find(|line| line.uscc == code(1)).unwrap();
    assert_eq!((line.state(), line.credited_on.as_str(), line.attempts), (LineState::Credited, CORRECTED, 2));
    assert_eq!(line.returned_on, "2022-09-27");
    let sent: Vec<_> = suite.bank.instructions().into_iter().filter(|it| it.payee_uscc == code(1)).collect();
    assert_eq!(sent.len(), 2);
    assert!(sent.iter().all(|it| it.end_to_end_id == line.name));
    assert_ne!(sent[0].payee_account_no, sent[1].payee_account_no);
    let summary = suite.summary("HNTE", CUT_OFF).await;
    assert_eq!((summary.payees, summary.credited_after_return, summary.credited_fen), (2, 1, 2 * FIRST));
    assert_eq!(suite.line_of_budget("BL01", CUT_OFF).await.paid_fen, 2 * FIRST);
    suite.close().await;
}

#[tokio::test]
async fn a_return_finds_a_correction_of_its_own_day_that_was_recorded_before_it() {
    let suite = suite(1).await;
    suite.bank.bounce(&code(1), "2022-09-27");
    suite.paid("HNTE").await;
    suite.registry.correct(&code(1), "2022-09-27", &title(1));
    suite.open("2022-09-27").await;
    suite.reconcile("2022-09-27").await.unwrap();
    suite.open("2022-09-28").await;
    assert_eq!(suite.line(1, CUT_OFF).await.0, LineState::Credited);
    suite.close().await;
}

#[tokio::test]
async fn a_line_whose_standing_is_bad_on_that_day_goes_on_waiting() {
    let suite = suite(3).await;
    for n in [1, 2, 3] {
        suite.registry.set_account(&code(n), "2022-09-20", "另一家公司");
    }
    suite.paid("HNTE").await;
    suite.registry.list(&code(1), "XY-1", CORRECTED, "2022-10-20");
    suite.registry.set_status(&code(2), CORRECTED, SubjectStatus::MovedOut);
    for n in [1, 2] {
        suite.registry.correct(&code(n), CORRECTED, &title(n));
    }
    suite.registry.correct(&code(3), CORRECTED, "第三家公司");
    suite.open(CORRECTED).await;
    for n in [1, 2, 3] {
        assert_eq!(suite.line(n, CUT_OFF).await.0, LineState::Held);
    }
    let told: Vec<_> =
        suite.exclusions("HNTE", CUT_OFF).await.into_iter().map(|(_, reason)| reason).collect();
    assert_eq!(
        told, ["ACCOUNT_NAME_MISMATCH"; 3],
        "what is found after the day of payment is not the reason"
    );
    // Another correction, on a day when all is well, still pays them.
    suite.registry.correct(&code(1), "2022-10-25", &title(1));
    suite.registry.correct(&code(3), "2022-10-25", &title(3));
    suite.open("2022-10-25").await;
    for (n, state) in [(1, LineState::Credited), (2, LineState::Held), (3, LineState::Credited)] {
        assert_eq!(suite.line(n, CUT_OFF).await.0, state, "{n}");
    }
    suite.close().await;
}

#[tokio::test]
async fn a_refused_instruction_waits_for_a_corrected_account() {
    let suite = suite(1).await;
    suite.bank.refuse(&code(1));
    suite.paid("HNTE").await;
    assert_eq!(suite.line(1, CUT_OFF).await.0, LineState::Returned);
    suite.registry.correct(&code(1), CORRECTED, &title(1));
    suite.open(CORRECTED).await;
    assert_eq!(suite.line(1, CUT_OFF).await.0, LineState::Credited);
    assert_eq!(suite.bank.credits().values().sum::<usize>(), 1);
    suite.close().await;
}
