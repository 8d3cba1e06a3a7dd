//! The commissioner service through the gateway: import of activities, the tally of a year at any day, suggestions.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use canopy_kernel::Role;
use canopy_kernel::id::DemandId;
use canopy_proto::commissioner::v1 as pb;
use canopy_proto::commissioner::v1::activity_service_client::ActivityServiceClient;
use futures::stream;
use prost::Message as _;
use tonic::Request;
use tonic::transport::Endpoint;

use crate::database::Database;
use crate::load::Message;
use crate::rows;
use crate::suite::{Parts, Suite};
use crate::table::{Line, Table};
use crate::usage::Usage;

/// Rows of a piece of an import.
const PIECE: usize = 1_000;
/// Activities whose import is measured, and those from which the year is tallied.
const MEASURED: usize = 100_000;
const ACTIVITIES: usize = 1_000_000;
/// Commissioners who report them.
const COMMISSIONERS: usize = 200;
/// Achievements among which matches are suggested.
const ACHIEVEMENTS: usize = 100_000;
/// How long calls are made of which the median is told.
const TIME: Duration = Duration::from_secs(4);
/// No index takes so long to be made.
const PATIENCE: Duration = Duration::from_secs(120);

/// Measures all three.
pub async fn measure(programs: &Path, database: &Database, table: &mut Table) -> anyhow::Result<()> {
    let mut suite = Suite::start(programs, database, "transfer", Parts::Transfer).await?;
    recruit(&suite).await?;
    let usage = Usage::of(&suite.groups());
    let took = report(&suite, 0, MEASURED).await?;
    let rate = MEASURED as f64 / took.as_secs_f64();
    let line = Line::at_least(10_000.0, "rows/s", "import of activities through the gateway", rate);
    table.add(line.because(usage.shares()));
    report(&suite, MEASURED, ACTIVITIES).await?;
    database.run("transfer_commissioner", "analyze").await?;
    let tally = tallies(&suite).await?;
    let what = format!("tally of the year at any day from {ACTIVITIES} activities, p50");
    table.add(Line::at_most(50.0, "ms", what, tally / 1e3));
    let demand = fill(database).await?;
    // No event told of what was filled in, so the index is made from the database, by the operator's command for it.
    suite.restart_after("commissioner", "reindex").await?;
    let median = suggestions(&suite, demand).await?;
    let what = format!("SuggestMatches over {ACHIEVEMENTS} achievements, p50");
    table.add(Line::at_most(20.0, "ms", what, median / 1e3));
    suite.stop().await
}

async fn recruit(suite: &Suite) -> anyhow::Result<()> {
    let number = |n: usize| format!("CL{n:04}");
    let commissioners = (0..COMMISSIONERS).map(|n| pb::CommissionerRow {
        request_id: rows::id(),
        commissioner_no: number(n),
        person_name: format!("联络员{n}"),
        side: pb::CommissionerSide::City.into(),
        recruited_on: "2020-11-20".to_owned(),
        ..Default::default()
    });
    let posts = (0..COMMISSIONERS).map(|n| pb::PostRow {
        request_id: rows::id(),
        commissioner_no: number(n),
        kind: pb::PostKind::District.into(),
        post_ref: "420111".to_owned(),
        from_on: "2020-11-20".to_owned(),
        ..Default::default()
    });
    let target = |method: &str| {
        let path = format!("/canopy.commissioner.v1.CommissionerService/{method}");
        suite.target(&path, "bureau", Role::StBureau)
    };
    let request = pb::BatchImportCommissionersRequest { rows: commissioners.collect() };
    target("BatchImportCommissioners")?.once(&request.encode_to_vec()).await?;
    let request = pb::BatchImportPostsRequest { rows: posts.collect() };
    target("BatchImportPosts")?.once(&request.encode_to_vec()).await?;
    Ok(())
}

