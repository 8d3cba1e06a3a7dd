//! Activities: reported by the commissioner himself, once; joint sheets; the counterpart's answer; the tally.

use canopy_kernel::Role;
use canopy_proto::commissioner::v1 as pb;
use canopy_proto::commissioner::v1::achievement_service_client::AchievementServiceClient;
use canopy_proto::commissioner::v1::activity_service_client::ActivityServiceClient;
use canopy_proto::common::v1::RowResult;
use prost_types::Timestamp;

use crate::commissioner::{enter, post, posted, row};
use crate::method::{self, label};
use crate::suite::{As, Suite, id, person, reason_of, reasons_of};

pub const FIRM: &str = "91420111MA4KXA0264";
const INSTITUTE: &str = "124200004416255673";
const OTHER_FIRM: &str = "91420100MA4K001250";

/// Two commissioners, posted in 2021, and one method.
pub async fn peopled() -> Suite {
    let suite = Suite::start().await;
    enter(&suite, vec![row("CL0001", "2021-06-15", ""), row("CL0002", "2021-06-15", "2022-06-30")]).await;
    let posts = vec![post("CL0001", "420111", "2021-06-15"), post("CL0002", "420104", "2021-07-01")];
    posted(&suite, posts).await;
    method::enter(&suite, vec![label("SEEK_1", pb::MethodFamily::Seek, "2021-01-01", "")]).await;
    suite
}

pub fn activity(number: &str, commissioner: &str, on: &str) -> pb::ActivityRow {
    pb::ActivityRow {
        request_id: id(),
        activity_no: number.to_owned(),
        kind: pb::ActivityKind::Contact.into(),
        commissioner_no: commissioner.to_owned(),
        activity_on: on.to_owned(),
        counterpart_kind: pb::CounterpartKind::Firm.into(),
        counterpart: "武汉长江光电有限公司".to_owned(),
        ..Default::default()
    }
}

pub async fn report(caller: As, rows: Vec<pb::ActivityRow>) -> Vec<RowResult> {
    let request = pb::BatchImportActivitiesRequest { rows };
    ActivityServiceClient::new(caller).batch_import_activities(request).await.unwrap().into_inner().results
}

