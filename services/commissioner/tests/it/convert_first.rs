//! Deals that are converted first and paid later: used, triggered, paid, settled, ended or defaulted, beside the deal's
//! own way.

use canopy_proto::commissioner::v1 as pb;
use canopy_proto::commissioner::v1::deal_service_client::DealServiceClient;

use crate::deal::{BUYER, LISTED_BUYER, start, unit};
use crate::empowerment::{OTHER_UNIT, in_force};
use crate::suite::{Suite, id, reason_of};

pub const ON: &str = "2022-12-31";

/// Prices a listed deal of that mode at 1,000 fen.
pub async fn priced(suite: &Suite, empowerment: &str, number: &str, mode: pb::DealMode) -> String {
    let buyer = if mode == pb::DealMode::ConvertFirst { LISTED_BUYER } else { BUYER };
    let price = pb::PriceDealRequest {
        request_id: id(),
        deal_no: number.to_owned(),
        empowerment: empowerment.to_owned(),
        mode: mode.into(),
        price_method: pb::PriceMethod::Listed.into(),
        price_fen: 1_000,
        buyer_uscc: buyer.to_owned(),
        buyer_kind: pb::BuyerKind::Private.into(),
        ..Default::default()
    };
    unit(suite, "2022-07-01").price_deal(price).await.unwrap().into_inner().name
}

pub fn signature(name: &str, terms: Option<pb::ConvertFirstTerms>) -> pb::SignDealRequest {
    pb::SignDealRequest {
        request_id: id(),
        name: name.to_owned(),
        price_fen: 1_000,
        convert_first: terms,
        ..Default::default()
    }
}

pub fn terms(payment: pb::PaymentMode, free_months: i32) -> pb::ConvertFirstTerms {
    pb::ConvertFirstTerms { payment: payment.into(), free_months, ..Default::default() }
}

/// A convert-first deal signed on 2022-07-01 on those terms; its name.
pub async fn licensed(
    suite: &Suite,
    empowerment: &str,
    number: &str,
    terms: Option<pb::ConvertFirstTerms>,
) -> String {
    let name = priced(suite, empowerment, number, pb::DealMode::ConvertFirst).await;
    unit(suite, "2022-07-01").sign_deal(signature(&name, terms)).await.unwrap();
    name
}

pub fn begin(name: &str) -> pb::BeginUseRequest {
    pb::BeginUseRequest { request_id: id(), name: name.to_owned(), ..Default::default() }
}

pub fn trigger(name: &str) -> pb::TriggerPaymentRequest {
    let evidence = "验收报告 YS-1".to_owned();
    pb::TriggerPaymentRequest { request_id: id(), name: name.to_owned(), evidence, ..Default::default() }
}

pub fn revenue(name: &str, number: &str, revenue_fen: i64) -> pb::RecordRevenueRequest {
    pb::RecordRevenueRequest {
        request_id: id(),
        name: name.to_owned(),
        statement_no: number.to_owned(),
        revenue_fen,
        ..Default::default()
    }
}

pub fn settle(name: &str) -> pb::SettlePaymentRequest {
    let reason = "产品停产，不再有收入".to_owned();
    pb::SettlePaymentRequest { request_id: id(), name: name.to_owned(), reason, ..Default::default() }
}

pub fn give_back(name: &str) -> pb::EndUseRequest {
    let reason = "试用未达预期".to_owned();
    pb::EndUseRequest { request_id: id(), name: name.to_owned(), reason, ..Default::default() }
}

pub fn default(name: &str) -> pb::DeclareDefaultRequest {
    let reason = "催告两次未付".to_owned();
    pb::DeclareDefaultRequest { request_id: id(), name: name.to_owned(), reason, ..Default::default() }
}

pub fn income(name: &str, receipt_no: &str, receipts_fen: i64) -> pb::RecordReceiptRequest {
    pb::RecordReceiptRequest {
        request_id: id(),
        name: name.to_owned(),
        receipt_no: receipt_no.to_owned(),
        receipts_fen,
        ..Default::default()
    }
}

pub async fn deal_on(suite: &Suite, name: &str, day: &str) -> pb::Deal {
    let request = pb::GetDealRequest { name: name.to_owned(), as_of: day.to_owned(), ..Default::default() };
    unit(suite, ON).get_deal(request).await.unwrap().into_inner()
}

