//! Listings, their repair and expiry, and the standing of one and of thousands.

use canopy_kernel::{Role, reason};
use canopy_proto::registry::v1 as pb;
use futures::future::join_all;

use crate::refusal::refused;
use crate::rows::{code, credit_rules, firm, listing, title};
use crate::suite::{Suite, id};

fn apply(number: &str, applied_on: &str) -> pb::ApplyForRepairRequest {
    pb::ApplyForRepairRequest {
        request_id: id(),
        listing_no: number.to_owned(),
        applied_on: applied_on.to_owned(),
        evidence: "已缴清税款".to_owned(),
        ..Default::default()
    }
}

fn decide(number: &str, repaired_on: &str) -> pb::DecideRepairRequest {
    pb::DecideRepairRequest {
        request_id: id(),
        listing_no: number.to_owned(),
        repaired_on: repaired_on.to_owned(),
        ..Default::default()
    }
}

async fn standing(suite: &Suite, n: usize, purpose: pb::StandingPurpose, on: &str) -> pb::Standing {
    let request = pb::CheckStandingRequest { uscc: code(n), purpose: purpose.into(), on: on.to_owned() };
    suite.credit(Role::FinanceBureau).check_standing(request).await.unwrap().into_inner()
}

async fn state(suite: &Suite, number: &str, as_of: &str) -> pb::CreditListing {
    let request = pb::GetListingRequest { listing_no: number.to_owned(), as_of: as_of.to_owned() };
    suite.credit(Role::Auditor).get_listing(request).await.unwrap().into_inner()
}

use pb::CreditListingState as State;
use pb::StandingPurpose::{Loan, Subsidy};

#[tokio::test]
async fn a_listing_blocks_its_purpose_from_the_decision_to_the_end_of_its_period() {
    let suite = Suite::start().await;
    let rules = suite.rules(credit_rules()).await;
    suite.enter(vec![firm(1)]).await;
    let listed = suite.list(listing("L-1", 1, "2021-11-30")).await;
    assert_eq!(listed.grade(), pb::CreditGrade::General);
    for (on, good) in
        [("2021-11-29", true), ("2021-11-30", false), ("2022-11-29", false), ("2022-11-30", true)]
    {
        let standing = standing(&suite, 1, Subsidy, on).await;
        assert_eq!(standing.good, good, "{on}");
        assert_eq!(standing.blocking.len(), usize::from(!good), "{on}");
        assert_eq!((standing.title.as_str(), standing.on.as_str()), (title(1).as_str(), on));
        assert_eq!(standing.rule_version, rules);
    }
    // The measure is not the one that blocks loans.
    assert!(standing(&suite, 1, Loan, "2022-01-01").await.good);
    assert_eq!(state(&suite, "L-1", "2021-11-29").await.state(), State::NotYet);
    let live = state(&suite, "L-1", "2022-11-29").await;
    assert_eq!((live.state(), live.ends_on.as_str()), (State::Listed, "2022-11-29"));
    assert_eq!(state(&suite, "L-1", "2022-11-30").await.state(), State::Expired);
    // The rule as it stands on the day of the question: from May 2023 a general listing lasts three years.
    assert_eq!(state(&suite, "L-1", "2023-05-01").await.state(), State::Listed);
    // Before the first version no period is in force: the listing stands, and a standing cannot be told.
    assert_eq!(state(&suite, "L-1", "2019-06-30").await.ends_on, "");
    let request =
        pb::CheckStandingRequest { uscc: code(1), purpose: Subsidy.into(), on: "2019-06-30".to_owned() };
    let unruled = suite.credit(Role::StBureau).check_standing(request).await;
    refused(unruled, &reason::RULE_NOT_LOADED, "");
    suite.close().await;
}

