//! Speed of the service against its targets: import of activities, the tally of a year at any day, suggestions. Runs
//! on the server of `CANOPY_TEST_DATABASE_URL` in databases of its own, the service in this process.
#![allow(clippy::unwrap_used, reason = "a bench stops at the first failure")]
#![allow(clippy::print_stdout, reason = "what was measured is printed")]

#[path = "../tests/it/grants.rs"]
#[allow(dead_code, reason = "written for the tests; a part is used here")]
mod grants;
#[path = "../tests/it/registry.rs"]
#[allow(dead_code, reason = "written for the tests; a part is used here")]
mod registry;
#[path = "../tests/it/suite.rs"]
#[allow(dead_code, reason = "written for the tests; a part is used here")]
mod suite;

use std::time::{Duration, Instant};

use canopy_kernel::id::DemandId;
use canopy_proto::commissioner::v1 as pb;
use canopy_proto::commissioner::v1::activity_service_client::ActivityServiceClient;
use canopy_proto::commissioner::v1::commissioner_service_client::CommissionerServiceClient;
use canopy_proto::commissioner::v1::suggestion_service_client::SuggestionServiceClient;
use futures::stream;
use sqlx::{Executor, PgPool};
use suite::{Suite, id, reasons_of};

/// Rows of a piece of an import.
const PIECE: usize = 1000;
/// Activities whose import is measured, and those from which the year is tallied.
const MEASURED: usize = 100_000;
const ACTIVITIES: usize = 1_000_000;
/// Commissioners who report them.
const COMMISSIONERS: usize = 200;
/// Achievements among which matches are suggested.
const ACHIEVEMENTS: i32 = 100_000;
/// Calls of which the median is told.
const CALLS: usize = 200;
/// The day after the year.
const AFTER: &str = "2023-01-02";

#[tokio::main]
async fn main() {
    let suite = Suite::start().await;
    recruit(&suite).await;
    let took = report(&suite, 0, MEASURED).await;
    let rate = u128::try_from(MEASURED).unwrap() * 1000 / took.as_millis().max(1);
    println!("import of activities: {rate} rows/s (target: at least 10000)");
    report(&suite, MEASURED, ACTIVITIES).await;
    let tally = tallies(&suite).await;
    println!("tally at any day from {ACTIVITIES} activities: median {tally:?} (target: below 50 ms)");
    suite.close().await;

    let mut suite = Suite::start().await;
    let demand = fill(&suite.pool).await;
    suite.restart().await;
    let median = suggestions(&suite, demand).await;
    println!("SuggestMatches over {ACHIEVEMENTS} achievements: median {median:?} (target: below 20 ms)");
    suite.close().await;
}

async fn recruit(suite: &Suite) {
    let rows = (0..COMMISSIONERS).map(|number| pb::CommissionerRow {
        request_id: id(),
        commissioner_no: format!("CL{number:04}"),
        person_name: format!("联络员{number}"),
        side: pb::CommissionerSide::City.into(),
        recruited_on: "2020-11-20".to_owned(),
        ..Default::default()
    });
    let posts = (0..COMMISSIONERS).map(|number| pb::PostRow {
        request_id: id(),
        commissioner_no: format!("CL{number:04}"),
        kind: pb::PostKind::District.into(),
        post_ref: "420111".to_owned(),
        from_on: "2020-11-20".to_owned(),
        ..Default::default()
    });
    let mut client = CommissionerServiceClient::new(suite.bureau(AFTER));
    let request = pb::BatchImportCommissionersRequest { rows: rows.collect() };
    client.batch_import_commissioners(request).await.unwrap();
    let request = pb::BatchImportPostsRequest { rows: posts.collect() };
    client.batch_import_posts(request).await.unwrap();
}

/// Has the bureau take over activities from one number up to another; tells how long that took.
async fn report(suite: &Suite, from: usize, to: usize) -> Duration {
    let pieces = (from..to).step_by(PIECE).map(move |first| {
        let rows = (first..(first + PIECE).min(to)).map(activity).collect();
        pb::ImportActivitiesRequest { rows }
    });
    let mut client = ActivityServiceClient::new(suite.bureau(AFTER));
    let began = Instant::now();
    let mut answers = client.import_activities(stream::iter(pieces)).await.unwrap().into_inner();
    let mut taken = 0;
    while let Some(answer) = answers.message().await.unwrap() {
        taken += reasons_of(&answer.results).iter().filter(|reason| reason.is_empty()).count();
    }
    assert_eq!(taken, to - from);
    began.elapsed()
}

