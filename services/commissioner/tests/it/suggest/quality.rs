//! How good suggestions are, on judgements made by hand (`tests/data/suggest_judgements.csv`) of the year's demands
//! and achievements: recall among the first ten, and the mean reciprocal rank of the first good one, beside plain
//! word overlap.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use canopy_commissioner::suggest::cut::Cutter;

use super::{demand, id, need, offer, pb, suggested};
use crate::suite::Suite;

/// From this grade on an achievement is worth proposing.
const GOOD: u8 = 2;
/// How many suggestions a commissioner looks at.
const FIRST: usize = 10;

type Row = BTreeMap<String, String>;

fn rows(name: &str) -> Vec<Row> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data").join(name);
    csv::Reader::from_path(path).unwrap().deserialize().map(Result::unwrap).collect()
}

/// Achievements worth proposing, by demand.
fn good() -> BTreeMap<String, BTreeSet<String>> {
    let mut good: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in rows("suggest_judgements.csv") {
        assert!(!row["reason"].is_empty());
        let of_demand = good.entry(row["demand_id"].clone()).or_default();
        if row["grade"].parse::<u8>().unwrap() >= GOOD {
            of_demand.insert(row["achievement_id"].clone());
        }
    }
    good
}

/// Recall among the first ten and mean reciprocal rank, both in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Quality {
    recall: usize,
    reciprocal_rank: usize,
}

impl Quality {
    fn of(ranked: &BTreeMap<String, Vec<String>>, good: &BTreeMap<String, BTreeSet<String>>) -> Self {
        let (mut recall, mut reciprocal_rank) = (0, 0);
        for (demand, wanted) in good {
            let first = &ranked[demand];
            let found = first.iter().take(FIRST).filter(|it| wanted.contains(*it)).count();
            recall += 1000 * found / wanted.len();
            let rank = first.iter().position(|it| wanted.contains(it));
            reciprocal_rank += rank.map_or(0, |rank| 1000 / (rank + 1));
        }
        Self { recall: recall / good.len(), reciprocal_rank: reciprocal_rank / good.len() }
    }
}

/// Ranks by the number of words that demand and achievement share; of equals the earlier number.
fn by_overlap(demands: &[Row], achievements: &[Row]) -> BTreeMap<String, Vec<String>> {
    let offers: Vec<_> = achievements
        .iter()
        .map(|row| {
            (row["achievement_id"].clone(), Cutter.cut(&format!("{} {}", row["title"], row["summary"])))
        })
        .collect();
    let ranked = demands.iter().map(|row| {
        let words = Cutter.cut(&row["text"]);
        let mut shared: Vec<_> =
            offers.iter().map(|(number, offer)| (offer.intersection(&words).count(), number)).collect();
        shared.sort_by_key(|(count, number)| (std::cmp::Reverse(*count), *number));
        (row["demand_id"].clone(), shared.into_iter().map(|(_, number)| number.clone()).collect())
    });
    ranked.collect()
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "the quality is what the test is for")]
async fn suggestions_find_more_of_what_was_judged_good_than_plain_word_overlap_does() {
    let good = good();
    let judged = rows("suggest_judgements.csv").len();
    assert!(judged >= 60 && good.values().all(|wanted| (1..=FIRST).contains(&wanted.len())));
    let refused: BTreeSet<String> =
        rows("wuhan-2022/expected_rejections.csv").into_iter().map(|row| row["row_key"].clone()).collect();
    let mut demands = rows("wuhan-2022/demands.csv");
    demands.retain(|row| good.contains_key(&row["demand_id"]));
    let mut achievements = rows("wuhan-2022/achievements.csv");
    achievements.retain(|row| !refused.contains(&row["achievement_id"]));

    let suite = Suite::start().await;
    for row in &demands {
        suite.registry.enter(&row["enterprise_uscc"], &row["demand_id"]);
    }
    let owners: BTreeSet<&String> = achievements.iter().map(|row| &row["owner_uscc"]).collect();
    for owner in owners {
        suite.registry.institute(owner, owner, false);
    }
    suite.followed().await;
    for row in &achievements {
        let request = pb::CollectAchievementRequest {
            request_id: id(),
            achievement_no: row["achievement_id"].clone(),
            owner_uscc: row["owner_uscc"].clone(),
            title: row["title"].clone(),
            summary: row["summary"].clone(),
            field: row["field"].clone(),
            maturity: row["maturity"].parse().unwrap(),
            ..Default::default()
        };
        offer(&suite, request).await;
    }
    let mut ranked = BTreeMap::new();
    for row in &demands {
        let request = pb::CollectDemandRequest {
            enterprise_uscc: row["enterprise_uscc"].clone(),
            ..demand(&row["demand_id"], &row["field"], &row["text"])
        };
        let name = need(&suite, request).await.name;
        let suggestions = suggested(&suite, &name, 100).await;
        let numbers = suggestions.into_iter().map(|suggestion| suggestion.number).collect();
        ranked.insert(row["demand_id"].clone(), numbers);
    }
    suite.close().await;

    let ours = Quality::of(&ranked, &good);
    let plain = Quality::of(&by_overlap(&demands, &achievements), &good);
    println!("{judged} judgements of {} demands, in thousandths", good.len());
    println!("SuggestMatches: recall@10 {}, MRR {}", ours.recall, ours.reciprocal_rank);
    println!("word overlap:   recall@10 {}, MRR {}", plain.recall, plain.reciprocal_rank);
    assert!(ours.recall > plain.recall && ours.reciprocal_rank > plain.reciprocal_rank, "{ours:?} {plain:?}");
}