#[tokio::test]
async fn a_repair_before_the_minimum_period_is_answered_and_the_listing_stays() {
    let suite = Suite::start().await;
    suite.rules(credit_rules()).await;
    suite.enter(vec![firm(1), firm(2), firm(3)]).await;
    suite.list(listing("L-1", 1, "2022-03-10")).await;
    let serious = pb::CreditGrade::Serious.into();
    suite.list(pb::RecordListingRequest { grade: serious, ..listing("L-2", 2, "2022-03-10") }).await;
    suite.list(pb::RecordListingRequest { grade: serious, ..listing("L-3", 3, "2022-08-31") }).await;
    let mut authority = suite.credit(Role::CreditAuthority);
    for (number, early, earliest) in [
        ("L-1", "2022-06-09", "2022-06-10"),
        ("L-2", "2022-09-09", "2022-09-10"),
        ("L-3", "2023-02-27", "2023-02-28"),
    ] {
        let answer = authority.apply_for_repair(apply(number, early)).await.unwrap().into_inner();
        assert_eq!(answer.decision(), pb::RepairDecision::Refused);
        assert_eq!((answer.earliest_on.as_str(), answer.reason.as_str()), (earliest, "REPAIR_TOO_EARLY"));
        assert_eq!(state(&suite, number, early).await.state(), State::Listed);
        let answer = authority.apply_for_repair(apply(number, earliest)).await.unwrap().into_inner();
        assert_eq!(answer.decision(), pb::RepairDecision::Verifying);
        assert_eq!(state(&suite, number, earliest).await.state(), State::RepairApplied);
        assert!(!standing(&suite, if number == "L-1" { 1 } else { 2 }, Subsidy, early).await.good);
    }
    let repaired = authority.decide_repair(decide("L-1", "2022-06-24")).await.unwrap().into_inner();
    assert_eq!(repaired.decision(), pb::RepairDecision::Repaired);
    // Eligible from the day of removal.
    assert!(!standing(&suite, 1, Subsidy, "2022-06-23").await.good);
    assert!(standing(&suite, 1, Subsidy, "2022-06-24").await.good);
    assert_eq!(state(&suite, "L-1", "2022-06-23").await.repaired_on, "");
    assert_eq!(state(&suite, "L-1", "2022-06-24").await.state(), State::Repaired);

    let list = async |decision: pb::RepairDecision, as_of: &str| {
        let request = pb::ListRepairsRequest {
            decision: decision.into(),
            as_of: as_of.to_owned(),
            ..Default::default()
        };
        let answer = suite.credit(Role::Auditor).list_repairs(request).await.unwrap().into_inner();
        answer.repairs.into_iter().map(|it| (it.listing_no, it.earliest_on)).collect::<Vec<_>>()
    };
    let pair = |number: &str, day: &str| (number.to_owned(), day.to_owned());
    assert_eq!(
        list(pb::RepairDecision::Refused, "2022-11-30").await,
        [pair("L-1", "2022-06-10"), pair("L-2", "2022-09-10")]
    );
    assert_eq!(list(pb::RepairDecision::Verifying, "2022-06-23").await, [pair("L-1", "2022-06-10")]);
    assert_eq!(list(pb::RepairDecision::Repaired, "2022-06-24").await, [pair("L-1", "2022-06-10")]);
    suite.close().await;
}

