//! Commissioners and their postings: entered once, ended, counted on a day.

use canopy_kernel::Role;
use canopy_proto::commissioner::v1 as pb;
use canopy_proto::commissioner::v1::commissioner_service_client::CommissionerServiceClient;

use crate::suite::{Suite, id, reason_of, reasons_of};

const ON: &str = "2022-06-01";
const POLYTECHNIC: &str = "124200004416255673";

pub fn row(number: &str, recruited_on: &str, ended_on: &str) -> pb::CommissionerRow {
    pb::CommissionerRow {
        request_id: id(),
        commissioner_no: number.to_owned(),
        person_name: "吕华磊".to_owned(),
        side: pb::CommissionerSide::District.into(),
        recruited_on: recruited_on.to_owned(),
        ended_on: ended_on.to_owned(),
        ..Default::default()
    }
}

pub fn post(number: &str, district: &str, from_on: &str) -> pb::PostRow {
    pb::PostRow {
        request_id: id(),
        commissioner_no: number.to_owned(),
        kind: pb::PostKind::District.into(),
        post_ref: district.to_owned(),
        from_on: from_on.to_owned(),
        ..Default::default()
    }
}

/// Enters commissioners; the answer is their refusals by place.
pub async fn enter(suite: &Suite, rows: Vec<pb::CommissionerRow>) -> Vec<&'static str> {
    let request = pb::BatchImportCommissionersRequest { rows };
    let mut bureau = suite.commissioners(Role::StBureau, ON);
    reasons_of(&bureau.batch_import_commissioners(request).await.unwrap().into_inner().results)
}

/// Posts commissioners; the answer is their refusals by place.
pub async fn posted(suite: &Suite, rows: Vec<pb::PostRow>) -> Vec<&'static str> {
    let request = pb::BatchImportPostsRequest { rows };
    let mut bureau = suite.commissioners(Role::StBureau, ON);
    reasons_of(&bureau.batch_import_posts(request).await.unwrap().into_inner().results)
}

async fn serving(suite: &Suite, as_of: &str) -> i64 {
    let request = pb::CountCommissionersRequest { as_of: as_of.to_owned() };
    let counted = suite.commissioners(Role::Auditor, ON).count_commissioners(request).await.unwrap();
    counted.into_inner().serving
}

#[tokio::test]
async fn a_number_is_used_once_also_within_one_piece() {
    let suite = Suite::start().await;
    let first = row("CL0001", "2021-06-15", "");
    let again = first.clone();
    let rows = vec![first, row("CL0001", "2022-01-01", ""), row("CL0002", "2022-03-01", "2022-02-28")];
    assert_eq!(enter(&suite, rows).await, ["", "DUPLICATE_COMMISSIONER", "PERIOD_ORDER"]);
    assert_eq!(
        enter(&suite, vec![again, row("CL0001", "2020-01-01", "")]).await,
        ["", "DUPLICATE_COMMISSIONER"]
    );
    assert_eq!(suite.count("select count(*) from commissioner.commissioner").await, 1);
    suite.close().await;
}

#[tokio::test]
async fn who_serves_is_asked_of_a_day() {
    let suite = Suite::start().await;
    let rows = vec![
        row("CL0001", "2021-06-15", ""),
        row("CL0002", "2021-06-15", "2022-04-12"),
        row("CL0003", "2022-04-13", ""),
    ];
    assert_eq!(enter(&suite, rows).await, ["", "", ""]);
    for (day, expected) in [("2021-06-14", 0), ("2022-04-12", 2), ("2022-04-13", 2), ("2022-11-30", 2)] {
        assert_eq!(serving(&suite, day).await, expected, "{day}");
    }
    suite.close().await;
}

#[tokio::test]
async fn the_end_of_a_service_ends_its_postings_once() {
    let suite = Suite::start().await;
    enter(&suite, vec![row("CL0001", "2021-06-15", "")]).await;
    let institute = pb::PostRow {
        kind: pb::PostKind::Institute.into(),
        post_ref: POLYTECHNIC.to_owned(),
        ..post("CL0001", "", "2021-06-15")
    };
    let rows = vec![
        post("CL0001", "420111", "2021-06-15"),
        institute,
        post("CL0001", "420111", "2021-06-15"),
        post("CL0009", "420111", "2021-06-15"),
        post("CL0001", "4201", "2021-06-15"),
    ];
    let refused = posted(&suite, rows).await;
    assert_eq!(refused, ["", "", "DUPLICATE_POSTING", "UNKNOWN_COMMISSIONER", "AREA_CODE_FORMAT"]);

    let request = pb::EndServiceRequest {
        request_id: id(),
        commissioner_no: "CL0001".to_owned(),
        ended_on: "2022-06-30".to_owned(),
        reason: "任期届满".to_owned(),
        ..Default::default()
    };
    let mut bureau = suite.commissioners(Role::StBureau, ON);
    let ended = bureau.end_service(request.clone()).await.unwrap().into_inner();
    assert_eq!(ended.person_name, "吕华磊");
    assert!(ended.posts.iter().all(|post| post.to_on == "2022-06-30"), "{ended:?}");
    let repeated = bureau.end_service(request.clone()).await.unwrap().into_inner();
    assert_eq!(repeated, ended);
    let second = pb::EndServiceRequest { request_id: id(), ..request };
    assert_eq!(reason_of(bureau.end_service(second).await), "STATE_NOT_ALLOWED");
    suite.close().await;
}

#[tokio::test]
async fn a_commissioner_sees_himself_only_and_no_name_is_readable() {
    let suite = Suite::start().await;
    enter(&suite, vec![row("CL0001", "2021-06-15", ""), row("CL0002", "2021-06-15", "")]).await;
    let get = |number: &str| pb::GetCommissionerRequest { commissioner_no: number.to_owned() };
    let mut own = CommissionerServiceClient::new(suite.commissioner("CL0001", ON));
    let found = own.get_commissioner(get("CL0001")).await.unwrap().into_inner();
    assert_eq!(found.person_name, "吕华磊");
    assert_eq!(reason_of(own.get_commissioner(get("CL0002")).await), "NOT_OWN_RECORD");
    let mut audit = suite.commissioners(Role::Auditor, ON);
    assert_eq!(reason_of(audit.get_commissioner(get("CL0009")).await), "UNKNOWN_COMMISSIONER");
    suite.require_unreadable(&["吕华磊"]).await;
    suite.close().await;
}
