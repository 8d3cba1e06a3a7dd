//! The way of a deal from price to close.

use jiff::Timestamp;
use jiff::civil::date;

use super::*;
use crate::convert_first::model::Step;
use crate::convert_first::rule_terms::Payment;

fn fen(fen: i64) -> Fen {
    Fen::new(fen).unwrap()
}

fn priced(price_method: PriceMethod, mode: Mode) -> Deal {
    let unit = Uscc::from_stored("124200002429921889").unwrap();
    let buyer = Buyer {
        uscc: Uscc::from_stored("91420105MA4KTTYX61").unwrap(),
        kind: BuyerKind::Private,
        related: false,
    };
    Deal {
        id: DealId::at(Timestamp::UNIX_EPOCH),
        empowerment: EmpowermentId::at(Timestamp::UNIX_EPOCH),
        empowerment_no: "FQ1".to_owned(),
        unit,
        terms: Terms {
            number: "ZH1".to_owned(),
            mode,
            price_method,
            price: fen(100),
            publicity: None,
            buyer,
            disclosed: false,
            signed_on: None,
        },
        priced_on: Some(date(2022, 3, 1)),
        closed_on: None,
        receipts: Vec::new(),
        convert_first: None,
        income_account: LedgerAccountId::at(Timestamp::UNIX_EPOCH),
        version: 1,
    }
}

fn receipt(number: &str, received_on: Date) -> Receipt {
    Receipt {
        id: ReceiptId::at(Timestamp::UNIX_EPOCH),
        number: number.to_owned(),
        received_on,
        receipts: fen(60),
        direct_costs: fen(1),
        divided_on: None,
    }
}

fn wrong<T: std::fmt::Debug>(outcome: Result<T, Failure>) -> &'static str {
    outcome.unwrap_err().reason().name
}

#[test]
fn each_state_holds_from_its_own_day() {
    let deal = priced(PriceMethod::Agreed, Mode::Licence)
        .publish(false, date(2022, 3, 2))
        .and_then(|it| it.sign(fen(100), 15, date(2022, 3, 17)))
        .and_then(|it| it.receive(receipt("SR1", date(2022, 4, 1))))
        .and_then(|it| it.divide("SR1", date(2022, 4, 5)))
        .and_then(|(it, _)| it.receive(receipt("SR2", date(2022, 5, 1))))
        .and_then(|it| it.divide("SR2", date(2022, 5, 2)))
        .and_then(|(it, _)| it.close(date(2022, 6, 1)))
        .unwrap();
    let states = [
        (date(2022, 3, 1), State::Priced),
        (date(2022, 3, 2), State::Publicised),
        (date(2022, 3, 17), State::Signed),
        (date(2022, 4, 1), State::IncomeReceived),
        (date(2022, 4, 5), State::Distributed),
        (date(2022, 5, 1), State::IncomeReceived),
        (date(2022, 5, 2), State::Distributed),
        (date(2022, 6, 1), State::Closed),
    ];
    for (day, state) in states {
        assert_eq!(deal.state_on(day), state, "{day}");
    }
    assert_eq!(deal.received_by(date(2022, 4, 30)), fen(60));
    assert_eq!(deal.version, 8);
}

#[test]
fn a_changed_price_needs_a_new_publicity() {
    let posted = priced(PriceMethod::Agreed, Mode::Transfer).publish(false, date(2022, 3, 2)).unwrap();
    // A contract at another price than the posted one.
    assert_eq!(wrong(posted.clone().sign(fen(101), 15, date(2022, 3, 17))), "PRICE_CHANGED");
    let changed = posted.change_price(fen(101), date(2022, 3, 10)).unwrap();
    assert_eq!(changed.state_on(date(2022, 3, 10)), State::Priced);
    assert_eq!(wrong(changed.clone().sign(fen(101), 15, date(2022, 3, 17))), "PRICE_CHANGED");
    let again = changed.publish(false, date(2022, 3, 10)).unwrap();
    assert_eq!(wrong(again.clone().sign(fen(101), 15, date(2022, 3, 17))), "PUBLICITY_TOO_SHORT");
    assert_eq!(again.sign(fen(101), 15, date(2022, 3, 25)).unwrap().terms.price, fen(101));
}

#[test]
fn listed_prices_are_signed_without_publicity() {
    let listed = priced(PriceMethod::Listed, Mode::Transfer);
    assert_eq!(wrong(listed.clone().publish(false, date(2022, 3, 2))), "STATE_NOT_ALLOWED");
    let signed = listed.sign(fen(100), 15, date(2022, 3, 2)).unwrap();
    assert_eq!(wrong(signed.clone().sign(fen(100), 15, date(2022, 3, 3))), "STATE_NOT_ALLOWED");
    assert_eq!(wrong(signed.change_price(fen(1), date(2022, 3, 3))), "STATE_NOT_ALLOWED");
}

