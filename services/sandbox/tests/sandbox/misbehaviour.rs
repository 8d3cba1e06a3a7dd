//! The bank goes wrong on request, as often as asked and no oftener (RULES.md R5).

use crate::common::{Bank, instruction, reason, state};
use canopy_proto::sandbox::v1::Misbehaviour;
use canopy_proto::treasury::v1::Instruction;

#[tokio::test]
async fn silent_after_does_the_work_and_the_answer_never_comes() {
    let folder = tempfile::tempdir().unwrap();
    let bank = Bank::open(folder.path()).await;
    bank.operator().misbehave(Misbehaviour::SilentAfter, 1).await.unwrap();
    let payer = bank.payer();
    assert_eq!(reason(payer.impatient().submit_one(instruction("ist_1")).await), "DEADLINE_EXCEEDED");
    assert_eq!(state(&payer.query_one("ist_1").await.unwrap()), "CREDITED");
}

#[tokio::test]
async fn silent_before_does_nothing_and_the_answer_never_comes() {
    let folder = tempfile::tempdir().unwrap();
    let bank = Bank::open(folder.path()).await;
    bank.operator().misbehave(Misbehaviour::SilentBefore, 1).await.unwrap();
    let payer = bank.payer();
    assert_eq!(reason(payer.impatient().submit_one(instruction("ist_1")).await), "DEADLINE_EXCEEDED");
    assert_eq!(state(&payer.query_one("ist_1").await.unwrap()), "UNKNOWN");
    assert_eq!(state(&payer.submit_one(instruction("ist_1")).await.unwrap()), "CREDITED");
}

#[tokio::test]
async fn unavailable_refuses_as_many_calls_as_asked_and_does_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let bank = Bank::open(folder.path()).await;
    bank.operator().misbehave(Misbehaviour::Unavailable, 2).await.unwrap();
    let payer = bank.payer();
    assert_eq!(reason(payer.submit_one(instruction("ist_1")).await), "SERVICE_DOWN");
    assert_eq!(reason(payer.query_one("ist_1").await), "SERVICE_DOWN");
    assert_eq!(state(&payer.query_one("ist_1").await.unwrap()), "UNKNOWN");
}

#[tokio::test]
async fn twice_gives_the_entries_of_the_next_statement_twice_and_leaves_other_calls_alone() {
    let folder = tempfile::tempdir().unwrap();
    let bank = Bank::open(folder.path()).await;
    bank.operator().misbehave(Misbehaviour::Twice, 1).await.unwrap();
    let payer = bank.payer();
    payer.submit(vec![instruction("ist_1"), instruction("ist_2")]).await.unwrap();
    let numbers = async || -> Vec<i64> {
        payer.statement("2022-09-20").await.unwrap().iter().map(|entry| entry.entry).collect()
    };
    assert_eq!(numbers().await, [1, 1, 2, 2]);
    assert_eq!(numbers().await, [1, 2]);
}

#[tokio::test]
async fn unordered_adds_an_entry_of_a_payment_that_nobody_ordered_to_one_statement() {
    let folder = tempfile::tempdir().unwrap();
    let bank = Bank::open(folder.path()).await;
    bank.operator().misbehave(Misbehaviour::Unordered, 1).await.unwrap();
    let payer = bank.payer();
    payer.submit_one(instruction("ist_1")).await.unwrap();
    let told = async || -> Vec<(i64, String)> {
        let entries = payer.statement("2022-09-20").await.unwrap().into_iter();
        entries.map(|entry| (entry.entry, entry.instruction_id)).collect()
    };
    let own = (1, "ist_1".to_owned());
    assert_eq!(told().await, [own.clone(), (2, "nobody-ordered-this".to_owned())]);
    assert_eq!(told().await, [own]);
}

#[tokio::test]
async fn larger_makes_the_returns_of_one_statement_larger_than_what_was_paid() {
    let folder = tempfile::tempdir().unwrap();
    let bank = Bank::open(folder.path()).await;
    bank.operator().script("HNTE", "2022-09-23").await.unwrap();
    let payer = bank.payer();
    let paid = payer.submit_one(instruction("ist_1")).await.unwrap();
    assert_eq!(state(&paid), "ACCEPTED");
    bank.operator().misbehave(Misbehaviour::Larger, 1).await.unwrap();
    for amount in [5_000_001, 5_000_000] {
        assert_eq!(payer.statement("2022-09-23").await.unwrap()[0].amount_fen, amount);
    }
}

#[tokio::test]
async fn misbehaviours_are_used_up_in_the_order_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let bank = Bank::open(folder.path()).await;
    let operator = bank.operator();
    operator.misbehave(Misbehaviour::SilentAfter, 1).await.unwrap();
    operator.misbehave(Misbehaviour::Unavailable, 1).await.unwrap();
    let payer = bank.payer();
    assert_eq!(reason(payer.impatient().submit_one(instruction("ist_1")).await), "DEADLINE_EXCEEDED");
    assert_eq!(reason(payer.query_one("ist_1").await), "SERVICE_DOWN");
    assert_eq!(state(&payer.query_one("ist_1").await.unwrap()), "CREDITED");
}

#[tokio::test]
async fn the_same_misbehaviour_asked_again_while_it_stands_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let bank = Bank::open(folder.path()).await;
    let (operator, payer) = (bank.operator(), bank.payer());
    operator.misbehave(Misbehaviour::Unavailable, 2).await.unwrap();
    assert_eq!(reason(payer.query_one("ist_1").await), "SERVICE_DOWN");
    operator.misbehave(Misbehaviour::Unavailable, 2).await.unwrap();
    assert_eq!(reason(payer.query_one("ist_1").await), "SERVICE_DOWN");
    assert_eq!(state(&payer.query_one("ist_1").await.unwrap()), "UNKNOWN");
    // Used up, it can be asked for anew.
    operator.misbehave(Misbehaviour::Unavailable, 2).await.unwrap();
    assert_eq!(reason(payer.query_one("ist_1").await), "SERVICE_DOWN");
}

#[tokio::test]
async fn a_malformed_call_uses_no_misbehaviour_up() {
    let folder = tempfile::tempdir().unwrap();
    let bank = Bank::open(folder.path()).await;
    bank.operator().misbehave(Misbehaviour::Unavailable, 1).await.unwrap();
    let payer = bank.payer();
    let broken = Instruction { value_date: "2022/09/20".into(), ..instruction("ist_1") };
    assert_eq!(reason(payer.submit_one(broken).await), "DATE_FORMAT");
    assert_eq!(reason(payer.submit_one(instruction("ist_1")).await), "SERVICE_DOWN");
}

#[tokio::test]
async fn instructions_scripts_and_what_is_left_of_a_misbehaviour_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let bank = Bank::open(folder.path()).await;
    let before = bank.payer().submit_one(instruction("ist_1")).await.unwrap();
    bank.operator().script("HNTE", "2022-09-23").await.unwrap();
    bank.operator().misbehave(Misbehaviour::Unavailable, 2).await.unwrap();
    assert_eq!(reason(bank.payer().query_one("ist_1").await), "SERVICE_DOWN");

    let bank = bank.reopen(folder.path()).await;
    let payer = bank.payer();
    assert_eq!(reason(payer.query_one("ist_1").await), "SERVICE_DOWN");
    assert_eq!(payer.query_one("ist_1").await.unwrap(), before);
    assert_eq!(state(&payer.submit_one(instruction("ist_2")).await.unwrap()), "ACCEPTED");
}
