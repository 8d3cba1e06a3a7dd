//! The way of a deal from price to close, and money that is divided once.

use canopy_proto::commissioner::v1 as pb;

use crate::deal::{BUYER, LISTED_BUYER, parts, splits, start, unit};
use crate::empowerment::{self, in_force, share};
use crate::suite::{Suite, id, reason_of};

fn priced(empowerment: &str, number: &str) -> pb::PriceDealRequest {
    pb::PriceDealRequest {
        request_id: id(),
        deal_no: number.to_owned(),
        empowerment: empowerment.to_owned(),
        mode: pb::DealMode::Licence.into(),
        price_method: pb::PriceMethod::Agreed.into(),
        price_fen: 1_000,
        buyer_uscc: BUYER.to_owned(),
        buyer_kind: pb::BuyerKind::Private.into(),
        ..Default::default()
    }
}

/// Prices and signs a listed deal of that empowerment on 2022-07-01.
async fn signed(suite: &Suite, empowerment: &str, number: &str) -> String {
    let request =
        pb::PriceDealRequest { price_method: pb::PriceMethod::Listed.into(), ..priced(empowerment, number) };
    let name = unit(suite, "2022-07-01").price_deal(request).await.unwrap().into_inner().name;
    let sign =
        pb::SignDealRequest { request_id: id(), name: name.clone(), price_fen: 1_000, ..Default::default() };
    unit(suite, "2022-07-01").sign_deal(sign).await.unwrap();
    name
}

fn income(name: &str, receipt_no: &str) -> pb::RecordReceiptRequest {
    pb::RecordReceiptRequest {
        request_id: id(),
        name: name.to_owned(),
        receipt_no: receipt_no.to_owned(),
        receipts_fen: 1_000,
        direct_costs_fen: 100,
        ..Default::default()
    }
}

fn division(name: &str, receipt_no: &str, agreement_version_no: i32) -> pb::DistributeReceiptRequest {
    pb::DistributeReceiptRequest {
        request_id: id(),
        name: name.to_owned(),
        receipt_no: receipt_no.to_owned(),
        agreement_version_no,
        ..Default::default()
    }
}

#[tokio::test]
async fn a_changed_price_needs_a_new_publicity() {
    let suite = start().await;
    let empowerment = in_force(&suite).await.name;
    let deal = unit(&suite, "2022-06-02").price_deal(priced(&empowerment, "ZH1")).await.unwrap().into_inner();
    assert_eq!(deal.state(), pb::DealState::Priced);
    let name = deal.name;
    let publish = || pb::PublishPriceRequest { request_id: id(), name: name.clone(), ..Default::default() };
    let sign = |price_fen| pb::SignDealRequest {
        request_id: id(),
        name: name.clone(),
        price_fen,
        ..Default::default()
    };
    let posted = unit(&suite, "2022-06-02").publish_price(publish()).await.unwrap().into_inner();
    assert_eq!(posted.state(), pb::DealState::Publicised);
    assert_eq!(reason_of(unit(&suite, "2022-06-16").sign_deal(sign(1_000)).await), "PUBLICITY_TOO_SHORT");
    assert_eq!(reason_of(unit(&suite, "2022-06-17").sign_deal(sign(1_001)).await), "PRICE_CHANGED");
    let change = pb::ChangePriceRequest {
        request_id: id(),
        name: name.clone(),
        price_fen: 1_001,
        ..Default::default()
    };
    let changed = unit(&suite, "2022-06-17").change_price(change).await.unwrap().into_inner();
    assert_eq!(changed.state(), pb::DealState::Priced);
    assert_eq!(reason_of(unit(&suite, "2022-06-17").sign_deal(sign(1_001)).await), "PRICE_CHANGED");
    unit(&suite, "2022-06-17").publish_price(publish()).await.unwrap();
    assert_eq!(reason_of(unit(&suite, "2022-07-01").sign_deal(sign(1_001)).await), "PUBLICITY_TOO_SHORT");
    let once = sign(1_001);
    let signed = unit(&suite, "2022-07-02").sign_deal(once.clone()).await.unwrap().into_inner();
    assert_eq!((signed.state(), signed.price_fen), (pb::DealState::Signed, 1_001));
    assert_eq!(unit(&suite, "2022-07-02").sign_deal(once).await.unwrap().into_inner(), signed);
    assert_eq!(reason_of(unit(&suite, "2022-07-03").sign_deal(sign(1_001)).await), "STATE_NOT_ALLOWED");
    suite.close().await;
}

