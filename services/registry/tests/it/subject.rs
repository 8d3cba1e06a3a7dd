//! Organisations enter the register, are found, and change their status.

use canopy_kernel::{Reason, Role, reason};
use canopy_proto::registry::v1 as pb;
use futures::StreamExt;

use crate::refusal::{refused, row_refused};
use crate::rows::{code, firm, institute, institute_code, title};
use crate::suite::{Suite, id};

type Spoil = fn(&mut pb::EnterpriseRow);

fn get(name: &str, as_of: &str) -> pb::GetSubjectRequest {
    pb::GetSubjectRequest { name: name.to_owned(), as_of: as_of.to_owned() }
}

fn change(n: usize, status: pb::SubjectStatus, effective_on: &str) -> pb::ChangeSubjectStatusRequest {
    pb::ChangeSubjectStatusRequest {
        request_id: id(),
        uscc: code(n),
        status: status.into(),
        effective_on: effective_on.to_owned(),
        reason: "迁往外地".to_owned(),
        ..Default::default()
    }
}

#[tokio::test]
async fn each_bad_row_is_refused_with_its_reason_and_the_rest_go_in() {
    let suite = Suite::start().await;
    let spoilt = |n: usize, spoil: Spoil| {
        let mut row = firm(n);
        spoil(&mut row);
        row
    };
    let before = suite.tables().await;
    let bad: [(&'static Reason, &str, Spoil); 13] = [
        (&reason::USCC_FORMAT, "uscc", |row| row.uscc.clear()),
        (&reason::USCC_FORMAT, "uscc", |row| row.uscc.truncate(17)),
        (&reason::USCC_FORMAT, "uscc", |row| row.uscc = row.uscc.to_lowercase()),
        (&reason::USCC_FORMAT, "uscc", |row| row.uscc.replace_range(8..9, "I")),
        (&reason::USCC_FORMAT, "uscc", |row| row.uscc.replace_range(2..3, "A")),
        // The Wuhan Polytechnic University's code with its last two digits swapped.
        (&reason::USCC_CHECK_DIGIT, "uscc", |row| row.uscc = "124200004416255637".to_owned()),
        // A sample code that went round with a wrong check character.
        (&reason::USCC_CHECK_DIGIT, "uscc", |row| row.uscc = "91350203M0001QAY9B".to_owned()),
        (&reason::AREA_CODE_FORMAT, "area_code", |row| row.area_code = "4201".to_owned()),
        (&reason::DATE_FORMAT, "established_on", |row| row.established_on = "2022-02-30".to_owned()),
        (&reason::DATE_FORMAT, "status_changed_on", |row| row.status = 2),
        (&reason::FIELD_MISSING, "title", |row| row.title.clear()),
        (&reason::FIELD_OUT_OF_RANGE, "registered_capital_fen", |row| row.registered_capital_fen = -1),
        (&reason::REQUEST_ID_MISSING, "request_id", |row| row.request_id.clear()),
    ];
    let rows = bad.iter().enumerate().map(|(n, (_, _, spoil))| spoilt(n, *spoil)).collect();
    let results = suite.enter(rows).await;
    for (result, (reason, field, _)) in results.iter().zip(&bad) {
        row_refused(result, reason, field);
    }
    assert_eq!(suite.tables().await, before);

    let results = suite.enter(vec![spoilt(0, |row| row.area_code.clear()), firm(0), firm(0), firm(1)]).await;
    row_refused(&results[0], &reason::AREA_CODE_FORMAT, "area_code");
    // A refused row takes no code; the first sound one does.
    assert!(results[1].name.starts_with("sub_"));
    row_refused(&results[2], &reason::DUPLICATE_ENTERPRISE, "uscc");
    assert!(results[3].name.starts_with("sub_"));
    let mut again = firm(1);
    again.title = "另一个名称".to_owned();
    row_refused(&suite.enter(vec![again]).await[0], &reason::DUPLICATE_ENTERPRISE, "uscc");
    let mut subjects = suite.subjects(Role::StBureau);
    let found = subjects.get_subject(get(&code(1), "")).await.unwrap().into_inner();
    assert_eq!(found.title, title(1));
    suite.close().await;
}

#[tokio::test]
async fn institutes_share_the_register_and_its_codes_with_firms() {
    let suite = Suite::start().await;
    let mut bad = institute(1);
    bad.kind = pb::SubjectKind::Enterprise.into();
    let results = suite.enter_institutes(vec![bad, institute(1), institute(1)]).await;
    row_refused(&results[0], &reason::ENUM_UNKNOWN, "kind");
    assert!(results[1].name.starts_with("sub_"));
    row_refused(&results[2], &reason::DUPLICATE_INSTITUTE, "uscc");
    let mut as_firm = firm(1);
    as_firm.uscc = institute_code(1);
    row_refused(&suite.enter(vec![as_firm]).await[0], &reason::DUPLICATE_ENTERPRISE, "uscc");
    let mut subjects = suite.subjects(Role::StBureau);
    let found = subjects.get_subject(get(&results[1].name, "")).await.unwrap().into_inner();
    assert_eq!(found.kind(), pb::SubjectKind::University);
    assert_eq!((found.uscc, found.located_in_city), (institute_code(1), true));
    suite.close().await;
}

#[tokio::test]
async fn a_stream_is_answered_piece_by_piece_in_the_order_of_its_rows() {
    let suite = Suite::start().await;
    let pieces: Vec<pb::ImportEnterprisesRequest> = (0..3)
        .map(|piece| pb::ImportEnterprisesRequest {
            rows: (piece * 400..piece * 400 + 400).map(|n| firm(n % 1100)).collect(),
            ..Default::default()
        })
        .collect();
    let asked: Vec<String> =
        pieces.iter().flat_map(|it| &it.rows).map(|row| row.request_id.clone()).collect();
    let mut subjects = suite.subjects(Role::Registrar);
    let answers = subjects.import_enterprises(futures::stream::iter(pieces)).await.unwrap().into_inner();
    let answers: Vec<_> = answers.map(|it| it.unwrap().results).collect().await;
    assert_eq!(answers.iter().map(Vec::len).collect::<Vec<_>>(), [400, 400, 400]);
    let results: Vec<_> = answers.into_iter().flatten().collect();
    assert_eq!(results.iter().map(|it| it.request_id.clone()).collect::<Vec<_>>(), asked);
    for (n, result) in results.iter().enumerate() {
        assert_eq!(result.refusal.is_some(), n >= 1100, "{n}");
    }
    assert_eq!(suite.count("select count(*) from registry.subject").await, 1100);
    suite.close().await;
}

#[tokio::test]
async fn a_status_holds_from_its_day_and_changes_are_recorded_in_their_order() {
    let suite = Suite::start().await;
    let mut moved = firm(2);
    moved.status = pb::SubjectStatus::MovedOut.into();
    moved.status_changed_on = "2022-09-01".to_owned();
    suite.enter(vec![firm(1), moved]).await;
    let mut registrar = suite.subjects(Role::Registrar);
    let status = async |name: &str, day: &str| {
        let found = suite.subjects(Role::Auditor).get_subject(get(name, day)).await.unwrap().into_inner();
        (found.status(), found.status_since)
    };
    assert_eq!(status(&code(2), "2022-08-31").await, (pb::SubjectStatus::Active, String::new()));
    assert_eq!(status(&code(2), "2022-09-01").await, (pb::SubjectStatus::MovedOut, "2022-09-01".to_owned()));

    let changed =
        registrar.change_subject_status(change(1, pb::SubjectStatus::Deregistered, "2022-10-11")).await;
    let changed = changed.unwrap().into_inner();
    assert_eq!((changed.status(), changed.etag.as_str()), (pb::SubjectStatus::Deregistered, "2"));
    assert_eq!(status(&code(1), "2022-10-10").await.0, pb::SubjectStatus::Active);
    assert_eq!(status(&code(1), "2022-10-11").await.0, pb::SubjectStatus::Deregistered);
    let back = change(1, pb::SubjectStatus::Active, "2022-11-01");
    registrar.change_subject_status(back).await.unwrap();
    assert_eq!(status(&code(1), "").await.0, pb::SubjectStatus::Active);

    let before = suite.tables().await;
    let early = change(1, pb::SubjectStatus::MovedOut, "2022-10-31");
    refused(registrar.change_subject_status(early).await, &reason::STATUS_DATE_ORDER, "effective_on");
    let unknown = change(9, pb::SubjectStatus::MovedOut, "2022-10-31");
    refused(registrar.change_subject_status(unknown).await, &reason::UNKNOWN_SUBJECT, "uscc");
    let mut stale = change(1, pb::SubjectStatus::MovedOut, "2022-12-01");
    stale.etag = changed.etag;
    refused(registrar.change_subject_status(stale).await, &reason::VERSION_CONFLICT, "etag");
    let mut checked = change(1, pb::SubjectStatus::MovedOut, "2022-12-01");
    checked.validate_only = true;
    registrar.change_subject_status(checked).await.unwrap();
    let unstated = pb::ChangeSubjectStatusRequest { status: 0, ..change(1, pb::SubjectStatus::Active, "") };
    let refusal = registrar.change_subject_status(unstated).await;
    refused(refusal, &reason::ENUM_UNKNOWN, "status");
    assert_eq!(suite.tables().await, before);
    suite.close().await;
}

#[tokio::test]
async fn organisations_are_found_by_name_or_code_and_counted_by_status() {
    let suite = Suite::start().await;
    let mut moved = firm(3);
    moved.status = pb::SubjectStatus::MovedOut.into();
    moved.status_changed_on = "2022-09-01".to_owned();
    suite.enter(vec![firm(1), firm(2), moved, firm(12)]).await;
    suite.enter_institutes(vec![institute(7)]).await;
    let mut subjects = suite.subjects(Role::StBureau);
    let ask = |query: &str, page_size: i32, page_token: String| pb::ListSubjectsRequest {
        query: query.to_owned(),
        page_size,
        page_token,
        ..Default::default()
    };
    let found = subjects.list_subjects(ask("测试1", 0, String::new())).await.unwrap().into_inner();
    assert_eq!(found.subjects.iter().map(|it| it.uscc.clone()).collect::<Vec<_>>(), [code(1), code(12)]);
    let found = subjects.list_subjects(ask("12", 0, String::new())).await.unwrap().into_inner();
    // The beginning of a code, or a part of a name.
    assert_eq!(found.subjects.len(), 2);
    assert_eq!(found.subjects[0].uscc, institute_code(7));

    let mut seen = Vec::new();
    let mut token = String::new();
    loop {
        let page = subjects.list_subjects(ask("", 2, token)).await.unwrap().into_inner();
        seen.extend(page.subjects.into_iter().map(|it| it.uscc));
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(seen, [institute_code(7), code(1), code(2), code(3), code(12)]);
    let first = subjects.list_subjects(ask("", 2, String::new())).await.unwrap().into_inner();
    let other_query = subjects.list_subjects(ask("测试", 2, first.next_page_token)).await;
    refused(other_query, &reason::PAGE_TOKEN_INVALID, "page_token");
    let forged = subjects.list_subjects(ask("", 2, "Zm9yZ2Vk".to_owned())).await;
    refused(forged, &reason::PAGE_TOKEN_INVALID, "page_token");
    let negative = subjects.list_subjects(ask("", -1, String::new())).await;
    refused(negative, &reason::PAGE_SIZE_INVALID, "page_size");

    let counts = async |as_of: &str| {
        let request = pb::CountSubjectsRequest { as_of: as_of.to_owned() };
        let answer = suite.subjects(Role::Auditor).count_subjects(request).await.unwrap().into_inner();
        answer.counts.iter().map(|it| (it.kind(), it.status(), it.count)).collect::<Vec<_>>()
    };
    let university = (pb::SubjectKind::University, pb::SubjectStatus::Active, 1);
    let firms = |status, count| (pb::SubjectKind::Enterprise, status, count);
    assert_eq!(counts("2022-08-31").await, [firms(pb::SubjectStatus::Active, 4), university]);
    assert_eq!(
        counts("2022-09-01").await,
        [firms(pb::SubjectStatus::Active, 3), firms(pb::SubjectStatus::MovedOut, 1), university]
    );
    suite.close().await;
}