#[tokio::test]
async fn bad_listings_and_repairs_are_refused() {
    let suite = Suite::start().await;
    suite.rules(credit_rules()).await;
    suite.list(listing("L-1", 1, "2022-03-10")).await;
    suite.list(listing("L-2", 1, "2021-03-10")).await;
    let mut authority = suite.credit(Role::CreditAuthority);
    let before = suite.tables().await;
    let again = authority.record_listing(listing("L-1", 2, "2022-04-10")).await;
    refused(again, &reason::DUPLICATE_LISTING, "listing_no");
    let wrong = pb::RecordListingRequest { uscc: code(1).to_lowercase(), ..listing("L-3", 1, "2022-04-10") };
    refused(authority.record_listing(wrong).await, &reason::USCC_FORMAT, "uscc");
    let swapped =
        pb::RecordListingRequest { uscc: "124200004416255637".to_owned(), ..listing("L-3", 1, "2022-04-10") };
    refused(authority.record_listing(swapped).await, &reason::USCC_CHECK_DIGIT, "uscc");
    let ungraded = pb::RecordListingRequest { grade: 0, ..listing("L-3", 1, "2022-04-10") };
    refused(authority.record_listing(ungraded).await, &reason::ENUM_UNKNOWN, "grade");
    refused(
        authority.record_listing(listing("L-3", 1, "2022-02-29")).await,
        &reason::DATE_FORMAT,
        "decided_on",
    );
    let unknown = authority.apply_for_repair(apply("L-9", "2022-06-10")).await;
    refused(unknown, &reason::UNKNOWN_LISTING, "listing_no");
    let unruled = authority.apply_for_repair(apply("L-1", "2019-06-30")).await;
    refused(unruled, &reason::RULE_NOT_LOADED, "");
    let over = authority.apply_for_repair(apply("L-2", "2022-03-10")).await;
    refused(over, &reason::ALREADY_REPAIRED, "listing_no");
    let unasked = authority.decide_repair(decide("L-1", "2022-06-24")).await;
    refused(unasked, &reason::STATE_NOT_ALLOWED, "");
    assert_eq!(suite.tables().await, before);

    authority.apply_for_repair(apply("L-1", "2022-06-10")).await.unwrap();
    let twice = authority.apply_for_repair(apply("L-1", "2022-06-11")).await;
    assert_eq!(refused(twice, &reason::STATE_NOT_ALLOWED, "listing_no").details()["state"], "REPAIR_APPLIED");
    let backwards = authority.decide_repair(decide("L-1", "2022-06-09")).await;
    refused(backwards, &reason::FIELD_OUT_OF_RANGE, "repaired_on");
    authority.decide_repair(decide("L-1", "2022-06-10")).await.unwrap();
    let twice = authority.decide_repair(decide("L-1", "2022-06-11")).await;
    refused(twice, &reason::ALREADY_REPAIRED, "listing_no");
    let late = authority.apply_for_repair(apply("L-1", "2022-07-10")).await;
    refused(late, &reason::ALREADY_REPAIRED, "listing_no");
    suite.close().await;
}

#[tokio::test]
async fn five_thousand_standings_come_in_one_call_and_in_the_order_asked() {
    let suite = Suite::start().await;
    suite.rules(credit_rules()).await;
    let mut moved = firm(1);
    moved.status = pb::SubjectStatus::MovedOut.into();
    moved.status_changed_on = "2022-09-01".to_owned();
    suite.enter(vec![firm(0), moved, firm(2)]).await;
    suite.list(listing("L-2", 2, "2022-04-10")).await;
    suite.list(listing("L-1", 2, "2022-03-10")).await;
    // An entity outside the register is listed too, and hits nobody in it.
    suite.list(listing("L-3", 3, "2022-03-10")).await;
    let usccs: Vec<String> = (0..5000).map(|n| code(n % 4)).collect();
    let ask = |usccs: Vec<String>| pb::BatchCheckStandingRequest {
        usccs,
        purpose: Subsidy.into(),
        on: "2022-10-01".to_owned(),
    };
    let mut bureau = suite.credit(Role::StBureau);
    let standings = bureau.batch_check_standing(ask(usccs.clone())).await.unwrap().into_inner().standings;
    assert_eq!(standings.iter().map(|it| it.uscc.clone()).collect::<Vec<_>>(), usccs);
    for (n, standing) in standings.iter().enumerate() {
        let numbers: Vec<_> = standing.blocking.iter().map(|it| it.listing_no.as_str()).collect();
        let (registered, status, blocking): (bool, _, &[&str]) = match n % 4 {
            0 => (true, pb::SubjectStatus::Active, &[]),
            1 => (true, pb::SubjectStatus::MovedOut, &[]),
            2 => (true, pb::SubjectStatus::Active, &["L-1", "L-2"]),
            _ => (false, pb::SubjectStatus::Unspecified, &["L-3"]),
        };
        assert_eq!(
            (standing.registered, standing.status(), numbers.as_slice()),
            (registered, status, blocking)
        );
        assert_eq!(standing.good, n % 4 == 0);
    }
    let one = standing(&suite, 1, Subsidy, "2022-10-01").await;
    assert_eq!((one, standings[1].status_since.as_str()), (standings[1].clone(), "2022-09-01"));

    let wrong = bureau.batch_check_standing(ask(vec![code(0), "x".to_owned()])).await;
    refused(wrong, &reason::USCC_FORMAT, "usccs[1]");
    let too_many = bureau.batch_check_standing(ask(vec![code(0); 5001])).await;
    refused(too_many, &reason::FIELD_TOO_LONG, "usccs");
    let nobody = bureau.batch_check_standing(ask(Vec::new())).await;
    refused(nobody, &reason::FIELD_MISSING, "usccs");
    suite.close().await;
}

