//! Scores: a commissioner sees why a score is 17, by the sheet in force on the day of each thing.

use canopy_proto::commissioner::v1 as pb;
use canopy_proto::commissioner::v1::activity_service_client::ActivityServiceClient;
use canopy_proto::commissioner::v1::score_service_client::ScoreServiceClient;

use crate::activity::{FIRM, activity, peopled, report};
use crate::suite::{Suite, id, reason_of};

fn clause(measure: pb::ScoreMeasure, points: i32, cap_points: i32) -> pb::ScoreSheetClause {
    pb::ScoreSheetClause { measure: measure.into(), points, cap_points }
}

fn sheet(valid_from: &str, clauses: Vec<pb::ScoreSheetClause>) -> pb::SetScoreSheetRequest {
    pb::SetScoreSheetRequest {
        request_id: id(),
        valid_from: valid_from.to_owned(),
        title: "联络员评分表".to_owned(),
        clauses,
        ..Default::default()
    }
}

async fn set(
    suite: &Suite,
    on: &str,
    request: pb::SetScoreSheetRequest,
) -> Result<pb::ScoreSheet, tonic::Status> {
    let mut bureau = ScoreServiceClient::new(suite.bureau(on));
    bureau.set_score_sheet(request).await.map(tonic::Response::into_inner)
}

async fn score(suite: &Suite, as_of: &str) -> pb::Score {
    let request = pb::ExplainScoreRequest {
        commissioner_no: "CL0001".to_owned(),
        as_of: as_of.to_owned(),
        ..Default::default()
    };
    let mut own = ScoreServiceClient::new(suite.commissioner("CL0001", "2022-12-31"));
    own.explain_score(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn a_commissioner_sees_why_a_score_is_17() {
    use pb::ScoreMeasure::{ConfirmedActivity, Contact, Visit};
    let suite = peopled().await;
    let clauses = vec![clause(Visit, 2, 0), clause(Contact, 1, 10), clause(ConfirmedActivity, 1, 0)];
    set(&suite, "2022-01-01", sheet("2022-01-01", clauses)).await.unwrap();
    let contacts = (1..=11).map(|day| activity(&format!("HD{day}"), "CL0001", &format!("2022-03-{day:02}")));
    let visits = (1..=3).map(|day| pb::ActivityRow {
        kind: pb::ActivityKind::Visit.into(),
        ..activity(&format!("BF{day}"), "CL0001", &format!("2022-03-{day:02}"))
    });
    let rows: Vec<_> = contacts.chain(visits).collect();
    let results = report(suite.commissioner("CL0001", "2022-03-15"), rows).await;
    suite.registry.enter(FIRM, "武汉长江光电有限公司");
    suite.followed().await;
    let confirm =
        pb::ConfirmActivityRequest { request_id: id(), name: results[0].name.clone(), denied: false };
    let mut firm = ActivityServiceClient::new(suite.firm(FIRM, "2022-03-20"));
    firm.confirm_activity(confirm).await.unwrap();

    let explained = score(&suite, "2022-11-30").await;
    let lines: Vec<_> = explained.lines.iter().map(|it| (it.count, it.uncapped, it.points)).collect();
    assert_eq!(lines, [(3, 6, 6), (11, 11, 10), (1, 1, 1)]);
    assert_eq!(explained.points, 17);
    assert_eq!(score(&suite, "2022-03-19").await.points, 16);
    assert_eq!(score(&suite, "2022-03-01").await.points, 3);
    suite.close().await;
}

#[tokio::test]
async fn a_new_sheet_leaves_what_was_judged_before_as_it_was() {
    use pb::ScoreMeasure::Contact;
    let suite = peopled().await;
    set(&suite, "2022-01-01", sheet("2022-01-01", vec![clause(Contact, 1, 0)])).await.unwrap();
    let rows = vec![activity("HD1", "CL0001", "2022-06-30"), activity("HD2", "CL0001", "2022-07-01")];
    report(suite.commissioner("CL0001", "2022-07-05"), rows).await;
    assert_eq!(score(&suite, "2022-11-30").await.points, 2);
    let late = set(&suite, "2022-07-01", sheet("2022-06-30", vec![clause(Contact, 5, 0)])).await;
    assert_eq!(reason_of(late), "DATE_IN_PAST");
    let twice = vec![clause(Contact, 5, 0), clause(Contact, 1, 0)];
    assert_eq!(reason_of(set(&suite, "2022-07-01", sheet("2022-07-01", twice)).await), "FIELD_INVALID");
    let request = sheet("2022-07-01", vec![clause(Contact, 5, 0)]);
    let first = set(&suite, "2022-07-01", request.clone()).await.unwrap();
    assert_eq!(set(&suite, "2022-07-01", request).await.unwrap(), first);
    let again = set(&suite, "2022-07-01", sheet("2022-07-01", vec![clause(Contact, 9, 0)])).await;
    assert_eq!(reason_of(again), "DUPLICATE_SCORE_SHEET");
    let explained = score(&suite, "2022-11-30").await;
    let lines: Vec<_> =
        explained.lines.iter().map(|it| (it.from_on.as_str(), it.to_on.as_str(), it.points)).collect();
    assert_eq!(lines, [("2022-01-01", "2022-06-30", 1), ("2022-07-01", "2022-11-30", 5)]);
    suite.close().await;
}

#[tokio::test]
async fn a_commissioner_sees_his_own_score_only() {
    let suite = peopled().await;
    let of = |number: &str| pb::ExplainScoreRequest {
        commissioner_no: number.to_owned(),
        as_of: "2022-11-30".to_owned(),
        ..Default::default()
    };
    let mut own = ScoreServiceClient::new(suite.commissioner("CL0001", "2022-12-31"));
    assert_eq!(reason_of(own.explain_score(of("CL0002")).await), "NOT_OWN_RECORD");
    let mut bureau = ScoreServiceClient::new(suite.bureau("2022-12-31"));
    assert_eq!(reason_of(bureau.explain_score(of("CL0009")).await), "UNKNOWN_COMMISSIONER");
    assert_eq!(bureau.explain_score(of("CL0002")).await.unwrap().into_inner().points, 0);
    suite.close().await;
}
