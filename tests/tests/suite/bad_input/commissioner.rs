//! Commissioners and technology transfer: reports of others' work, needs of two firms, rights that are not clear, money
//! that did not come.

use canopy_kernel::Role;
use canopy_proto::commissioner::v1 as pb;
use canopy_proto::commissioner::v1::activity_service_client::ActivityServiceClient;
use canopy_proto::commissioner::v1::commissioner_service_client::CommissionerServiceClient;
use canopy_proto::commissioner::v1::deal_service_client::DealServiceClient;
use canopy_proto::commissioner::v1::demand_service_client::DemandServiceClient;
use canopy_proto::commissioner::v1::empowerment_service_client::EmpowermentServiceClient;
use canopy_proto::commissioner::v1::recognition_service_client::RecognitionServiceClient;
use canopy_proto::commissioner::v1::signing_service_client::SigningServiceClient;
use canopy_proto::common::v1::RowResult;
use canopy_proto::registry::v1 as registry;
use canopy_proto::registry::v1::qualification_service_client::QualificationServiceClient;
use canopy_proto::registry::v1::subject_service_client::SubjectServiceClient;
use tonic::Code::{self, AlreadyExists, FailedPrecondition, InvalidArgument, PermissionDenied};

use super::self_use::awards_below_what_the_law_asks_for;
use super::world::{As, World, id};
use super::year::{code, firm, rule};

/// The pilot unit of the empowerment reform.
const UNIT: &str = "124200002429921889";
const ON: &str = "2022-03-01";
/// When the unit tells of the year.
pub(super) const LATER: &str = "2022-12-31";

#[tokio::test]
async fn technology_transfer_takes_nothing_that_cannot_be() {
    let world = prepared().await;
    activities_of_others_or_of_no_day(&world).await;
    needs_of_two_firms_are_not_one(&world).await;
    projects_without_a_party_or_below_nothing(&world).await;
    a_higher_institution_does_not_apply_for_less(&world).await;
    rights_terms_and_shares_that_cannot_be(&world).await;
    money_before_it_came_or_twice(&world).await;
    shares_of_an_agreement_of_another_day(&world).await;
    awards_below_what_the_law_asks_for(&world).await;
    world.stop().await;
}

/// Two firms, the pilot unit, two commissioners and a method.
async fn prepared() -> World {
    let world = World::start().await;
    let rules = [
        rule("inventor_income_share_bp", "9600", "bp"),
        rule("unit_equity_share_bp", "1000", "bp"),
        rule("use_right_max_years", "30", "years"),
        rule("use_right_min_years", "10", "years"),
        rule("agreed_price_publicity_days", "15", "calendar days"),
        rule("publicity_wd", "5", "working days"),
    ];
    world.in_force(registry::ReferenceKind::RuleParameters, rules.to_vec()).await;
    let mut subjects = SubjectServiceClient::new(world.desk("qian", Role::Registrar, "").await);
    let rows = vec![firm(1), firm(2)];
    let firms = registry::BatchImportEnterprisesRequest { rows };
    taken(subjects.batch_import_enterprises(firms).await.unwrap().into_inner().results);
    let unit = registry::InstituteRow {
        request_id: id(),
        uscc: UNIT.to_owned(),
        title: "湖北工业大学".to_owned(),
        kind: registry::SubjectKind::University.into(),
        area_code: "420112".to_owned(),
        located_in_city: true,
        is_pilot_unit: true,
        ..Default::default()
    };
    let units = registry::BatchImportInstitutesRequest { rows: vec![unit] };
    taken(subjects.batch_import_institutes(units).await.unwrap().into_inner().results);
    let mut bureau = CommissionerServiceClient::new(world.desk("zhang", Role::StBureau, ON).await);
    let commissioner = |number: &str| pb::CommissionerRow {
        request_id: id(),
        commissioner_no: number.to_owned(),
        person_name: "吕华磊".to_owned(),
        side: pb::CommissionerSide::City.into(),
        recruited_on: "2021-06-15".to_owned(),
        ..Default::default()
    };
    let rows = vec![commissioner("CL0001"), commissioner("CL0002")];
    let request = pb::BatchImportCommissionersRequest { rows };
    taken(bureau.batch_import_commissioners(request).await.unwrap().into_inner().results);
    let post = |number: &str| pb::PostRow {
        request_id: id(),
        commissioner_no: number.to_owned(),
        kind: pb::PostKind::District.into(),
        post_ref: "420111".to_owned(),
        from_on: "2021-07-01".to_owned(),
        ..Default::default()
    };
    let request = pb::BatchImportPostsRequest { rows: vec![post("CL0001"), post("CL0002")] };
    taken(bureau.batch_import_posts(request).await.unwrap().into_inner().results);
    world
}