#[tokio::test]
async fn live_listings_and_repairs_are_counted_by_day() {
    let suite = Suite::start().await;
    suite.rules(credit_rules()).await;
    let serious = pb::CreditGrade::Serious.into();
    suite.list(listing("L-1", 1, "2021-11-30")).await;
    suite.list(listing("L-2", 2, "2021-12-01")).await;
    suite.list(pb::RecordListingRequest { grade: serious, ..listing("L-3", 3, "2019-11-30") }).await;
    suite.list(pb::RecordListingRequest { grade: serious, ..listing("L-4", 3, "2019-12-01") }).await;
    suite.list(listing("L-5", 4, "2022-12-01")).await;
    suite.list(listing("L-6", 4, "2022-01-31")).await;
    suite.list(listing("L-7", 4, "2022-01-31")).await;
    let mut authority = suite.credit(Role::CreditAuthority);
    for (number, day) in [("L-6", "2022-11-30"), ("L-7", "2022-12-01")] {
        authority.apply_for_repair(apply(number, "2022-05-01")).await.unwrap();
        authority.decide_repair(decide(number, day)).await.unwrap();
    }
    let count = async |as_of: &str, from: &str| {
        let request = pb::CountListingsRequest { as_of: as_of.to_owned(), repaired_from: from.to_owned() };
        let counts = suite.credit(Role::StBureau).count_listings(request).await.unwrap().into_inner();
        (counts.live, counts.repaired, counts.repaired_entities)
    };
    assert_eq!(count("2022-11-30", "2022-01-01").await, (3, 1, 1));
    assert_eq!(count("2022-11-29", "2022-01-01").await, (6, 0, 0));
    assert_eq!(count("2022-12-01", "").await, (1, 2, 1));
    assert_eq!(count("2022-12-01", "2022-12-01").await, (1, 1, 1));
    let list =
        pb::ListListingsRequest { uscc: code(4), as_of: "2022-11-30".to_owned(), ..Default::default() };
    let found = suite.credit(Role::Auditor).list_listings(list).await.unwrap().into_inner().listings;
    let states: Vec<_> = found.iter().map(|it| (it.listing_no.as_str(), it.state())).collect();
    assert_eq!(states, [("L-5", State::NotYet), ("L-6", State::Repaired), ("L-7", State::RepairApplied)]);
    suite.close().await;
}

#[tokio::test]
async fn a_listing_that_cannot_be_read_fails_for_its_own_entity_alone() {
    let suite = Suite::start().await;
    suite.rules(credit_rules()).await;
    suite.enter(vec![firm(1), firm(2)]).await;
    suite.list(listing("L-1", 1, "2021-11-30")).await;
    for statement in [
        "alter table registry.credit_listing drop constraint credit_listing_grade",
        "update registry.credit_listing set grade = 'OTHER'",
    ] {
        sqlx::query(statement).execute(&suite.pool).await.unwrap();
    }
    // What is asked at once goes into a few statements, so most of them hold both.
    let asked = (0..64).map(|n| {
        let mut calls = suite.credit(Role::FinanceBureau);
        let uscc = code(1 + n % 2);
        let request = pb::CheckStandingRequest { uscc, purpose: Subsidy.into(), on: "2022-01-01".to_owned() };
        async move { calls.check_standing(request).await }
    });
    let answers = join_all(asked).await;
    let answered: Vec<bool> = answers.iter().map(Result::is_ok).collect();
    assert_eq!(answered, [false, true].repeat(32));
    suite.close().await;
}
