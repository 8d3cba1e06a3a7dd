//! A unit's register of deals, row by row: what is refused, and how income and shares are divided to the fen.

use canopy_proto::commissioner::v1 as pb;
use canopy_proto::commissioner::v1::deal_service_client::DealServiceClient;

use crate::empowerment::{self, OTHER_UNIT, UNIT, share};
use crate::registry::qualification;
use crate::suite::{As, Suite, id, reason_of, reasons_of};

pub const BUYER: &str = "91420105MA4KTTYX61";
pub const LISTED_BUYER: &str = "91420111MA4KXA0264";
const ON: &str = "2022-12-31";

/// A service with the empowerment FQ1 of five inventors, and a buyer that is listed as an SME for 2022.
pub async fn start() -> Suite {
    let suite = empowerment::start().await;
    let listing = qualification(LISTED_BUYER, "TECH_SME", "202242010000000001", "2022-02-10");
    let expires_on = "2022-12-31".to_owned();
    suite.registry.grant(canopy_proto::registry::v1::Qualification { expires_on, ..listing });
    suite.followed().await;
    let inventors = [("李红", 696), ("白宇梓", 1_457), ("贾伟红", 1_424), ("阎强", 2_457), ("段景玉", 3_966)];
    let inventors = inventors.map(|(name, bp)| share(name, bp)).to_vec();
    let row = pb::EmpowermentRow {
        inventors,
        agreement_signed_on: "2021-06-06".to_owned(),
        publicity_posted_on: "2021-06-16".to_owned(),
        filed_on: "2021-07-21".to_owned(),
        start_on: "2021-07-26".to_owned(),
        ..empowerment::row("FQ1")
    };
    assert_eq!(empowerment::enter(&suite, vec![row]).await, [""]);
    suite
}

pub fn unit(suite: &Suite, on: &str) -> DealServiceClient<As> {
    DealServiceClient::new(suite.institute(UNIT, on))
}

/// A sound licence with one receipt, divided.
pub fn row(number: &str, receipt_no: &str) -> pb::DealRow {
    pb::DealRow {
        request_id: id(),
        deal_no: number.to_owned(),
        empowerment_no: "FQ1".to_owned(),
        mode: pb::DealMode::Licence.into(),
        price_method: pb::PriceMethod::Agreed.into(),
        published_price_fen: 200_000_001,
        price_fen: 200_000_001,
        publicity_posted_on: "2022-01-19".to_owned(),
        signed_on: "2022-02-10".to_owned(),
        split: pb::SplitKind::Cash.into(),
        receipt_no: receipt_no.to_owned(),
        received_on: "2022-02-18".to_owned(),
        receipts_fen: 200_000_001,
        distributed_on: "2022-03-02".to_owned(),
        buyer_uscc: BUYER.to_owned(),
        buyer_kind: pb::BuyerKind::Private.into(),
        ..Default::default()
    }
}

/// A sound equity deal.
fn equity(number: &str) -> pb::DealRow {
    pb::DealRow {
        mode: pb::DealMode::Equity.into(),
        split: pb::SplitKind::Equity.into(),
        company_capital_fen: 1_574_500_000,
        technology_value_fen: 335_000_000,
        received_on: String::new(),
        receipts_fen: 0,
        distributed_on: String::new(),
        buyer_kind: pb::BuyerKind::StateOwned.into(),
        ..row(number, "")
    }
}

async fn enter(suite: &Suite, rows: Vec<pb::DealRow>) -> Vec<&'static str> {
    let request = pb::BatchImportDealsRequest { rows };
    reasons_of(&unit(suite, ON).batch_import_deals(request).await.unwrap().into_inner().results)
}

pub async fn splits(suite: &Suite, as_of: &str) -> Vec<pb::Split> {
    let request = pb::ListSplitsRequest { as_of: as_of.to_owned(), ..Default::default() };
    DealServiceClient::new(suite.bureau(ON)).list_splits(request).await.unwrap().into_inner().splits
}

pub fn parts(split: &pb::Split) -> Vec<(&str, i64, i64)> {
    split.parts.iter().map(|it| (it.party.as_str(), it.amount_fen, it.company_share_ppm)).collect()
}

