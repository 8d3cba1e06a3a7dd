//! Training: a person stands in a session once; person-times and persons are counted; who came has a result; names stay
//! unread.

use canopy_proto::commissioner::v1 as pb;
use canopy_proto::commissioner::v1::training_service_client::TrainingServiceClient;

use crate::suite::{Suite, id, reason_of, reasons_of};

const ON: &str = "2022-12-31";

pub fn row(session: &str, on: &str, person: &str, attended: bool) -> pb::AttendanceRow {
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

pub async fn enter(suite: &Suite, rows: Vec<pb::AttendanceRow>) -> Vec<&'static str> {
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

pub fn result(session: &str, person: &str, outcome: pb::TrainingOutcome, on: &str) -> pb::TrainingResultRow {
    pb::TrainingResultRow {
        request_id: id(),
        external_ref: String::new(),
        session_no: session.to_owned(),
        person_ref: person.to_owned(),
        outcome: outcome.into(),
        decided_on: on.to_owned(),
    }
}

pub async fn decide(suite: &Suite, on: &str, rows: Vec<pb::TrainingResultRow>) -> Vec<&'static str> {
    let request = pb::BatchImportTrainingResultsRequest { rows };
    let mut bureau = TrainingServiceClient::new(suite.bureau(on));
    reasons_of(&bureau.batch_import_training_results(request).await.unwrap().into_inner().results)
}

/// Persons who passed and who failed: from that day on, as of a day.
async fn decided(suite: &Suite, from: &str, as_of: &str) -> (i64, i64) {
    let request = pb::CountTrainingRequest {
        program: pb::TrainingProgram::TechBroker.into(),
        from: from.to_owned(),
        as_of: as_of.to_owned(),
        known_at: String::new(),
    };
    let mut bureau = TrainingServiceClient::new(suite.bureau(ON));
    let sums = bureau.count_training(request).await.unwrap().into_inner();
    (sums.passed, sums.failed)
}

/// The enrolment of a person in the first of his sessions, as of a day.
async fn seen(suite: &Suite, person: &str, as_of: &str) -> pb::Attendance {
    let request = pb::ListAttendancesRequest {
        person_ref: person.to_owned(),
        as_of: as_of.to_owned(),
        ..Default::default()
    };
    let mut bureau = TrainingServiceClient::new(suite.bureau(ON));
    bureau.list_attendances(request).await.unwrap().into_inner().attendances.remove(0)
}

#[tokio::test]
async fn results_count_by_their_own_day_and_persons_once() {
    use pb::TrainingOutcome::{Failed, Passed};
    use pb::TrainingState;
    let suite = Suite::start().await;
    let other = pb::AttendanceRow {
        program: pb::TrainingProgram::Other.into(),
        ..row("PX3", "2022-03-01", "P4", true)
    };
    let rows = vec![
        row("PX1", "2022-03-01", "P1", true),
        row("PX1", "2022-03-01", "P2", true),
        row("PX1", "2022-03-01", "P3", false),
        row("PX2", "2022-04-01", "P1", true),
        row("PX2", "2022-04-01", "P2", true),
        other,
    ];
    assert_eq!(enter(&suite, rows).await, [""; 6]);
    let results = vec![
        result("PX1", "P1", Failed, "2022-03-05"),
        result("PX1", "P2", Passed, "2022-03-05"),
        result("PX2", "P1", Passed, "2022-04-10"),
        result("PX2", "P2", Passed, "2022-04-10"),
        result("PX3", "P4", Passed, "2022-03-05"),
    ];
    assert_eq!(decide(&suite, ON, results).await, [""; 5]);
    let counts = [
        ("", "2022-03-04", (0, 0)),
        ("", "2022-03-05", (1, 1)),
        ("", "2022-04-09", (1, 1)),
        // Who passed at the second try has passed, and who passes twice counts once.
        ("", "2022-04-10", (2, 0)),
        ("2022-04-01", "2022-12-31", (2, 0)),
        ("2022-05-01", "2022-12-31", (0, 0)),
    ];
    for (from, as_of, expected) in counts {
        assert_eq!(decided(&suite, from, as_of).await, expected, "{from} to {as_of}");
    }
    // The tally of attendances is what it was.
    assert_eq!(counted(&suite, "", "2022-12-31").await, (4, 2, 2, 1));
    let states =
        [("2022-03-04", TrainingState::Attended, ""), ("2022-03-05", TrainingState::Failed, "2022-03-05")];
    for (as_of, state, decided_on) in states {
        let attendance = seen(&suite, "P1", as_of).await;
        assert_eq!((attendance.state(), attendance.decided_on.as_str()), (state, decided_on), "{as_of}");
    }
    assert_eq!(seen(&suite, "P3", ON).await.state(), TrainingState::Enrolled);
    suite.close().await;
}

