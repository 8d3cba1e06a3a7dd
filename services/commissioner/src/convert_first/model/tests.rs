//! The way of a convert-first licence: which step leads out of which state, and what holds on which day.

use canopy_kernel::BasisPoints;
use canopy_kernel::id::ReceiptId;
use jiff::Timestamp;
use jiff::civil::date;

use super::*;

const PRICE: i64 = 1_000;

fn fen(fen: i64) -> Fen {
    Fen::new(fen).unwrap()
}

fn share() -> Payment {
    Payment::RevenueShare { share: BasisPoints::new(500).unwrap() }
}

/// Signed on 2022-07-01, free for three months.
fn licensed(payment: Payment) -> ConvertFirst {
    let terms = PaymentTerms { payment, free_months: 3, payment_days: 30 };
    ConvertFirst::licensed(terms, date(2022, 7, 1))
}

fn paid(receipts: &[(Date, i64)]) -> Vec<Receipt> {
    let receipt = |(received_on, amount): &(Date, i64)| Receipt {
        id: ReceiptId::at(Timestamp::UNIX_EPOCH),
        number: received_on.to_string(),
        received_on: *received_on,
        receipts: fen(*amount),
        direct_costs: Fen::ZERO,
        divided_on: None,
    };
    receipts.iter().map(receipt).collect()
}

fn account(receipts: &[Receipt]) -> Account<'_> {
    Account { price: fen(PRICE), receipts }
}

fn wrong<T: std::fmt::Debug>(outcome: Result<T, Failure>) -> &'static str {
    outcome.unwrap_err().reason().name
}

const STATES: [State; 7] = [
    State::Licensed,
    State::Using,
    State::Triggered,
    State::Paying,
    State::Settled,
    State::EndedNoTrigger,
    State::Defaulted,
];

/// A licence in that state on 2022-09-01, with its receipts.
fn standing(payment: Payment, state: State) -> (ConvertFirst, Vec<Receipt>) {
    let fresh = licensed(payment);
    let using = ConvertFirst { using_on: Some(date(2022, 7, 10)), ..fresh.clone() };
    let (statement_no, stated_on) = ("SR1".to_owned(), date(2022, 7, 20));
    let revenue = Revenue { statement_no, stated_on, amount: fen(10_000) };
    let revenues = if payment == share() { vec![revenue] } else { Vec::new() };
    let triggered = ConvertFirst { triggered_on: Some(date(2022, 7, 20)), revenues, ..using.clone() };
    let (it, receipts) = match state {
        State::Licensed => (fresh, vec![]),
        State::Using => (using, vec![]),
        State::Triggered => (triggered, vec![]),
        State::Paying => (triggered, vec![(date(2022, 8, 1), 400)]),
        State::Settled => (triggered, vec![(date(2022, 8, 1), 400), (date(2022, 8, 20), 600)]),
        State::EndedNoTrigger => (ConvertFirst { ended_on: Some(date(2022, 8, 1)), ..using }, vec![]),
        State::Defaulted => (ConvertFirst { defaulted_on: Some(date(2022, 8, 25)), ..triggered }, vec![]),
    };
    (it, paid(&receipts))
}

const NOT: Result<State, &str> = Err("STATE_NOT_ALLOWED");
const MODE: Result<State, &str> = Err("PAYMENT_MODE_MISMATCH");
const LEFT: Result<State, &str> = Err("PAYMENT_OUTSTANDING");

