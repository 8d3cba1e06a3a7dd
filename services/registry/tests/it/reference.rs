//! Reference data: two people, one active set of a kind, rows refused one by one.

use canopy_kernel::{Reason, reason};
use canopy_proto::registry::v1 as pb;
use canopy_proto::registry::v1::reference_row::Row;

use crate::refusal::{refused, row_refused};
use crate::rows::{credit_rules, reference, rule};
use crate::suite::{Suite, id};

fn setting(key: &str, value: &str) -> pb::ReferenceRow {
    reference(Row::Setting(pb::Setting { key: key.to_owned(), value: value.to_owned() }))
}

fn day(day: &str, kind: pb::CalendarDayKind) -> pb::ReferenceRow {
    reference(Row::CalendarDay(pb::CalendarDay { day: day.to_owned(), kind: kind.into() }))
}

fn rate(published_on: &str, one_year_bp: i32) -> pb::ReferenceRow {
    let published_on = published_on.to_owned();
    reference(Row::LprRate(pb::LprRate { published_on, one_year_bp, five_year_bp: 465 }))
}

fn hours(weekday: i32, opens: &str, closes: &str) -> pb::ReferenceRow {
    let (opens, closes) = (opens.to_owned(), closes.to_owned());
    reference(Row::OfficeHours(pb::OfficeHours { weekday, opens, closes, extra: true }))
}

fn area(code: &str) -> pb::ReferenceRow {
    reference(Row::AreaCode(pb::AreaCode { code: code.to_owned(), title: "洪山区".to_owned() }))
}

fn activate(name: &str) -> pb::ActivateReferenceSetRequest {
    pb::ActivateReferenceSetRequest { request_id: id(), name: name.to_owned(), ..Default::default() }
}

