//! The state machine of payment lines, transition by transition, and what each does to the budget.

use jiff::civil::date;
use uuid::Uuid;

use super::*;
use crate::policy::rule_terms::tests::fen;

pub(crate) const PAY_ON: Date = date(2022, 9, 22);
const LATER: Date = date(2022, 9, 27);
const SOURCE: Source = Source {
    budget_line: BudgetLineId::new(Uuid::from_u128(9)),
    grant: LedgerAccountId::new(Uuid::from_u128(10)),
    paid: LedgerAccountId::new(Uuid::from_u128(11)),
};

pub(crate) fn created() -> Line {
    Line {
        id: PaymentLineId::new(Uuid::from_u128(1)),
        batch: BatchId::new(Uuid::from_u128(2)),
        candidate: CandidateId::new(Uuid::from_u128(3)),
        uscc: "91420111MA4KXA0264".to_owned(),
        amount: fen(10_000_000),
        state: State::Created,
        seq: 1,
        state_on: PAY_ON,
        attempts: 0,
        funding: None,
        steps: Vec::new(),
        bookings: Vec::new(),
    }
}

pub(crate) fn approved() -> Line {
    created().fund(SOURCE, PAY_ON).unwrap()
}

pub(crate) fn assigned() -> Line {
    approved().assign().unwrap().0
}

pub(crate) fn in_doubt() -> Line {
    assigned().doubt(PAY_ON).unwrap()
}

pub(crate) fn submitted() -> Line {
    assigned().acknowledge(PAY_ON).unwrap()
}

pub(crate) fn credited() -> Line {
    submitted().credit(PAY_ON).unwrap()
}

pub(crate) fn held() -> Line {
    approved().hold(PAY_ON).unwrap()
}

pub(crate) fn returned() -> Line {
    submitted().bounce(LATER).unwrap()
}

pub(crate) fn corrected() -> Line {
    returned().correct(LATER).unwrap()
}

/// Every state once, by a name that tells an assigned instruction from none.
fn all() -> Vec<(&'static str, Line)> {
    vec![
        ("CREATED", created()),
        ("APPROVED", approved()),
        ("APPROVED+", assigned()),
        ("EXCLUDED", created().exclude(Exclusion::MovedOut, PAY_ON).unwrap()),
        ("HELD", held()),
        ("CORRECTED", corrected()),
        ("CORRECTED+", corrected().assign().unwrap().0),
        ("IN_DOUBT", in_doubt()),
        ("SUBMITTED", submitted()),
        ("CREDITED", credited()),
        ("RETURNED", returned()),
        ("ABANDONED", held().abandon(LATER).unwrap()),
    ]
}

fn taken_from(step: impl Fn(Line) -> Result<Line, Failure>) -> Vec<&'static str> {
    let mut names = Vec::new();
    for (name, line) in all() {
        match step(line) {
            Ok(_) => names.push(name),
            Err(failure) => assert_eq!(failure.reason().name, "STATE_NOT_ALLOWED", "{name}"),
        }
    }
    names
}

#[test]
fn each_step_is_taken_from_its_own_states_alone() {
    let on = date(2022, 10, 1);
    assert_eq!(taken_from(|line| line.fund(SOURCE, on)), ["CREATED"]);
    assert_eq!(taken_from(|line| line.exclude(Exclusion::MovedOut, on)), ["CREATED"]);
    assert_eq!(taken_from(|line| line.hold(on)), ["APPROVED"]);
    assert_eq!(taken_from(|line| line.correct(on)), ["HELD", "RETURNED"]);
    assert_eq!(taken_from(|line| line.assign().map(|(line, _)| line)), ["APPROVED", "CORRECTED"]);
    assert_eq!(taken_from(|line| line.doubt(on)), ["APPROVED+", "CORRECTED+"]);
    assert_eq!(taken_from(|line| line.acknowledge(on)), ["APPROVED+", "CORRECTED+", "IN_DOUBT"]);
    assert_eq!(taken_from(|line| line.credit(on)), ["SUBMITTED"]);
    assert_eq!(taken_from(|line| line.bounce(on)), ["SUBMITTED", "CREDITED"]);
    assert_eq!(taken_from(|line| line.refuse(on)), ["APPROVED+", "CORRECTED+", "IN_DOUBT", "SUBMITTED"]);
    assert_eq!(taken_from(|line| line.abandon(on)), ["HELD", "RETURNED"]);
}

