//! Suggestions: what they rest on, what they leave out, how the index keeps up, and how good they are.

mod quality;

use canopy_kernel::Role;
use canopy_proto::commissioner::v1 as pb;
use canopy_proto::commissioner::v1::achievement_service_client::AchievementServiceClient;
use canopy_proto::commissioner::v1::demand_service_client::DemandServiceClient;
use canopy_proto::commissioner::v1::suggestion_service_client::SuggestionServiceClient;
use canopy_proto::common::v1::GetFeedHeadRequest;

use crate::suite::{Suite, id, person, reason_of};

const FIRM: &str = "91420111MA4KXA0264";
const OWNER: &str = "124200004416255673";
const DAY: &str = "2022-06-01";
const LATER: &str = "2022-06-02";

async fn start() -> Suite {
    let suite = Suite::start().await;
    suite.registry.enter(FIRM, "武汉某传感有限公司");
    suite.registry.institute(OWNER, "武汉某大学", false);
    suite.followed().await;
    suite
}

fn demand(number: &str, field: &str, text: &str) -> pb::CollectDemandRequest {
    pb::CollectDemandRequest {
        request_id: id(),
        demand_no: number.to_owned(),
        enterprise_uscc: FIRM.to_owned(),
        field: field.to_owned(),
        text: text.to_owned(),
        ..Default::default()
    }
}

fn achievement(number: &str, field: &str, title: &str, summary: &str) -> pb::CollectAchievementRequest {
    pb::CollectAchievementRequest {
        request_id: id(),
        achievement_no: number.to_owned(),
        owner_uscc: OWNER.to_owned(),
        title: title.to_owned(),
        summary: summary.to_owned(),
        field: field.to_owned(),
        maturity: 5,
        ..Default::default()
    }
}

async fn need(suite: &Suite, request: pb::CollectDemandRequest) -> pb::Demand {
    DemandServiceClient::new(suite.district(DAY)).collect_demand(request).await.unwrap().into_inner()
}

async fn offer(suite: &Suite, request: pb::CollectAchievementRequest) -> pb::Achievement {
    AchievementServiceClient::new(suite.bureau(DAY)).collect_achievement(request).await.unwrap().into_inner()
}

/// What is suggested once the index includes everything that was written before.
async fn suggested(suite: &Suite, name: &str, limit: i32) -> Vec<pb::Suggestion> {
    suggested_as(suite, Role::StBureau, name, DAY, limit).await
}

async fn suggested_as(suite: &Suite, role: Role, name: &str, day: &str, limit: i32) -> Vec<pb::Suggestion> {
    let head = suite.feed().get_feed_head(GetFeedHeadRequest { flush: true }).await.unwrap().into_inner();
    let mut client = SuggestionServiceClient::new(suite.calls(&person("zhang", role), day));
    loop {
        let request = pb::SuggestMatchesRequest { name: name.to_owned(), as_of: String::new(), limit };
        let answer = client.suggest_matches(request).await.unwrap().into_inner();
        if answer.index_position >= head.position {
            return answer.suggestions;
        }
    }
}

fn numbers(suggestions: &[pb::Suggestion]) -> Vec<&str> {
    suggestions.iter().map(|it| it.number.as_str()).collect()
}

fn points(suggestion: &pb::Suggestion) -> Vec<(pb::ScoreMatter, u32)> {
    suggestion.clauses.iter().map(|clause| (clause.matter(), clause.points)).collect()
}

