//! Technology brokers: who passed by the day proposes and moves what is his, without an interest; nobody is credited for
//! it until the bureau says so.

use canopy_kernel::{Actor, Role};
use canopy_proto::commissioner::v1 as pb;
use canopy_proto::commissioner::v1::match_service_client::MatchServiceClient;

use crate::matching::{accepted, ending, matches, negotiation, proposal, proposed, split};
use crate::needs::{BROKER, COLLEAGUE, FIRM, UNIVERSITY, begun, offered, open_demand, state_on};
use crate::signing::{project, signings};
use crate::suite::{As, Suite, id, person, reason_of};
use crate::training::{decide, enter, result, row};

const ON: &str = "2022-03-01";

/// A demand and an achievement that may be matched. P1, P2 and one with the number of a commissioner passed for brokers
/// on 02-10, P3 on 03-02; P4 failed, P5 passed something else, P6 has no result.
async fn trained() -> (Suite, String, String) {
    use pb::TrainingOutcome::{Failed, Passed};
    let suite = begun().await;
    let mut rows: Vec<_> =
        ["P1", "P2", BROKER, "P3", "P4", "P6"].map(|who| row("PX1", "2022-02-01", who, true)).into();
    rows.push(pb::AttendanceRow {
        program: pb::TrainingProgram::Other.into(),
        ..row("PX2", "2022-02-01", "P5", true)
    });
    assert_eq!(enter(&suite, rows).await, [""; 7]);
    let results = vec![
        result("PX1", "P1", Passed, "2022-02-10"),
        result("PX1", "P2", Passed, "2022-02-10"),
        result("PX1", BROKER, Passed, "2022-02-10"),
        result("PX1", "P3", Passed, "2022-03-02"),
        result("PX1", "P4", Failed, "2022-02-10"),
        result("PX2", "P5", Passed, "2022-02-10"),
    ];
    assert_eq!(decide(&suite, "2022-12-31", results).await, [""; 6]);
    let demand = open_demand(&suite, "XQ1").await.name;
    let achievement = offered(&suite, "CG1", "2022-02-01").await.name;
    (suite, demand, achievement)
}

fn broker(suite: &Suite, number: &str, on: &str) -> MatchServiceClient<As> {
    matches(suite.calls(&person(number, Role::Individual), on))
}

/// A match that P1 proposed.
async fn brokered(suite: &Suite, demand: &str, achievement: &str) -> pb::Match {
    broker(suite, "P1", ON).propose_match(proposal(demand, achievement)).await.unwrap().into_inner()
}

