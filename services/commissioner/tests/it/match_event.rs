//! Matchmaking events: a number once, only held ones count, a planned one is settled.

use canopy_proto::commissioner::v1 as pb;
use canopy_proto::commissioner::v1::MatchEventStatus::{Cancelled, Held, Planned};
use canopy_proto::commissioner::v1::match_event_service_client::MatchEventServiceClient;

use crate::suite::{As, Suite, id, reason_of, reasons_of};

pub fn events(calls: As) -> MatchEventServiceClient<As> {
    MatchEventServiceClient::new(calls)
}

pub fn event(number: &str, held_on: &str, status: pb::MatchEventStatus) -> pb::MatchEventRow {
    pb::MatchEventRow {
        request_id: id(),
        event_no: number.to_owned(),
        held_on: held_on.to_owned(),
        kind: pb::MatchEventKind::Roadshow.into(),
        title: "新能源成果转化对接活动".to_owned(),
        attendees: 50,
        status: status.into(),
        ..Default::default()
    }
}

pub async fn entered(suite: &Suite, rows: Vec<pb::MatchEventRow>) -> Vec<pb::MatchEvent> {
    let request = pb::BatchImportMatchEventsRequest { rows };
    events(suite.bureau("2022-01-01")).batch_import_match_events(request).await.unwrap();
    let all = pb::ListMatchEventsRequest::default();
    events(suite.bureau("2022-01-01")).list_match_events(all).await.unwrap().into_inner().match_events
}

async fn held(suite: &Suite, as_of: &str) -> (i64, i64) {
    let request = pb::CountMatchEventsRequest {
        from: "2022-01-01".to_owned(),
        to: "2022-12-31".to_owned(),
        as_of: as_of.to_owned(),
        ..Default::default()
    };
    let counted = events(suite.bureau(as_of)).count_match_events(request).await.unwrap().into_inner();
    (counted.held, counted.attendees)
}

#[tokio::test]
async fn only_held_events_of_the_period_count() {
    let suite = Suite::start().await;
    let rows = vec![
        event("DJ1", "2021-12-31", Held),
        event("DJ2", "2022-01-01", Held),
        event("DJ3", "2022-11-30", Held),
        event("DJ4", "2022-12-01", Held),
        event("DJ5", "2022-05-01", Cancelled),
        event("DJ6", "2022-06-01", Planned),
    ];
    assert_eq!(entered(&suite, rows).await.len(), 6);
    assert_eq!(held(&suite, "2022-11-30").await, (2, 100));
    suite.close().await;
}

#[tokio::test]
async fn bad_rows_are_refused_one_by_one() {
    let suite = Suite::start().await;
    let spoilt = |spoil: fn(&mut pb::MatchEventRow)| {
        let mut row = event("DJ2", "2022-01-01", pb::MatchEventStatus::Held);
        spoil(&mut row);
        row
    };
    let rows = vec![
        event("DJ1", "2022-01-01", pb::MatchEventStatus::Held),
        event("DJ1", "2022-01-02", pb::MatchEventStatus::Held),
        spoilt(|row| row.held_on = "2022-02-30".to_owned()),
        spoilt(|row| row.attendees = -1),
        spoilt(|row| row.kind = 9),
        spoilt(|row| row.status = 0),
        spoilt(|row| row.event_no = String::new()),
    ];
    let request = pb::BatchImportMatchEventsRequest { rows };
    let answer = events(suite.bureau("2022-01-01")).batch_import_match_events(request).await.unwrap();
    assert_eq!(
        reasons_of(&answer.into_inner().results),
        [
            "",
            "DUPLICATE_MATCH_EVENT",
            "DATE_FORMAT",
            "FIELD_OUT_OF_RANGE",
            "ENUM_UNKNOWN",
            "ENUM_UNKNOWN",
            "FIELD_MISSING"
        ]
    );
    suite.close().await;
}

#[tokio::test]
async fn a_planned_event_is_settled_once() {
    let suite = Suite::start().await;
    let planned =
        entered(&suite, vec![event("DJ1", "2022-06-10", pb::MatchEventStatus::Planned)]).await.remove(0);
    let settle = async |status: pb::MatchEventStatus, on: &str| {
        let request = pb::SettleMatchEventRequest {
            request_id: id(),
            name: planned.name.clone(),
            status: status.into(),
            attendees: 66,
            ..Default::default()
        };
        events(suite.bureau(on)).settle_match_event(request).await
    };
    assert_eq!(reason_of(settle(pb::MatchEventStatus::Held, "2022-06-09").await), "STATE_NOT_ALLOWED");
    settle(pb::MatchEventStatus::Held, "2022-06-10").await.unwrap();
    assert_eq!(reason_of(settle(pb::MatchEventStatus::Cancelled, "2022-06-11").await), "STATE_NOT_ALLOWED");
    assert_eq!(held(&suite, "2022-06-10").await, (1, 66));
    suite.close().await;
}