#[test]
fn the_history_of_a_line_that_bounced_is_whole_and_numbered() {
    let line = corrected().assign().unwrap().0.acknowledge(LATER).unwrap().credit(LATER).unwrap();
    let history: Vec<_> = line.steps.iter().map(|step| (step.seq, step.to.as_str(), step.on)).collect();
    assert_eq!(
        history,
        [
            (2, "APPROVED", PAY_ON),
            (3, "SUBMITTED", PAY_ON),
            (4, "RETURNED", LATER),
            (5, "CORRECTED", LATER),
            (6, "SUBMITTED", LATER),
            (7, "CREDITED", LATER),
        ]
    );
    assert_eq!(line.attempts, 2);
}

#[test]
fn an_instruction_follows_from_the_line_and_the_attempt() {
    let (first, again, second) = (assigned(), assigned(), corrected().assign().unwrap().0);
    assert_eq!(first.state.instruction(), again.state.instruction());
    assert_ne!(first.state.instruction(), second.state.instruction());
    let other = Line { id: PaymentLineId::new(Uuid::from_u128(4)), ..approved() };
    assert_ne!(other.assign().unwrap().0.state.instruction(), first.state.instruction());
}

#[test]
fn money_is_encumbered_once_and_paid_once_through_a_bounce() {
    let line = corrected().assign().unwrap().0.acknowledge(LATER).unwrap().credit(LATER).unwrap();
    let reservation = line.funding.unwrap().reservation;
    assert_eq!(
        line.bookings,
        [Booking::Reserve { reservation, on: PAY_ON }, Booking::Pay { reservation, on: LATER }]
    );
}

#[test]
fn a_return_after_the_credit_moves_the_money_back_and_encumbers_it_again() {
    let line = credited().bounce(LATER).unwrap();
    let again = line.funding.unwrap().reservation;
    let [Booking::Reserve { reservation, .. }, Booking::Pay { .. }, back, anew] = line.bookings[..] else {
        panic!("{:?}", line.bookings)
    };
    assert_eq!(back, Booking::TakeBack { reservation, on: LATER });
    assert_eq!(anew, Booking::Reserve { reservation: again, on: LATER });
    assert_ne!(again, reservation);
}

#[test]
fn a_held_line_keeps_its_money_until_it_is_abandoned() {
    let reservation = held().funding.unwrap().reservation;
    assert_eq!(held().bookings, [Booking::Reserve { reservation, on: PAY_ON }]);
    let free = Booking::Free { reservation, on: LATER };
    assert_eq!(held().abandon(LATER).unwrap().bookings.last(), Some(&free));
}

#[test]
fn an_excluded_line_never_touches_the_budget() {
    assert_eq!(created().exclude(Exclusion::MovedOut, PAY_ON).unwrap().bookings, []);
}

#[test]
fn a_correction_from_before_the_hold_does_not_release_it() {
    let before = held().correct(date(2022, 9, 21)).unwrap_err();
    assert_eq!(before.reason().name, "STATE_NOT_ALLOWED");
}

#[test]
fn a_step_never_counts_from_before_the_one_it_follows() {
    let line = submitted().credit(date(2022, 9, 1)).unwrap();
    assert_eq!(line.state_on, PAY_ON);
}

#[test]
fn a_stored_state_reads_back_as_it_was() {
    for (name, line) in all() {
        let state = line.state;
        let instruction = state.instruction().map(|it| it.as_uuid());
        assert_eq!(State::from_stored(state.as_str(), instruction, state.reason_code()), Ok(state), "{name}");
    }
    assert!(State::from_stored("SUBMITTED", None, "").is_err());
}
