//! Deals that are converted first and paid later: used, triggered, paid, settled, ended or defaulted, beside the deal's
//! own way.

use canopy_proto::commissioner::v1 as pb;
use canopy_proto::commissioner::v1::deal_service_client::DealServiceClient;

use crate::deal::{BUYER, LISTED_BUYER, row, start, unit};
use crate::empowerment::{OTHER_UNIT, in_force};
use crate::suite::{Suite, id, reason_of, reasons_of};

const ON: &str = "2022-12-31";

/// Prices a listed deal of that mode at 1,000 fen.
async fn priced(suite: &Suite, empowerment: &str, number: &str, mode: pb::DealMode) -> String {
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

fn signature(name: &str, terms: Option<pb::ConvertFirstTerms>) -> pb::SignDealRequest {
    pb::SignDealRequest {
        request_id: id(),
        name: name.to_owned(),
        price_fen: 1_000,
        convert_first: terms,
        ..Default::default()
    }
}

fn terms(payment: pb::PaymentMode, free_months: i32) -> pb::ConvertFirstTerms {
    pb::ConvertFirstTerms { payment: payment.into(), free_months, ..Default::default() }
}

/// A convert-first deal signed on 2022-07-01 on those terms; its name.
async fn licensed(
    suite: &Suite,
    empowerment: &str,
    number: &str,
    terms: Option<pb::ConvertFirstTerms>,
) -> String {
    let name = priced(suite, empowerment, number, pb::DealMode::ConvertFirst).await;
    unit(suite, "2022-07-01").sign_deal(signature(&name, terms)).await.unwrap();
    name
}

fn begin(name: &str) -> pb::BeginUseRequest {
    pb::BeginUseRequest { request_id: id(), name: name.to_owned(), ..Default::default() }
}

fn trigger(name: &str) -> pb::TriggerPaymentRequest {
    let evidence = "验收报告 YS-1".to_owned();
    pb::TriggerPaymentRequest { request_id: id(), name: name.to_owned(), evidence, ..Default::default() }
}

fn revenue(name: &str, number: &str, revenue_fen: i64) -> pb::RecordRevenueRequest {
    pb::RecordRevenueRequest {
        request_id: id(),
        name: name.to_owned(),
        statement_no: number.to_owned(),
        revenue_fen,
        ..Default::default()
    }
}

fn settle(name: &str) -> pb::SettlePaymentRequest {
    let reason = "产品停产，不再有收入".to_owned();
    pb::SettlePaymentRequest { request_id: id(), name: name.to_owned(), reason, ..Default::default() }
}

fn give_back(name: &str) -> pb::EndUseRequest {
    let reason = "试用未达预期".to_owned();
    pb::EndUseRequest { request_id: id(), name: name.to_owned(), reason, ..Default::default() }
}

fn default(name: &str) -> pb::DeclareDefaultRequest {
    let reason = "催告两次未付".to_owned();
    pb::DeclareDefaultRequest { request_id: id(), name: name.to_owned(), reason, ..Default::default() }
}

fn income(name: &str, receipt_no: &str, receipts_fen: i64) -> pb::RecordReceiptRequest {
    pb::RecordReceiptRequest {
        request_id: id(),
        name: name.to_owned(),
        receipt_no: receipt_no.to_owned(),
        receipts_fen,
        ..Default::default()
    }
}

async fn deal_on(suite: &Suite, name: &str, day: &str) -> pb::Deal {
    let request = pb::GetDealRequest { name: name.to_owned(), as_of: day.to_owned(), ..Default::default() };
    unit(suite, ON).get_deal(request).await.unwrap().into_inner()
}

async fn licence_on(suite: &Suite, name: &str, day: &str) -> pb::ConvertFirst {
    deal_on(suite, name, day).await.convert_first.unwrap()
}

async fn state_on(suite: &Suite, name: &str, day: &str) -> pb::ConvertFirstState {
    licence_on(suite, name, day).await.state()
}

async fn counted(suite: &Suite, as_of: &str) -> pb::CountConvertFirstDealsResponse {
    let request = pb::CountConvertFirstDealsRequest { as_of: as_of.to_owned(), ..Default::default() };
    let mut bureau = DealServiceClient::new(suite.bureau(ON));
    bureau.count_convert_first_deals(request).await.unwrap().into_inner()
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

#[tokio::test]
async fn a_register_tells_a_whole_deal_at_once() {
    use pb::ConvertFirstState::{Paying, Settled, Triggered, Using};
    let suite = start().await;
    let convert = |number: &str, receipt_no: &str| pb::DealRow {
        mode: pb::DealMode::ConvertFirst.into(),
        buyer_uscc: LISTED_BUYER.to_owned(),
        ..row(number, receipt_no)
    };
    let half = pb::DealRow { receipts_fen: 100_000_000, ..convert("ZH2", "SR2") };
    let rest = pb::DealRow {
        receipts_fen: 100_000_001,
        received_on: "2022-06-01".to_owned(),
        distributed_on: String::new(),
        ..convert("ZH2", "SR3")
    };
    let none = pb::DealRow {
        received_on: String::new(),
        receipts_fen: 0,
        distributed_on: String::new(),
        ..convert("ZH3", "")
    };
    let enter = async |rows: Vec<pb::DealRow>| {
        let request = pb::BatchImportDealsRequest { rows };
        let results = unit(&suite, ON).batch_import_deals(request).await.unwrap().into_inner().results;
        assert_eq!(reasons_of(&results), vec![""; results.len()]);
        results.into_iter().map(|it| it.name).collect::<Vec<String>>()
    };
    let names = enter(vec![convert("ZH1", "SR1"), half, none, row("ZH4", "SR4")]).await;
    enter(vec![rest]).await;
    // Signed on 2022-02-10, paid on 02-18 and 06-01.
    let states = [
        (0, "2022-02-10", Using),
        (0, "2022-02-18", Settled),
        (1, "2022-02-18", Paying),
        (1, "2022-06-01", Settled),
        (2, "2023-02-10", Using),
        (2, "2023-02-11", Triggered),
    ];
    for (at, day, state) in states {
        assert_eq!(state_on(&suite, &names[at], day).await, state, "{at} on {day}");
    }
    assert_eq!(deal_on(&suite, &names[3], "2022-02-18").await.convert_first, None);
    let first = licence_on(&suite, &names[0], ON).await;
    assert_eq!((first.settled_on.as_str(), first.triggered_on.as_str()), ("2022-02-18", ""));
    let counts = [
        ("2022-02-09", (0, 0, 0, 0), 0),
        ("2022-02-10", (3, 0, 0, 0), 0),
        ("2022-02-18", (1, 1, 1, 0), 300_000_001),
        ("2022-11-30", (1, 0, 2, 0), 400_000_002),
        ("2023-02-11", (0, 0, 2, 1), 400_000_002),
    ];
    for (day, expected, paid_fen) in counts {
        let sums = counted(&suite, day).await;
        let states = (sums.using, sums.paying, sums.settled, sums.triggered);
        assert_eq!((states, sums.paid_fen), (expected, paid_fen), "{day}");
    }
    assert_eq!(counted(&suite, ON).await.price_fen, 600_000_003);
    suite.close().await;
}

#[tokio::test]
async fn a_register_adds_income_to_a_deal_that_is_led_here_within_its_licence() {
    let suite = start().await;
    let empowerment = in_force(&suite).await;
    let name = licensed(&suite, &empowerment.name, "ZH1", None).await;
    let income = [
        ("SR1", "2022-07-15", 1_001, "RECEIPT_ABOVE_PRICE"),
        ("SR2", "2022-07-15", 400, ""),
        ("SR3", "2022-08-01", 601, "RECEIPT_ABOVE_PRICE"),
        ("SR4", "2022-08-01", 600, ""),
        ("SR5", "2022-08-02", 1, "STATE_NOT_ALLOWED"),
    ];
    for (receipt_no, received_on, receipts_fen, reason) in income {
        let more = pb::DealRow {
            empowerment_no: empowerment.empowerment_no.clone(),
            mode: pb::DealMode::ConvertFirst.into(),
            price_method: pb::PriceMethod::Listed.into(),
            published_price_fen: 0,
            price_fen: 1_000,
            publicity_posted_on: String::new(),
            signed_on: "2022-07-01".to_owned(),
            buyer_uscc: LISTED_BUYER.to_owned(),
            received_on: received_on.to_owned(),
            receipts_fen,
            distributed_on: String::new(),
            ..row("ZH1", receipt_no)
        };
        let request = pb::BatchImportDealsRequest { rows: vec![more] };
        let results = unit(&suite, ON).batch_import_deals(request).await.unwrap().into_inner().results;
        assert_eq!(reasons_of(&results), [reason], "{receipt_no}");
    }
    assert_eq!(state_on(&suite, &name, "2022-08-01").await, pb::ConvertFirstState::Settled);
    suite.close().await;
}

#[tokio::test]
async fn licences_count_by_the_state_that_each_deal_tells() {
    let suite = start().await;
    let empowerment = in_force(&suite).await.name;
    let kinds = [
        None,
        Some(terms(pb::PaymentMode::Deferred, 1)),
        Some(terms(pb::PaymentMode::Conditional, 2)),
        Some(pb::ConvertFirstTerms { revenue_share_bp: 500, ..terms(pb::PaymentMode::RevenueShare, 3) }),
    ];
    let mut names = Vec::new();
    for (number, terms) in (1..).zip(kinds) {
        names.push(licensed(&suite, &empowerment, &format!("ZH{number}"), terms).await);
    }
    licensed(&suite, &empowerment, "ZH5", Some(terms(pb::PaymentMode::Deferred, 1))).await;
    let other = priced(&suite, &empowerment, "ZH6", pb::DealMode::Licence).await;
    unit(&suite, "2022-07-01").sign_deal(signature(&other, None)).await.unwrap();
    for name in &names {
        unit(&suite, "2022-07-10").begin_use(begin(name)).await.unwrap();
    }
    unit(&suite, "2022-07-20").end_use(give_back(&names[0])).await.unwrap();
    unit(&suite, "2022-08-10").trigger_payment(trigger(&names[2])).await.unwrap();
    unit(&suite, "2022-09-15").declare_default(default(&names[2])).await.unwrap();
    unit(&suite, "2022-08-20").record_revenue(revenue(&names[3], "BB1", 10_000)).await.unwrap();
    unit(&suite, "2022-08-25").record_receipt(income(&names[3], "SR1", 500)).await.unwrap();
    unit(&suite, "2022-10-01").settle_payment(settle(&names[3])).await.unwrap();
    let mut bureau = DealServiceClient::new(suite.bureau(ON));
    for day in ["2022-07-01", "2022-07-15", "2022-07-25", "2022-08-02", "2022-08-22", "2022-08-30", ON] {
        let mode = pb::DealMode::ConvertFirst.into();
        let request = pb::ListDealsRequest { as_of: day.to_owned(), mode, ..Default::default() };
        let deals = bureau.list_deals(request).await.unwrap().into_inner().deals;
        assert_eq!(deals.len(), 5);
        let mut told = pb::CountConvertFirstDealsResponse { price_fen: 5_000, ..Default::default() };
        for licence in deals.into_iter().filter_map(|deal| deal.convert_first) {
            told.paid_fen += licence.paid_fen;
            let place = match licence.state() {
                pb::ConvertFirstState::Licensed => &mut told.licensed,
                pb::ConvertFirstState::Using => &mut told.using,
                pb::ConvertFirstState::Triggered => &mut told.triggered,
                pb::ConvertFirstState::Paying => &mut told.paying,
                pb::ConvertFirstState::Settled => &mut told.settled,
                pb::ConvertFirstState::EndedNoTrigger => &mut told.ended_no_trigger,
                pb::ConvertFirstState::Defaulted => &mut told.defaulted,
                pb::ConvertFirstState::Unspecified => panic!("a licence without a state"),
            };
            *place += 1;
        }
        assert_eq!(counted(&suite, day).await, told, "{day}");
    }
    let year = counted(&suite, ON).await;
    assert_eq!((year.ended_no_trigger, year.triggered, year.defaulted, year.settled), (2, 1, 1, 1));
    let known_at = "2022-01-01".to_owned();
    let unknown = pb::CountConvertFirstDealsRequest { known_at, ..Default::default() };
    let none = bureau.count_convert_first_deals(unknown).await.unwrap().into_inner();
    assert_eq!(none, pb::CountConvertFirstDealsResponse::default());
    suite.close().await;
}