fn taken(results: Vec<RowResult>) {
    for row in results {
        assert_eq!(row.refusal, None);
    }
}

/// The unit, acting for itself.
pub(super) async fn unit(world: &World, on: &str) -> As {
    let token =
        world.token(&["--person", "dean", "--role", "INSTITUTE", "--uscc", UNIT, "--may-set-time"]).await;
    world.bearing(&token, on)
}

async fn activities_of_others_or_of_no_day(world: &World) {
    let activity = |number: &str, commissioner: &str, on: &str| pb::ActivityRow {
        request_id: id(),
        activity_no: number.to_owned(),
        kind: pb::ActivityKind::Contact.into(),
        commissioner_no: commissioner.to_owned(),
        activity_on: on.to_owned(),
        counterpart_kind: pb::CounterpartKind::Firm.into(),
        counterpart: "武汉测试1有限公司".to_owned(),
        ..Default::default()
    };
    let rows = vec![
        activity("HD1", "CL0002", "2022-02-28"),
        activity("HD2", "CL0001", "2022-03-02"),
        activity("HD3", "CL0001", "2021-06-30"),
        pb::ActivityRow { method_code: "SEEK_9".to_owned(), ..activity("HD4", "CL0001", "2022-02-28") },
        activity("HD5", "CL0001", "2022-02-30"),
    ];
    let expected = [
        (PermissionDenied, "NOT_OWN_ACTIVITY", "commissioner_no"),
        (InvalidArgument, "ACTIVITY_IN_FUTURE", "activity_on"),
        (FailedPrecondition, "BEFORE_POSTING", "activity_on"),
        (InvalidArgument, "UNKNOWN_METHOD_CODE", "method_code"),
        (InvalidArgument, "DATE_FORMAT", "activity_on"),
    ];
    let mut own = ActivityServiceClient::new(world.desk("CL0001", Role::Commissioner, ON).await);
    let report = async || {
        let request = pb::BatchImportActivitiesRequest { rows: rows.clone() };
        own.batch_import_activities(request).await.unwrap().into_inner().results
    };
    world.refuses_rows(report, &expected).await;
}

async fn needs_of_two_firms_are_not_one(world: &World) {
    let mut own = DemandServiceClient::new(world.desk("CL0001", Role::Commissioner, ON).await);
    let demand = |number: &str, firm: usize| pb::CollectDemandRequest {
        request_id: id(),
        demand_no: number.to_owned(),
        enterprise_uscc: code(firm),
        commissioner_no: "CL0001".to_owned(),
        field: "激光".to_owned(),
        text: "激光切割头标定过程复杂".to_owned(),
        ..Default::default()
    };
    let kept = own.collect_demand(demand("XQ1", 1)).await.unwrap().into_inner().name;
    let duplicate = own.collect_demand(demand("XQ2", 2)).await.unwrap().into_inner().name;
    let merge = pb::MergeDemandsRequest {
        request_id: id(),
        kept,
        duplicate,
        reason: "同一需求".to_owned(),
        ..Default::default()
    };
    let mut bureau = DemandServiceClient::new(world.desk("zhang", Role::StBureau, ON).await);
    let refused = (FailedPrecondition, "MERGE_DIFFERENT_OWNERS", "duplicate");
    world.refuses(bureau.merge_demands(merge), refused).await;
    let again = (AlreadyExists, "DUPLICATE_DEMAND", "demand_no");
    world.refuses(own.collect_demand(demand("XQ1", 1)), again).await;
    let same_words = (AlreadyExists, "DUPLICATE_DEMAND", "text");
    world.refuses(own.collect_demand(demand("XQ3", 1)), same_words).await;
    let nobody = pb::CollectDemandRequest { enterprise_uscc: code(9), ..demand("XQ3", 1) };
    world
        .refuses(own.collect_demand(nobody), (Code::NotFound, "UNKNOWN_ENTERPRISE", "enterprise_uscc"))
        .await;
}