#[tokio::test]
async fn a_broker_who_passed_brings_a_match_to_its_signature_and_the_bureau_splits_the_credit() {
    let (suite, demand, achievement) = trained().await;
    let request = proposal(&demand, &achievement);
    let made = broker(&suite, "P1", ON).propose_match(request.clone()).await.unwrap().into_inner();
    assert_eq!((made.proposed_by.as_str(), made.proposed_by_broker.as_str()), ("", "P1"));
    assert!(made.credits.is_empty());
    let again = broker(&suite, "P1", ON).propose_match(request).await.unwrap().into_inner();
    assert_eq!(again, made);
    let early = broker(&suite, "P1", ON).start_negotiation(negotiation(&made.name)).await;
    assert_eq!(reason_of(early), "STATE_NOT_ALLOWED");
    accepted(&suite, &made.name, "2022-03-02").await;
    broker(&suite, "P1", "2022-03-03").start_negotiation(negotiation(&made.name)).await.unwrap();
    assert_eq!(state_on(&suite, &demand, "2022-03-03").await, pb::DemandState::Negotiating);
    let signing = pb::RecordSigningRequest { demand, achievement, ..project("QY1", 100) };
    let settled = signings(suite.bureau("2022-06-10")).record_signing(signing).await.unwrap().into_inner();
    assert_eq!(settled.r#match, made.name);
    let audited = "select count(*) from platform.audit where aggregate like 'mat_%'";
    assert_eq!(suite.count(audited).await, 4);
    assert_eq!(suite.count("select count(*) from commissioner.match_credit").await, 0);

    let whole = split(&made.name, &[(BROKER, 10_000)]);
    let own = broker(&suite, "P1", "2022-06-11").split_credit(whole.clone()).await;
    assert_eq!(reason_of(own), "ROLE_NOT_ALLOWED");
    let commissioner = matches(suite.commissioner(BROKER, "2022-06-11")).split_credit(whole.clone()).await;
    assert_eq!(reason_of(commissioner), "NOT_OWN_RECORD");
    let credited =
        matches(suite.bureau("2022-06-11")).split_credit(whole.clone()).await.unwrap().into_inner();
    assert_eq!((credited.state(), credited.credits), (pb::MatchState::Signed, whole.credits));
    let listed = async |as_of: &str| {
        let commissioner_no = BROKER.to_owned();
        let request =
            pb::ListMatchesRequest { commissioner_no, as_of: as_of.to_owned(), ..Default::default() };
        matches(suite.bureau("2022-06-11")).list_matches(request).await.unwrap().into_inner().matches.len()
    };
    assert_eq!((listed("2022-06-10").await, listed("2022-06-11").await), (0, 1));
    suite.close().await;
}

#[tokio::test]
async fn only_who_has_passed_for_brokers_by_the_day_proposes() {
    let (suite, demand, achievement) = trained().await;
    let propose = async |calls: As| matches(calls).propose_match(proposal(&demand, &achievement)).await;
    let individual = |number: &str, on: &str| suite.calls(&person(number, Role::Individual), on);
    for number in ["P3", "P4", "P5", "P6", "P9", COLLEAGUE] {
        assert_eq!(reason_of(propose(individual(number, ON)).await), "NOT_A_BROKER", "{number}");
    }
    let nobody = Actor { person: None, ..person("", Role::Individual) };
    assert_eq!(reason_of(propose(suite.calls(&nobody, ON)).await), "NOT_A_BROKER");
    // The number of a broker is none of a commissioner, and who calls as both calls as a commissioner.
    let as_both =
        Actor { roles: [Role::Commissioner, Role::Individual].into(), ..person("P1", Role::Individual) };
    for calls in [suite.commissioner("P1", ON), suite.calls(&as_both, ON)] {
        assert_eq!(reason_of(propose(calls).await), "UNKNOWN_COMMISSIONER");
    }
    assert_eq!(suite.count("select count(*) from commissioner.match").await, 0);
    assert!(propose(individual("P3", "2022-03-02")).await.is_ok());
    suite.close().await;
}

#[tokio::test]
async fn a_broker_moves_and_sees_what_he_proposed_and_nothing_else() {
    let (suite, demand, achievement) = trained().await;
    let made = brokered(&suite, &demand, &achievement).await;
    let other = offered(&suite, "CG2", "2022-02-01").await.name;
    let of_commissioner = proposed(&suite, &demand, &other).await;
    assert_eq!(of_commissioner.proposed_by_broker, "");
    for name in [&made.name, &of_commissioner.name] {
        accepted(&suite, name, "2022-03-02").await;
    }
    let on = "2022-03-03";
    // Another broker; a commissioner, who is not credited; a broker with the number of the one who is.
    let strangers = [
        (broker(&suite, "P2", on), &made.name),
        (matches(suite.commissioner(BROKER, on)), &made.name),
        (broker(&suite, BROKER, on), &of_commissioner.name),
    ];
    for (mut calls, name) in strangers {
        assert_eq!(reason_of(calls.start_negotiation(negotiation(name)).await), "NOT_OWN_RECORD");
        assert_eq!(reason_of(calls.end_match(ending(name)).await), "NOT_OWN_RECORD");
    }
    let seen = async |number: &str| {
        let listed = broker(&suite, number, on).list_matches(pb::ListMatchesRequest::default()).await;
        let names: Vec<String> = listed.unwrap().into_inner().matches.into_iter().map(|it| it.name).collect();
        for it in [&made, &of_commissioner] {
            let get = pb::GetMatchRequest { name: it.name.clone(), ..Default::default() };
            match broker(&suite, number, on).get_match(get).await {
                Ok(_) => assert!(names.contains(&it.name)),
                refused => {
                    assert_eq!(reason_of(refused), "UNKNOWN_MATCH");
                    assert!(!names.contains(&it.name));
                }
            }
        }
        names
    };
    assert_eq!(seen("P1").await, std::slice::from_ref(&made.name));
    assert!(seen("P2").await.is_empty() && seen(BROKER).await.is_empty());
    // Who is credited brokers the match too.
    matches(suite.bureau(on)).split_credit(split(&made.name, &[(BROKER, 10_000)])).await.unwrap();
    matches(suite.commissioner(BROKER, on)).start_negotiation(negotiation(&made.name)).await.unwrap();
    broker(&suite, "P1", "2022-03-04").end_match(ending(&made.name)).await.unwrap();
    suite.close().await;
}

fn employed(broker_no: &str, from_on: &str, to_on: &str) -> pb::DeclareInterestRequest {
    pb::DeclareInterestRequest {
        request_id: id(),
        kind: pb::InterestKind::Employer.into(),
        uscc: UNIVERSITY.to_owned(),
        from_on: from_on.to_owned(),
        to_on: to_on.to_owned(),
        broker_no: broker_no.to_owned(),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_broker_with_an_interest_neither_proposes_nor_negotiates() {
    let (suite, demand, achievement) = trained().await;
    let own = employed("P1", ON, "2022-03-05");
    let declared = broker(&suite, "P1", ON).declare_interest(own).await.unwrap().into_inner();
    assert_eq!((declared.commissioner_no.as_str(), declared.broker_no.as_str()), ("", "P1"));
    let propose = async |number: &str, on: &str| {
        broker(&suite, number, on).propose_match(proposal(&demand, &achievement)).await
    };
    assert_eq!(reason_of(propose("P1", ON).await), "CONFLICT_OF_INTEREST");
    let made = propose("P1", "2022-03-06").await.unwrap().into_inner();
    accepted(&suite, &made.name, "2022-03-06").await;
    let shares = pb::DeclareInterestRequest {
        kind: pb::InterestKind::Shareholder.into(),
        uscc: FIRM.to_owned(),
        ..employed("P1", "2022-03-07", "2022-03-07")
    };
    matches(suite.bureau(ON)).declare_interest(shares).await.unwrap();
    let negotiate =
        async |on: &str| broker(&suite, "P1", on).start_negotiation(negotiation(&made.name)).await;
    assert_eq!(reason_of(negotiate("2022-03-07").await), "CONFLICT_OF_INTEREST");
    assert!(negotiate("2022-03-08").await.is_ok());
    suite.close().await;
}

#[tokio::test]
async fn an_interest_is_declared_by_its_holder_and_is_not_another_of_the_same_number() {
    let (suite, demand, achievement) = trained().await;
    let of_commissioner = |number: &str| pb::DeclareInterestRequest {
        commissioner_no: number.to_owned(),
        ..employed("", ON, "")
    };
    let both = pb::DeclareInterestRequest { broker_no: "P1".to_owned(), ..of_commissioner("P1") };
    let bad = [
        ("P1", employed("P2", ON, ""), "NOT_OWN_RECORD"),
        ("P1", of_commissioner("P1"), "NOT_OWN_RECORD"),
        ("P1", employed("", ON, ""), "FIELD_MISSING"),
        ("P1", both, "FIELD_INVALID"),
        ("P4", employed("P4", ON, ""), "NOT_A_BROKER"),
    ];
    for (number, request, reason) in bad {
        let answer = broker(&suite, number, ON).declare_interest(request.clone()).await;
        assert_eq!(reason_of(answer), reason, "{request:?}");
    }
    let commissioner = || matches(suite.commissioner(BROKER, ON));
    let as_broker = commissioner().declare_interest(employed(BROKER, ON, "")).await;
    assert_eq!(reason_of(as_broker), "NOT_OWN_RECORD");
    commissioner().declare_interest(of_commissioner(BROKER)).await.unwrap();
    let barred = commissioner().propose_match(proposal(&demand, &achievement)).await;
    assert_eq!(reason_of(barred), "CONFLICT_OF_INTEREST");
    let made = broker(&suite, BROKER, ON).propose_match(proposal(&demand, &achievement)).await;
    assert_eq!(made.unwrap().into_inner().proposed_by_broker, BROKER);

    let of_broker =
        |number: &str| pb::ListInterestsRequest { broker_no: number.to_owned(), ..Default::default() };
    let own = broker(&suite, BROKER, ON).list_interests(of_broker(BROKER)).await.unwrap().into_inner();
    assert!(own.interests.is_empty());
    matches(suite.bureau(ON)).declare_interest(employed("P1", ON, "")).await.unwrap();
    let own = broker(&suite, "P1", ON).list_interests(of_broker("P1")).await.unwrap().into_inner();
    assert_eq!(own.interests.len(), 1);
    assert_eq!(reason_of(broker(&suite, "P2", ON).list_interests(of_broker("P1")).await), "NOT_OWN_RECORD");
    assert_eq!(reason_of(commissioner().list_interests(of_broker(BROKER)).await), "NOT_OWN_RECORD");
    suite.close().await;
}