async fn rows(suite: &Suite, kind: pb::ReferenceKind, name: &str) -> pb::ListReferenceRowsResponse {
    let request =
        pb::ListReferenceRowsRequest { kind: kind.into(), name: name.to_owned(), ..Default::default() };
    suite.reference("li").list_reference_rows(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn a_set_is_activated_by_a_second_person_and_supersedes_the_one_before() {
    let suite = Suite::start().await;
    let kind = pb::ReferenceKind::Settings;
    let first = suite.draft(kind, vec![setting("cut_off", "2022-11-30")]).await;
    let before = suite.tables().await;
    let own = suite.reference("li").activate_reference_set(activate(&first)).await;
    refused(own, &reason::MAKER_IS_APPROVER, "");
    let stale = pb::ActivateReferenceSetRequest { etag: "1".to_owned(), ..activate(&first) };
    let stale = suite.reference("wang").activate_reference_set(stale).await;
    refused(stale, &reason::VERSION_CONFLICT, "etag");
    let nothing = activate("ref_01890a5d-ac96-774b-bcce-b302099a8057");
    let unknown = suite.reference("wang").activate_reference_set(nothing).await;
    refused(unknown, &reason::UNKNOWN_REFERENCE_SET, "name");
    let none = pb::ListReferenceRowsRequest { kind: kind.into(), ..Default::default() };
    let none = suite.reference("li").list_reference_rows(none).await;
    refused(none, &reason::UNKNOWN_REFERENCE_SET, "name");
    assert_eq!(suite.tables().await, before);

    let mut wang = suite.reference("wang");
    let active = wang.activate_reference_set(activate(&first)).await.unwrap().into_inner();
    assert_eq!((active.state(), active.maker.as_str()), (pb::ReferenceSetState::Active, "li"));
    assert_eq!((active.approver.as_str(), active.rows), ("wang", 1));
    refused(wang.activate_reference_set(activate(&first)).await, &reason::STATE_NOT_ALLOWED, "");
    let add = pb::AddReferenceRowsRequest { name: first.clone(), rows: vec![setting("city", "武汉")] };
    refused(wang.add_reference_rows(add).await, &reason::STATE_NOT_ALLOWED, "");

    let second = suite.draft(kind, vec![setting("cut_off", "2022-12-31")]).await;
    assert_eq!(rows(&suite, kind, "").await.set.unwrap().name, first);
    wang.activate_reference_set(activate(&second)).await.unwrap();
    assert_eq!(rows(&suite, kind, "").await.set.unwrap().name, second);
    let old = rows(&suite, kind, &first).await;
    assert_eq!(old.set.unwrap().state(), pb::ReferenceSetState::Superseded);
    assert_eq!(old.rows[0].row, setting("cut_off", "2022-11-30").row);
    let sets = wang.list_reference_sets(pb::ListReferenceSetsRequest::default()).await.unwrap();
    let names: Vec<_> = sets.into_inner().sets.into_iter().map(|set| set.name).collect();
    assert_eq!(names, [second, first]);
    suite.close().await;
}

#[tokio::test]
async fn rows_of_every_kind_come_back_as_they_were_added_page_by_page() {
    let suite = Suite::start().await;
    let kinds = [
        (pb::ReferenceKind::Settings, vec![setting("city", "武汉"), setting("area_prefix", "4201")]),
        (
            pb::ReferenceKind::Calendar,
            vec![day("2022-10-08", pb::CalendarDayKind::Work), day("2022-10-01", pb::CalendarDayKind::Off)],
        ),
        (pb::ReferenceKind::RuleParameters, credit_rules()),
        (pb::ReferenceKind::Lpr, vec![rate("2022-01-20", 370), rate("2021-12-20", 380)]),
        (pb::ReferenceKind::AreaCodes, vec![area("420111")]),
        (pb::ReferenceKind::OfficeHours, vec![hours(6, "09:00", "12:00"), hours(6, "13:30", "16:00")]),
    ];
    for (kind, added) in kinds {
        let name = suite.draft(kind, added.clone()).await;
        let mut read = Vec::new();
        let mut page_token = String::new();
        loop {
            let page_size = 2;
            let request = pb::ListReferenceRowsRequest { kind: 0, name: name.clone(), page_size, page_token };
            let page = suite.reference("li").list_reference_rows(request).await.unwrap().into_inner();
            read.extend(page.rows.into_iter().map(|row| row.row));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        let added: Vec<_> = added.into_iter().map(|row| row.row).collect();
        assert_eq!(read, added);
    }
    suite.close().await;
}

/// Adds the rows to a draft of that kind; the last of them is refused and leaves no trace.
async fn refuse_last(
    suite: &Suite,
    kind: pb::ReferenceKind,
    rows: &[pb::ReferenceRow],
    reason: &'static Reason,
    field: &str,
) {
    let (bad, sound) = rows.split_last().unwrap();
    let name = suite.draft(kind, sound.to_vec()).await;
    let before = suite.tables().await;
    let add = pb::AddReferenceRowsRequest { name, rows: vec![bad.clone()] };
    let results = suite.reference("li").add_reference_rows(add).await.unwrap().into_inner().results;
    row_refused(&results[0], reason, field);
    assert_eq!(suite.tables().await, before, "{} {field}", reason.name);
}

use pb::CalendarDayKind::{Off, Unspecified, Work};
use pb::ReferenceKind::{AreaCodes, Calendar, Lpr, OfficeHours, RuleParameters, Settings};

#[tokio::test]
async fn a_key_stands_once_in_a_set() {
    let suite = Suite::start().await;
    let settings = [setting("city", "武汉"), setting("city", "宜昌")];
    refuse_last(&suite, Settings, &settings, &reason::DUPLICATE_SETTING, "setting.key").await;
    let days = [day("2022-10-01", Off), day("2022-10-01", Work)];
    refuse_last(&suite, Calendar, &days, &reason::DUPLICATE_CALENDAR_DAY, "calendar_day.day").await;
    let rules = [
        rule("a", "5", "days", ("2019-07-01", "2023-04-30")),
        rule("b", "5", "days", ("2023-04-30", "")),
        rule("a", "6", "days", ("2023-04-30", "")),
    ];
    refuse_last(&suite, RuleParameters, &rules, &reason::DUPLICATE_RULE, "rule_parameter.valid_from").await;
    let rates = [rate("2022-01-20", 370), rate("2022-01-20", 365)];
    refuse_last(&suite, Lpr, &rates, &reason::DUPLICATE_LPR, "lpr_rate.published_on").await;
    let areas = [area("420111"), area("420111")];
    refuse_last(&suite, AreaCodes, &areas, &reason::DUPLICATE_SETTING, "area_code.code").await;
    let opening = [hours(1, "09:00", "12:00"), hours(1, "09:00", "11:00")];
    refuse_last(&suite, OfficeHours, &opening, &reason::DUPLICATE_OFFICE_HOURS, "office_hours.opens").await;
    suite.close().await;
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_refused_alone() {
    let suite = Suite::start().await;
    let always = ("2019-07-01", "");
    let rowless = pb::ReferenceRow { row: None, ..setting("a", "b") };
    let backwards = rule("a", "5", "days", ("2023-04-30", "2019-07-01"));
    for (kind, row, reason, field) in [
        (Settings, setting("", "x"), &reason::FIELD_MISSING, "setting.key"),
        (Settings, day("2022-10-01", Off), &reason::FIELD_INVALID, "row"),
        (Settings, rowless, &reason::FIELD_MISSING, "row"),
        (Calendar, day("2022-10-1", Off), &reason::DATE_FORMAT, "calendar_day.day"),
        (Calendar, day("2022-10-01", Unspecified), &reason::ENUM_UNKNOWN, "calendar_day.kind"),
        (RuleParameters, rule("a", "five", "days", always), &reason::FIELD_INVALID, "rule_parameter.value"),
        (RuleParameters, rule("a", "5", "weeks", always), &reason::ENUM_UNKNOWN, "rule_parameter.unit"),
        (RuleParameters, backwards, &reason::FIELD_INVALID, "rule_parameter.value"),
        (AreaCodes, area("4201"), &reason::AREA_CODE_FORMAT, "area_code.code"),
        (OfficeHours, hours(8, "09:00", "12:00"), &reason::FIELD_OUT_OF_RANGE, "office_hours.weekday"),
        (OfficeHours, hours(1, "12:00", "09:00"), &reason::FIELD_OUT_OF_RANGE, "office_hours.closes"),
        (OfficeHours, hours(1, "9:00", "12:00"), &reason::FIELD_INVALID, "office_hours.opens"),
    ] {
        refuse_last(&suite, kind, &[row], reason, field).await;
    }
    suite.close().await;
}

#[tokio::test]
async fn the_rules_in_force_change_with_the_set_that_is_activated() {
    let suite = Suite::start().await;
    let request = || pb::CheckStandingRequest {
        uscc: crate::rows::code(1),
        purpose: pb::StandingPurpose::Subsidy.into(),
        on: "2022-10-01".to_owned(),
    };
    let mut bureau = suite.credit(canopy_kernel::Role::StBureau);
    refused(bureau.check_standing(request()).await, &reason::RULE_NOT_LOADED, "");
    for _ in 0..2 {
        let name = suite.rules(credit_rules()).await;
        let standing = bureau.check_standing(request()).await.unwrap().into_inner();
        assert_eq!(standing.rule_version, name);
    }
    suite.close().await;
}