async fn counted(suite: &Suite, as_of: &str) -> pb::CountActivitiesResponse {
    let request = pb::CountActivitiesRequest { as_of: as_of.to_owned(), ..Default::default() };
    let mut client = ActivityServiceClient::new(suite.bureau("2022-12-31"));
    client.count_activities(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn a_commissioner_reports_his_own_at_the_time_of_the_call() {
    let suite = peopled().await;
    let at = suite.calls_at(&person("CL0001", Role::Commissioner), "2022-03-01T23:30:00+08:00");
    let rows = vec![
        activity("HD1", "CL0001", "2022-03-01"),
        activity("HD2", "CL0002", "2022-03-01"),
        activity("HD3", "CL0001", "2022-03-02"),
        // What a commissioner states as the time of the report counts for nothing.
        pb::ActivityRow {
            reported_at: Some(Timestamp { seconds: 4_000_000_000, nanos: 0 }),
            ..activity("HD4", "CL0001", "2022-03-02")
        },
        activity("HD5", "CL0001", "2021-06-14"),
        pb::ActivityRow { method_code: "SEEK_9".to_owned(), ..activity("HD6", "CL0001", "2022-02-28") },
        pb::ActivityRow { method_code: "SEEK_1".to_owned(), ..activity("HD7", "CL0001", "2022-02-28") },
        activity("HD8", "CL0001", "2022-02-28"),
    ];
    let expected = [
        "",
        "NOT_OWN_ACTIVITY",
        "ACTIVITY_IN_FUTURE",
        "ACTIVITY_IN_FUTURE",
        "BEFORE_POSTING",
        "UNKNOWN_METHOD_CODE",
        "",
        "DUPLICATE_ACTIVITY",
    ];
    assert_eq!(reasons_of(&report(at, rows).await), expected);
    let unknown = suite.commissioner("CL0009", "2022-03-01");
    let refused = report(unknown, vec![activity("HD9", "CL0009", "2022-03-01")]).await;
    assert_eq!(reasons_of(&refused), ["UNKNOWN_COMMISSIONER"]);
    let late = suite.commissioner("CL0002", "2022-07-02");
    let rows = vec![activity("HD10", "CL0002", "2022-06-30"), activity("HD11", "CL0002", "2022-07-01")];
    assert_eq!(reasons_of(&report(late, rows).await), ["", "AFTER_SERVICE"]);
    suite.close().await;
}

#[tokio::test]
async fn the_bureau_takes_over_records_and_states_when_each_was_reported() {
    let suite = peopled().await;
    let at = |seconds| Some(Timestamp { seconds, nanos: 0 });
    // 2022-03-01T16:00:00Z is 2022-03-02 in the city.
    let rows = vec![
        pb::ActivityRow { reported_at: at(1_646_150_400), ..activity("HD1", "CL0001", "2022-03-02") },
        pb::ActivityRow { reported_at: at(1_646_150_399), ..activity("HD2", "CL0002", "2022-03-02") },
        activity("HD3", "CL0002", "2022-03-01"),
    ];
    let again = rows.clone();
    let first = report(suite.bureau("2022-12-31"), rows).await;
    assert_eq!(reasons_of(&first), ["", "ACTIVITY_IN_FUTURE", "FIELD_MISSING"]);
    let repeated = report(suite.bureau("2022-12-31"), again).await;
    assert!(repeated.iter().all(|result| result.repeated_answer));
    assert_eq!(repeated[0].name, first[0].name);
    assert_eq!(counted(&suite, "2022-12-31").await.contacts, 1);
    suite.close().await;
}

#[tokio::test]
async fn a_joint_sheet_counts_once_and_a_year_is_counted_to_a_day() {
    let suite = peopled().await;
    let joint = |number: &str, commissioner: &str| pb::ActivityRow {
        joint_sheet_no: "LH01".to_owned(),
        kind: pb::ActivityKind::Visit.into(),
        ..activity(number, commissioner, "2022-03-01")
    };
    report(suite.commissioner("CL0001", "2022-03-05"), vec![joint("HD1", "CL0001")]).await;
    report(suite.commissioner("CL0002", "2022-03-05"), vec![joint("HD2", "CL0002")]).await;
    let own = vec![activity("HD3", "CL0001", "2021-12-31"), activity("HD4", "CL0001", "2022-03-02")];
    report(suite.commissioner("CL0001", "2022-03-05"), own).await;
    let mut expected = pb::CountActivitiesResponse {
        visits: 1,
        contacts: 1,
        joint_activities: 1,
        participations: 3,
        ..Default::default()
    };
    assert_eq!(counted(&suite, "2022-03-02").await, expected);
    (expected.contacts, expected.participations) = (0, 2);
    assert_eq!(counted(&suite, "2022-03-01").await, expected);
    assert_eq!(counted(&suite, "2022-02-28").await, pb::CountActivitiesResponse::default());
    assert_eq!(counted(&suite, "2021-12-31").await.contacts, 1);
    suite.close().await;
}

#[tokio::test]
async fn many_reporters_at_once_lose_nothing_of_the_tally() {
    let suite = peopled().await;
    let reporters = (0..24).map(|number| {
        let caller = suite.commissioner("CL0001", "2022-03-05");
        let rows = (1..=3)
            .map(|day| pb::ActivityRow {
                counterpart: format!("武汉第{number}有限公司"),
                ..activity(&format!("HD{number}-{day}"), "CL0001", &format!("2022-03-0{day}"))
            })
            .collect();
        report(caller, rows)
    });
    for results in futures::future::join_all(reporters).await {
        assert_eq!(reasons_of(&results), ["", "", ""]);
    }
    assert_eq!(counted(&suite, "2022-03-05").await.contacts, 72);
    assert_eq!(suite.count("select count(*) from commissioner.activity").await, 72);
    suite.close().await;
}

#[tokio::test]
async fn the_counterpart_answers_once_and_silence_is_told_as_silence() {
    let suite = peopled().await;
    suite.registry.enter(FIRM, "武汉长江光电有限公司");
    suite.registry.enter(OTHER_FIRM, "武汉第二有限公司");
    suite.followed().await;
    let results =
        report(suite.commissioner("CL0001", "2022-03-01"), vec![activity("HD1", "CL0001", "2022-03-01")])
            .await;
    let name = results[0].name.clone();
    let shown = async |day: &str| {
        let request = pb::GetActivityRequest { name: name.clone(), as_of: day.to_owned() };
        let mut client = ActivityServiceClient::new(suite.bureau("2022-12-31"));
        client.get_activity(request).await.unwrap().into_inner().confirmation()
    };
    assert_eq!(shown("2022-03-16").await, pb::Confirmation::Awaited);
    assert_eq!(shown("2022-03-17").await, pb::Confirmation::Silent);

    let confirm = |denied| pb::ConfirmActivityRequest { request_id: id(), name: name.clone(), denied };
    let mut other = ActivityServiceClient::new(suite.firm(OTHER_FIRM, "2022-03-20"));
    assert_eq!(reason_of(other.confirm_activity(confirm(false)).await), "NOT_COUNTERPART");
    let mut firm = ActivityServiceClient::new(suite.firm(FIRM, "2022-03-20"));
    let listed = firm.list_activities(pb::ListActivitiesRequest::default()).await.unwrap().into_inner();
    assert_eq!(listed.activities.len(), 1);
    let once = confirm(false);
    let answered = firm.confirm_activity(once.clone()).await.unwrap().into_inner();
    assert_eq!(answered.confirmation(), pb::Confirmation::Confirmed);
    assert_eq!(firm.confirm_activity(once).await.unwrap().into_inner(), answered);
    assert_eq!(reason_of(firm.confirm_activity(confirm(true)).await), "STATE_NOT_ALLOWED");
    assert_eq!(shown("2022-03-19").await, pb::Confirmation::Silent);
    assert_eq!(shown("2022-03-20").await, pb::Confirmation::Confirmed);
    let listed = other.list_activities(pb::ListActivitiesRequest::default()).await.unwrap().into_inner();
    assert_eq!(listed.activities.len(), 0);
    suite.close().await;
}

#[tokio::test]
async fn a_leading_firm_is_one_for_its_time_alone() {
    let suite = peopled().await;
    let rows = vec![
        activity("HD1", "CL0001", "2022-02-28"),
        activity("HD2", "CL0001", "2022-03-01"),
        pb::ActivityRow {
            counterpart: "武汉第二有限公司".to_owned(),
            ..activity("HD3", "CL0001", "2022-03-01")
        },
    ];
    report(suite.commissioner("CL0001", "2022-03-05"), rows).await;
    let mark = pb::MarkLeadingFirmRequest {
        request_id: id(),
        counterpart: "武汉长江光电有限公司".to_owned(),
        industry: "光电子".to_owned(),
        from_on: "2022-03-01".to_owned(),
        ..Default::default()
    };
    let mut bureau = ActivityServiceClient::new(suite.bureau("2022-03-05"));
    bureau.mark_leading_firm(mark.clone()).await.unwrap();
    let again = pb::MarkLeadingFirmRequest { request_id: id(), from_on: "2022-06-01".to_owned(), ..mark };
    assert_eq!(reason_of(bureau.mark_leading_firm(again).await), "DUPLICATE_LEADING_FIRM");
    let counted = counted(&suite, "2022-03-05").await;
    assert_eq!((counted.contacts, counted.contacts_with_leading_firms), (3, 1));
    let asked = pb::ListActivitiesRequest { leading_firms_only: true, ..Default::default() };
    let listed = bureau.list_activities(asked).await.unwrap().into_inner().activities;
    assert_eq!(listed.iter().map(|it| it.activity_no.as_str()).collect::<Vec<_>>(), ["HD2"]);
    suite.close().await;
}

#[tokio::test]
async fn what_is_to_be_followed_up_stays_open_until_a_later_activity() {
    let suite = peopled().await;
    let due =
        pb::ActivityRow { follow_up_on: "2022-04-01".to_owned(), ..activity("HD1", "CL0001", "2022-03-01") };
    report(suite.commissioner("CL0001", "2022-03-05"), vec![due]).await;
    report(suite.commissioner("CL0002", "2022-05-05"), vec![activity("HD2", "CL0002", "2022-05-01")]).await;
    let open = async |day: &str, number: &str| {
        let request = pb::ListOpenFollowUpsRequest {
            commissioner_no: number.to_owned(),
            as_of: day.to_owned(),
            ..Default::default()
        };
        let mut client = ActivityServiceClient::new(suite.bureau("2022-12-31"));
        client.list_open_follow_ups(request).await.unwrap().into_inner().activities.len()
    };
    for (day, expected) in [("2022-03-31", 0), ("2022-04-01", 1), ("2022-04-30", 1), ("2022-05-01", 0)] {
        assert_eq!(open(day, "").await, expected, "{day}");
    }
    assert_eq!(open("2022-04-01", "CL0002").await, 0);
    let mut own = ActivityServiceClient::new(suite.commissioner("CL0001", "2022-04-01"));
    let all = pb::ListOpenFollowUpsRequest::default();
    assert_eq!(reason_of(own.list_open_follow_ups(all).await), "NOT_OWN_RECORD");
    suite.close().await;
}

#[tokio::test]
async fn a_key_achievement_that_nobody_follows_up_raises_the_alarm_again_and_again() {
    let suite = peopled().await;
    suite.registry.institute(INSTITUTE, "武汉轻工大学", false);
    suite.followed().await;
    let collect = pb::CollectAchievementRequest {
        request_id: id(),
        achievement_no: "CG1".to_owned(),
        owner_uscc: INSTITUTE.to_owned(),
        title: "智能化氢燃料电池电堆关键技术研究".to_owned(),
        field: "新能源".to_owned(),
        maturity: 5,
        is_key: true,
        ..Default::default()
    };
    let mut owner = AchievementServiceClient::new(suite.institute(INSTITUTE, "2022-01-10"));
    let achievement = owner.collect_achievement(collect).await.unwrap().into_inner().name;
    let about =
        pb::ActivityRow { achievement: achievement.clone(), ..activity("HD1", "CL0001", "2022-03-01") };
    report(suite.commissioner("CL0001", "2022-03-05"), vec![about]).await;

    let told = async || {
        suite.count("select count(*) from platform.outbox where type like '%AchievementUnfollowed'").await
    };
    for (day, expected) in [("2022-07-11", 0), ("2022-09-01", 0), ("2022-09-02", 1), ("2023-03-03", 2)] {
        suite.open(day).await;
        assert_eq!(told().await, expected, "{day}");
    }
    let listed = async |day: &str| {
        let request = pb::ListUnfollowedAchievementsRequest { as_of: day.to_owned(), ..Default::default() };
        let mut client = ActivityServiceClient::new(suite.bureau("2022-12-31"));
        client.list_unfollowed_achievements(request).await.unwrap().into_inner().achievements
    };
    assert!(listed("2022-09-01").await.is_empty());
    let expected = pb::UnfollowedAchievement { achievement, last_seen_on: "2022-03-01".to_owned() };
    assert_eq!(listed("2022-09-02").await, [expected]);
    suite.close().await;
}