#[tokio::test]
async fn a_receipt_is_divided_by_the_agreement_of_its_own_day() {
    let suite = start().await;
    let empowerment = in_force(&suite).await.name;
    let name = signed(&suite, &empowerment, "ZH1").await;
    unit(&suite, "2022-08-31").record_receipt(income(&name, "SR1")).await.unwrap();
    let change = pb::ChangeAgreementRequest {
        request_id: id(),
        name: empowerment,
        shares: vec![share("丙", 10_000)],
        signed_by: vec!["丙".to_owned()],
        ..Default::default()
    };
    empowerment::unit(&suite, "2022-09-01").change_agreement(change).await.unwrap();
    unit(&suite, "2022-09-01").record_receipt(income(&name, "SR2")).await.unwrap();
    let mut later = unit(&suite, "2022-10-10");
    // The version of the day of distribution was not in force on the day of receipt.
    let wrong = later.distribute_receipt(division(&name, "SR1", 2)).await;
    assert_eq!(reason_of(wrong), "AGREEMENT_NOT_IN_FORCE");
    let first = later.distribute_receipt(division(&name, "SR1", 1)).await.unwrap().into_inner();
    // 900 net: 864 to the inventors at 60:40, 36 to the unit.
    assert_eq!(parts(&first), [("UNIT", 36, 0), ("甲", 518, 0), ("乙", 346, 0)]);
    let second = later.distribute_receipt(division(&name, "SR2", 0)).await.unwrap().into_inner();
    assert_eq!(parts(&second), [("UNIT", 36, 0), ("丙", 864, 0)]);
    assert_eq!((first.agreement_version_no, second.agreement_version_no), (1, 2));
    assert_eq!(splits(&suite, "2022-12-31").await.len(), 2);
    let close = pb::CloseDealRequest { request_id: id(), name, ..Default::default() };
    let closed = later.close_deal(close).await.unwrap().into_inner();
    assert_eq!(closed.state(), pb::DealState::Closed);
    canopy_persistence::verify(&suite.pool).await.unwrap();
    suite.close().await;
}

#[tokio::test]
async fn nothing_is_divided_before_the_income_or_twice_however_many_ask() {
    let suite = start().await;
    let empowerment = in_force(&suite).await.name;
    let name = signed(&suite, &empowerment, "ZH1").await;
    let mut early = unit(&suite, "2022-07-02");
    assert_eq!(
        reason_of(early.distribute_receipt(division(&name, "SR1", 0)).await),
        "DISTRIBUTION_BEFORE_INCOME"
    );
    unit(&suite, "2022-08-01").record_receipt(income(&name, "SR1")).await.unwrap();
    let again = unit(&suite, "2022-08-02").record_receipt(income(&name, "SR1")).await;
    assert_eq!(reason_of(again), "DUPLICATE_RECEIPT");
    let before = unit(&suite, "2022-07-31").distribute_receipt(division(&name, "SR1", 0)).await;
    assert_eq!(reason_of(before), "DISTRIBUTION_BEFORE_INCOME");
    let crowd = (0..8).map(|_| {
        let mut caller = unit(&suite, "2022-08-10");
        let request = division(&name, "SR1", 0);
        async move { caller.distribute_receipt(request).await }
    });
    let answers = futures::future::join_all(crowd).await;
    assert_eq!(answers.iter().filter(|it| it.is_ok()).count(), 1);
    for refused in answers.into_iter().filter(Result::is_err) {
        assert_eq!(reason_of(refused), "DUPLICATE_RECEIPT");
    }
    assert_eq!(suite.count("select count(*) from commissioner.split").await, 1);
    let paid = "select sum(amount_fen)::bigint from platform.ledger_transfer t
                join commissioner.deal d on d.income_account = t.debit_account";
    assert_eq!(suite.count(paid).await, 1_000);
    canopy_persistence::verify(&suite.pool).await.unwrap();
    suite.close().await;
}

fn taxable(split: &pb::Split) -> Vec<i64> {
    split.parts.iter().map(|it| it.taxable_fen).collect()
}

