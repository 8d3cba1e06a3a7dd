//! The bundled year of training, empowerments and deals: every refused row with its reason, every split to the fen.

use std::collections::{BTreeMap, HashMap};

use canopy_proto::commissioner::v1 as pb;
use canopy_proto::commissioner::v1::deal_service_client::DealServiceClient;
use canopy_proto::commissioner::v1::empowerment_service_client::EmpowermentServiceClient;
use canopy_proto::commissioner::v1::training_service_client::TrainingServiceClient;
use canopy_proto::registry::v1 as registry;

use crate::empowerment::UNIT;
use crate::registry::qualification;
use crate::suite::{Suite, id, reasons_of};

const CUT_OFF: &str = "2022-11-30";
const YEAR: &str = "2022-01-01";

/// The rows of a file by column; these files quote nothing.
fn rows(file: &str) -> Vec<HashMap<String, String>> {
    let path = format!("{}/../../tests/data/wuhan-2022/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    lines
        .map(|line| {
            header.iter().zip(line.split(',')).map(|(k, v)| ((*k).to_owned(), v.to_owned())).collect()
        })
        .collect()
}

/// Reasons by line of what a file must have refused.
fn expected(file: &str) -> BTreeMap<usize, String> {
    let refused = rows("expected_rejections.csv");
    let of_file = refused.iter().filter(|row| row["file"] == file);
    of_file.map(|row| (row["line_no"].parse().unwrap(), row["reason_code"].clone())).collect()
}

/// Reasons by line of what was refused; the header is line 1.
fn refused(reasons: &[&str]) -> BTreeMap<usize, String> {
    let lines = (2..).zip(reasons).filter(|(_, reason)| !reason.is_empty());
    lines.map(|(line, reason)| (line, (*reason).to_owned())).collect()
}

fn number<T: std::str::FromStr + Default>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    if text.is_empty() { T::default() } else { text.parse().unwrap() }
}

fn word<E: Into<i32>>(parsed: Option<E>) -> i32 {
    parsed.unwrap().into()
}

fn empowerment(row: &HashMap<String, String>) -> pb::EmpowermentRow {
    let inventors = row["inventors"].split(';').map(|part| {
        let (inventor, share_bp) = part.split_once(':').unwrap();
        pb::InventorShare { inventor: inventor.to_owned(), share_bp: share_bp.parse().unwrap() }
    });
    let consent = match row["co_owner_consent"].as_str() {
        "true" => pb::CoOwnerConsent::Given,
        "false" => pb::CoOwnerConsent::Refused,
        _ => pb::CoOwnerConsent::Unspecified,
    };
    pb::EmpowermentRow {
        request_id: id(),
        external_ref: String::new(),
        empowerment_no: row["empowerment_id"].clone(),
        title: row["title"].clone(),
        unit_uscc: row["unit_uscc"].clone(),
        basis: word(pb::EmpowermentBasis::from_str_name(&format!("EMPOWERMENT_BASIS_{}", row["basis"]))),
        term_years: number(&row["term_years"]),
        start_on: row["start_on"].clone(),
        inventors: inventors.collect(),
        disputed: row["disputed"] == "true",
        classified: row["classified"] == "true",
        co_owner: consent.into(),
        agreement_signed_on: row["agreement_signed_on"].clone(),
        publicity_posted_on: row["publicity_posted_on"].clone(),
        filed_on: row["filed_on"].clone(),
        terminated_on: row["terminated_on"].clone(),
    }
}

fn deal(row: &HashMap<String, String>) -> pb::DealRow {
    pb::DealRow {
        request_id: id(),
        external_ref: String::new(),
        deal_no: row["deal_id"].clone(),
        empowerment_no: row["empowerment_id"].clone(),
        mode: word(pb::DealMode::from_str_name(&format!("DEAL_MODE_{}", row["mode"]))),
        price_method: word(pb::PriceMethod::from_str_name(&format!("PRICE_METHOD_{}", row["price_method"]))),
        published_price_fen: number(&row["published_price_fen"]),
        price_fen: number(&row["price_fen"]),
        publicity_posted_on: row["publicity_posted_on"].clone(),
        signed_on: row["signed_on"].clone(),
        split: word(pb::SplitKind::from_str_name(&format!("SPLIT_KIND_{}", row["split"]))),
        receipt_no: row["receipt_no"].clone(),
        received_on: row["received_on"].clone(),
        receipts_fen: number(&row["receipts_fen"]),
        direct_costs_fen: number(&row["direct_costs_fen"]),
        distributed_on: row["distributed_on"].clone(),
        company_capital_fen: number(&row["company_capital_fen"]),
        technology_value_fen: number(&row["technology_value_fen"]),
        buyer_uscc: row["buyer_uscc"].clone(),
        buyer_kind: word(pb::BuyerKind::from_str_name(&format!("BUYER_KIND_{}", row["buyer_kind"]))),
        related_buyer: row["related_buyer"] == "true",
        related_disclosed: row["related_disclosed"] == "true",
    }
}

fn attendance(row: &HashMap<String, String>) -> pb::AttendanceRow {
    pb::AttendanceRow {
        request_id: id(),
        external_ref: String::new(),
        session_no: row["session_id"].clone(),
        session_on: row["session_on"].clone(),
        topic: row["topic"].clone(),
        program: word(pb::TrainingProgram::from_str_name(&format!("TRAINING_PROGRAM_{}", row["program"]))),
        person_ref: row["person_id"].clone(),
        person_name: row["person_name"].clone(),
        attended: row["attended"] == "true",
        hours: number(&row["hours"]),
    }
}

