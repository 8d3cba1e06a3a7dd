//! Matches: who may, in which state, without an interest; credit that adds up to the whole; the funnel.

use canopy_proto::commissioner::v1 as pb;
use canopy_proto::commissioner::v1::match_service_client::MatchServiceClient;

use crate::needs::{
    BROKER, COLLEAGUE, FIRM, OTHER_FIRM, UNIVERSITY, achievement, achievements, begun, collected, demands,
    offered, open_demand, state_on, verified,
};
use crate::suite::{As, Suite, id, reason_of};

const ON: &str = "2022-03-01";

pub fn matches(calls: As) -> MatchServiceClient<As> {
    MatchServiceClient::new(calls)
}

pub fn proposal(demand: &str, achievement: &str) -> pb::ProposeMatchRequest {
    pb::ProposeMatchRequest {
        request_id: id(),
        demand: demand.to_owned(),
        achievement: achievement.to_owned(),
        note: "指标相符".to_owned(),
        ..Default::default()
    }
}

/// A match that the broker proposed between a published demand and an achievement.
pub async fn proposed(suite: &Suite, demand: &str, achievement: &str) -> pb::Match {
    let broker = suite.commissioner(BROKER, ON);
    matches(broker).propose_match(proposal(demand, achievement)).await.unwrap().into_inner()
}

fn acceptance(name: &str) -> pb::AcceptMatchRequest {
    pb::AcceptMatchRequest { request_id: id(), name: name.to_owned(), ..Default::default() }
}

pub async fn accepted(suite: &Suite, name: &str, on: &str) -> pb::Match {
    let owner = suite.institute(UNIVERSITY, on);
    matches(owner).accept_match(acceptance(name)).await.unwrap().into_inner()
}

pub fn negotiation(name: &str) -> pb::StartNegotiationRequest {
    pb::StartNegotiationRequest { request_id: id(), name: name.to_owned(), ..Default::default() }
}

pub fn ending(name: &str) -> pb::EndMatchRequest {
    pb::EndMatchRequest {
        request_id: id(),
        name: name.to_owned(),
        reason: "价格未谈拢".to_owned(),
        ..Default::default()
    }
}

