//! Credit: a repair before its time is an answer and no error; what is unknown, listed or repaired already is refused;
//! a day without rules in force is out of range.

use canopy_kernel::Role;
use canopy_proto::registry::v1 as pb;
use canopy_proto::registry::v1::credit_service_client::CreditServiceClient;
use tonic::Code;

use super::world::{As, World, id};
use super::year::code;

impl World {
    pub async fn credit(&self) -> CreditServiceClient<As> {
        CreditServiceClient::new(self.desk("sun", Role::CreditAuthority, "").await)
    }

    /// Lists a firm from a day on, with a measure that blocks subsidies.
    pub async fn list(&self, listing_no: &str, firm: usize, decided_on: &str) {
        self.credit().await.record_listing(listing(listing_no, firm, decided_on)).await.unwrap();
    }
}

fn listing(listing_no: &str, firm: usize, decided_on: &str) -> pb::RecordListingRequest {
    pb::RecordListingRequest {
        request_id: id(),
        listing_no: listing_no.to_owned(),
        uscc: code(firm),
        kind: "TAX".to_owned(),
        grade: pb::CreditGrade::General.into(),
        decided_on: decided_on.to_owned(),
        authority: "税务局".to_owned(),
        measures: vec!["FISCAL_FUNDS".to_owned()],
        ..Default::default()
    }
}

fn application(listing_no: &str, applied_on: &str) -> pb::ApplyForRepairRequest {
    pb::ApplyForRepairRequest {
        request_id: id(),
        listing_no: listing_no.to_owned(),
        applied_on: applied_on.to_owned(),
        ..Default::default()
    }
}

fn decision(listing_no: &str, repaired_on: &str) -> pb::DecideRepairRequest {
    pb::DecideRepairRequest {
        request_id: id(),
        listing_no: listing_no.to_owned(),
        repaired_on: repaired_on.to_owned(),
        ..Default::default()
    }
}

#[tokio::test]
async fn credit_answers_a_repair_before_its_time_and_refuses_what_cannot_be() {
    let world = World::with_year(1).await;
    world.list("LHCJ-1", 1, "2022-03-10").await;
    a_listing_that_is_known_or_malformed(&world).await;
    a_repair_before_the_minimum_period(&world).await;
    a_repair_of_what_is_unknown_not_applied_for_or_repaired(&world).await;
    a_day_without_rules(&world).await;
    world.stop().await;
}

async fn a_listing_that_is_known_or_malformed(world: &World) {
    let mut credit = world.credit().await;
    let known = (Code::AlreadyExists, "DUPLICATE_LISTING", "listing_no");
    world.refuses(credit.record_listing(listing("LHCJ-1", 1, "2022-04-01")), known).await;
    let ungraded = pb::RecordListingRequest { grade: 0, ..listing("LHCJ-2", 1, "2022-04-01") };
    let unknown = (Code::InvalidArgument, "ENUM_UNKNOWN", "grade");
    world.refuses(credit.record_listing(ungraded), unknown).await;
    let malformed =
        pb::RecordListingRequest { uscc: "9142".to_owned(), ..listing("LHCJ-2", 1, "2022-04-01") };
    world.refuses(credit.record_listing(malformed), (Code::InvalidArgument, "USCC_FORMAT", "uscc")).await;
}

async fn a_repair_before_the_minimum_period(world: &World) {
    let answer = world.credit().await.apply_for_repair(application("LHCJ-1", "2022-06-09")).await;
    let refused = answer.unwrap().into_inner();
    assert_eq!(refused.decision(), pb::RepairDecision::Refused);
    assert_eq!((refused.reason.as_str(), refused.earliest_on.as_str()), ("REPAIR_TOO_EARLY", "2022-06-10"));
    let asked = pb::GetListingRequest { listing_no: "LHCJ-1".to_owned(), as_of: "2022-06-09".to_owned() };
    let listing = world.credit().await.get_listing(asked).await.unwrap().into_inner();
    assert_eq!(listing.state(), pb::CreditListingState::Listed, "the listing stays");
}

async fn a_repair_of_what_is_unknown_not_applied_for_or_repaired(world: &World) {
    let mut credit = world.credit().await;
    let unknown = (Code::NotFound, "UNKNOWN_LISTING", "listing_no");
    world.refuses(credit.apply_for_repair(application("LHCJ-9", "2022-06-10")), unknown).await;
    let state = (Code::FailedPrecondition, "STATE_NOT_ALLOWED", "");
    world.refuses(credit.decide_repair(decision("LHCJ-1", "2022-06-20")), state).await;
    credit.apply_for_repair(application("LHCJ-1", "2022-06-10")).await.unwrap();
    let early = (Code::InvalidArgument, "FIELD_OUT_OF_RANGE", "repaired_on");
    world.refuses(credit.decide_repair(decision("LHCJ-1", "2022-06-09")), early).await;
    credit.decide_repair(decision("LHCJ-1", "2022-06-20")).await.unwrap();
    let repaired = (Code::FailedPrecondition, "ALREADY_REPAIRED", "listing_no");
    world.refuses(credit.decide_repair(decision("LHCJ-1", "2022-06-21")), repaired).await;
    world.refuses(credit.apply_for_repair(application("LHCJ-1", "2022-06-21")), repaired).await;
}

async fn a_day_without_rules(world: &World) {
    let asked = pb::CheckStandingRequest {
        uscc: code(1),
        purpose: pb::StandingPurpose::Subsidy.into(),
        on: "2019-06-30".to_owned(),
    };
    let out_of_range = (Code::OutOfRange, "RULE_NOT_LOADED", "");
    world.refuses(world.credit().await.check_standing(asked.clone()), out_of_range).await;
    let purposeless = pb::CheckStandingRequest { purpose: 0, ..asked };
    let unknown = (Code::InvalidArgument, "ENUM_UNKNOWN", "purpose");
    world.refuses(world.credit().await.check_standing(purposeless), unknown).await;
}