pub async fn licence_on(suite: &Suite, name: &str, day: &str) -> pb::ConvertFirst {
    deal_on(suite, name, day).await.convert_first.unwrap()
}

pub async fn state_on(suite: &Suite, name: &str, day: &str) -> pb::ConvertFirstState {
    licence_on(suite, name, day).await.state()
}

#[tokio::test]
async fn the_usual_terms_are_one_sum_after_a_free_year() {
    use pb::ConvertFirstState::{Licensed, Paying, Settled, Triggered, Using};
    let suite = start().await;
    let empowerment = in_force(&suite).await.name;
    let name = licensed(&suite, &empowerment, "ZH1", None).await;
    unit(&suite, "2022-08-01").begin_use(begin(&name)).await.unwrap();
    unit(&suite, "2023-07-15").record_receipt(income(&name, "SR1", 400)).await.unwrap();
    let early = unit(&suite, "2023-08-01").declare_default(default(&name)).await;
    assert_eq!(reason_of(early), "PAYMENT_NOT_OVERDUE");
    unit(&suite, "2023-08-20").record_receipt(income(&name, "SR2", 600)).await.unwrap();
    let states = [
        ("2022-07-01", Licensed),
        ("2022-07-31", Licensed),
        ("2022-08-01", Using),
        ("2023-07-01", Using),
        ("2023-07-02", Triggered),
        ("2023-07-15", Paying),
        ("2023-08-19", Paying),
        ("2023-08-20", Settled),
    ];
    for (day, state) in states {
        assert_eq!(state_on(&suite, &name, day).await, state, "{day}");
    }
    assert_eq!(deal_on(&suite, &name, "2022-06-30").await.convert_first, None);
    let overdue = pb::ConvertFirst {
        state: Paying.into(),
        payment: pb::PaymentMode::Deferred.into(),
        free_months: 12,
        free_until: "2023-07-01".to_owned(),
        payment_days: 30,
        licensed_on: "2022-07-01".to_owned(),
        using_on: "2022-08-01".to_owned(),
        triggered_on: "2023-07-02".to_owned(),
        owed_fen: 1_000,
        paid_fen: 400,
        pay_by: "2023-08-01".to_owned(),
        overdue: true,
        ..Default::default()
    };
    assert_eq!(licence_on(&suite, &name, "2023-08-02").await, overdue);
    assert!(!licence_on(&suite, &name, "2023-08-01").await.overdue);
    let settled = licence_on(&suite, &name, "2023-08-20").await;
    assert_eq!((settled.settled_on.as_str(), settled.pay_by.as_str()), ("2023-08-20", ""));
    // The deal's own way goes on beside it.
    let own = deal_on(&suite, &name, "2023-08-20").await;
    assert_eq!((own.state(), own.receipts_fen), (pb::DealState::IncomeReceived, 1_000));
    suite.close().await;
}

