//! A suite whose database is down says so, and goes on by itself once it is back.

use std::time::Duration;

use canopy_kernel::Role;
use canopy_proto::registry::v1 as pb;
use canopy_proto::registry::v1::fact_service_client::FactServiceClient;
use canopy_tests::installation::signal;
use tonic::Code;

use super::refusal;
use super::world::{As, World, id};
use super::year::code;

/// How long is waited for what must come.
const PATIENCE: Duration = Duration::from_secs(90);

#[tokio::test]
async fn a_suite_without_its_database_says_so_and_recovers_by_itself() {
    let world = World::with_year(1).await;
    let mut facts = FactServiceClient::new(world.desk("qian", Role::Registrar, "").await);
    let write = pb::RecordFactRequest {
        request_id: id(),
        uscc: code(1),
        kind: "TURNOVER".to_owned(),
        unit: "fen".to_owned(),
        occurred_on: "2022-03-01".to_owned(),
        source: "统计局".to_owned(),
        evidence_no: "PZ-1".to_owned(),
        ..Default::default()
    };
    let before = world.tables().await;

    // With its folder away the database stays down; otherwise it may be back before a caller notices.
    let data = world.installation.path().join("postgres/data");
    let away = data.with_extension("away");
    let text = std::fs::read_to_string(data.join("postmaster.pid")).unwrap();
    std::fs::rename(&data, &away).unwrap();
    signal("KILL", text.lines().next().unwrap().parse().unwrap()).await;
    let down = refused(&mut facts, &write).await;
    refusal::says(&down, (Code::Unavailable, "DATABASE_DOWN", ""));
    std::fs::rename(&away, &data).unwrap();

    // The same request, as its caller was told to: taken once, whatever had been begun.
    let fact = taken(&mut facts, &write).await;
    assert_eq!(taken(&mut facts, &write).await, fact);
    let after = world.tables().await;
    assert_eq!(after[0]["registry.fact"].0, before[0]["registry.fact"].0 + 1);
    assert_eq!(after[0]["registry.subject"], before[0]["registry.subject"]);
    world.stop().await;
}

/// Writes until that is refused.
async fn refused(facts: &mut FactServiceClient<As>, write: &pb::RecordFactRequest) -> tonic_types::Status {
    let writing = async {
        loop {
            if let Err(status) = facts.record_fact(write.clone()).await {
                return refusal::of(&status);
            }
        }
    };
    tokio::time::timeout(PATIENCE, writing).await.expect("nobody notices the outage")
}

/// Writes until that is taken; until then the suite says that it is away.
async fn taken(facts: &mut FactServiceClient<As>, write: &pb::RecordFactRequest) -> pb::Fact {
    let writing = async {
        loop {
            match facts.record_fact(write.clone()).await {
                Ok(fact) => return fact.into_inner(),
                Err(status) => assert_eq!(status.code(), Code::Unavailable, "{status:?}"),
            }
        }
    };
    tokio::time::timeout(PATIENCE, writing).await.expect("the suite does not recover")
}
