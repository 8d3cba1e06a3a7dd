//! Signed projects: refusals in their order, what a signing does to its demand and match, counts, contracts.

use canopy_proto::commissioner::v1 as pb;
use canopy_proto::commissioner::v1::signing_service_client::SigningServiceClient;

use crate::match_event::{entered, event};
use crate::matching::{accepted, matches, proposed, split};
use crate::needs::{
    BROKER, COLLEAGUE, FIRM, OTHER_FIRM, UNIVERSITY, begun, collected, demands, offered, open_demand,
    prepared, state_on, verified,
};
use crate::permit::{self, contract};
use crate::registry::World;
use crate::suite::{As, BEFORE, Suite, id, reason_of};

const ON: &str = "2022-06-10";

pub fn signings(calls: As) -> SigningServiceClient<As> {
    SigningServiceClient::new(calls)
}

/// A project of the university and the firm.
pub fn project(number: &str, amount_fen: i64) -> pb::RecordSigningRequest {
    pb::RecordSigningRequest {
        request_id: id(),
        signing_no: number.to_owned(),
        party_a_uscc: UNIVERSITY.to_owned(),
        party_b_uscc: FIRM.to_owned(),
        title: format!("激光焊接产业化项目{number}"),
        amount_fen,
        signed_on: ON.to_owned(),
        ..Default::default()
    }
}

async fn signed(suite: &Suite, request: pb::RecordSigningRequest) -> pb::Signing {
    let on = request.signed_on.clone();
    signings(suite.bureau(&on)).record_signing(request).await.unwrap().into_inner()
}

