//! Convert-first deals that a register tells whole, income that it adds to one led here, and licences by their state.

use canopy_proto::commissioner::v1 as pb;
use canopy_proto::commissioner::v1::deal_service_client::DealServiceClient;

use crate::convert_first::{
    ON, begin, deal_on, default, give_back, income, licence_on, licensed, priced, revenue, settle, signature,
    state_on, terms, trigger,
};
use crate::deal::{LISTED_BUYER, row, start, unit};
use crate::empowerment::in_force;
use crate::suite::{Suite, id, reasons_of};

async fn counted(suite: &Suite, as_of: &str) -> pb::CountConvertFirstDealsResponse {
    let request = pb::CountConvertFirstDealsRequest { as_of: as_of.to_owned(), ..Default::default() };
    let mut bureau = DealServiceClient::new(suite.bureau(ON));
    bureau.count_convert_first_deals(request).await.unwrap().into_inner()
}

/// What the audit log states of a deal and its licence: from, to and day.
async fn trail(suite: &Suite, deal: &str) -> Vec<(String, String, String)> {
    let sql = "select from_state, to_state, effective_on::text from platform.audit where aggregate = $1
               order by effective_on, to_state, from_state";
    sqlx::query_as(sql).bind(deal).fetch_all(&suite.pool).await.unwrap()
}

/// Versions of a deal that events tell, with what each says and its day.
async fn told(suite: &Suite, deal: &str) -> Vec<(i64, String, String)> {
    let sql = "select aggregate_version, type, effective_on::text from platform.outbox where aggregate = $1
               order by aggregate_version, type";
    sqlx::query_as(sql).bind(deal).fetch_all(&suite.pool).await.unwrap()
}

/// A row that adds income to a deal that was priced and signed here.
fn further(number: &str, (receipt_no, received_on, receipts_fen): (&str, &str, i64)) -> pb::DealRow {
    pb::DealRow {
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
        ..row(number, receipt_no)
    }
}

async fn enter(suite: &Suite, rows: Vec<pb::DealRow>) -> Vec<&'static str> {
    let request = pb::BatchImportDealsRequest { rows };
    reasons_of(&unit(suite, ON).batch_import_deals(request).await.unwrap().into_inner().results)
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
    // The audit log states each of them on its day.
    let steps = "select count(*) from platform.audit
                 where (from_state, to_state, reason, effective_on) in (
                     ('', 'USING', 'IMPORT', '2022-02-10'), ('USING', 'SETTLED', 'SR1', '2022-02-18'),
                     ('USING', 'PAYING', 'SR2', '2022-02-18'), ('PAYING', 'SETTLED', 'SR3', '2022-06-01'))";
    assert_eq!(suite.count(steps).await, 6);
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
            ..further("ZH1", (receipt_no, received_on, receipts_fen))
        };
        assert_eq!(enter(&suite, vec![more]).await, [reason], "{receipt_no}");
    }
    assert_eq!(state_on(&suite, &name, "2022-08-01").await, pb::ConvertFirstState::Settled);
    suite.close().await;
}

#[tokio::test]
async fn income_by_file_is_told_as_income_by_hand_is() {
    let suite = start().await;
    let empowerment = in_force(&suite).await;
    let by_file = licensed(&suite, &empowerment.name, "ZH1", None).await;
    let by_hand = licensed(&suite, &empowerment.name, "ZH2", None).await;
    // Two rows of one piece.
    let stated = [("SR1", "2022-07-15", 400, "2022-07-20"), ("SR2", "2022-08-01", 600, "2022-08-05")];
    let rows = stated.map(|(receipt_no, received_on, receipts_fen, divided_on)| pb::DealRow {
        empowerment_no: empowerment.empowerment_no.clone(),
        distributed_on: divided_on.to_owned(),
        ..further("ZH1", (receipt_no, received_on, receipts_fen))
    });
    assert_eq!(enter(&suite, rows.to_vec()).await, ["", ""]);
    let divide = |receipt_no: &str| pb::DistributeReceiptRequest {
        request_id: id(),
        name: by_hand.clone(),
        receipt_no: receipt_no.to_owned(),
        ..Default::default()
    };
    unit(&suite, "2022-07-15").record_receipt(income(&by_hand, "SR3", 400)).await.unwrap();
    unit(&suite, "2022-07-20").distribute_receipt(divide("SR3")).await.unwrap();
    unit(&suite, "2022-08-01").record_receipt(income(&by_hand, "SR4", 600)).await.unwrap();
    unit(&suite, "2022-08-05").distribute_receipt(divide("SR4")).await.unwrap();
    let steps = trail(&suite, &by_file).await;
    assert_eq!(steps, trail(&suite, &by_hand).await);
    for (from, to, day) in [("LICENSED", "PAYING", "2022-07-15"), ("PAYING", "SETTLED", "2022-08-01")] {
        assert!(steps.contains(&(from.to_owned(), to.to_owned(), day.to_owned())), "{steps:?}");
    }
    let events = told(&suite, &by_file).await;
    assert_eq!(events, told(&suite, &by_hand).await);
    let divided: Vec<i64> =
        events.iter().filter(|it| it.1.ends_with("IncomeDivided")).map(|(version, ..)| *version).collect();
    assert_eq!(divided, [4, 6]);
    assert_eq!(deal_on(&suite, &by_file, ON).await.etag, "6");
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