#[tokio::test]
async fn achievements_are_ranked_for_a_demand_and_demands_for_an_achievement_with_one_score_clause_by_clause()
{
    let suite = start().await;
    let asked = need(&suite, demand("XQ1", "光电", "光纤传感系统响应滞后,希望引进成熟方案")).await;
    need(&suite, demand("XQ2", "农业", "水稻育种方法响应滞后,希望联合攻关")).await;
    let best = offer(
        &suite,
        achievement("CG1", "光电", "分布式光纤传感系统", "针对响应滞后的问题提出新方案,已完成示范应用"),
    )
    .await;
    offer(
        &suite,
        achievement("CG2", "光电", "超快光纤传感系统", "针对成本居高不下的问题提出新方案,已完成小试"),
    )
    .await;
    offer(&suite, achievement("CG3", "农业", "绿色水稻育种方法", "针对精度漂移的问题提出新方案,已完成中试"))
        .await;

    let for_demand = suggested(&suite, &asked.name, 0).await;
    assert_eq!(numbers(&for_demand), ["CG1", "CG2"]);
    let first = &for_demand[0];
    assert_eq!((first.name.as_str(), first.uscc.as_str()), (best.name.as_str(), OWNER));
    use pb::ScoreMatter::{Concern, Field, Maturity, Region, Standing, Words};
    let full = [(Words, 400), (Concern, 250), (Field, 150), (Maturity, 120), (Region, 30), (Standing, 50)];
    assert_eq!(points(first), full);
    assert_eq!(first.points, 1000);
    assert_eq!(first.clauses[1].found, ["响应滞后"]);
    assert_eq!(first.clauses[3].found, ["成熟", "示范应用"]);
    // A kindred answer, three steps short of what is wished.
    assert_eq!(points(&for_demand[1])[1..4], [(Concern, 150), (Field, 150), (Maturity, 30)]);

    let for_achievement = suggested(&suite, &best.name, 0).await;
    assert_eq!(numbers(&for_achievement), ["XQ1", "XQ2"]);
    assert_eq!(for_achievement[0].clauses, first.clauses);
    suite.close().await;
}

#[tokio::test]
async fn what_cannot_be_matched_is_not_suggested() {
    let suite = start().await;
    let asked = need(&suite, demand("XQ1", "光电", "光纤传感系统响应滞后")).await;
    let clear = offer(&suite, achievement("CG1", "光电", "光纤传感系统甲", "针对响应滞后的问题")).await;
    let secret = offer(&suite, achievement("CG2", "光电", "光纤传感系统乙", "针对响应滞后的问题")).await;
    let twin = offer(&suite, achievement("CG3", "光电", "光纤传感系统丙", "针对响应滞后的问题")).await;
    assert_eq!(numbers(&suggested(&suite, &asked.name, 0).await), ["CG1", "CG2", "CG3"]);

    let mut achievements = AchievementServiceClient::new(suite.bureau(DAY));
    let rights = pb::StateAchievementRightsRequest {
        request_id: id(),
        name: secret.name,
        classified: true,
        ..Default::default()
    };
    achievements.state_achievement_rights(rights).await.unwrap();
    let merge = pb::MergeAchievementsRequest {
        request_id: id(),
        kept: clear.name.clone(),
        duplicate: twin.name,
        reason: "the same work".to_owned(),
        ..Default::default()
    };
    achievements.merge_achievements(merge).await.unwrap();
    assert_eq!(numbers(&suggested(&suite, &asked.name, 0).await), ["CG1"]);

    let mut demands = DemandServiceClient::new(suite.bureau(DAY));
    let withdraw = pb::WithdrawDemandRequest {
        request_id: id(),
        name: asked.name,
        reason: "solved".to_owned(),
        ..Default::default()
    };
    demands.withdraw_demand(withdraw).await.unwrap();
    assert!(suggested(&suite, &clear.name, 0).await.is_empty());
    suite.close().await;
}

#[tokio::test]
async fn a_listing_of_the_owner_takes_the_points_of_standing_and_is_named() {
    let suite = start().await;
    let asked = need(&suite, demand("XQ1", "光电", "光纤传感系统响应滞后")).await;
    offer(&suite, achievement("CG1", "光电", "光纤传感系统", "针对响应滞后的问题")).await;
    suite.registry.list(OWNER, "LHCJ-1", "2022-05-30");
    suite.followed().await;
    let listed = suggested(&suite, &asked.name, 0).await.remove(0);
    let standing = listed.clauses.last().unwrap();
    assert_eq!(
        (standing.points, standing.most, standing.found.as_slice()),
        (0, 50, &["LHCJ-1".to_owned()][..])
    );
    suite.close().await;
}

