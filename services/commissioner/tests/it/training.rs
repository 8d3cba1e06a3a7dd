//! Training: a person stands in a session once; person-times and persons are counted; names stay unread.

use canopy_proto::commissioner::v1 as pb;
use canopy_proto::commissioner::v1::training_service_client::TrainingServiceClient;

use crate::suite::{Suite, id, reason_of, reasons_of};

const ON: &str = "2022-12-31";

fn row(session: &str, on: &str, person: &str, attended: bool) -> pb::AttendanceRow {
    pb::AttendanceRow {
        request_id: id(),
        external_ref: String::new(),
        session_no: session.to_owned(),
        session_on: on.to_owned(),
        topic: "技术经纪人实务".to_owned(),
        program: pb::TrainingProgram::TechBroker.into(),
        person_ref: person.to_owned(),
        person_name: format!("学员{person}"),
        attended,
        hours: 8,
    }
}

async fn enter(suite: &Suite, rows: Vec<pb::AttendanceRow>) -> Vec<&'static str> {
    let request = pb::BatchImportAttendancesRequest { rows };
    let mut bureau = TrainingServiceClient::new(suite.bureau(ON));
    reasons_of(&bureau.batch_import_attendances(request).await.unwrap().into_inner().results)
}

async fn counted(suite: &Suite, from: &str, as_of: &str) -> (i64, i64, i64, i64) {
    let request = pb::CountTrainingRequest {
        program: pb::TrainingProgram::TechBroker.into(),
        from: from.to_owned(),
        as_of: as_of.to_owned(),
        known_at: String::new(),
    };
    let mut bureau = TrainingServiceClient::new(suite.bureau(ON));
    let sums = bureau.count_training(request).await.unwrap().into_inner();
    (sums.person_times, sums.persons, sums.sessions, sums.absences)
}

#[tokio::test]
async fn person_times_count_attendances_and_persons_each_once() {
    let suite = Suite::start().await;
    let other = pb::AttendanceRow {
        program: pb::TrainingProgram::Other.into(),
        ..row("PX3", "2022-05-01", "P1", true)
    };
    let rows = vec![
        row("PX1", "2021-11-16", "P1", true),
        row("PX2", "2022-03-01", "P1", true),
        row("PX2", "2022-03-01", "P2", true),
        row("PX2", "2022-03-01", "P3", false),
        row("PX4", "2022-04-01", "P1", true),
        other,
    ];
    assert_eq!(enter(&suite, rows).await, [""; 6]);
    assert_eq!(counted(&suite, "2022-01-01", "2022-11-30").await, (3, 2, 2, 1));
    assert_eq!(counted(&suite, "2022-01-01", "2022-03-31").await, (2, 2, 1, 1));
    assert_eq!(counted(&suite, "", "2022-11-30").await, (4, 2, 3, 1));
    suite.close().await;
}

#[tokio::test]
async fn a_person_stands_in_a_session_once() {
    let suite = Suite::start().await;
    let first = row("PX1", "2022-03-01", "P1", true);
    let repeated = first.clone();
    let rows = vec![first, row("PX1", "2022-03-01", "P1", false), row("PX2", "2022-03-01", "P1", true)];
    assert_eq!(enter(&suite, rows).await, ["", "DUPLICATE_ATTENDANCE", ""]);
    assert_eq!(enter(&suite, vec![row("PX1", "2022-03-01", "P1", true)]).await, ["DUPLICATE_ATTENDANCE"]);
    // The same row again is a repeat and changes nothing.
    assert_eq!(enter(&suite, vec![repeated]).await, [""]);
    assert_eq!(suite.count("select count(*) from commissioner.training_attendance").await, 2);
    suite.close().await;
}

#[tokio::test]
async fn a_list_goes_on_page_by_page_and_names_no_person() {
    let suite = Suite::start().await;
    let rows = (0..5).map(|number| row("PX1", "2022-03-01", &format!("P{number}"), true)).collect();
    enter(&suite, rows).await;
    let mut bureau = TrainingServiceClient::new(suite.bureau(ON));
    let mut persons = Vec::new();
    let mut request = pb::ListAttendancesRequest { page_size: 2, ..Default::default() };
    loop {
        let page = bureau.list_attendances(request.clone()).await.unwrap().into_inner();
        persons.extend(page.attendances.into_iter().map(|it| it.person_ref));
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    persons.sort();
    assert_eq!(persons, ["P0", "P1", "P2", "P3", "P4"]);
    suite.require_unreadable(&["学员P0", "学员P4"]).await;
    suite.close().await;
}

#[tokio::test]
async fn only_the_bureau_enters_training_and_rows_are_checked_one_by_one() {
    let suite = Suite::start().await;
    let request = pb::BatchImportAttendancesRequest { rows: vec![row("PX1", "2022-03-01", "P1", true)] };
    let mut district = TrainingServiceClient::new(suite.district(ON));
    assert_eq!(reason_of(district.batch_import_attendances(request).await), "ROLE_NOT_ALLOWED");
    let rows = vec![
        row("PX1", "2022-02-30", "P1", true),
        pb::AttendanceRow { program: 0, ..row("PX1", "2022-03-01", "P2", true) },
        row("", "2022-03-01", "P3", true),
        row("PX1", "2022-03-01", "P4", true),
    ];
    let refused = enter(&suite, rows).await;
    assert_eq!((refused[0], refused[3]), ("DATE_FORMAT", ""));
    assert!(refused[1..3].iter().all(|reason| !reason.is_empty()), "{refused:?}");
    assert_eq!(suite.count("select count(*) from commissioner.training_attendance").await, 1);
    suite.close().await;
}