/// Has the bureau take over activities from one number up to another; tells how long that took.
async fn report(suite: &Suite, from: usize, to: usize) -> anyhow::Result<Duration> {
    let pieces = (from..to).step_by(PIECE).map(move |first| {
        let rows = (first..(first + PIECE).min(to)).map(activity).collect();
        pb::ImportActivitiesRequest { rows }
    });
    let mut request = Request::new(stream::iter(pieces.collect::<Vec<_>>()));
    let token = format!("Bearer {}", suite.token("bureau", Role::StBureau)?).parse()?;
    request.metadata_mut().insert("authorization", token);
    let channel = Endpoint::from_shared(format!("http://{}", suite.address))?.connect().await?;
    let began = Instant::now();
    let mut answers = ActivityServiceClient::new(channel).import_activities(request).await?.into_inner();
    let mut taken = 0;
    while let Some(answer) = answers.message().await? {
        let refused = answer.results.iter().find_map(|row| row.refusal.as_ref());
        ensure!(refused.is_none(), "a row was refused: {}", refused.context("no refusal")?.message);
        taken += answer.results.len();
    }
    ensure!(taken == to - from, "{taken} rows were answered");
    Ok(began.elapsed())
}

fn activity(number: usize) -> pb::ActivityRow {
    let day = number / COMMISSIONERS % 360;
    pb::ActivityRow {
        request_id: rows::id(),
        activity_no: format!("HD{number:09}"),
        kind: pb::ActivityKind::Contact.into(),
        commissioner_no: format!("CL{:04}", number % COMMISSIONERS),
        activity_on: format!("2022-{:02}-{:02}", day / 30 + 1, day % 28 + 1),
        // The first instant of 2023, in the city.
        reported_at: Some(prost_types::Timestamp { seconds: 1_672_502_400, nanos: 0 }),
        counterpart_kind: pb::CounterpartKind::Firm.into(),
        counterpart: format!("武汉第{number}科技有限公司"),
        ..Default::default()
    }
}

async fn tallies(suite: &Suite) -> anyhow::Result<f64> {
    let path = "/canopy.commissioner.v1.ActivityService/CountActivities";
    let target = suite.target(path, "bureau", Role::StBureau)?;
    let message: Message = Arc::new(|| {
        let day = rand::random_range(0..336);
        let as_of = format!("2022-{:02}-{:02}", day / 28 + 1, day % 28 + 1);
        pb::CountActivitiesRequest { as_of, ..Default::default() }.encode_to_vec()
    });
    Ok(target.load(1, TIME, &message).await?.median)
}

/// Fills the tables with achievements and one demand, as an importer of another system would find them.
async fn fill(database: &Database) -> anyhow::Result<DemandId> {
    let demand = DemandId::new(uuid::Uuid::from_u128(1));
    let text = include_str!("transfer.sql")
        .replace("$ACHIEVEMENTS", &ACHIEVEMENTS.to_string())
        .replace("$DEMAND", &demand.as_uuid().to_string());
    database.run("transfer_commissioner", &text).await?;
    Ok(demand)
}

async fn suggestions(suite: &Suite, demand: DemandId) -> anyhow::Result<f64> {
    let path = "/canopy.commissioner.v1.SuggestionService/SuggestMatches";
    let target = suite.target(path, "bureau", Role::StBureau)?;
    let message =
        pb::SuggestMatchesRequest { name: demand.to_string(), ..Default::default() }.encode_to_vec();
    let indexed = async {
        while suggested(&target.once(&message).await?)? == 0 {
            tokio::task::yield_now().await;
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(PATIENCE, indexed).await.context("nothing is indexed")??;
    ensure!(suggested(&target.once(&message).await?)? == 10, "fewer suggestions than a page has");
    let message: Message = Arc::new(move || message.clone());
    Ok(target.load(1, TIME, &message).await?.median)
}

fn suggested(answer: &[u8]) -> anyhow::Result<usize> {
    Ok(pb::SuggestMatchesResponse::decode(answer)?.suggestions.len())
}