async fn counts(suite: &Suite, from: &str, as_of: &str) -> pb::CountSigningsResponse {
    let request =
        pb::CountSigningsRequest { from: from.to_owned(), as_of: as_of.to_owned(), ..Default::default() };
    signings(suite.bureau(as_of)).count_signings(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn each_bad_signing_is_refused_with_its_reason_and_leaves_no_trace() {
    let suite = begun().await;
    let collected = collected(&suite, "XQ1", "2022-02-01").await;
    signed(&suite, project("QY1", 100)).await;
    let before = suite.tables().await;
    let spoilt = |spoil: fn(&mut pb::RecordSigningRequest)| {
        let mut request = project("QY2", 100);
        spoil(&mut request);
        request
    };
    let same = pb::RecordSigningRequest { signing_no: "QY2".to_owned(), amount_fen: 7, ..project("QY1", 7) };
    let bad = [
        (spoilt(|it| it.party_b_uscc = String::new()), "PARTY_MISSING"),
        // A missing party goes before the amount.
        (
            spoilt(|it| {
                it.party_a_uscc = String::new();
                it.amount_fen = -1;
            }),
            "PARTY_MISSING",
        ),
        (spoilt(|it| it.amount_fen = -30_000_000), "NEGATIVE_AMOUNT"),
        (spoilt(|it| it.party_a_uscc = "1242".to_owned()), "USCC_FORMAT"),
        (spoilt(|it| it.party_b_uscc = "91350203M0001QAY9B".to_owned()), "USCC_CHECK_DIGIT"),
        (spoilt(|it| it.signed_on = "2022-06-11".to_owned()), "DATE_IN_FUTURE"),
        (spoilt(|it| it.signed_on = "2022-6-1".to_owned()), "FIELD_INVALID"),
        (pb::RecordSigningRequest { title: "别的项目".to_owned(), ..project("QY1", 1) }, "DUPLICATE_SIGNING"),
        (same, "DUPLICATE_SIGNING"),
        (spoilt(|it| it.event_no = "DJ9".to_owned()), "UNKNOWN_MATCH_EVENT"),
        (spoilt(|it| it.demand = "XQ9".to_owned()), "UNKNOWN_DEMAND"),
        (spoilt(|it| it.achievement = "CG9".to_owned()), "UNKNOWN_ACHIEVEMENT"),
        (spoilt(|it| it.demand = "XQ1".to_owned()), "STATE_NOT_ALLOWED"),
    ];
    for (request, reason) in bad {
        let answer = signings(suite.bureau(ON)).record_signing(request.clone()).await;
        assert_eq!(reason_of(answer), reason, "{request:?}");
    }
    assert_eq!(suite.tables().await, before);
    assert_eq!(collected.demand_no, "XQ1");
    suite.close().await;
}

#[tokio::test]
async fn a_signing_takes_its_demand_from_verified_or_later_and_settles_the_match() {
    let suite = begun().await;
    entered(&suite, vec![event("DJ1", ON, pb::MatchEventStatus::Held)]).await;
    let early = collected(&suite, "XQ1", "2022-02-01").await.name;
    verified(&suite, &early, "2022-02-10").await;
    let matched = open_demand(&suite, "XQ2").await.name;
    let achievement = offered(&suite, "CG1", "2022-02-01").await.name;
    let made = proposed(&suite, &matched, &achievement).await;
    accepted(&suite, &made.name, "2022-03-02").await;
    let of = |number: &str, demand: &str| pb::RecordSigningRequest {
        event_no: "DJ1".to_owned(),
        demand: demand.to_owned(),
        achievement: "CG1".to_owned(),
        ..project(number, 100)
    };
    let first = signed(&suite, of("QY1", "XQ1")).await;
    assert_eq!((first.demand.as_str(), first.r#match.as_str()), (early.as_str(), ""));
    let second = signed(&suite, of("QY2", &matched)).await;
    assert_eq!(second.r#match, made.name);
    for demand in [&early, &matched] {
        assert_eq!(state_on(&suite, demand, ON).await, pb::DemandState::Signed);
        assert_ne!(state_on(&suite, demand, "2022-06-09").await, pb::DemandState::Signed);
    }
    let get = pb::GetMatchRequest { name: made.name, ..Default::default() };
    let settled = matches(suite.bureau(ON)).get_match(get).await.unwrap().into_inner();
    assert_eq!(settled.state(), pb::MatchState::Signed);
    suite.close().await;
}

#[tokio::test]
async fn a_signing_of_before_the_split_settles_its_match_from_the_split_on() {
    let suite = begun().await;
    let demand = open_demand(&suite, "XQ1").await.name;
    let achievement = offered(&suite, "CG1", "2022-02-01").await.name;
    let made = proposed(&suite, &demand, &achievement).await;
    accepted(&suite, &made.name, "2022-03-02").await;
    let shares = split(&made.name, &[(BROKER, 6_000), (COLLEAGUE, 4_000)]);
    matches(suite.commissioner(BROKER, ON)).split_credit(shares).await.unwrap();
    let early = pb::RecordSigningRequest {
        demand,
        achievement,
        signed_on: "2022-06-01".to_owned(),
        ..project("QY1", 100)
    };
    assert_eq!(signed(&suite, early).await.r#match, made.name);
    let on = async |as_of: &str| {
        let get = pb::GetMatchRequest { name: made.name.clone(), as_of: as_of.to_owned() };
        matches(suite.bureau("2022-07-01")).get_match(get).await.unwrap().into_inner()
    };
    let before = on("2022-06-09").await;
    assert_eq!((before.state(), before.credits.len()), (pb::MatchState::Accepted, 1));
    let settled = on(ON).await;
    assert_eq!((settled.state(), settled.credits.len()), (pb::MatchState::Signed, 2));
    assert_eq!((before.state_since.as_str(), settled.state_since.as_str()), ("2022-03-02", ON));
    suite.close().await;
}

#[tokio::test]
async fn a_signing_that_cites_a_withdrawn_demand_counts_and_leaves_it_withdrawn() {
    let suite = begun().await;
    let demand = open_demand(&suite, "XQ1").await.name;
    let request = pb::WithdrawDemandRequest {
        request_id: id(),
        name: demand.clone(),
        reason: "撤回".to_owned(),
        ..Default::default()
    };
    demands(suite.firm(FIRM, "2022-05-01")).withdraw_demand(request).await.unwrap();
    signed(&suite, pb::RecordSigningRequest { demand: demand.clone(), ..project("QY1", 100) }).await;
    assert_eq!(state_on(&suite, &demand, "2022-12-31").await, pb::DemandState::Withdrawn);
    assert_eq!(counts(&suite, "", ON).await.demands, 1);
    suite.close().await;
}

#[tokio::test]
async fn framework_agreements_are_reported_apart_and_a_need_counts_once() {
    let suite = begun().await;
    let first = open_demand(&suite, "XQ1").await.name;
    let second = open_demand(&suite, "XQ2").await.name;
    for (number, amount, demand) in [("QY1", 100, &first), ("QY2", 250, &second), ("QY3", 0, &second)] {
        signed(&suite, pb::RecordSigningRequest { demand: demand.clone(), ..project(number, amount) }).await;
    }
    signed(&suite, pb::RecordSigningRequest { signed_on: "2021-12-31".to_owned(), ..project("QY4", 4) })
        .await;
    let counted = counts(&suite, "2022-01-01", ON).await;
    assert_eq!((counted.projects, counted.amount_fen, counted.frameworks, counted.demands), (2, 350, 1, 2));
    assert_eq!(counts(&suite, "2022-01-01", "2022-06-09").await.projects, 0);
    let merge = pb::MergeDemandsRequest {
        request_id: id(),
        kept: first,
        duplicate: second,
        reason: "同一需求".to_owned(),
        ..Default::default()
    };
    demands(suite.bureau("2022-07-01")).merge_demands(merge).await.unwrap();
    assert_eq!(counts(&suite, "2022-01-01", "2022-07-01").await.demands, 1);
    suite.close().await;
}

/// A suite that follows a permit service too.
async fn with_permit() -> (Suite, World) {
    let permit = World::new();
    let address = crate::suite::stand_in(permit::routes(&permit)).await;
    let suite = Suite::start_with(|config| config.permit = Some(address)).await;
    (prepared(suite).await, permit)
}

async fn contract_on(suite: &Suite, number: &str, as_of: &str) -> String {
    let request = pb::GetSigningRequest { name: number.to_owned(), as_of: as_of.to_owned() };
    signings(suite.bureau(as_of)).get_signing(request).await.unwrap().into_inner().contract_no
}

#[tokio::test]
async fn a_contract_of_the_same_parties_and_amount_carries_the_project_out() {
    let (suite, permit) = with_permit().await;
    let demand = open_demand(&suite, "XQ1").await.name;
    signed(&suite, pb::RecordSigningRequest { demand: demand.clone(), ..project("QY1", 500) }).await;
    permit.tell(&contract("HT1", (UNIVERSITY, FIRM), 501, "2022-07-01"));
    permit.tell(&contract("HT2", (UNIVERSITY, OTHER_FIRM), 500, "2022-07-01"));
    permit.tell(&contract("HT3", (FIRM, UNIVERSITY), 500, "2022-07-01"));
    suite.followed().await;
    assert_eq!(contract_on(&suite, "QY1", "2022-12-31").await, "");
    assert_eq!(state_on(&suite, &demand, "2022-12-31").await, pb::DemandState::Signed);
    permit::amend(&permit, "HT1", 500, "2022-08-01");
    suite.followed().await;
    assert_eq!(contract_on(&suite, "QY1", "2022-07-31").await, "");
    assert_eq!(contract_on(&suite, "QY1", "2022-08-01").await, "HT1");
    assert_eq!(state_on(&suite, &demand, "2022-08-01").await, pb::DemandState::Registered);
    permit::cancel(&permit, "HT1", "2022-09-01");
    suite.followed().await;
    assert_eq!(contract_on(&suite, "QY1", "2022-08-31").await, "HT1");
    assert_eq!(contract_on(&suite, "QY1", "2022-09-01").await, "");
    let days = [("2022-08-31", pb::DemandState::Registered), ("2022-09-01", pb::DemandState::Signed)];
    for (day, state) in days {
        assert_eq!(state_on(&suite, &demand, day).await, state, "{day}");
    }
    let funnel = pb::GetFunnelRequest { as_of: "2022-08-31".to_owned(), ..Default::default() };
    let steps = demands(suite.bureau(BEFORE)).get_funnel(funnel).await.unwrap().into_inner().steps;
    assert_eq!(steps.last().map(|step| (step.evidenced, step.passed)), Some((1, 1)));
    suite.close().await;
}

#[tokio::test]
async fn a_contract_that_was_registered_before_the_signing_is_recorded_counts_at_once() {
    let (suite, permit) = with_permit().await;
    permit.tell(&contract("HT1", (UNIVERSITY, FIRM), 500, "2022-06-01"));
    suite.followed().await;
    let recorded = signed(&suite, project("QY1", 500)).await;
    assert_eq!((recorded.contract_no.as_str(), recorded.registered_on.as_str()), ("HT1", "2022-06-01"));
    // The same contract does not carry out a second project.
    let second = signed(&suite, project("QY2", 500)).await;
    assert_eq!(second.contract_no, "");
    assert_eq!(counts(&suite, "", ON).await.registered, 1);
    suite.close().await;
}

#[tokio::test]
async fn projects_and_contracts_that_meet_are_linked_as_if_one_came_after_the_other() {
    let (suite, permit) = with_permit().await;
    let recorded = (1..=12).map(|number| signed(&suite, project(&format!("QY{number}"), 500)));
    let told = async {
        for number in 1..=8 {
            permit.tell(&contract(&format!("HT{number}"), (UNIVERSITY, FIRM), 500, "2022-06-20"));
        }
        suite.followed().await;
    };
    futures::join!(futures::future::join_all(recorded), told);
    assert_eq!(counts(&suite, "", "2022-06-30").await.registered, 8);
    let open =
        "select count(distinct contract_no) from commissioner.signing_contract where unlinked_on is null";
    assert_eq!(suite.count(open).await, 8);
    suite.close().await;
}

/// The projects of the bundled year against the recorded feed of its contracts.
#[tokio::test]
async fn the_year_s_contracts_carry_out_its_projects_as_recorded() {
    const YEAR: &str = include_str!("../../../../tests/data/wuhan-2022/signed_projects.csv");
    let (suite, permit) = with_permit().await;
    permit::play(&permit);
    let mut refused = 0;
    for line in YEAR.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let request = pb::RecordSigningRequest {
            request_id: id(),
            signing_no: cells[0].to_owned(),
            party_a_uscc: cells[2].to_owned(),
            party_b_uscc: cells[3].to_owned(),
            title: cells[6].to_owned(),
            amount_fen: cells[7].parse().unwrap(),
            signed_on: cells[8].to_owned(),
            ..Default::default()
        };
        let answer = signings(suite.bureau("2022-12-31")).record_signing(request).await;
        refused += usize::from(answer.is_err());
    }
    suite.followed().await;
    let counted = counts(&suite, "2022-01-01", "2022-11-30").await;
    assert_eq!((counted.projects, counted.frameworks, counted.registered), (390, 26, 105));
    assert_eq!(counted.amount_fen, 294_010_254_207);
    assert_eq!(refused, 12);
    suite.close().await;
}