#[tokio::test]
async fn an_institute_sees_demands_from_their_publication_on() {
    let suite = start().await;
    let asked = need(&suite, demand("XQ1", "光电", "光纤传感系统响应滞后")).await;
    let own = offer(&suite, achievement("CG1", "光电", "光纤传感系统", "针对响应滞后的问题")).await;
    assert_eq!(numbers(&suggested(&suite, &own.name, 0).await), ["XQ1"]);
    assert!(suggested_as(&suite, Role::Institute, &own.name, DAY, 0).await.is_empty());

    let mut institute = SuggestionServiceClient::new(suite.institute(OWNER, DAY));
    let request = |name: &str| pb::SuggestMatchesRequest { name: name.to_owned(), ..Default::default() };
    assert_eq!(reason_of(institute.suggest_matches(request(&asked.name)).await), "UNKNOWN_DEMAND");

    let mut demands = DemandServiceClient::new(suite.district(LATER));
    let verify = pb::VerifyDemandRequest { request_id: id(), name: asked.name.clone(), ..Default::default() };
    demands.verify_demand(verify).await.unwrap();
    let publish = pb::PublishDemandRequest {
        request_id: id(),
        name: asked.name.clone(),
        agreed_on: LATER.to_owned(),
        ..Default::default()
    };
    demands.publish_demand(publish).await.unwrap();
    assert_eq!(numbers(&suggested_as(&suite, Role::Institute, &own.name, LATER, 0).await), ["XQ1"]);
    assert!(suggested_as(&suite, Role::Institute, &own.name, DAY, 0).await.is_empty());
    suite.close().await;
}

#[tokio::test]
async fn what_is_unknown_or_malformed_is_refused_with_its_reason() {
    let suite = start().await;
    let mut client = SuggestionServiceClient::new(suite.bureau(DAY));
    let unknown = [
        ("dmd_01890000-0000-7000-8000-000000000001", 0, "UNKNOWN_DEMAND"),
        ("ach_01890000-0000-7000-8000-000000000001", 0, "UNKNOWN_ACHIEVEMENT"),
        ("", 0, "FIELD_MISSING"),
        ("ach_01890000-0000-7000-8000-000000000001", 101, "FIELD_OUT_OF_RANGE"),
    ];
    for (name, limit, reason) in unknown {
        let request = pb::SuggestMatchesRequest { name: name.to_owned(), as_of: String::new(), limit };
        assert_eq!(reason_of(client.suggest_matches(request).await), reason, "{name:?}");
    }
    suite.close().await;
}

#[tokio::test]
async fn an_index_keeps_up_over_restarts_and_is_made_anew_when_it_is_lost() {
    let mut suite = Suite::start_with(|config| {
        config.suggest.folder = config.database.crypt_folder.with_file_name("index");
    })
    .await;
    let folder = suite.config.suggest.folder.clone();
    suite.registry.enter(FIRM, "武汉某传感有限公司");
    suite.registry.institute(OWNER, "武汉某大学", false);
    suite.followed().await;
    let asked = need(&suite, demand("XQ1", "光电", "光纤传感系统响应滞后")).await;
    offer(&suite, achievement("CG1", "光电", "光纤传感系统甲", "针对响应滞后的问题")).await;
    assert_eq!(numbers(&suggested(&suite, &asked.name, 0).await), ["CG1"]);

    suite.restart().await;
    offer(&suite, achievement("CG2", "光电", "光纤传感系统乙", "针对响应滞后的问题")).await;
    assert_eq!(numbers(&suggested(&suite, &asked.name, 0).await), ["CG1", "CG2"]);

    for ruin in [true, false] {
        suite.stop().await;
        match ruin {
            true => std::fs::write(folder.join("meta.json"), "ruined").unwrap(),
            false => std::fs::remove_dir_all(&folder).unwrap(),
        }
        suite.serve().await;
        assert_eq!(numbers(&suggested(&suite, &asked.name, 0).await), ["CG1", "CG2"]);
    }
    suite.close().await;
}