async fn projects_without_a_party_or_below_nothing(world: &World) {
    let project = |amount_fen: i64| pb::RecordSigningRequest {
        request_id: id(),
        signing_no: "QY1".to_owned(),
        party_a_uscc: UNIT.to_owned(),
        party_b_uscc: code(1),
        title: "激光焊接产业化项目".to_owned(),
        amount_fen,
        signed_on: ON.to_owned(),
        ..Default::default()
    };
    let mut bureau = SigningServiceClient::new(world.desk("zhang", Role::StBureau, ON).await);
    let alone = pb::RecordSigningRequest { party_b_uscc: String::new(), ..project(100) };
    world.refuses(bureau.record_signing(alone), (InvalidArgument, "PARTY_MISSING", "party_b_uscc")).await;
    let below = (InvalidArgument, "NEGATIVE_AMOUNT", "amount_fen");
    world.refuses(bureau.record_signing(project(-1)), below).await;
    let framework = bureau.record_signing(project(0)).await.unwrap().into_inner();
    assert_eq!(framework.amount_fen, 0);
}

async fn a_higher_institution_does_not_apply_for_less(world: &World) {
    let held = registry::QualificationRow {
        request_id: id(),
        holder_uscc: code(1),
        kind: "TRANSFER_INSTITUTION".to_owned(),
        level: registry::QualificationLevel::Provincial.into(),
        number: "SJSF-2021-0001".to_owned(),
        granted_on: "2021-05-01".to_owned(),
        first_recognition: true,
        ..Default::default()
    };
    let request = registry::BatchImportQualificationsRequest { rows: vec![held] };
    let mut register = QualificationServiceClient::new(world.desk("qian", Role::Registrar, "").await);
    taken(register.batch_import_qualifications(request).await.unwrap().into_inner().results);
    world.tables().await;
    let apply = |firm: usize| pb::ApplyRecognitionRequest {
        request_id: id(),
        applicant_uscc: code(firm),
        kind: pb::RecognitionKind::TransferInstitution.into(),
        level: pb::RecognitionLevel::Municipal.into(),
        institution: Some(pb::InstitutionFigures {
            projects_brokered: 5,
            staff: 10_000,
            transfer_staff: 5_999,
        }),
        ..Default::default()
    };
    let by = async |firm: usize| {
        let options = ["--person", "boss", "--role", "ENTERPRISE", "--uscc", &code(firm), "--may-set-time"];
        RecognitionServiceClient::new(world.bearing(&world.token(&options).await, ON))
    };
    let refused = (FailedPrecondition, "HIGHER_LEVEL_HELD", "level");
    world.refuses(by(1).await.apply_recognition(apply(1)), refused).await;
    // Too few projects and 59.99 % of the staff are an answer, and no error of the call.
    let name = by(2).await.apply_recognition(apply(2)).await.unwrap().into_inner().name;
    let request =
        pb::RecommendRecognitionRequest { request_id: id(), name: name.clone(), ..Default::default() };
    let mut district = RecognitionServiceClient::new(world.desk("li", Role::DistrictOffice, ON).await);
    district.recommend_recognition(request).await.unwrap();
    let request = pb::ReviewRecognitionRequest { request_id: id(), name, ..Default::default() };
    let mut bureau = RecognitionServiceClient::new(world.desk("zhang", Role::StBureau, ON).await);
    let reviewed = bureau.review_recognition(request).await.unwrap().into_inner();
    let unmet: Vec<&str> = reviewed.unmet.iter().map(|it| it.reason.as_str()).collect();
    assert_eq!(unmet, ["PROJECTS_TOO_FEW", "TRANSFER_STAFF_TOO_FEW"]);
}

