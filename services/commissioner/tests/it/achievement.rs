//! Achievements: refusals in their order, whose they are, rights, counts.

use canopy_proto::commissioner::v1 as pb;

use crate::needs::{BROKER, FIRM, UNIVERSITY, achievement, achievements, begun, offered};
use crate::suite::{id, reason_of};

const ON: &str = "2022-03-01";

#[tokio::test]
async fn each_bad_achievement_is_refused_with_its_reason_and_leaves_no_trace() {
    let suite = begun().await;
    let first = offered(&suite, "CG1", "2022-02-01").await;
    let before = suite.tables().await;
    let spoilt = |spoil: fn(&mut pb::CollectAchievementRequest)| {
        let mut request = achievement("CG2", "绿色电网调度算法");
        spoil(&mut request);
        request
    };
    let bad = [
        (achievement("CG1", "别的成果"), "DUPLICATE_ACHIEVEMENT"),
        (achievement("CG2", &format!(" {} ", first.title)), "DUPLICATE_ACHIEVEMENT"),
        (spoilt(|it| it.registration_no = "4202022Y001".to_owned()), "REGISTRATION_NUMBER_FORMAT"),
        (spoilt(|it| it.registration_no = "0012022X0001".to_owned()), "REGISTRATION_NUMBER_FORMAT"),
        (spoilt(|it| it.owner_uscc = "12420000441625567".to_owned()), "USCC_FORMAT"),
        (spoilt(|it| it.owner_uscc = "124200004416255637".to_owned()), "USCC_CHECK_DIGIT"),
        (spoilt(|it| it.owner_uscc = "91420100MA4KXA018B".to_owned()), "UNKNOWN_OWNER"),
        (spoilt(|it| it.maturity = 10), "FIELD_OUT_OF_RANGE"),
        (spoilt(|it| it.ip_count = -1), "FIELD_OUT_OF_RANGE"),
        (spoilt(|it| it.title = String::new()), "FIELD_MISSING"),
    ];
    for (request, reason) in bad {
        let answer = achievements(suite.bureau(ON)).collect_achievement(request.clone()).await;
        assert_eq!(reason_of(answer), reason, "{request:?}");
    }
    assert_eq!(suite.tables().await, before);
    suite.close().await;
}

#[tokio::test]
async fn an_institute_records_and_clears_its_own_only() {
    let suite = begun().await;
    let of_firm =
        pb::CollectAchievementRequest { owner_uscc: FIRM.to_owned(), ..achievement("CG1", "企业成果") };
    let institute = || achievements(suite.institute(UNIVERSITY, ON));
    assert_eq!(reason_of(institute().collect_achievement(of_firm.clone()).await), "NOT_REPRESENTED");
    let by_broker = achievements(suite.commissioner(BROKER, ON)).collect_achievement(of_firm).await.unwrap();
    let foreign = by_broker.into_inner();
    let own = offered(&suite, "CG2", ON).await;
    let state = |name: &str, etag: &str| pb::StateAchievementRightsRequest {
        request_id: id(),
        name: name.to_owned(),
        disputed: true,
        etag: etag.to_owned(),
        ..Default::default()
    };
    let refused = institute().state_achievement_rights(state(&foreign.name, "")).await;
    assert_eq!(reason_of(refused), "NOT_REPRESENTED");
    let stated =
        institute().state_achievement_rights(state(&own.name, &own.etag)).await.unwrap().into_inner();
    assert!(stated.disputed);
    let stale = institute().state_achievement_rights(state(&own.name, &own.etag)).await;
    assert_eq!(reason_of(stale), "VERSION_CONFLICT");
    let broker =
        achievements(suite.commissioner(BROKER, ON)).state_achievement_rights(state(&own.name, "")).await;
    assert_eq!(reason_of(broker), "ROLE_NOT_ALLOWED");
    suite.close().await;
}

#[tokio::test]
async fn the_rights_of_a_day_are_those_last_stated_by_then() {
    let suite = begun().await;
    let own = offered(&suite, "CG1", "2022-02-01").await;
    assert_eq!((own.disputed, own.rights_since.as_str()), (false, "2022-02-01"));
    let stated = async |on: &str, disputed: bool| {
        let request = pb::StateAchievementRightsRequest {
            request_id: id(),
            name: own.name.clone(),
            disputed,
            ..Default::default()
        };
        let answer = achievements(suite.institute(UNIVERSITY, on)).state_achievement_rights(request).await;
        answer.unwrap().into_inner()
    };
    stated(ON, true).await;
    let cleared = stated("2022-04-01", false).await;
    let days = [
        ("2022-02-28", false, "2022-02-01"),
        (ON, true, ON),
        ("2022-03-31", true, ON),
        ("2022-04-01", false, "2022-04-01"),
    ];
    for (day, disputed, since) in days {
        let get = pb::GetAchievementRequest { name: "CG1".to_owned(), as_of: day.to_owned() };
        let seen = achievements(suite.bureau("2022-06-01")).get_achievement(get).await.unwrap().into_inner();
        assert_eq!((seen.disputed, seen.rights_since.as_str()), (disputed, since), "{day}");
        // The etag is the present one, whatever the day.
        assert_eq!(seen.etag, cleared.etag);
        let list = pb::ListAchievementsRequest { as_of: day.to_owned(), ..Default::default() };
        let listed = achievements(suite.bureau("2022-06-01")).list_achievements(list).await.unwrap();
        assert_eq!(listed.into_inner().achievements, [seen], "{day}");
    }
    // Said on an earlier business day, it holds from the day of the statement before.
    let late = stated("2022-03-15", true).await;
    assert_eq!((late.disputed, late.rights_since.as_str()), (true, "2022-04-01"));
    suite.close().await;
}

#[tokio::test]
async fn key_achievements_of_a_period_are_counted_as_of_a_day() {
    let suite = begun().await;
    offered(&suite, "CG1", "2021-12-31").await;
    offered(&suite, "CG2", "2022-01-01").await;
    offered(&suite, "CG3", "2022-11-30").await;
    offered(&suite, "CG4", "2022-12-01").await;
    let plain = pb::CollectAchievementRequest { is_key: false, ..achievement("CG5", "一般成果") };
    achievements(suite.bureau(ON)).collect_achievement(plain).await.unwrap();
    let request = pb::CountAchievementsRequest {
        from: "2022-01-01".to_owned(),
        to: "2022-12-31".to_owned(),
        as_of: "2022-11-30".to_owned(),
        ..Default::default()
    };
    let counted = achievements(suite.bureau(ON)).count_achievements(request).await.unwrap().into_inner();
    assert_eq!((counted.collected, counted.key), (3, 2));
    let request =
        pb::ListAchievementsRequest { key_only: true, as_of: "2022-11-30".to_owned(), ..Default::default() };
    let listed = achievements(suite.institute(UNIVERSITY, ON)).list_achievements(request).await.unwrap();
    let numbers: Vec<String> =
        listed.into_inner().achievements.into_iter().map(|it| it.achievement_no).collect();
    assert_eq!(numbers, ["CG1", "CG2", "CG3"]);
    suite.close().await;
}