#[tokio::test]
async fn a_result_is_refused_for_its_first_fault() {
    use pb::TrainingOutcome::{Failed, Passed};
    let suite = Suite::start().await;
    let rows = vec![row("PX1", "2022-03-01", "P1", true), row("PX1", "2022-03-01", "P2", false)];
    assert_eq!(enter(&suite, rows).await, [""; 2]);
    let first = result("PX1", "P1", Passed, "2022-03-01");
    let results = vec![
        result("PX1", "P1", Passed, "2022-02-30"),
        result("PX1", "P9", Passed, "2022-02-28"),
        result("PX2", "P1", Passed, "2022-03-05"),
        result("PX1", "P2", Passed, "2022-02-28"),
        result("PX1", "P1", Passed, "2022-02-28"),
        result("PX1", "P1", Passed, "2022-06-02"),
        first.clone(),
        result("PX1", "P1", Failed, "2022-03-05"),
    ];
    let expected = [
        "DATE_FORMAT",
        "UNKNOWN_ATTENDANCE",
        "UNKNOWN_ATTENDANCE",
        "STATE_NOT_ALLOWED",
        "STATUS_DATE_ORDER",
        "FIELD_OUT_OF_RANGE",
        "",
        "DUPLICATE_RESULT",
    ];
    assert_eq!(decide(&suite, "2022-06-01", results).await, expected);
    let again = vec![first, result("PX1", "P1", Passed, "2022-03-01")];
    // The same row again is a repeat and changes nothing.
    assert_eq!(decide(&suite, "2022-06-02", again).await, ["", "DUPLICATE_RESULT"]);
    assert_eq!(suite.count("select count(*) from commissioner.training_result").await, 1);
    let audited = "select count(*) from platform.audit where from_state = 'ATTENDED' and to_state = 'PASSED'";
    assert_eq!(suite.count(audited).await, 1);
    let nobody = pb::BatchImportTrainingResultsRequest { rows: Vec::new() };
    let mut district = TrainingServiceClient::new(suite.district(ON));
    assert_eq!(reason_of(district.batch_import_training_results(nobody).await), "ROLE_NOT_ALLOWED");
    suite.close().await;
}

#[tokio::test]
async fn who_is_enrolled_can_be_marked_as_having_come() {
    let suite = Suite::start().await;
    assert_eq!(enter(&suite, vec![row("PX1", "2022-03-01", "P1", false)]).await, [""]);
    assert_eq!(counted(&suite, "", ON).await, (0, 0, 0, 1));
    let name = seen(&suite, "P1", ON).await.name;
    let mark = || pb::RecordAttendanceRequest { request_id: id(), name: name.clone(), ..Default::default() };
    let on = |day: &str| TrainingServiceClient::new(suite.bureau(day));
    assert_eq!(reason_of(on("2022-02-28").record_attendance(mark()).await), "STATE_NOT_ALLOWED");
    let only = pb::RecordAttendanceRequest { validate_only: true, ..mark() };
    on("2022-03-02").record_attendance(only).await.unwrap();
    assert_eq!(counted(&suite, "", ON).await, (0, 0, 0, 1));
    let once = mark();
    let came = on("2022-03-02").record_attendance(once.clone()).await.unwrap().into_inner();
    assert_eq!((came.state(), came.attended), (pb::TrainingState::Attended, true));
    assert_eq!(on("2022-03-02").record_attendance(once).await.unwrap().into_inner(), came);
    assert_eq!(reason_of(on("2022-03-03").record_attendance(mark()).await), "STATE_NOT_ALLOWED");
    // It counts from the day of the session.
    assert_eq!(counted(&suite, "", "2022-03-01").await, (1, 1, 1, 0));
    let passed = result("PX1", "P1", pb::TrainingOutcome::Passed, "2022-03-05");
    assert_eq!(decide(&suite, ON, vec![passed]).await, [""]);
    let unknown = pb::RecordAttendanceRequest {
        request_id: id(),
        name: "tra_01890a5d-ac96-774b-bcce-b302099a8057".to_owned(),
        ..Default::default()
    };
    assert_eq!(reason_of(on("2022-03-03").record_attendance(unknown).await), "UNKNOWN_ATTENDANCE");
    let mut district = TrainingServiceClient::new(suite.district("2022-03-03"));
    assert_eq!(reason_of(district.record_attendance(mark()).await), "ROLE_NOT_ALLOWED");
    suite.require_unreadable(&["学员P1"]).await;
    suite.close().await;
}