#[tokio::test]
async fn a_condition_that_is_met_in_the_free_period_makes_the_price_due() {
    let suite = start().await;
    let empowerment = in_force(&suite).await.name;
    let conditional = Some(terms(pb::PaymentMode::Conditional, 6));
    let name = licensed(&suite, &empowerment, "ZH1", conditional).await;
    let unused = unit(&suite, "2022-08-01").trigger_payment(trigger(&name)).await;
    assert_eq!(reason_of(unused), "STATE_NOT_ALLOWED");
    let once = begin(&name);
    let using = unit(&suite, "2022-08-01").begin_use(once.clone()).await.unwrap().into_inner();
    let state = using.convert_first.as_ref().unwrap().state();
    assert_eq!((using.state(), state), (pb::DealState::Signed, pb::ConvertFirstState::Using));
    // The same request again has the same answer, and nothing happens.
    let before = suite.tables().await;
    assert_eq!(unit(&suite, "2022-08-01").begin_use(once).await.unwrap().into_inner(), using);
    assert_eq!(suite.tables().await, before);
    let stale = pb::TriggerPaymentRequest { etag: "1".to_owned(), ..trigger(&name) };
    assert_eq!(reason_of(unit(&suite, "2022-09-01").trigger_payment(stale).await), "VERSION_CONFLICT");
    let fresh = pb::TriggerPaymentRequest { etag: using.etag.clone(), ..trigger(&name) };
    let met = unit(&suite, "2022-09-01").trigger_payment(fresh).await.unwrap().into_inner();
    let licence = met.convert_first.unwrap();
    assert_eq!(licence.state(), pb::ConvertFirstState::Triggered);
    assert_eq!((licence.owed_fen, licence.pay_by.as_str()), (1_000, "2022-10-01"));
    let early = unit(&suite, "2022-10-01").declare_default(default(&name)).await;
    assert_eq!(reason_of(early), "PAYMENT_NOT_OVERDUE");
    let late = unit(&suite, "2022-10-02").declare_default(default(&name)).await.unwrap().into_inner();
    assert_eq!(late.convert_first.unwrap().defaulted_on, "2022-10-02");
    // What comes after a default is booked and leaves it.
    unit(&suite, "2022-10-20").record_receipt(income(&name, "SR1", 1_000)).await.unwrap();
    assert_eq!(state_on(&suite, &name, "2022-10-20").await, pb::ConvertFirstState::Defaulted);
    assert_eq!(state_on(&suite, &name, "2022-10-01").await, pb::ConvertFirstState::Triggered);
    let over = unit(&suite, "2022-10-21").settle_payment(settle(&name)).await;
    assert_eq!(reason_of(over), "STATE_NOT_ALLOWED");
    let steps = "select count(*) from platform.audit
                 where to_state in ('LICENSED', 'USING', 'TRIGGERED', 'DEFAULTED')";
    assert_eq!(suite.count(steps).await, 4);
    canopy_persistence::verify(&suite.pool).await.unwrap();
    suite.close().await;
}

#[tokio::test]
async fn a_share_of_revenue_is_owed_up_to_the_price() {
    let suite = start().await;
    let empowerment = in_force(&suite).await.name;
    let share = pb::ConvertFirstTerms { revenue_share_bp: 200, ..terms(pb::PaymentMode::RevenueShare, 6) };
    let name = licensed(&suite, &empowerment, "ZH1", Some(share)).await;
    unit(&suite, "2022-08-01").begin_use(begin(&name)).await.unwrap();
    let wrong = unit(&suite, "2022-08-02").trigger_payment(trigger(&name)).await;
    assert_eq!(reason_of(wrong), "PAYMENT_MODE_MISMATCH");
    // 2 % of 1,025 is 20.5.
    let first = unit(&suite, "2022-09-01").record_revenue(revenue(&name, "BB1", 1_025)).await.unwrap();
    let first = first.into_inner().convert_first.unwrap();
    assert_eq!((first.state(), first.owed_fen), (pb::ConvertFirstState::Triggered, 21));
    let again = unit(&suite, "2022-09-02").record_revenue(revenue(&name, "BB1", 1_025)).await;
    assert_eq!(reason_of(again), "DUPLICATE_REVENUE");
    let owing = unit(&suite, "2022-09-02").settle_payment(settle(&name)).await;
    assert_eq!(reason_of(owing), "PAYMENT_OUTSTANDING");
    unit(&suite, "2022-09-10").record_receipt(income(&name, "SR1", 21)).await.unwrap();
    unit(&suite, "2023-03-01").record_revenue(revenue(&name, "BB2", 900_000)).await.unwrap();
    let second = licence_on(&suite, &name, "2023-03-01").await;
    assert_eq!((second.owed_fen, second.revenue_fen), (1_000, 901_025));
    assert_eq!((second.state(), second.pay_by.as_str()), (pb::ConvertFirstState::Paying, "2023-03-31"));
    let before = licence_on(&suite, &name, "2023-02-28").await;
    assert_eq!((before.owed_fen, before.revenue_fen, before.pay_by.as_str()), (21, 1_025, ""));
    let above = unit(&suite, "2023-03-10").record_receipt(income(&name, "SR2", 980)).await;
    assert_eq!(reason_of(above), "RECEIPT_ABOVE_PRICE");
    unit(&suite, "2023-03-10").record_receipt(income(&name, "SR2", 979)).await.unwrap();
    assert_eq!(state_on(&suite, &name, "2023-03-10").await, pb::ConvertFirstState::Settled);
    let beyond = unit(&suite, "2023-03-11").record_receipt(income(&name, "SR3", 1)).await;
    assert_eq!(reason_of(beyond), "STATE_NOT_ALLOWED");

    // Revenue that comes to an end is settled by the unit's word.
    let other = licensed(&suite, &empowerment, "ZH2", Some(share)).await;
    unit(&suite, "2022-08-01").begin_use(begin(&other)).await.unwrap();
    unit(&suite, "2022-09-01").record_revenue(revenue(&other, "BB1", 5_000)).await.unwrap();
    unit(&suite, "2022-09-10").record_receipt(income(&other, "SR4", 100)).await.unwrap();
    let done = unit(&suite, "2022-12-01").settle_payment(settle(&other)).await.unwrap().into_inner();
    assert_eq!(done.convert_first.unwrap().settled_on, "2022-12-01");
    assert_eq!(state_on(&suite, &other, "2022-11-30").await, pb::ConvertFirstState::Paying);
    suite.close().await;
}