/// A sound use right of ten years, filed before it begins.
fn empowerment(number: &str) -> pb::EmpowermentRow {
    pb::EmpowermentRow {
        request_id: id(),
        empowerment_no: number.to_owned(),
        title: "绿色桥梁健康监测平台关键技术研究".to_owned(),
        unit_uscc: UNIT.to_owned(),
        basis: pb::EmpowermentBasis::UnitOwned.into(),
        term_years: 10,
        start_on: "2021-07-26".to_owned(),
        inventors: vec![pb::InventorShare { inventor: "谭勇静".to_owned(), share_bp: 10_000 }],
        agreement_signed_on: "2021-06-06".to_owned(),
        publicity_posted_on: "2021-06-16".to_owned(),
        filed_on: "2021-07-21".to_owned(),
        ..Default::default()
    }
}

async fn rights_terms_and_shares_that_cannot_be(world: &World) {
    let term = |term_years: i32| pb::EmpowermentRow { term_years, ..empowerment("FQ9") };
    // 100.01 %.
    let shares =
        [5_000, 5_001].map(|share_bp| pb::InventorShare { inventor: format!("{share_bp}"), share_bp });
    let rows = vec![
        term(31),
        term(9),
        pb::EmpowermentRow { inventors: shares.to_vec(), ..empowerment("FQ9") },
        pb::EmpowermentRow { disputed: true, ..empowerment("FQ9") },
        pb::EmpowermentRow { classified: true, ..empowerment("FQ9") },
        pb::EmpowermentRow { co_owner: pb::CoOwnerConsent::Refused.into(), ..empowerment("FQ9") },
    ];
    let expected = [
        (InvalidArgument, "TERM_TOO_LONG", "term_years"),
        (InvalidArgument, "TERM_TOO_SHORT", "term_years"),
        (InvalidArgument, "SHARES_NOT_10000", "inventors"),
        (FailedPrecondition, "RIGHTS_NOT_CLEAR", "disputed"),
        (FailedPrecondition, "RIGHTS_NOT_CLEAR", "classified"),
        (FailedPrecondition, "RIGHTS_NOT_CLEAR", "co_owner"),
    ];
    let mut dean = EmpowermentServiceClient::new(unit(world, LATER).await);
    let enter = async || {
        let request = pb::BatchImportEmpowermentsRequest { rows: rows.clone() };
        dean.batch_import_empowerments(request).await.unwrap().into_inner().results
    };
    world.refuses_rows(enter, &expected).await;
    let request = pb::BatchImportEmpowermentsRequest { rows: vec![empowerment("FQ1")] };
    taken(dean.batch_import_empowerments(request).await.unwrap().into_inner().results);
}