/// The figure of that id.
fn figure(id: &str) -> String {
    let path = format!("{}/../../tests/data/wuhan-2022/expected.csv", env!("CARGO_MANIFEST_DIR"));
    let mut figures = csv::Reader::from_path(path).unwrap();
    let found = figures.records().map(Result::unwrap).find(|row| &row[0] == id).unwrap();
    found[3].to_owned()
}

#[tokio::test]
async fn the_year_of_training_counts_as_published() {
    let suite = Suite::start().await;
    let all: Vec<pb::AttendanceRow> = rows("training_attendance.csv").iter().map(attendance).collect();
    let mut bureau = TrainingServiceClient::new(suite.bureau("2022-12-31"));
    let mut reasons = Vec::new();
    for piece in all.chunks(1000) {
        let request = pb::BatchImportAttendancesRequest { rows: piece.to_vec() };
        reasons.extend(reasons_of(
            &bureau.batch_import_attendances(request).await.unwrap().into_inner().results,
        ));
    }
    assert_eq!(refused(&reasons), expected("training_attendance.csv"));
    let request = pb::CountTrainingRequest {
        program: pb::TrainingProgram::TechBroker.into(),
        from: YEAR.to_owned(),
        as_of: CUT_OFF.to_owned(),
        known_at: String::new(),
    };
    let counted = bureau.count_training(request).await.unwrap().into_inner();
    assert_eq!(counted.person_times.to_string(), "925");
    assert_eq!(counted.persons.to_string(), figure("D313"));
    suite.close().await;
}

#[tokio::test]
async fn the_year_of_a_pilot_unit_is_divided_to_the_fen() {
    let suite = Suite::start().await;
    suite.registry.institute(UNIT, "湖北工业大学", true);
    for row in rows("qualifications.csv").iter().filter(|row| row["kind"] == "TECH_SME") {
        let listing = qualification(&row["holder_uscc"], "TECH_SME", &row["number"], &row["granted_on"]);
        suite.registry.grant(registry::Qualification {
            expires_on: row["expires_on"].clone(),
            revoked_on: row["revoked_on"].clone(),
            ..listing
        });
    }
    let unit = suite.institute(UNIT, "2022-12-31");
    let all = rows("empowerments.csv").iter().map(empowerment).collect();
    let request = pb::BatchImportEmpowermentsRequest { rows: all };
    let mut empowerments = EmpowermentServiceClient::new(unit.clone());
    let results = empowerments.batch_import_empowerments(request).await.unwrap().into_inner().results;
    assert_eq!(refused(&reasons_of(&results)), expected("empowerments.csv"));
    let all = rows("conversion_deals.csv").iter().map(deal).collect();
    let request = pb::BatchImportDealsRequest { rows: all };
    let results =
        DealServiceClient::new(unit).batch_import_deals(request).await.unwrap().into_inner().results;
    assert_eq!(refused(&reasons_of(&results)), expected("conversion_deals.csv"));

    let mut expected: BTreeMap<(String, String), (String, String)> = BTreeMap::new();
    for row in rows("expected_splits.csv").iter().filter(|row| !row["case"].contains(':')) {
        let share = row["company_share_ppm"].clone();
        expected.insert((row["case"].clone(), row["party"].clone()), (row["amount_fen"].clone(), share));
    }
    let mut bureau = DealServiceClient::new(suite.bureau("2022-12-31"));
    let request = pb::ListSplitsRequest { as_of: CUT_OFF.to_owned(), page_size: 1000, ..Default::default() };
    let mut divided = BTreeMap::new();
    for split in bureau.list_splits(request).await.unwrap().into_inner().splits {
        for part in split.parts {
            let share = Some(part.company_share_ppm).filter(|it| *it > 0);
            let share = share.map(|it| it.to_string()).unwrap_or_default();
            divided.insert((split.case_no.clone(), part.party), (part.amount_fen.to_string(), share));
        }
    }
    assert_eq!(divided, expected);

    let request =
        pb::CountDealsRequest { from: YEAR.to_owned(), as_of: CUT_OFF.to_owned(), ..Default::default() };
    let counted = bureau.count_deals(request).await.unwrap().into_inner();
    assert_eq!(counted.inventors_fen.to_string(), figure("D310"));
    assert_eq!(counted.unit_fen.to_string(), figure("D311"));
    assert_eq!(counted.equity_deals.to_string(), figure("D312"));
    assert_eq!(counted.state_owned_buyers.to_string(), figure("D601"));
    assert_eq!(counted.private_buyers.to_string(), figure("D602"));
    assert_eq!(counted.related_disclosed.to_string(), figure("D603"));
    assert_eq!((counted.inventors_bp, counted.unit_equity_bp), (9_600, 1_000));
    // Of four deals that are converted first three are paid in full and one by half.
    let request = pb::CountConvertFirstDealsRequest { as_of: CUT_OFF.to_owned(), ..Default::default() };
    let counted = bureau.count_convert_first_deals(request).await.unwrap().into_inner();
    let expected = pb::CountConvertFirstDealsResponse {
        paying: 1,
        settled: 3,
        price_fen: 696_332_235,
        paid_fen: 570_634_604,
        ..Default::default()
    };
    assert_eq!(counted, expected);
    let request = pb::CountEmpowermentsRequest { as_of: CUT_OFF.to_owned(), ..Default::default() };
    let mut empowerments = EmpowermentServiceClient::new(suite.bureau("2022-12-31"));
    let counted = empowerments.count_empowerments(request).await.unwrap().into_inner();
    assert_eq!(counted.in_force.to_string(), figure("D309"));
    assert_eq!(counted.longest_term_years, 30);
    assert_eq!(counted.latest_last_on, figure("D314"));
    canopy_persistence::verify(&suite.pool).await.unwrap();
    suite.close().await;
}