#[tokio::test]
async fn parts_are_owed_one_after_the_other() {
    let suite = start().await;
    let empowerment = in_force(&suite).await.name;
    let parts = pb::ConvertFirstTerms {
        instalments: 3,
        instalment_months: 2,
        ..terms(pb::PaymentMode::Instalments, 1)
    };
    let name = licensed(&suite, &empowerment, "ZH1", Some(parts)).await;
    unit(&suite, "2022-08-01").begin_use(begin(&name)).await.unwrap();
    // Free until 08-01; parts of 333, 333 and 334 from 08-02, 10-02 and 12-02 on.
    let due = async |day: &str| licence_on(&suite, &name, day).await.pay_by;
    assert_eq!(due("2022-08-02").await, "2022-09-01");
    unit(&suite, "2022-08-20").record_receipt(income(&name, "SR1", 332)).await.unwrap();
    assert_eq!(due("2022-08-20").await, "2022-09-01");
    unit(&suite, "2022-08-21").record_receipt(income(&name, "SR2", 1)).await.unwrap();
    assert_eq!(due("2022-08-21").await, "2022-11-01");
    unit(&suite, "2022-10-20").record_receipt(income(&name, "SR3", 333)).await.unwrap();
    assert_eq!(due("2022-10-20").await, "2023-01-01");
    let early = unit(&suite, "2023-01-01").declare_default(default(&name)).await;
    assert_eq!(reason_of(early), "PAYMENT_NOT_OVERDUE");
    unit(&suite, "2023-01-02").declare_default(default(&name)).await.unwrap();
    assert_eq!(state_on(&suite, &name, "2023-01-02").await, pb::ConvertFirstState::Defaulted);
    suite.close().await;
}

#[tokio::test]
async fn without_a_trigger_it_ends_and_the_deal_can_be_closed() {
    let suite = start().await;
    let empowerment = in_force(&suite).await.name;
    let short = |payment| Some(terms(payment, 1));
    let returned = licensed(&suite, &empowerment, "ZH1", short(pb::PaymentMode::Deferred)).await;
    let unused = licensed(&suite, &empowerment, "ZH2", short(pb::PaymentMode::Deferred)).await;
    let unmet = licensed(&suite, &empowerment, "ZH3", short(pb::PaymentMode::Conditional)).await;
    unit(&suite, "2022-07-10").begin_use(begin(&unmet)).await.unwrap();
    let close =
        |name: &str| pb::CloseDealRequest { request_id: id(), name: name.to_owned(), ..Default::default() };
    let going_on = unit(&suite, "2022-07-15").close_deal(close(&returned)).await;
    assert_eq!(reason_of(going_on), "STATE_NOT_ALLOWED");
    unit(&suite, "2022-07-20").end_use(give_back(&returned)).await.unwrap();
    let ends = [(&returned, "2022-07-20", "2022-07-19"), (&unused, "2022-08-02", "2022-08-01")];
    for (name, ended_on, before) in ends {
        assert_eq!(state_on(&suite, name, before).await, pb::ConvertFirstState::Licensed);
        let licence = licence_on(&suite, name, ended_on).await;
        assert_eq!(licence.state(), pb::ConvertFirstState::EndedNoTrigger);
        assert_eq!((licence.ended_on.as_str(), licence.owed_fen, licence.pay_by.as_str()), (ended_on, 0, ""));
    }
    assert_eq!(state_on(&suite, &unmet, "2022-08-01").await, pb::ConvertFirstState::Using);
    assert_eq!(state_on(&suite, &unmet, "2022-08-02").await, pb::ConvertFirstState::EndedNoTrigger);
    let mut late = unit(&suite, "2022-08-02");
    assert_eq!(reason_of(late.trigger_payment(trigger(&unmet)).await), "STATE_NOT_ALLOWED");
    assert_eq!(reason_of(late.begin_use(begin(&unused)).await), "STATE_NOT_ALLOWED");
    assert_eq!(reason_of(late.record_receipt(income(&returned, "SR1", 1)).await), "STATE_NOT_ALLOWED");
    for name in [&returned, &unused, &unmet] {
        let closed = late.close_deal(close(name)).await.unwrap().into_inner();
        assert_eq!(closed.state(), pb::DealState::Closed);
    }
    suite.close().await;
}