async fn money_before_it_came_or_twice(world: &World) {
    let deal = |number: &str, receipt_no: &str| pb::DealRow {
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
        buyer_uscc: code(1),
        buyer_kind: pb::BuyerKind::Private.into(),
        ..Default::default()
    };
    let mut dean = DealServiceClient::new(unit(world, LATER).await);
    let request = pb::BatchImportDealsRequest { rows: vec![deal("ZH1", "SR1")] };
    taken(dean.batch_import_deals(request).await.unwrap().into_inner().results);
    let rows = vec![
        pb::DealRow { mode: pb::DealMode::Equity.into(), ..deal("ZH2", "SR2") },
        pb::DealRow { split: pb::SplitKind::Equity.into(), ..deal("ZH2", "SR2") },
        pb::DealRow { publicity_posted_on: "2022-01-27".to_owned(), ..deal("ZH2", "SR2") },
        pb::DealRow { published_price_fen: 1, ..deal("ZH2", "SR2") },
        deal("ZH2", "SR1"),
        pb::DealRow { distributed_on: "2022-02-17".to_owned(), ..deal("ZH2", "SR2") },
        pb::DealRow { mode: pb::DealMode::ConvertFirst.into(), ..deal("ZH2", "SR2") },
        pb::DealRow { related_buyer: true, ..deal("ZH2", "SR2") },
    ];
    let expected = [
        (InvalidArgument, "SPLIT_MODE_MISMATCH", "split"),
        (InvalidArgument, "SPLIT_MODE_MISMATCH", "split"),
        (FailedPrecondition, "PUBLICITY_TOO_SHORT", "publicity_posted_on"),
        (FailedPrecondition, "PRICE_CHANGED", "price_fen"),
        (AlreadyExists, "DUPLICATE_RECEIPT", "receipt_no"),
        (FailedPrecondition, "DISTRIBUTION_BEFORE_INCOME", "distributed_on"),
        (FailedPrecondition, "BUYER_NOT_TECH_SME", "buyer_uscc"),
        (FailedPrecondition, "RELATED_NOT_DISCLOSED", "related_disclosed"),
    ];
    let enter = async || {
        let request = pb::BatchImportDealsRequest { rows: rows.clone() };
        dean.batch_import_deals(request).await.unwrap().into_inner().results
    };
    world.refuses_rows(enter, &expected).await;
}

async fn shares_of_an_agreement_of_another_day(world: &World) {
    let request = pb::BatchImportEmpowermentsRequest { rows: vec![empowerment("FQ2")] };
    let mut dean = EmpowermentServiceClient::new(unit(world, LATER).await);
    let results = dean.batch_import_empowerments(request).await.unwrap().into_inner().results;
    let empowerment = results[0].name.clone();
    let on = async |day: &str| DealServiceClient::new(unit(world, day).await);
    let price = pb::PriceDealRequest {
        request_id: id(),
        deal_no: "ZH3".to_owned(),
        empowerment: empowerment.clone(),
        mode: pb::DealMode::Licence.into(),
        price_method: pb::PriceMethod::Listed.into(),
        price_fen: 1_000,
        buyer_uscc: code(1),
        buyer_kind: pb::BuyerKind::Private.into(),
        ..Default::default()
    };
    let name = on("2022-07-01").await.price_deal(price).await.unwrap().into_inner().name;
    let sign =
        pb::SignDealRequest { request_id: id(), name: name.clone(), price_fen: 1_000, ..Default::default() };
    on("2022-07-01").await.sign_deal(sign).await.unwrap();
    let income = pb::RecordReceiptRequest {
        request_id: id(),
        name: name.clone(),
        receipt_no: "SR3".to_owned(),
        receipts_fen: 1_000,
        ..Default::default()
    };
    on("2022-08-31").await.record_receipt(income).await.unwrap();
    let change = pb::ChangeAgreementRequest {
        request_id: id(),
        name: empowerment,
        shares: vec![pb::InventorShare { inventor: "石雨欣".to_owned(), share_bp: 10_000 }],
        signed_by: vec!["石雨欣".to_owned()],
        ..Default::default()
    };
    let mut dean = EmpowermentServiceClient::new(unit(world, "2022-09-01").await);
    dean.change_agreement(change).await.unwrap();
    let divide = pb::DistributeReceiptRequest {
        request_id: id(),
        name,
        receipt_no: "SR3".to_owned(),
        agreement_version_no: 2,
        ..Default::default()
    };
    let refused = (FailedPrecondition, "AGREEMENT_NOT_IN_FORCE", "agreement_version_no");
    world.refuses(on(LATER).await.distribute_receipt(divide), refused).await;
}
