//! Referrals and hand-overs: offered by who looks after a demand, answered in time by who is asked.

use canopy_proto::commissioner::v1 as pb;
use canopy_proto::commissioner::v1::handover_service_client::HandoverServiceClient;

use crate::needs::{BROKER, COLLEAGUE, begun, collected, demand_on};
use crate::suite::{As, Suite, id, reason_of};

fn handovers(calls: As) -> HandoverServiceClient<As> {
    HandoverServiceClient::new(calls)
}

fn offer(demand: &str, kind: pb::HandoverKind, to: &str) -> pb::OfferHandoverRequest {
    pb::OfferHandoverRequest {
        request_id: id(),
        demand: demand.to_owned(),
        kind: kind.into(),
        to_commissioner_no: to.to_owned(),
        note: "贵区企业".to_owned(),
        ..Default::default()
    }
}

fn acceptance(name: &str) -> pb::AcceptHandoverRequest {
    pb::AcceptHandoverRequest { request_id: id(), name: name.to_owned(), ..Default::default() }
}

async fn open_on(suite: &Suite, day: &str) -> usize {
    let request = pb::ListHandoversRequest { open_only: true, as_of: day.to_owned(), ..Default::default() };
    handovers(suite.bureau(day)).list_handovers(request).await.unwrap().into_inner().handovers.len()
}

#[tokio::test]
async fn an_accepted_hand_over_moves_the_demand_and_a_referral_does_not() {
    let suite = begun().await;
    let demand = collected(&suite, "XQ1", "2022-02-01").await.name;
    let cases = [(pb::HandoverKind::Referral, BROKER), (pb::HandoverKind::HandOver, COLLEAGUE)];
    for (kind, holder) in cases {
        let mut broker = handovers(suite.commissioner(BROKER, "2022-03-01"));
        let made = broker.offer_handover(offer(&demand, kind, COLLEAGUE)).await.unwrap().into_inner();
        assert_eq!(made.answer_by, "2022-03-11");
        assert_eq!(reason_of(broker.accept_handover(acceptance(&made.name)).await), "NOT_OWN_RECORD");
        let mut colleague = handovers(suite.commissioner(COLLEAGUE, "2022-03-11"));
        let answered = colleague.accept_handover(acceptance(&made.name)).await.unwrap().into_inner();
        assert_eq!(answered.state(), pb::HandoverState::Accepted);
        assert_eq!(demand_on(&suite, &demand, "2022-03-11").await.commissioner_no, holder);
    }
    suite.close().await;
}

#[tokio::test]
async fn an_offer_lapses_and_makes_room_for_another() {
    let suite = begun().await;
    let demand = collected(&suite, "XQ1", "2022-02-01").await.name;
    let offered = async |on: &str| {
        let request = offer(&demand, pb::HandoverKind::HandOver, COLLEAGUE);
        handovers(suite.commissioner(BROKER, on)).offer_handover(request).await
    };
    let made = offered("2022-03-01").await.unwrap().into_inner().name;
    assert_eq!(reason_of(offered("2022-03-11").await), "HANDOVER_OPEN");
    assert_eq!((open_on(&suite, "2022-03-11").await, open_on(&suite, "2022-03-12").await), (1, 0));
    let late =
        handovers(suite.commissioner(COLLEAGUE, "2022-03-12")).accept_handover(acceptance(&made)).await;
    assert_eq!(reason_of(late), "HANDOVER_LAPSED");
    let next = offered("2022-03-12").await.unwrap().into_inner().name;
    let request = pb::DeclineHandoverRequest {
        request_id: id(),
        name: next,
        reason: "人手不足".to_owned(),
        ..Default::default()
    };
    handovers(suite.commissioner(COLLEAGUE, "2022-03-13")).decline_handover(request).await.unwrap();
    let all = pb::ListHandoversRequest {
        demand: demand.clone(),
        as_of: "2022-03-13".to_owned(),
        ..Default::default()
    };
    let listed =
        handovers(suite.bureau("2022-03-13")).list_handovers(all).await.unwrap().into_inner().handovers;
    let states: Vec<_> = listed.iter().map(pb::Handover::state).collect();
    assert_eq!(states, [pb::HandoverState::Lapsed, pb::HandoverState::Declined]);
    assert_eq!(demand_on(&suite, &demand, "2022-03-13").await.commissioner_no, BROKER);
    suite.close().await;
}

#[tokio::test]
async fn a_demand_is_offered_by_who_looks_after_it_to_someone_in_service() {
    let suite = begun().await;
    let demand = collected(&suite, "XQ1", "2022-02-01").await.name;
    let offered = async |who: &str, on: &str, to: &str| {
        let request = offer(&demand, pb::HandoverKind::Referral, to);
        reason_of(handovers(suite.commissioner(who, on)).offer_handover(request).await)
    };
    assert_eq!(offered(COLLEAGUE, "2022-03-01", BROKER).await, "NOT_OWN_RECORD");
    assert_eq!(offered(BROKER, "2022-09-01", COLLEAGUE).await, "AFTER_SERVICE");
    assert_eq!(offered(BROKER, "2022-03-01", "CL0009").await, "UNKNOWN_COMMISSIONER");
    assert_eq!(offered(BROKER, "2022-03-01", BROKER).await, "STATE_NOT_ALLOWED");
    suite.close().await;
}