#[tokio::test]
async fn steps_that_cannot_be_are_refused_and_leave_no_trace() {
    let suite = start().await;
    let empowerment = in_force(&suite).await.name;
    let name = licensed(&suite, &empowerment, "ZH1", None).await;
    let unsigned = priced(&suite, &empowerment, "ZH2", pb::DealMode::ConvertFirst).await;
    let licence = priced(&suite, &empowerment, "ZH3", pb::DealMode::Licence).await;
    let before = suite.tables().await;
    let mut today = unit(&suite, "2022-07-02");
    assert_eq!(reason_of(today.begin_use(begin(&licence)).await), "NOT_CONVERT_FIRST");
    assert_eq!(reason_of(today.begin_use(begin(&unsigned)).await), "STATE_NOT_ALLOWED");
    assert_eq!(reason_of(today.settle_payment(settle(&name)).await), "STATE_NOT_ALLOWED");
    assert_eq!(reason_of(today.declare_default(default(&name)).await), "STATE_NOT_ALLOWED");
    assert_eq!(reason_of(today.trigger_payment(trigger(&name)).await), "PAYMENT_MODE_MISMATCH");
    assert_eq!(reason_of(today.record_revenue(revenue(&name, "BB1", 1)).await), "PAYMENT_MODE_MISMATCH");
    let unknown = begin("dea_01890a5d-ac96-774b-bcce-b302099a8057");
    assert_eq!(reason_of(today.begin_use(unknown).await), "UNKNOWN_DEAL");
    let mut other = DealServiceClient::new(suite.institute(OTHER_UNIT, "2022-07-02"));
    assert_eq!(reason_of(other.begin_use(begin(&name)).await), "NOT_REPRESENTED");
    let mut bureau = DealServiceClient::new(suite.bureau("2022-07-02"));
    assert_eq!(reason_of(bureau.begin_use(begin(&name)).await), "ROLE_NOT_ALLOWED");
    let only = pb::BeginUseRequest { validate_only: true, ..begin(&name) };
    today.begin_use(only).await.unwrap();

    // Terms outside the bounds, of another way of payment, or for another mode.
    use pb::PaymentMode::{Conditional, Deferred, Instalments, RevenueShare};
    let share = |revenue_share_bp| pb::ConvertFirstTerms { revenue_share_bp, ..terms(RevenueShare, 0) };
    let parts = |instalments, instalment_months| pb::ConvertFirstTerms {
        instalments,
        instalment_months,
        ..terms(Instalments, 0)
    };
    let refused = [
        (terms(Deferred, 37), "FIELD_OUT_OF_RANGE"),
        (share(99), "FIELD_OUT_OF_RANGE"),
        (share(501), "FIELD_OUT_OF_RANGE"),
        (parts(1, 6), "FIELD_OUT_OF_RANGE"),
        (parts(2, 0), "FIELD_OUT_OF_RANGE"),
        (pb::ConvertFirstTerms { revenue_share_bp: 100, ..terms(Conditional, 0) }, "FIELD_INVALID"),
        (pb::ConvertFirstTerms { instalments: 2, ..terms(Deferred, 0) }, "FIELD_INVALID"),
    ];
    for (terms, reason) in refused {
        let answer = today.sign_deal(signature(&unsigned, Some(terms))).await;
        assert_eq!(reason_of(answer), reason, "{terms:?}");
    }
    let answer = today.sign_deal(signature(&licence, Some(terms(Deferred, 6)))).await;
    assert_eq!(reason_of(answer), "NOT_CONVERT_FIRST");
    assert_eq!(suite.tables().await, before);
    suite.close().await;
}