#[test]
fn nothing_is_divided_before_the_income_or_twice() {
    let signed = priced(PriceMethod::Listed, Mode::Licence).sign(fen(100), 15, date(2022, 3, 2)).unwrap();
    assert_eq!(wrong(signed.clone().divide("SR1", date(2022, 3, 3))), "DISTRIBUTION_BEFORE_INCOME");
    let received = signed.receive(receipt("SR1", date(2022, 4, 1))).unwrap();
    assert_eq!(wrong(received.clone().divide("SR1", date(2022, 3, 31))), "DISTRIBUTION_BEFORE_INCOME");
    assert_eq!(wrong(received.clone().close(date(2022, 4, 1))), "STATE_NOT_ALLOWED");
    let (divided, _) = received.divide("SR1", date(2022, 4, 1)).unwrap();
    assert_eq!(wrong(divided.divide("SR1", date(2022, 4, 2))), "DUPLICATE_RECEIPT");
}

#[test]
fn income_comes_after_the_signature_and_bears_its_costs() {
    let unsigned = priced(PriceMethod::Listed, Mode::Licence);
    assert_eq!(wrong(unsigned.clone().receive(receipt("SR1", date(2022, 4, 1)))), "STATE_NOT_ALLOWED");
    let signed = unsigned.sign(fen(100), 15, date(2022, 3, 2)).unwrap();
    let costly = Receipt { direct_costs: fen(61), ..receipt("SR1", date(2022, 4, 1)) };
    assert_eq!(wrong(signed.receive(costly)), "COSTS_ABOVE_RECEIPTS");
}

#[test]
fn shares_are_divided_at_signature_and_bring_no_cash() {
    assert_eq!(wrong(Equity::new(fen(10), fen(11))), "TECHNOLOGY_ABOVE_CAPITAL");
    assert_eq!(wrong(Equity::new(fen(10), fen(0))), "TECHNOLOGY_ABOVE_CAPITAL");
    let equity = Mode::Equity(Equity::new(fen(10), fen(3)).unwrap());
    let signed = priced(PriceMethod::Listed, equity).sign(fen(100), 15, date(2022, 3, 2)).unwrap();
    assert_eq!(signed.state_on(date(2022, 3, 2)), State::Distributed);
    assert_eq!(wrong(signed.receive(receipt("SR1", date(2022, 4, 1)))), "SPLIT_MODE_MISMATCH");
}

#[test]
fn a_convert_first_deal_is_licensed_with_its_signature_and_closed_after_its_end() {
    let usual = PaymentTerms { payment: Payment::Deferred, free_months: 3, payment_days: 30 };
    let stated = PaymentTerms { payment: Payment::Conditional, ..usual };
    let on = date(2022, 3, 2);
    let signed = |mode| priced(PriceMethod::Listed, mode).sign(fen(100), 15, on).unwrap();
    // Other modes have no licence and no terms of payment.
    for mode in [Mode::Transfer, Mode::Licence] {
        assert_eq!(wrong(signed(mode).license(Some(stated), usual, on)), "NOT_CONVERT_FIRST");
        let other = signed(mode).license(None, usual, on).unwrap();
        assert_eq!((other.convert_first_on(on), other.version), (None, 2));
        assert_eq!(wrong(other.convert(&Step::BeginUse, on)), "NOT_CONVERT_FIRST");
    }
    let unsigned = priced(PriceMethod::Listed, Mode::ConvertFirst);
    assert_eq!(unsigned.convert_first_on(on), None);
    assert_eq!(wrong(unsigned.convert(&Step::BeginUse, on)), "STATE_NOT_ALLOWED");

    let convert = || signed(Mode::ConvertFirst);
    let terms = |it: &Deal| it.convert_first.as_ref().map(|it| it.terms);
    assert_eq!(terms(&convert().license(Some(stated), usual, on).unwrap()), Some(stated));
    let licensed = convert().license(None, usual, on).unwrap();
    assert_eq!(terms(&licensed), Some(usual));
    assert_eq!(licensed.convert_first_on(on), Some(convert_first::State::Licensed));
    assert_eq!(licensed.convert_first_on(date(2022, 3, 1)), None);
    assert_eq!(wrong(licensed.clone().close(date(2022, 3, 3))), "STATE_NOT_ALLOWED");
    let ended = licensed.clone().convert(&Step::End, date(2022, 3, 4)).unwrap();
    assert_eq!((ended.state_on(date(2022, 3, 4)), ended.version), (State::Signed, 3));
    assert_eq!(ended.close(date(2022, 3, 4)).unwrap().state_on(date(2022, 3, 4)), State::Closed);

    // The price caps the income; both ways go on together.
    let part = licensed.receive(receipt("SR1", date(2022, 4, 1))).unwrap();
    assert_eq!(part.convert_first_on(date(2022, 4, 1)), Some(convert_first::State::Paying));
    assert_eq!(wrong(part.clone().receive(receipt("SR2", date(2022, 4, 2)))), "RECEIPT_ABOVE_PRICE");
    let rest = Receipt { receipts: fen(40), ..receipt("SR2", date(2022, 4, 2)) };
    let paid = part.receive(rest).unwrap();
    assert_eq!(paid.convert_first_on(date(2022, 4, 2)), Some(convert_first::State::Settled));
    assert_eq!(paid.state_on(date(2022, 4, 2)), State::IncomeReceived);
    assert_eq!(wrong(paid.receive(receipt("SR3", date(2022, 4, 3)))), "STATE_NOT_ALLOWED");
}
