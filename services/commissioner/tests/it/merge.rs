//! Merges of duplicates: of one firm or owner only, counted once meanwhile, undone as if nothing had been.

use canopy_proto::commissioner::v1 as pb;

use crate::needs::{
    BROKER, OTHER_FIRM, UNIVERSITY, achievement, achievements, begun, collected, demand, demand_on, demands,
    offered, verified,
};
use crate::suite::{Suite, id, reason_of};

const ON: &str = "2022-04-01";

fn merge(kept: &str, duplicate: &str) -> pb::MergeDemandsRequest {
    pb::MergeDemandsRequest {
        request_id: id(),
        kept: kept.to_owned(),
        duplicate: duplicate.to_owned(),
        reason: "同一需求".to_owned(),
        ..Default::default()
    }
}

fn undo(duplicate: &str) -> pb::UndoDemandMergeRequest {
    pb::UndoDemandMergeRequest {
        request_id: id(),
        duplicate: duplicate.to_owned(),
        reason: "并非同一需求".to_owned(),
        ..Default::default()
    }
}

async fn counted(suite: &Suite, as_of: &str) -> i64 {
    let request = pb::CountDemandsRequest { as_of: as_of.to_owned(), ..Default::default() };
    demands(suite.bureau(as_of)).count_demands(request).await.unwrap().into_inner().verified
}

#[tokio::test]
async fn a_merged_demand_counts_nowhere_and_stands_as_it_was_after_the_undoing() {
    let suite = begun().await;
    let first = collected(&suite, "XQ1", "2022-02-01").await.name;
    let second = collected(&suite, "XQ2", "2022-02-01").await.name;
    verified(&suite, &first, "2022-02-10").await;
    verified(&suite, &second, "2022-02-11").await;
    let before = demand_on(&suite, &second, "2022-03-31").await;
    demands(suite.bureau(ON)).merge_demands(merge(&first, &second)).await.unwrap();
    assert_eq!(demand_on(&suite, &second, ON).await.merged_into, first);
    assert_eq!((counted(&suite, "2022-03-31").await, counted(&suite, ON).await), (2, 1));
    let withdraw = pb::WithdrawDemandRequest {
        request_id: id(),
        name: second.clone(),
        reason: "撤回".to_owned(),
        ..Default::default()
    };
    let moved = demands(suite.bureau(ON)).withdraw_demand(withdraw).await;
    assert_eq!(reason_of(moved), "STATE_NOT_ALLOWED");

    let restored =
        demands(suite.bureau("2022-05-01")).undo_demand_merge(undo(&second)).await.unwrap().into_inner();
    assert_eq!(restored, before);
    // The days between stay as they were counted.
    let days = ["2022-03-31", ON, "2022-04-30", "2022-05-01"];
    let mut found = Vec::new();
    for day in days {
        found.push(counted(&suite, day).await);
    }
    assert_eq!(found, [2, 1, 1, 2]);
    let again = demands(suite.bureau("2022-05-02")).undo_demand_merge(undo(&second)).await;
    assert_eq!(reason_of(again), "STATE_NOT_ALLOWED");
    suite.close().await;
}

#[tokio::test]
async fn only_duplicates_of_one_firm_are_merged_and_merges_make_no_chains() {
    let suite = begun().await;
    let mut names = Vec::new();
    for number in ["XQ1", "XQ2", "XQ3"] {
        names.push(collected(&suite, number, "2022-02-01").await.name);
    }
    let other =
        pb::CollectDemandRequest { enterprise_uscc: OTHER_FIRM.to_owned(), ..demand("XQ4", "另一企业") };
    let other = demands(suite.commissioner(BROKER, ON)).collect_demand(other).await.unwrap().into_inner();
    let merged = async |kept: &str, duplicate: &str| {
        demands(suite.bureau(ON)).merge_demands(merge(kept, duplicate)).await
    };
    assert_eq!(reason_of(merged(&names[0], &other.name).await), "MERGE_DIFFERENT_OWNERS");
    assert_eq!(reason_of(merged(&names[0], &names[0]).await), "MERGE_NOT_FLAT");
    let unknown = "dmd_00000000-0000-7000-8000-000000000001";
    assert_eq!(reason_of(merged(&names[0], unknown).await), "UNKNOWN_DEMAND");
    merged(&names[0], &names[1]).await.unwrap();
    assert_eq!(reason_of(merged(&names[0], &names[1]).await), "MERGE_NOT_FLAT");
    assert_eq!(reason_of(merged(&names[1], &names[2]).await), "MERGE_NOT_FLAT");
    assert_eq!(reason_of(merged(&names[2], &names[0]).await), "MERGE_NOT_FLAT");
    merged(&names[0], &names[2]).await.unwrap();
    suite.close().await;
}

#[tokio::test]
async fn achievements_of_one_owner_are_merged_and_restored() {
    let suite = begun().await;
    let first = offered(&suite, "CG1", "2022-02-01").await;
    let second = offered(&suite, "CG2", "2022-02-02").await;
    let of_another = pb::CollectAchievementRequest {
        owner_uscc: OTHER_FIRM.to_owned(),
        ..achievement("CG3", "他人成果")
    };
    let of_another =
        achievements(suite.bureau("2022-02-03")).collect_achievement(of_another).await.unwrap().into_inner();
    let merged = async |kept: &str, duplicate: &str| {
        let request = pb::MergeAchievementsRequest {
            request_id: id(),
            kept: kept.to_owned(),
            duplicate: duplicate.to_owned(),
            reason: "同一成果".to_owned(),
            ..Default::default()
        };
        achievements(suite.bureau(ON)).merge_achievements(request).await
    };
    let counted = async |as_of: &str| {
        let request = pb::CountAchievementsRequest { as_of: as_of.to_owned(), ..Default::default() };
        achievements(suite.bureau(as_of)).count_achievements(request).await.unwrap().into_inner().key
    };
    assert_eq!(reason_of(merged(&first.name, &of_another.name).await), "MERGE_DIFFERENT_OWNERS");
    merged(&first.name, &second.name).await.unwrap();
    assert_eq!((counted("2022-03-31").await, counted(ON).await), (3, 2));
    let request = pb::UndoAchievementMergeRequest {
        request_id: id(),
        duplicate: second.name.clone(),
        reason: "并非同一成果".to_owned(),
        ..Default::default()
    };
    let restored = achievements(suite.bureau("2022-05-01")).undo_achievement_merge(request).await.unwrap();
    assert_eq!(restored.into_inner(), second);
    assert_eq!((counted("2022-04-30").await, counted("2022-05-01").await), (2, 3));
    assert_eq!(second.owner_uscc, UNIVERSITY);
    suite.close().await;
}