async fn counted(suite: &Suite, as_of: &str) -> pb::CountDealsResponse {
    let request = pb::CountDealsRequest {
        from: "2022-01-01".to_owned(),
        as_of: as_of.to_owned(),
        ..Default::default()
    };
    DealServiceClient::new(suite.bureau(ON)).count_deals(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn income_and_shares_are_divided_to_the_fen() {
    let suite = start().await;
    assert_eq!(enter(&suite, vec![row("ZH1", "SR1"), equity("ZH2")]).await, ["", ""]);
    let divided = splits(&suite, "2022-11-30").await;
    let cases: Vec<&str> = divided.iter().map(|it| it.case_no.as_str()).collect();
    assert_eq!(cases, ["SR1", "ZH2"]);
    let cash = [
        ("UNIT", 8_000_000, 0),
        ("李红", 13_363_200, 0),
        ("白宇梓", 27_974_400, 0),
        ("贾伟红", 27_340_800, 0),
        ("阎强", 47_174_400, 0),
        ("段景玉", 76_147_201, 0),
    ];
    assert_eq!(parts(&divided[0]), cash);
    let outside: Vec<bool> = divided[0].parts.iter().map(|it| it.outside_wage_cap).collect();
    assert_eq!(outside, [false, true, true, true, true, true]);
    assert_eq!(parts(&divided[1]), [("UNIT", 33_500_000, 21_277), ("INVENTORS", 301_500_000, 191_489)]);
    // As of the day before, the receipt waits; the shares are divided with the signature.
    let before: Vec<String> = splits(&suite, "2022-03-01").await.into_iter().map(|it| it.case_no).collect();
    assert_eq!(before, ["ZH2"]);
    // The ledger holds the same, and the deal's income account is empty again.
    let moved = "select sum(amount_fen)::bigint from platform.ledger_transfer t
                 join commissioner.empowerment e on e.unit_account = t.credit_account";
    assert_eq!(suite.count(moved).await, 8_000_000);
    let left = "select (credits_posted - debits_posted)::bigint from platform.ledger_account a
                join commissioner.deal d on d.income_account = a.id where d.deal_no = 'ZH1'";
    assert_eq!(suite.count(left).await, 0);
    canopy_persistence::verify(&suite.pool).await.unwrap();
    suite.close().await;
}

#[tokio::test]
async fn a_row_is_refused_for_its_first_fault() {
    let suite = start().await;
    let convert = |number: &str, receipt: &str| pb::DealRow {
        mode: pb::DealMode::ConvertFirst.into(),
        buyer_uscc: LISTED_BUYER.to_owned(),
        ..row(number, receipt)
    };
    let rows = vec![
        row("ZH1", "SR1"),
        pb::DealRow { split: pb::SplitKind::Cash.into(), ..equity("ZH2") },
        pb::DealRow { split: pb::SplitKind::Equity.into(), ..row("ZH3", "SR3") },
        pb::DealRow { publicity_posted_on: "2022-01-27".to_owned(), ..row("ZH4", "SR4") },
        pb::DealRow { publicity_posted_on: "2022-01-26".to_owned(), ..row("ZH5", "SR5") },
        pb::DealRow { published_price_fen: 1, ..row("ZH6", "SR6") },
        row("ZH7", "SR1"),
        pb::DealRow { distributed_on: "2022-02-17".to_owned(), ..row("ZH8", "SR8") },
        pb::DealRow { received_on: String::new(), ..row("ZH9", "SR9") },
        pb::DealRow { buyer_uscc: BUYER.to_owned(), ..convert("ZH10", "SR10") },
        convert("ZH11", "SR11"),
        // The day before the listing.
        pb::DealRow {
            signed_on: "2022-02-09".to_owned(),
            publicity_posted_on: "2022-01-01".to_owned(),
            ..convert("ZH12", "SR12")
        },
        pb::DealRow { related_buyer: true, ..row("ZH13", "SR13") },
        pb::DealRow { related_buyer: true, related_disclosed: true, ..row("ZH14", "SR14") },
        pb::DealRow { empowerment_no: "FQ9".to_owned(), ..row("ZH15", "SR15") },
        pb::DealRow { direct_costs_fen: 200_000_002, ..row("ZH16", "SR16") },
        pb::DealRow { technology_value_fen: 1_574_500_001, ..equity("ZH17") },
        pb::DealRow { buyer_uscc: "9142".to_owned(), ..row("ZH18", "SR18") },
        pb::DealRow { related_buyer: true, published_price_fen: 1, ..row("ZH19", "SR19") },
        row("ZH1", ""),
    ];
    let expected = [
        "",
        "SPLIT_MODE_MISMATCH",
        "SPLIT_MODE_MISMATCH",
        "PUBLICITY_TOO_SHORT",
        "",
        "PRICE_CHANGED",
        "DUPLICATE_RECEIPT",
        "DISTRIBUTION_BEFORE_INCOME",
        "DISTRIBUTION_BEFORE_INCOME",
        "BUYER_NOT_TECH_SME",
        "",
        "BUYER_NOT_TECH_SME",
        "RELATED_NOT_DISCLOSED",
        "",
        "UNKNOWN_EMPOWERMENT",
        "COSTS_ABOVE_RECEIPTS",
        "TECHNOLOGY_ABOVE_CAPITAL",
        "USCC_FORMAT",
        "PRICE_CHANGED",
        "DUPLICATE_DEAL",
    ];
    assert_eq!(enter(&suite, rows).await, expected);
    assert_eq!(suite.count("select count(*) from commissioner.deal").await, 4);
    assert_eq!(suite.count("select count(*) from commissioner.receipt").await, 4);
    // A receipt that was taken by an earlier piece is known as well.
    assert_eq!(enter(&suite, vec![row("ZH20", "SR1")]).await, ["DUPLICATE_RECEIPT"]);
    suite.close().await;
}

#[tokio::test]
async fn further_receipts_come_with_the_same_deal() {
    let suite = start().await;
    let first = pb::DealRow { receipts_fen: 100, ..row("ZH1", "SR1") };
    let second = pb::DealRow {
        receipts_fen: 50,
        received_on: "2022-05-01".to_owned(),
        distributed_on: String::new(),
        ..row("ZH1", "SR2")
    };
    let other_price = pb::DealRow { price_fen: 1, published_price_fen: 1, ..row("ZH1", "SR3") };
    let third = pb::DealRow { receipts_fen: 7, ..row("ZH1", "SR4") };
    assert_eq!(enter(&suite, vec![first, second, other_price]).await, ["", "", "DUPLICATE_DEAL"]);
    assert_eq!(enter(&suite, vec![third.clone()]).await, [""]);
    assert_eq!(enter(&suite, vec![third]).await, [""]);
    let request = pb::GetDealRequest {
        deal_no: "ZH1".to_owned(),
        as_of: "2022-11-30".to_owned(),
        ..Default::default()
    };
    let shown = unit(&suite, ON).get_deal(request).await.unwrap().into_inner();
    assert_eq!((shown.receipts_fen, shown.state()), (157, pb::DealState::IncomeReceived));
    // 4 of 100 and 0.28 of 7, the second receipt is not divided yet.
    let counted = counted(&suite, "2022-11-30").await;
    assert_eq!((counted.deals, counted.distributions), (1, 2));
    assert_eq!((counted.inventors_fen, counted.unit_fen), (103, 4));
    canopy_persistence::verify(&suite.pool).await.unwrap();
    suite.close().await;
}

#[tokio::test]
async fn deals_are_counted_by_signature_and_money_by_its_own_day() {
    let suite = start().await;
    let related = pb::DealRow { related_buyer: true, related_disclosed: true, ..row("ZH2", "SR2") };
    let earlier = pb::DealRow {
        signed_on: "2021-12-31".to_owned(),
        publicity_posted_on: "2021-12-01".to_owned(),
        ..row("ZH3", "SR3")
    };
    enter(&suite, vec![row("ZH1", "SR1"), related, earlier, equity("ZH4")]).await;
    let year = counted(&suite, "2022-11-30").await;
    let expected = pb::CountDealsResponse {
        deals: 3,
        state_owned_buyers: 1,
        private_buyers: 2,
        related_disclosed: 1,
        equity_deals: 1,
        technology_value_fen: 335_000_000,
        unit_equity_fen: 33_500_000,
        unit_equity_bp: 1_000,
        distributions: 3,
        net_income_fen: 600_000_003,
        inventors_fen: 576_000_003,
        unit_fen: 24_000_000,
        inventors_bp: 9_600,
    };
    assert_eq!(year, expected);
    let before = counted(&suite, "2022-02-10").await;
    assert_eq!((before.deals, before.distributions, before.inventors_bp), (3, 0, 0));
    assert_eq!(counted(&suite, "2022-02-09").await, pb::CountDealsResponse::default());
    suite.close().await;
}

#[tokio::test]
async fn a_policy_below_the_statutory_floor_divides_nothing() {
    let suite = start().await;
    let mut rules = vec![
        ("inventor_income_share_bp", "4999", "bp"),
        ("unit_equity_share_bp", "5001", "bp"),
        ("use_right_max_years", "30", "years"),
        ("use_right_min_years", "10", "years"),
        ("agreed_price_publicity_days", "15", "calendar days"),
    ];
    suite.registry.rules(&rules);
    let refused = enter(&suite, vec![row("ZH1", "SR1"), equity("ZH2")]).await;
    assert_eq!(refused, ["BELOW_STATUTORY_FLOOR", "BELOW_STATUTORY_FLOOR"]);
    (rules[0].1, rules[1].1) = ("5000", "5000");
    suite.registry.rules(&rules);
    assert_eq!(enter(&suite, vec![row("ZH1", "SR1"), equity("ZH2")]).await, ["", ""]);
    suite.close().await;
}

#[tokio::test]
async fn a_unit_enters_and_sees_its_own_alone() {
    let suite = start().await;
    enter(&suite, vec![row("ZH1", "SR1")]).await;
    let mut other = DealServiceClient::new(suite.institute(OTHER_UNIT, ON));
    let request = pb::BatchImportDealsRequest { rows: vec![row("ZH2", "SR2")] };
    let results = other.batch_import_deals(request).await.unwrap().into_inner().results;
    assert_eq!(reasons_of(&results), ["UNKNOWN_EMPOWERMENT"]);
    assert!(other.list_deals(pb::ListDealsRequest::default()).await.unwrap().into_inner().deals.is_empty());
    assert!(
        other.list_splits(pb::ListSplitsRequest::default()).await.unwrap().into_inner().splits.is_empty()
    );
    let asked = pb::ListDealsRequest { unit_uscc: UNIT.to_owned(), ..Default::default() };
    assert_eq!(reason_of(other.list_deals(asked).await), "NOT_REPRESENTED");
    let mut nobody = DealServiceClient::new(suite.district(ON));
    let request = pb::BatchImportDealsRequest { rows: Vec::new() };
    assert_eq!(reason_of(nobody.batch_import_deals(request).await), "ROLE_NOT_ALLOWED");
    suite.close().await;
}
