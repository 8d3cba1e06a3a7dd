//! A bank that does not answer: every line is paid once and none is lost.

use canopy_proto::subsidy::v1::LineState;

use crate::bank::Misbehave::{SilentAfter, SilentBefore, Unavailable};
use crate::story::{CUT_OFF, FIRST, PAY_ON, code, terms};
use crate::suite::Suite;

async fn suite(firms: usize) -> Suite {
    let suite = Suite::start().await;
    suite.policy(terms()).await;
    suite.budget("BL01", 100 * FIRST).await;
    suite.firms(firms);
    suite
}

async fn require_paid_once(suite: &Suite, firms: usize) {
    let credits = suite.bank.credits();
    assert_eq!(credits.len(), firms);
    assert!(credits.values().all(|times| *times == 1), "{credits:?}");
    let lines = suite.lines("HNTE", CUT_OFF).await;
    assert!(lines.iter().all(|line| line.state() == LineState::Credited && line.credited_on == PAY_ON));
    assert_eq!(suite.bank.instructions().len(), firms, "no line got a second instruction");
    assert!(suite.bank.is_behaving());
}

#[tokio::test]
async fn a_bank_that_did_the_work_and_kept_silent_is_asked_and_not_told_again() {
    let suite = suite(5).await;
    suite.bank.misbehave(&[SilentAfter]);
    suite.paid("HNTE").await;
    require_paid_once(&suite, 5).await;
    assert_eq!(suite.bank.calls(), (1, 1), "one submission, one question");
    let doubted = suite.count("select count(*) from subsidy.line_state where state = 'IN_DOUBT'").await;
    assert_eq!(doubted, 5);
    suite.close().await;
}

#[tokio::test]
async fn a_bank_that_did_nothing_gets_the_same_instructions_after_its_definite_unknown() {
    let suite = suite(5).await;
    suite.bank.misbehave(&[SilentBefore]);
    suite.paid("HNTE").await;
    require_paid_once(&suite, 5).await;
    assert_eq!(suite.bank.calls(), (2, 1));
    suite.close().await;
}

#[tokio::test]
async fn a_bank_that_is_away_is_asked_until_it_answers() {
    let suite = suite(3).await;
    suite.bank.misbehave(&[Unavailable, Unavailable, SilentBefore, SilentAfter, Unavailable, SilentAfter]);
    suite.paid("HNTE").await;
    require_paid_once(&suite, 3).await;
    suite.close().await;
}

#[tokio::test]
async fn a_line_in_doubt_is_told_as_such() {
    let suite = suite(1).await;
    suite.bank.misbehave(&[SilentAfter; 60]);
    let batch = suite.funded("HNTE").await;
    // The day is opened by a caller who does not wait for the bank.
    let opening = tokio::time::timeout(std::time::Duration::from_secs(2), suite.open(PAY_ON)).await;
    assert!(opening.is_err(), "the day is not done while a line is in doubt");
    assert_eq!(suite.line(1, CUT_OFF).await.0, LineState::InDoubt);
    assert_eq!(suite.lines("HNTE", CUT_OFF).await[0].batch, batch.name);
    assert_eq!(suite.line_of_budget("BL01", CUT_OFF).await.encumbered_fen, FIRST);
    // The statement settles what the bank did not say.
    suite.bank.forget_misbehaviour();
    let booked = suite.reconcile(PAY_ON).await.unwrap();
    assert_eq!((booked.credited, booked.booked_before), (1, 0));
    suite.open(PAY_ON).await;
    require_paid_once(&suite, 1).await;
    suite.close().await;
}

#[tokio::test]
async fn a_service_that_stops_between_assigning_and_sending_sends_the_same_instruction() {
    let mut suite = suite(4).await;
    suite.bank.misbehave(&[SilentBefore; 40]);
    suite.funded("HNTE").await;
    let _ = tokio::time::timeout(std::time::Duration::from_millis(600), suite.open(PAY_ON)).await;
    suite.restart().await;
    suite.bank.forget_misbehaviour();
    suite.open(PAY_ON).await;
    require_paid_once(&suite, 4).await;
    suite.close().await;
}

#[tokio::test]
async fn a_registry_that_is_away_holds_payments_up_and_loses_none() {
    let suite = suite(2).await;
    suite.funded("HNTE").await;
    suite.registry.set_down(true);
    let opening = tokio::time::timeout(std::time::Duration::from_secs(1), suite.open(PAY_ON)).await;
    assert!(opening.is_err());
    assert_eq!(suite.line(1, CUT_OFF).await.0, LineState::Approved);
    assert_eq!(suite.bank.calls().0, 0, "nothing goes out unchecked");
    suite.registry.set_down(false);
    suite.open(PAY_ON).await;
    require_paid_once(&suite, 2).await;
    assert_eq!(suite.line(2, CUT_OFF).await.0, LineState::Credited, "{}", code(2));
    suite.close().await;
}
