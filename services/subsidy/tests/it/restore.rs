//! The database put back to an earlier copy, while the bank has gone on: nobody is paid a second time.

use canopy_proto::subsidy::v1::LineState;

use crate::story::{CUT_OFF, FIRST, PAY_ON, code, terms, title};
use crate::suite::Suite;

const FIRMS: usize = 3;
const NEXT_DAY: &str = "2022-09-23";

async fn suite() -> Suite {
    let suite = Suite::start().await;
    suite.policy(terms()).await;
    suite.budget("BL01", 100 * FIRST).await;
    suite.firms(FIRMS);
    suite
}

/// What the bank has: the same instructions, each credited once.
async fn require_paid_once(suite: &Suite) {
    let credits = suite.bank.credits();
    assert_eq!((credits.len(), suite.bank.instructions().len()), (FIRMS, FIRMS));
    assert!(credits.values().all(|times| *times == 1), "{credits:?}");
    let lines = suite.lines("HNTE", CUT_OFF).await;
    assert_eq!(lines.len(), FIRMS);
    assert!(lines.iter().all(|line| line.state() == LineState::Credited && line.credited_on == PAY_ON));
}

#[tokio::test]
async fn a_batch_that_the_copy_has_unpaid_is_paid_once() {
    let mut suite = suite().await;
    suite.funded("HNTE").await;
    suite.copy().await;
    suite.open(PAY_ON).await;
    require_paid_once(&suite).await;
    suite.put_back().await;
    assert_eq!(suite.line(1, CUT_OFF).await.0, LineState::Approved, "the copy is from before");
    suite.open(PAY_ON).await;
    require_paid_once(&suite).await;
    assert_eq!(suite.line_of_budget("BL01", CUT_OFF).await.paid_fen, 3 * FIRST);
    suite.close().await;
}

#[tokio::test]
async fn a_batch_that_the_copy_lacks_is_made_again_on_a_later_day_and_paid_once() {
    let mut suite = suite().await;
    let run = suite.confirmed("HNTE").await.name;
    suite.copy().await;
    paid_on(&suite, &run, PAY_ON).await;
    require_paid_once(&suite).await;
    suite.put_back().await;
    // The bank refuses what it has with another day, and its first word stands.
    paid_on(&suite, &run, NEXT_DAY).await;
    require_paid_once(&suite).await;
    suite.close().await;
}

#[tokio::test]
async fn an_account_that_was_corrected_since_sends_nothing_a_second_time() {
    let mut suite = suite().await;
    suite.funded("HNTE").await;
    suite.copy().await;
    suite.open(PAY_ON).await;
    suite.put_back().await;
    suite.registry.correct(&code(1), PAY_ON, &title(1));
    suite.open(PAY_ON).await;
    suite.open(NEXT_DAY).await;
    require_paid_once(&suite).await;
    suite.close().await;
}

async fn paid_on(suite: &Suite, run: &str, day: &str) {
    let batch = suite.batch(run, day).await.unwrap();
    suite.approve(&batch.name, "liu").await.unwrap();
    suite.fund(&batch.name, day).await.unwrap();
    suite.open(day).await;
}