fn refusal(name: &str) -> pb::DeclineMatchRequest {
    pb::DeclineMatchRequest {
        request_id: id(),
        name: name.to_owned(),
        reason: "指标不符".to_owned(),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_match_takes_its_demand_along_and_back_when_it_ends() {
    let suite = begun().await;
    let demand = open_demand(&suite, "XQ1").await.name;
    let (first, second) =
        (offered(&suite, "CG1", "2022-02-01").await.name, offered(&suite, "CG2", "2022-02-01").await.name);
    let one = proposed(&suite, &demand, &first).await;
    let two = proposed(&suite, &demand, &second).await;
    assert_eq!(one.credits, [pb::CreditShare { commissioner_no: BROKER.to_owned(), share_bp: 10_000 }]);
    assert_eq!(state_on(&suite, &demand, ON).await, pb::DemandState::Published);
    accepted(&suite, &one.name, "2022-03-02").await;
    accepted(&suite, &two.name, "2022-03-03").await;
    let broker = |on: &str| matches(suite.commissioner(BROKER, on));
    broker("2022-03-04").start_negotiation(negotiation(&one.name)).await.unwrap();
    broker("2022-03-05").end_match(ending(&one.name)).await.unwrap();
    // The other match still stands; when it is declined too, the demand is open as before.
    matches(suite.firm(FIRM, "2022-03-06")).decline_match(refusal(&two.name)).await.unwrap();
    let days = [
        ("2022-03-02", pb::DemandState::Matched),
        ("2022-03-03", pb::DemandState::Matched),
        ("2022-03-04", pb::DemandState::Negotiating),
        ("2022-03-05", pb::DemandState::Matched),
        ("2022-03-06", pb::DemandState::Published),
    ];
    for (day, state) in days {
        assert_eq!(state_on(&suite, &demand, day).await, state, "{day}");
    }
    assert_eq!(reason_of(broker("2022-03-07").end_match(ending(&one.name)).await), "STATE_NOT_ALLOWED");
    proposed(&suite, &demand, &first).await;
    suite.close().await;
}

#[tokio::test]
async fn a_match_needs_an_open_demand_and_clear_rights_and_is_proposed_once() {
    let suite = begun().await;
    let demand = open_demand(&suite, "XQ1").await.name;
    let hidden = collected(&suite, "XQ2", "2022-02-01").await.name;
    verified(&suite, &hidden, "2022-02-10").await;
    let fit = offered(&suite, "CG1", "2022-02-01").await.name;
    let disputed = offered(&suite, "CG2", "2022-02-01").await.name;
    let rights = pb::StateAchievementRightsRequest {
        request_id: id(),
        name: disputed.clone(),
        co_owner_consent: pb::CoOwnerConsent::Refused.into(),
        ..Default::default()
    };
    achievements(suite.institute(UNIVERSITY, "2022-02-02")).state_achievement_rights(rights).await.unwrap();
    proposed(&suite, &demand, &fit).await;
    let propose = async |who: &str, on: &str, demand: &str, achievement: &str| {
        reason_of(matches(suite.commissioner(who, on)).propose_match(proposal(demand, achievement)).await)
    };
    assert_eq!(propose(BROKER, ON, &demand, &fit).await, "DUPLICATE_MATCH");
    assert_eq!(propose(BROKER, ON, &hidden, &fit).await, "STATE_NOT_ALLOWED");
    assert_eq!(propose(BROKER, ON, &demand, &disputed).await, "RIGHTS_NOT_CLEAR");
    assert_eq!(propose(COLLEAGUE, "2022-09-01", &demand, &fit).await, "AFTER_SERVICE");
    assert_eq!(propose("CL0009", ON, &demand, &fit).await, "UNKNOWN_COMMISSIONER");
    let nobody = "dmd_00000000-0000-7000-8000-000000000001";
    assert_eq!(propose(BROKER, ON, nobody, &fit).await, "UNKNOWN_DEMAND");
    let nothing = "ach_00000000-0000-7000-8000-000000000001";
    assert_eq!(propose(BROKER, ON, &demand, nothing).await, "UNKNOWN_ACHIEVEMENT");
    suite.close().await;
}

#[tokio::test]
async fn only_those_whom_a_match_concerns_move_and_see_it() {
    let suite = begun().await;
    let demand = open_demand(&suite, "XQ1").await.name;
    let achievement = offered(&suite, "CG1", "2022-02-01").await.name;
    let made = proposed(&suite, &demand, &achievement).await;
    let stranger = matches(suite.institute(OTHER_FIRM, ON)).accept_match(acceptance(&made.name)).await;
    assert_eq!(reason_of(stranger), "NOT_REPRESENTED");
    let rival = matches(suite.firm(OTHER_FIRM, ON)).decline_match(refusal(&made.name)).await;
    assert_eq!(reason_of(rival), "NOT_REPRESENTED");
    let broker = matches(suite.commissioner(BROKER, ON)).start_negotiation(negotiation(&made.name)).await;
    assert_eq!(reason_of(broker), "STATE_NOT_ALLOWED");
    accepted(&suite, &made.name, "2022-03-02").await;
    let colleague = matches(suite.commissioner(COLLEAGUE, "2022-03-03"));
    assert_eq!(
        reason_of(colleague.clone().start_negotiation(negotiation(&made.name)).await),
        "NOT_OWN_RECORD"
    );
    let firm = matches(suite.firm(FIRM, "2022-03-03")).accept_match(acceptance(&made.name)).await;
    assert_eq!(reason_of(firm), "ROLE_NOT_ALLOWED");

    let get = pb::GetMatchRequest { name: made.name.clone(), ..Default::default() };
    let seen = async |calls: As| matches(calls).get_match(get.clone()).await;
    assert!(seen(suite.firm(FIRM, ON)).await.is_ok());
    assert!(seen(suite.institute(UNIVERSITY, ON)).await.is_ok());
    assert_eq!(reason_of(seen(suite.firm(OTHER_FIRM, ON)).await), "UNKNOWN_MATCH");
    let list = async |calls: As| {
        let listed = matches(calls).list_matches(pb::ListMatchesRequest::default()).await.unwrap();
        listed.into_inner().matches.len()
    };
    assert_eq!((list(suite.bureau(ON)).await, list(suite.firm(OTHER_FIRM, ON)).await), (1, 0));
    suite.close().await;
}

async fn declared(suite: &Suite, spoil: impl FnOnce(&mut pb::DeclareInterestRequest)) -> &'static str {
    let mut request = pb::DeclareInterestRequest {
        request_id: id(),
        commissioner_no: BROKER.to_owned(),
        kind: pb::InterestKind::Shareholder.into(),
        uscc: FIRM.to_owned(),
        from_on: "2022-01-01".to_owned(),
        ..Default::default()
    };
    spoil(&mut request);
    let answer = matches(suite.commissioner(BROKER, ON)).declare_interest(request).await;
    if answer.is_ok() { "" } else { reason_of(answer) }
}

#[tokio::test]
async fn who_has_an_interest_in_either_side_does_not_broker() {
    let suite = begun().await;
    let demand = open_demand(&suite, "XQ1").await.name;
    let invented = offered(&suite, "CG1", "2022-02-01").await.name;
    let of_firm = pb::CollectAchievementRequest {
        owner_uscc: OTHER_FIRM.to_owned(),
        ..achievement("CG2", "他人成果")
    };
    let of_firm =
        achievements(suite.bureau(ON)).collect_achievement(of_firm).await.unwrap().into_inner().name;
    let other = declared(&suite, |it| it.commissioner_no = COLLEAGUE.to_owned()).await;
    assert_eq!(other, "NOT_OWN_RECORD");
    assert_eq!(declared(&suite, |it| it.uscc = "9142".to_owned()).await, "USCC_FORMAT");
    let nothing = "ach_00000000-0000-7000-8000-000000000001";
    let unknown = declared(&suite, |it| {
        it.kind = pb::InterestKind::Inventor.into();
        it.achievement = nothing.to_owned();
    });
    assert_eq!(unknown.await, "UNKNOWN_ACHIEVEMENT");
    assert_eq!(declared(&suite, |it| it.to_on = "2021-12-31".to_owned()).await, "PERIOD_ORDER");

    let kinds = [
        (pb::InterestKind::Employer, OTHER_FIRM, "", &of_firm),
        (pb::InterestKind::Inventor, "", invented.as_str(), &invented),
    ];
    for (kind, uscc, achievement, sought) in kinds {
        let ok = declared(&suite, |it| {
            it.kind = kind.into();
            it.uscc = uscc.to_owned();
            it.achievement = achievement.to_owned();
            it.to_on = ON.to_owned();
        });
        assert_eq!(ok.await, "");
        let propose = async |on: &str| {
            matches(suite.commissioner(BROKER, on)).propose_match(proposal(&demand, sought)).await
        };
        assert_eq!(reason_of(propose(ON).await), "CONFLICT_OF_INTEREST", "{kind:?}");
        // The interest has ended, so it is no bar any more.
        assert!(propose("2022-03-02").await.is_ok(), "{kind:?}");
    }
    let list = pb::ListInterestsRequest { commissioner_no: BROKER.to_owned(), ..Default::default() };
    let listed =
        matches(suite.commissioner(BROKER, ON)).list_interests(list.clone()).await.unwrap().into_inner();
    assert_eq!(listed.interests.len(), 2);
    let prying = matches(suite.commissioner(COLLEAGUE, ON)).list_interests(list).await;
    assert_eq!(reason_of(prying), "NOT_OWN_RECORD");
    suite.close().await;
}

pub fn split(name: &str, shares: &[(&str, i32)]) -> pb::SplitCreditRequest {
    let share = |(commissioner, bp): &(&str, i32)| pb::CreditShare {
        commissioner_no: (*commissioner).to_owned(),
        share_bp: *bp,
    };
    pb::SplitCreditRequest {
        request_id: id(),
        name: name.to_owned(),
        credits: shares.iter().map(share).collect(),
        ..Default::default()
    }
}

#[tokio::test]
async fn credit_adds_up_to_the_whole_and_goes_to_nobody_with_an_interest() {
    let suite = begun().await;
    let demand = open_demand(&suite, "XQ1").await.name;
    let achievement = offered(&suite, "CG1", "2022-02-01").await.name;
    let made = proposed(&suite, &demand, &achievement).await;
    let broker = || matches(suite.commissioner(BROKER, ON));
    let bad = [
        (split(&made.name, &[(BROKER, 10_001)]), "FIELD_OUT_OF_RANGE"),
        (split(&made.name, &[(BROKER, 6_000), (COLLEAGUE, 4_001)]), "SHARES_NOT_10000"),
        (split(&made.name, &[(BROKER, 9_999)]), "SHARES_NOT_10000"),
        (split(&made.name, &[(BROKER, 5_000), (BROKER, 5_000)]), "SHARES_NOT_10000"),
        (split(&made.name, &[(BROKER, 6_000), ("CL0009", 4_000)]), "UNKNOWN_COMMISSIONER"),
        (split(&made.name, &[]), "FIELD_MISSING"),
    ];
    for (request, reason) in bad {
        assert_eq!(reason_of(broker().split_credit(request.clone()).await), reason, "{request:?}");
    }
    let whole = split(&made.name, &[(BROKER, 6_667), (COLLEAGUE, 3_333)]);
    let other = matches(suite.commissioner(COLLEAGUE, ON)).split_credit(whole.clone()).await;
    assert_eq!(reason_of(other), "NOT_OWN_RECORD");
    let made = broker().split_credit(whole.clone()).await.unwrap().into_inner();
    assert_eq!(made.credits, whole.credits);
    let interest = pb::DeclareInterestRequest {
        request_id: id(),
        commissioner_no: COLLEAGUE.to_owned(),
        kind: pb::InterestKind::Employer.into(),
        uscc: UNIVERSITY.to_owned(),
        from_on: ON.to_owned(),
        ..Default::default()
    };
    matches(suite.bureau(ON)).declare_interest(interest).await.unwrap();
    let again = split(&made.name, &[(BROKER, 5_000), (COLLEAGUE, 5_000)]);
    assert_eq!(reason_of(broker().split_credit(again).await), "CONFLICT_OF_INTEREST");
    accepted(&suite, &made.name, "2022-03-02").await;
    let talks =
        matches(suite.commissioner(BROKER, "2022-03-03")).start_negotiation(negotiation(&made.name)).await;
    assert_eq!(reason_of(talks), "CONFLICT_OF_INTEREST");
    suite.close().await;
}

#[tokio::test]
async fn a_match_of_a_day_is_what_its_steps_had_made_of_it_by_then() {
    let suite = begun().await;
    let demand = open_demand(&suite, "XQ1").await.name;
    let achievement = offered(&suite, "CG1", "2022-02-01").await.name;
    let made = proposed(&suite, &demand, &achievement).await;
    accepted(&suite, &made.name, "2022-03-02").await;
    let broker = |on: &str| matches(suite.commissioner(BROKER, on));
    let whole = split(&made.name, &[(BROKER, 6_000), (COLLEAGUE, 4_000)]);
    broker("2022-03-05").split_credit(whole.clone()).await.unwrap();
    broker("2022-03-08").start_negotiation(negotiation(&made.name)).await.unwrap();
    let ended = broker("2022-03-10").end_match(ending(&made.name)).await.unwrap().into_inner();

    let on = async |as_of: &str| {
        let get = pb::GetMatchRequest { name: made.name.clone(), as_of: as_of.to_owned() };
        matches(suite.bureau("2022-06-01")).get_match(get).await
    };
    assert_eq!(reason_of(on("2022-02-28").await), "UNKNOWN_MATCH");
    use pb::MatchState::{Accepted, Ended, Negotiating, Proposed};
    let days = [
        (ON, Proposed, ON, 1, "指标相符"),
        ("2022-03-02", Accepted, "2022-03-02", 1, "指标相符"),
        ("2022-03-04", Accepted, "2022-03-02", 1, "指标相符"),
        ("2022-03-05", Accepted, "2022-03-02", 2, "指标相符"),
        ("2022-03-08", Negotiating, "2022-03-08", 2, "指标相符"),
        ("2022-03-10", Ended, "2022-03-10", 2, "价格未谈拢"),
    ];
    for (day, state, since, credited, note) in days {
        let seen = on(day).await.unwrap().into_inner();
        assert_eq!((seen.state(), seen.state_since.as_str()), (state, since), "{day}");
        assert_eq!((seen.credits.len(), seen.note.as_str()), (credited, note), "{day}");
    }
    // Without a day it is the business day of the call.
    assert_eq!(on("").await.unwrap().into_inner(), ended);
    assert_eq!(on("2022-03-05").await.unwrap().into_inner().credits, whole.credits);

    let listed = async |spoil: fn(&mut pb::ListMatchesRequest), as_of: &str| {
        let mut request = pb::ListMatchesRequest { as_of: as_of.to_owned(), ..Default::default() };
        spoil(&mut request);
        matches(suite.bureau("2022-06-01")).list_matches(request).await.unwrap().into_inner().matches.len()
    };
    let of_colleague: fn(&mut pb::ListMatchesRequest) = |it| it.commissioner_no = COLLEAGUE.to_owned();
    let is_accepted: fn(&mut pb::ListMatchesRequest) = |it| it.state = Accepted.into();
    assert_eq!((listed(of_colleague, "2022-03-04").await, listed(of_colleague, "2022-03-05").await), (0, 1));
    assert_eq!((listed(is_accepted, "2022-03-07").await, listed(is_accepted, "2022-03-08").await), (1, 0));
    suite.close().await;
}

#[tokio::test]
async fn a_step_on_an_earlier_business_day_holds_from_the_step_before() {
    let suite = begun().await;
    let demand = open_demand(&suite, "XQ1").await.name;
    let achievement = offered(&suite, "CG1", "2022-02-01").await.name;
    let made = proposed(&suite, &demand, &achievement).await;
    accepted(&suite, &made.name, "2022-03-02").await;
    let broker = |on: &str| matches(suite.commissioner(BROKER, on));
    let whole = split(&made.name, &[(BROKER, 6_000), (COLLEAGUE, 4_000)]);
    broker("2022-03-10").split_credit(whole).await.unwrap();
    broker("2022-03-05").start_negotiation(negotiation(&made.name)).await.unwrap();
    let on = async |as_of: &str| {
        let get = pb::GetMatchRequest { name: made.name.clone(), as_of: as_of.to_owned() };
        matches(suite.bureau("2022-06-01")).get_match(get).await.unwrap().into_inner()
    };
    let before = on("2022-03-09").await;
    assert_eq!((before.state(), before.state_since.as_str()), (pb::MatchState::Accepted, "2022-03-02"));
    let talks = on("2022-03-10").await;
    assert_eq!((talks.state(), talks.state_since.as_str()), (pb::MatchState::Negotiating, "2022-03-10"));
    // The split and what came after it are stated and told from that day on.
    let stated = "select count(*) from platform.audit
                  where aggregate like 'mat_%' and effective_on = '2022-03-10'
                    and (to_state, reason) in (('ACCEPTED', 'CREDIT_SPLIT'), ('NEGOTIATING', ''))";
    assert_eq!(suite.count(stated).await, 2);
    let told = "select count(*) from platform.outbox
                where type like '%MatchChanged' and effective_on = '2022-03-10'";
    assert_eq!(suite.count(told).await, 2);
    suite.close().await;
}

#[tokio::test]
async fn the_funnel_counts_each_need_once_and_shows_the_rows_behind_it() {
    let suite = begun().await;
    let first = open_demand(&suite, "XQ1").await.name;
    let second = open_demand(&suite, "XQ2").await.name;
    collected(&suite, "XQ3", "2022-02-05").await;
    collected(&suite, "XQ4", "2022-02-28").await;
    let achievement = offered(&suite, "CG1", "2022-02-01").await.name;
    for demand in [&first, &second] {
        let made = proposed(&suite, demand, &achievement).await;
        accepted(&suite, &made.name, "2022-03-02").await;
    }
    let merge = pb::MergeDemandsRequest {
        request_id: id(),
        kept: first.clone(),
        duplicate: second.clone(),
        reason: "同一需求".to_owned(),
        ..Default::default()
    };
    demands(suite.bureau("2022-04-01")).merge_demands(merge).await.unwrap();
    let funnel = async |as_of: &str| {
        let request = pb::GetFunnelRequest {
            from: "2022-02-01".to_owned(),
            to: "2022-02-27".to_owned(),
            as_of: as_of.to_owned(),
            ..Default::default()
        };
        let answer = demands(suite.bureau(as_of)).get_funnel(request).await.unwrap().into_inner();
        answer.steps.iter().map(|step| (step.evidenced, step.passed)).collect::<Vec<_>>()
    };
    // COLLECTED, VERIFIED, PUBLISHED, MATCHED, NEGOTIATING, SIGNED, REGISTERED.
    let nothing = (0, 0);
    assert_eq!(funnel("2022-03-31").await, [(3, 3), (2, 2), (2, 2), (2, 2), nothing, nothing, nothing]);
    assert_eq!(funnel("2022-04-01").await, [(2, 2), (1, 1), (1, 1), (1, 1), nothing, nothing, nothing]);
    let request = pb::ListFunnelRowsRequest {
        step: pb::FunnelStep::Matched.into(),
        as_of: "2022-04-01".to_owned(),
        ..Default::default()
    };
    let rows = demands(suite.bureau(ON)).list_funnel_rows(request).await.unwrap().into_inner().rows;
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].demand.as_str(), rows[0].reached_on.as_str()), (first.as_str(), "2022-03-02"));
    assert!(rows[0].evidence.starts_with("mat_"));
    suite.close().await;
}
