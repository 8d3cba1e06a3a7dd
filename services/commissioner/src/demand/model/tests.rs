//! Every state with every act, and the day from which an open demand is stale.

#![allow(clippy::unwrap_used, reason = "tests")]

use jiff::civil::date;

use super::DemandState::{
    Closed, Collected, Matched, Negotiating, Published, Registered, Signed, Verified, Withdrawn,
};
use super::*;

const ALL: [DemandState; 9] =
    [Collected, Verified, Published, Matched, Negotiating, Signed, Registered, Closed, Withdrawn];

fn demand(state: DemandState) -> Demand {
    Demand {
        id: DemandId::new(uuid::Uuid::from_u128(1)),
        number: "XQ1".to_owned(),
        enterprise: Uscc::parse("91420111MA4KXA0264").unwrap(),
        commissioner: "CL0001".to_owned(),
        field: "软件".to_owned(),
        words: "知识图谱引擎体积过大".to_owned(),
        budget: Fen::ZERO,
        needed_by: None,
        agreed_on: None,
        collected_on: date(2021, 11, 8),
        state,
        since: date(2022, 3, 31),
        version: 3,
    }
}

/// Letters of the states in the order of [`ALL`]; `-` is a refusal.
const LETTERS: &str = "CVPMNSRLW";

fn letter(state: Option<DemandState>) -> char {
    let place = state.and_then(|state| ALL.iter().position(|it| *it == state));
    place.map_or('-', |place| LETTERS.chars().nth(place).unwrap())
}

/// The whole graph: where each act leads from each state.
#[test]
fn every_act_leads_where_the_graph_says() {
    let graph = [
        (Act::Verify, "V--------"),
        (Act::Publish, "-P-------"),
        (Act::Match, "--MMNSR--"),
        (Act::Negotiate, "---NNSR--"),
        (Act::Unmatch(None), "CVPPPSRLW"),
        (Act::Unmatch(Some(Matched)), "CVPMMSRLW"),
        (Act::Unmatch(Some(Negotiating)), "CVPNNSRLW"),
        (Act::Sign, "-SSSSSRLW"),
        (Act::Close, "-----LL--"),
        (Act::Withdraw, "WWWWWWW--"),
        (Act::Register, "CVPMNRRLW"),
        (Act::Unregister, "CVPMNSSLW"),
    ];
    for (act, expected) in graph {
        let leads: String = ALL.map(|state| letter(state.after(act))).into_iter().collect();
        assert_eq!(leads, expected, "{act:?} from {LETTERS}");
    }
}

#[test]
fn a_step_counts_up_and_never_comes_before_the_one_before() {
    let verified = demand(Collected).after(Act::Verify, date(2022, 4, 1)).unwrap();
    assert_eq!((verified.state, verified.since, verified.version), (Verified, date(2022, 4, 1), 4));
    let signed = verified.after(Act::Sign, date(2022, 1, 1)).unwrap();
    assert_eq!((signed.since, signed.version), (date(2022, 4, 1), 5));
    let again = signed.clone().after(Act::Sign, date(2022, 9, 1)).unwrap();
    assert_eq!(again, signed);
}

#[test]
fn a_withdrawn_demand_stays_withdrawn_when_a_signing_cites_it() {
    let withdrawn = demand(Withdrawn);
    assert_eq!(withdrawn.clone().after(Act::Sign, date(2022, 9, 1)).unwrap(), withdrawn);
    assert_eq!(
        demand(Collected).after(Act::Sign, date(2022, 9, 1)).unwrap_err().reason().name,
        "STATE_NOT_ALLOWED"
    );
}

#[test]
fn a_demand_is_published_when_the_firm_agreed_by_that_day() {
    let (agreed, today) = (date(2022, 4, 2), date(2022, 4, 1));
    assert_eq!(demand(Verified).publish(agreed, today).unwrap_err().reason().name, "CONSENT_MISSING");
    let published = demand(Verified).publish(today, today).unwrap();
    assert_eq!((published.state, published.agreed_on), (Published, Some(today)));
}

#[test]
fn an_open_demand_is_stale_the_day_after_twelve_idle_months() {
    let since = date(2022, 2, 28);
    assert!(!is_stale(Verified, since, date(2023, 2, 28), 12));
    assert!(is_stale(Verified, since, date(2023, 3, 1), 12));
    assert!(is_stale(Collected, date(2020, 2, 29), date(2021, 3, 1), 12));
    for state in [Signed, Registered, Closed, Withdrawn] {
        assert!(!is_stale(state, since, date(2030, 1, 1), 12), "{state:?}");
    }
}

#[test]
fn white_space_makes_no_other_demand() {
    assert_eq!(words_digest("标定过程复杂, 希望联合攻关"), words_digest(" 标定过程复杂,希望联合攻关\n"));
    assert_ne!(words_digest("标定过程复杂"), words_digest("标定过程简单"));
}