fn activity(number: usize) -> pb::ActivityRow {
    let day = number / COMMISSIONERS % 360;
    pb::ActivityRow {
        request_id: id(),
        activity_no: format!("HD{number:09}"),
        kind: pb::ActivityKind::Contact.into(),
        commissioner_no: format!("CL{:04}", number % COMMISSIONERS),
        activity_on: format!("2022-{:02}-{:02}", day / 30 + 1, day % 28 + 1),
        reported_at: Some(prost_types::Timestamp { seconds: 1_672_531_200, nanos: 0 }),
        counterpart_kind: pb::CounterpartKind::Firm.into(),
        counterpart: format!("武汉第{number}科技有限公司"),
        ..Default::default()
    }
}

async fn tallies(suite: &Suite) -> Duration {
    let mut client = ActivityServiceClient::new(suite.bureau(AFTER));
    let mut took = Vec::new();
    for call in 0..CALLS {
        let as_of = format!("2022-{:02}-{:02}", call % 12 + 1, call % 28 + 1);
        let began = Instant::now();
        let request = pb::CountActivitiesRequest { as_of, ..Default::default() };
        client.count_activities(request).await.unwrap();
        took.push(began.elapsed());
    }
    median(took)
}

/// Fills the tables with achievements and one demand, as an importer of another system would find them.
async fn fill(pool: &PgPool) -> DemandId {
    let achievements = "
        insert into commissioner.achievement
            (id, achievement_no, owner_uscc, title, summary, field, ip_count, maturity, is_key, registration_no,
             collected_on, disputed, classified, co_owner_consent, version, external_ref, recorded_at)
        select gen_random_uuid(), 'CG' || n, '124200004416255673', k || t || n, '针对' || p || '的问题提出新方案,已完成' || s,
               f, n % 10, n % 9 + 1, false, '', date '2022-01-01' + n % 300, false, false, '', 1, '', now()
        from generate_series(1, $1) n,
             lateral (select (array['分布式', '低功耗', '高精度', '绿色', '柔性', '超快'])[n % 6 + 1] k,
                             (array['光纤传感系统', '激光焊接装备', '污水处理工艺', '储能电池材料', '碳化硅器件',
                                    '桥梁健康监测平台', '水稻育种方法'])[n % 7 + 1] t,
                             (array['光电', '激光', '环保', '储能', '半导体', '检测', '农业'])[n % 7 + 1] f,
                             (array['响应滞后', '能耗偏高', '精度漂移', '良品率低', '成本居高不下', '噪声过大',
                                    '体积过大', '使用寿命不足', '维护困难', '耐腐蚀性不足', '数据时延长'])[n % 11 + 1] p,
                             (array['小试', '中试', '样机验证', '小批量生产', '示范应用'])[n % 5 + 1] s) w";
    sqlx::query(achievements).bind(ACHIEVEMENTS).execute(pool).await.unwrap();
    let demand = DemandId::new(uuid::Uuid::from_u128(1));
    let row = "
        insert into commissioner.demand
            (id, demand_no, enterprise_uscc, commissioner_no, field, words, words_digest, budget_fen, collected_on, state,
             state_since, version, external_ref, recorded_at)
        values ($1, 'XQ1', '91420111MA4KXA0264', '', '光电', '光纤传感系统响应滞后,希望引进成熟方案', '', 0, '2022-01-01',
                'COLLECTED', '2022-01-01', 1, '', now())";
    sqlx::query(row).bind(demand.as_uuid()).execute(pool).await.unwrap();
    let step = "
        insert into commissioner.demand_step (demand_id, version, state, effective_on, evidence, recorded_at)
        values ($1, 1, 'COLLECTED', '2022-01-01', '', now())";
    sqlx::query(step).bind(demand.as_uuid()).execute(pool).await.unwrap();
    pool.execute("analyze").await.unwrap();
    demand
}

async fn suggestions(suite: &Suite, demand: DemandId) -> Duration {
    let mut client = SuggestionServiceClient::new(suite.bureau(AFTER));
    let request = pb::SuggestMatchesRequest { name: demand.to_string(), ..Default::default() };
    // The index is made from the database when the service starts.
    while client.suggest_matches(request.clone()).await.unwrap().into_inner().suggestions.is_empty() {
        tokio::task::yield_now().await;
    }
    let mut took = Vec::new();
    for _ in 0..CALLS {
        let began = Instant::now();
        let answer = client.suggest_matches(request.clone()).await.unwrap().into_inner();
        took.push(began.elapsed());
        assert_eq!(answer.suggestions.len(), 10);
    }
    median(took)
}

fn median(mut took: Vec<Duration>) -> Duration {
    took.sort_unstable();
    took[took.len() / 2]
}