#[tokio::test]
async fn half_of_a_cash_award_within_three_years_of_the_income_is_taxed() {
    let suite = start().await;
    let empowerment = in_force(&suite).await.name;
    let name = signed(&suite, &empowerment, "ZH1").await;
    for receipt_no in ["SR1", "SR2"] {
        unit(&suite, "2022-08-01").record_receipt(income(&name, receipt_no)).await.unwrap();
    }
    // 518 and 346 to the inventors; the last day is the corresponding one.
    let last = unit(&suite, "2025-08-01").distribute_receipt(division(&name, "SR1", 0)).await.unwrap();
    assert_eq!(taxable(&last.into_inner()), [0, 259, 173]);
    let late = unit(&suite, "2025-08-02").distribute_receipt(division(&name, "SR2", 0)).await.unwrap();
    assert_eq!(taxable(&late.into_inner()), [0, 518, 346]);
    let listed = splits(&suite, "2025-12-31").await;
    let listed: Vec<(&str, Vec<i64>)> = listed.iter().map(|it| (it.case_no.as_str(), taxable(it))).collect();
    assert_eq!(listed, [("SR1", vec![0, 259, 173]), ("SR2", vec![0, 518, 346])]);
    suite.close().await;
}

#[tokio::test]
async fn a_deal_that_does_not_fit_is_refused_when_it_is_stated() {
    let suite = start().await;
    let empowerment = in_force(&suite).await.name;
    let before = suite.tables().await;
    let mut today = unit(&suite, "2022-07-01");
    let convert = |buyer: &str| pb::PriceDealRequest {
        mode: pb::DealMode::ConvertFirst.into(),
        buyer_uscc: buyer.to_owned(),
        ..priced(&empowerment, "ZH1")
    };
    assert_eq!(reason_of(today.price_deal(convert(BUYER)).await), "BUYER_NOT_TECH_SME");
    let only = pb::PriceDealRequest { validate_only: true, ..convert(LISTED_BUYER) };
    today.price_deal(only).await.unwrap();
    // Before it was filed.
    let early = unit(&suite, "2022-05-20").price_deal(priced(&empowerment, "ZH1")).await;
    assert_eq!(reason_of(early), "EMPOWERMENT_NOT_IN_FORCE");
    let inflated = pb::PriceDealRequest {
        mode: pb::DealMode::Equity.into(),
        company_capital_fen: 10,
        technology_value_fen: 11,
        ..priced(&empowerment, "ZH1")
    };
    assert_eq!(reason_of(today.price_deal(inflated).await), "TECHNOLOGY_ABOVE_CAPITAL");
    let unknown = priced("emp_01890a5d-ac96-774b-bcce-b302099a8057", "ZH1");
    assert_eq!(reason_of(today.price_deal(unknown).await), "UNKNOWN_EMPOWERMENT");
    assert_eq!(suite.tables().await, before);

    let tied = pb::PriceDealRequest { related_buyer: true, ..priced(&empowerment, "ZH2") };
    let name = today.price_deal(tied).await.unwrap().into_inner().name;
    let publish = pb::PublishPriceRequest { request_id: id(), name, ..Default::default() };
    assert_eq!(reason_of(today.publish_price(publish).await), "RELATED_NOT_DISCLOSED");
    assert_eq!(reason_of(today.price_deal(priced(&empowerment, "ZH2")).await), "DUPLICATE_DEAL");
    suite.close().await;
}

#[tokio::test]
async fn the_shares_of_an_equity_deal_are_divided_with_its_signature() {
    let suite = start().await;
    let empowerment = in_force(&suite).await.name;
    let request = pb::PriceDealRequest {
        mode: pb::DealMode::Equity.into(),
        price_method: pb::PriceMethod::Auction.into(),
        company_capital_fen: 1_000_000_000,
        technology_value_fen: 300_000_000,
        ..priced(&empowerment, "ZH1")
    };
    let name = unit(&suite, "2022-07-01").price_deal(request).await.unwrap().into_inner().name;
    let sign =
        pb::SignDealRequest { request_id: id(), name: name.clone(), price_fen: 1_000, ..Default::default() };
    let signed = unit(&suite, "2022-07-01").sign_deal(sign).await.unwrap().into_inner();
    assert_eq!(signed.state(), pb::DealState::Distributed);
    let divided = splits(&suite, "2022-07-01").await;
    assert_eq!(parts(&divided[0]), [("UNIT", 30_000_000, 30_000), ("INVENTORS", 270_000_000, 270_000)]);
    assert_eq!(taxable(&divided[0]), [0, 0]);
    let cash = unit(&suite, "2022-07-02").record_receipt(income(&name, "SR1")).await;
    assert_eq!(reason_of(cash), "SPLIT_MODE_MISMATCH");
    suite.close().await;
}
