//! The state machine of runs, transition by transition.

use jiff::civil::date;

use super::*;

const PUBLICITY: Publicity = Publicity { posted_on: date(2022, 9, 7), last_day: date(2022, 9, 14) };

fn run() -> Run {
    Run {
        id: RunId::new(uuid::Uuid::from_u128(1)),
        external_ref: None,
        policy: PolicyId::new(uuid::Uuid::from_u128(2)),
        policy_code: "HNTE".to_owned(),
        year: 2022,
        state: State::CreditChecked,
        maker: "张晓岚".to_owned(),
        match_on: date(2022, 8, 15),
        snapshot_digest: vec![0; 32],
        snapshot_position: 7,
        version: 1,
    }
}

fn publicised() -> Run {
    run().publish(PUBLICITY).unwrap()
}

fn confirmed() -> Run {
    publicised().confirm(date(2022, 9, 15)).unwrap()
}

fn batched() -> Run {
    confirmed().put_in_batch(date(2022, 9, 15)).unwrap()
}

fn funded() -> Run {
    batched().fund(date(2022, 9, 22)).unwrap()
}

fn voided() -> Run {
    run().void("not needed".to_owned()).unwrap()
}

fn all() -> [Run; 6] {
    [run(), publicised(), confirmed(), batched(), funded(), voided()]
}

/// Names of the states from which the step is taken.
fn taken_from(step: impl Fn(Run) -> Result<(), Failure>) -> Vec<&'static str> {
    let mut names = Vec::new();
    for run in all() {
        let name = if run.state.funded_on().is_some() { "FUNDED" } else { run.state.as_str() };
        match step(run) {
            Ok(()) => names.push(name),
            Err(failure) => assert_eq!(failure.reason().name, "STATE_NOT_ALLOWED", "{name}"),
        }
    }
    names
}

#[test]
fn a_run_goes_its_way_and_counts_its_versions() {
    let states: Vec<_> = all().map(|run| (run.state.as_str(), run.version)).into();
    assert_eq!(
        states,
        [
            ("CREDIT_CHECKED", 1),
            ("PUBLICISED", 2),
            ("CONFIRMED", 3),
            ("BATCHED", 4),
            ("BATCHED", 5),
            ("VOIDED", 2)
        ]
    );
}

#[test]
fn each_step_is_taken_from_its_own_state_alone() {
    let day = date(2022, 9, 30);
    assert_eq!(taken_from(|run| run.publish(PUBLICITY).map(drop)), ["CREDIT_CHECKED"]);
    assert_eq!(taken_from(|run| run.confirm(day).map(drop)), ["PUBLICISED"]);
    assert_eq!(taken_from(|run| run.put_in_batch(day).map(drop)), ["CONFIRMED"]);
    assert_eq!(taken_from(|run| run.fund(day).map(drop)), ["BATCHED"]);
    assert_eq!(taken_from(|run| run.progress(Progress::Partly).map(drop)), ["FUNDED"]);
    let voidable = ["CREDIT_CHECKED", "PUBLICISED", "CONFIRMED", "BATCHED"];
    assert_eq!(taken_from(|run| run.void("x".to_owned()).map(drop)), voidable);
}

#[test]
fn a_list_is_confirmed_the_day_after_the_last_day_of_publicity_and_not_before() {
    assert!(publicised().confirm(date(2022, 9, 15)).is_ok());
    let early = date(2022, 9, 14);
    for refused in [publicised().confirm(early), publicised().put_in_batch(early)] {
        assert_eq!(refused.unwrap_err().reason().name, "PUBLICITY_NOT_OVER");
    }
}

#[test]
fn a_run_is_paid_when_no_line_is_open_and_partly_paid_before() {
    let table = [((0, 0), Progress::Waiting), ((0, 3), Progress::Waiting), ((1, 2), Progress::Partly)];
    for ((credited, open), expected) in table {
        assert_eq!(Progress::of(credited, open), expected);
    }
    assert_eq!(Progress::of(3, 0), Progress::Paid);
    let paid = funded().progress(Progress::Paid).unwrap().unwrap();
    assert_eq!((paid.state.as_str(), paid.version), ("PAID", 6));
    let back = paid.progress(Progress::Partly).unwrap().unwrap();
    assert_eq!(back.state.as_str(), "PARTLY_PAID");
    assert_eq!(back.progress(Progress::Partly), Ok(None));
}

#[test]
fn a_voided_run_keeps_its_days_and_its_reason() {
    let voided = confirmed().void("no budget".to_owned()).unwrap().state;
    assert_eq!(voided.publicity(), Some(PUBLICITY));
    assert_eq!(voided.confirmed_on(), Some(date(2022, 9, 15)));
    assert_eq!(voided.void_reason(), "no budget");
}

#[test]
fn a_stored_state_reads_back_as_it_was() {
    let partly = funded().progress(Progress::Partly).unwrap().unwrap();
    for run in all().into_iter().chain([partly]) {
        let stored = StoredState {
            state: run.state.as_str().to_owned(),
            posted_on: run.state.publicity().map(|it| it.posted_on),
            last_day: run.state.publicity().map(|it| it.last_day),
            confirmed_on: run.state.confirmed_on(),
            funded_on: run.state.funded_on(),
            void_reason: run.state.void_reason().to_owned(),
        };
        assert_eq!(State::try_from(stored), Ok(run.state));
    }
}

#[test]
fn a_candidate_follows_its_run_its_hits_and_its_objections() {
    use CandidateState::{Batched, Confirmed, Excluded, Matched, Objected, Publicised};
    let table = [
        (run(), false, false, false, Matched),
        (run(), true, false, false, Excluded),
        (publicised(), false, false, false, Publicised),
        (publicised(), false, true, false, Objected),
        (publicised(), true, true, false, Excluded),
        (confirmed(), false, false, true, Confirmed),
        (confirmed(), false, true, false, Objected),
        (confirmed(), false, false, false, Objected),
        (batched(), false, false, true, Batched),
        (funded(), true, false, true, Excluded),
        (voided(), false, false, false, Matched),
    ];
    for (run, excluded, objected, confirmed, expected) in table {
        assert_eq!(
            CandidateState::of(&run.state, excluded, objected, confirmed),
            expected,
            "{:?}",
            run.state
        );
    }
}