/// What each step makes of each state on 2022-09-01, in the order of [`STATES`].
fn require_table(payment: Payment, table: &[(Step, [Result<State, &'static str>; 7])]) {
    let day = date(2022, 9, 1);
    for (step, expected) in table {
        for (state, expected) in STATES.into_iter().zip(expected) {
            let (before, receipts) = standing(payment, state);
            assert_eq!(before.state_on(account(&receipts), day), Some(state));
            let after = before.take(step, account(&receipts), day);
            let after = after.map(|it| it.state_on(account(&receipts), day).unwrap());
            let after = after.map_err(|failure| failure.reason().name);
            assert_eq!(after, *expected, "{step:?} from {state:?}");
        }
    }
}

#[test]
fn of_what_is_paid_when_a_condition_is_met_each_step_leads_on_or_is_refused() {
    use State::{Defaulted, EndedNoTrigger, Triggered, Using};
    let revenue = Step::RecordRevenue("SR2".to_owned(), fen(1));
    let table = [
        (Step::BeginUse, [Ok(Using), NOT, NOT, NOT, NOT, NOT, NOT]),
        (Step::Trigger, [NOT, Ok(Triggered), NOT, NOT, NOT, NOT, NOT]),
        (revenue, [MODE, MODE, MODE, MODE, NOT, NOT, NOT]),
        (Step::Settle, [NOT, NOT, LEFT, LEFT, NOT, NOT, NOT]),
        (Step::End, [Ok(EndedNoTrigger), Ok(EndedNoTrigger), NOT, NOT, NOT, NOT, NOT]),
        (Step::DeclareDefault, [NOT, NOT, Ok(Defaulted), Ok(Defaulted), NOT, NOT, NOT]),
    ];
    require_table(Payment::Conditional, &table);
}

#[test]
fn of_what_is_paid_by_revenue_each_step_leads_on_or_is_refused() {
    use State::{Defaulted, EndedNoTrigger, Paying, Triggered, Using};
    let revenue = Step::RecordRevenue("SR2".to_owned(), fen(1));
    let table = [
        (Step::BeginUse, [Ok(Using), NOT, NOT, NOT, NOT, NOT, NOT]),
        (Step::Trigger, [MODE, MODE, MODE, MODE, NOT, NOT, NOT]),
        (revenue, [NOT, Ok(Triggered), Ok(Triggered), Ok(Paying), NOT, NOT, NOT]),
        // Of 10,000 revenue 500 are owed; 400 are paid.
        (Step::Settle, [NOT, NOT, LEFT, LEFT, NOT, NOT, NOT]),
        (Step::End, [Ok(EndedNoTrigger), Ok(EndedNoTrigger), NOT, NOT, NOT, NOT, NOT]),
        (Step::DeclareDefault, [NOT, NOT, Ok(Defaulted), Ok(Defaulted), NOT, NOT, NOT]),
    ];
    require_table(share(), &table);
}

#[test]
fn what_is_paid_after_the_free_period_needs_no_word_to_be_owed() {
    for payment in [Payment::Deferred, Payment::Instalments { count: 2, months: 6 }] {
        let day = date(2022, 8, 1);
        let nothing = account(&[]);
        let using = licensed(payment).take(&Step::BeginUse, nothing, day).unwrap();
        let states = [
            (date(2022, 6, 30), None),
            (date(2022, 7, 1), Some(State::Licensed)),
            (date(2022, 8, 1), Some(State::Using)),
            (date(2022, 10, 1), Some(State::Using)),
            (date(2022, 10, 2), Some(State::Triggered)),
            (date(2032, 10, 2), Some(State::Triggered)),
        ];
        for (day, state) in states {
            assert_eq!(using.state_on(nothing, day), state, "{day}");
        }
        assert_eq!(wrong(using.clone().take(&Step::Trigger, nothing, day)), "PAYMENT_MODE_MISMATCH");
        // 30 days after 10-02.
        let default = |day| using.clone().take(&Step::DeclareDefault, nothing, day);
        assert_eq!(wrong(default(date(2022, 10, 1))), "STATE_NOT_ALLOWED");
        assert_eq!(wrong(default(date(2022, 11, 1))), "PAYMENT_NOT_OVERDUE");
        assert_eq!(default(date(2022, 11, 2)).unwrap().defaulted_on, Some(date(2022, 11, 2)));
        assert_eq!(wrong(using.clone().take(&Step::End, nothing, date(2022, 10, 2))), "STATE_NOT_ALLOWED");
    }
}

#[test]
fn without_use_or_event_the_end_of_the_free_period_is_the_end() {
    let used = |payment| ConvertFirst { using_on: Some(date(2022, 7, 2)), ..licensed(payment) };
    let unpaid = [licensed(Payment::Deferred), used(Payment::Conditional), used(share())];
    for it in unpaid {
        let on = |day| it.state_on(account(&[]), day);
        assert_ne!(on(date(2022, 10, 1)), Some(State::EndedNoTrigger));
        assert_eq!(on(date(2022, 10, 2)), Some(State::EndedNoTrigger));
        let late = it.clone().take(&Step::BeginUse, account(&[]), date(2022, 10, 2));
        assert_eq!(wrong(late), "STATE_NOT_ALLOWED");
    }
    // An event on the last day counts.
    let last = date(2022, 10, 1);
    let met = used(Payment::Conditional).take(&Step::Trigger, account(&[]), last).unwrap();
    assert_eq!(met.state_on(account(&[]), date(2022, 10, 2)), Some(State::Triggered));
}

#[test]
fn income_may_come_at_once_and_makes_nothing_due_earlier() {
    let receipts = paid(&[(date(2022, 7, 20), 400)]);
    let early = licensed(Payment::Deferred);
    assert_eq!(early.state_on(account(&receipts), date(2022, 7, 19)), Some(State::Licensed));
    assert_eq!(early.state_on(account(&receipts), date(2022, 7, 20)), Some(State::Paying));
    assert_eq!(early.pay_by(account(&receipts), date(2022, 7, 20)), Some(date(2022, 11, 1)));
    // The condition can still be met, and once.
    let unmet = licensed(Payment::Conditional);
    let met = unmet.clone().take(&Step::Trigger, account(&receipts), date(2022, 8, 1)).unwrap();
    assert_eq!(met.pay_by(account(&receipts), date(2022, 8, 1)), Some(date(2022, 8, 31)));
    let again = met.take(&Step::Trigger, account(&receipts), date(2022, 8, 2));
    assert_eq!(wrong(again), "STATE_NOT_ALLOWED");
    // After the free period it cannot; what was paid is all that is owed.
    let late = unmet.clone().take(&Step::Trigger, account(&receipts), date(2022, 10, 2));
    assert_eq!(wrong(late), "STATE_NOT_ALLOWED");
    let settled = unmet.take(&Step::Settle, account(&receipts), date(2022, 10, 2)).unwrap();
    assert_eq!(settled.state_on(account(&receipts), date(2022, 10, 2)), Some(State::Settled));
}

#[test]
fn a_share_of_revenue_is_owed_statement_by_statement_up_to_the_price() {
    let state = |it: ConvertFirst, number: &str, amount, receipts: &[Receipt], day| {
        it.take(&Step::RecordRevenue(number.to_owned(), fen(amount)), account(receipts), day)
    };
    let using = ConvertFirst { using_on: Some(date(2022, 7, 2)), ..licensed(share()) };
    let first = state(using, "S1", 12_000, &[], date(2022, 9, 1)).unwrap();
    assert_eq!(first.triggered_on, Some(date(2022, 9, 1)));
    assert_eq!(wrong(state(first.clone(), "S1", 1, &[], date(2022, 9, 2))), "DUPLICATE_REVENUE");
    let receipts = paid(&[(date(2022, 9, 20), 600)]);
    // Statements go on after the free period.
    let second = state(first.clone(), "S2", 20_000, &receipts, date(2023, 1, 10)).unwrap();
    let owed = second.dues(fen(PRICE), date(2023, 1, 10));
    assert_eq!(owed.iter().map(|it| it.amount.get()).collect::<Vec<i64>>(), [600, 400]);
    // As of a day before the statement it is not known.
    assert_eq!(second.dues(fen(PRICE), date(2023, 1, 9)).len(), 1);
    assert_eq!(second.pay_by(account(&receipts), date(2023, 1, 10)), Some(date(2023, 2, 9)));
    let early = second.take(&Step::DeclareDefault, account(&receipts), date(2023, 2, 9));
    assert_eq!(wrong(early), "PAYMENT_NOT_OVERDUE");
    // The share of all that was stated is paid: nothing more is owed, or overdue.
    let over = first.clone().take(&Step::DeclareDefault, account(&receipts), date(2023, 1, 1));
    assert_eq!(wrong(over), "PAYMENT_NOT_OVERDUE");
    let settled = first.take(&Step::Settle, account(&receipts), date(2023, 1, 1)).unwrap();
    assert_eq!(settled.state_on(account(&receipts), date(2022, 12, 31)), Some(State::Paying));
    assert_eq!(settled.state_on(account(&receipts), date(2023, 1, 1)), Some(State::Settled));
}

#[test]
fn the_price_is_paid_when_receipts_reach_it_whatever_their_order() {
    let receipts = paid(&[(date(2022, 12, 1), 600), (date(2022, 11, 1), 400)]);
    assert_eq!(account(&receipts).paid_up_on(), Some(date(2022, 12, 1)));
    let it = ConvertFirst::of_register(licensed(Payment::Deferred).terms, date(2022, 7, 1));
    let states = [
        (date(2022, 7, 1), State::Using),
        (date(2022, 10, 2), State::Triggered),
        (date(2022, 11, 1), State::Paying),
        (date(2022, 11, 30), State::Paying),
        (date(2022, 12, 1), State::Settled),
    ];
    for (day, state) in states {
        assert_eq!(it.state_on(account(&receipts), day), Some(state), "{day}");
    }
    assert_eq!(account(&receipts[..1]).paid_up_on(), None);
}

#[test]
fn income_is_taken_up_to_the_price_and_not_after_the_end() {
    let day = date(2022, 9, 1);
    let answer = |state, amount| {
        let (it, receipts) = standing(Payment::Conditional, state);
        it.require_owed(account(&receipts), fen(amount), day).err().map(|it| it.reason().name)
    };
    for state in [State::Licensed, State::Using, State::Triggered, State::Defaulted] {
        assert_eq!(answer(state, PRICE), None, "{state:?}");
        assert_eq!(answer(state, PRICE + 1), Some("RECEIPT_ABOVE_PRICE"), "{state:?}");
    }
    assert_eq!(answer(State::Paying, 600), None);
    assert_eq!(answer(State::Paying, 601), Some("RECEIPT_ABOVE_PRICE"));
    assert_eq!(answer(State::Settled, 1), Some("STATE_NOT_ALLOWED"));
    assert_eq!(answer(State::EndedNoTrigger, 1), Some("STATE_NOT_ALLOWED"));
}

#[test]
fn an_end_on_a_later_day_stands_in_the_way_of_an_earlier_one() {
    let ended = standing(Payment::Deferred, State::EndedNoTrigger).0;
    let steps = [Step::BeginUse, Step::End, Step::Settle, Step::DeclareDefault];
    for step in steps {
        let before = ended.clone().take(&step, account(&[]), date(2022, 7, 20));
        assert_eq!(wrong(before), "STATE_NOT_ALLOWED", "{step:?}");
    }
    let unsigned = licensed(Payment::Deferred).take(&Step::BeginUse, account(&[]), date(2022, 6, 30));
    assert_eq!(wrong(unsigned), "STATE_NOT_ALLOWED");
}

#[test]
fn what_is_paid_before_the_use_leaves_the_use_to_be_told_and_nothing_owed_without_it() {
    let receipts = paid(&[(date(2022, 7, 15), 400)]);
    let paid = account(&receipts);
    let licence = licensed(Payment::Deferred);
    let using = licence.clone().take(&Step::BeginUse, paid, date(2022, 8, 1)).unwrap();
    assert_eq!(using.trigger_on(), Some(date(2022, 10, 2)));
    assert_eq!(wrong(using.clone().take(&Step::Settle, paid, date(2022, 10, 2))), "PAYMENT_OUTSTANDING");
    assert_eq!(wrong(using.take(&Step::BeginUse, paid, date(2022, 8, 2))), "STATE_NOT_ALLOWED");
    // Never used: after the free period it is too late to say so, no default can be declared, and it can be settled.
    let late = date(2023, 1, 1);
    assert_eq!(wrong(licence.clone().take(&Step::BeginUse, paid, date(2022, 10, 2))), "STATE_NOT_ALLOWED");
    assert_eq!(licence.pay_by(paid, late), None);
    assert_eq!(wrong(licence.clone().take(&Step::DeclareDefault, paid, late)), "PAYMENT_NOT_OVERDUE");
    let settled = licence.take(&Step::Settle, paid, late).unwrap();
    assert_eq!(settled.state_on(paid, late), Some(State::Settled));
}
