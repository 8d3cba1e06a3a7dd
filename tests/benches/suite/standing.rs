//! `CheckStanding` through the gateway: one firm a call, of a city with thousands of firms and listings.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::ensure;
use canopy_kernel::Role;
use canopy_proto::registry::v1 as pb;
use prost::Message as _;

use crate::import::ROWS;
use crate::load::Message;
use crate::rows;
use crate::suite::Suite;
use crate::table::{Line, Table};
use crate::usage::Usage;

const CALLERS: usize = 32;
const TIME: Duration = Duration::from_secs(4);
/// How long listings are recorded before: some thousands.
const LISTING_TIME: Duration = Duration::from_secs(2);
/// One firm in so many is listed.
const ONE_IN: usize = 10;

/// Measures it.
pub async fn measure(suite: &Suite, table: &mut Table) -> anyhow::Result<()> {
    activate_rules(suite).await?;
    list(suite).await?;
    let service = "/canopy.registry.v1.CreditService/CheckStanding";
    let target = suite.target(service, "bureau", Role::StBureau)?;
    let message: Message = Arc::new(|| ask(rand::random_range(0..ROWS)).encode_to_vec());
    let listed = pb::Standing::decode(target.once(&ask(0).encode_to_vec()).await?)?;
    ensure!(listed.registered && !listed.good, "a listed firm is blocked: {listed:?}");
    let usage = Usage::of(&suite.groups());
    let answered = target.load(CALLERS, TIME, &message).await?;
    let what = format!("CheckStanding through the gateway, {CALLERS} callers");
    table.add(Line::at_least(6_000.0, "calls/s", what, answered.rate).because(usage.shares()));
    Ok(())
}

fn ask(firm: usize) -> pb::CheckStandingRequest {
    pb::CheckStandingRequest {
        uscc: rows::code(firm),
        purpose: pb::StandingPurpose::Subsidy.into(),
        on: "2022-09-01".to_owned(),
    }
}

/// Brings the rules of credit into force: one operator makes the set, another activates it.
async fn activate_rules(suite: &Suite) -> anyhow::Result<()> {
    let method = |name: &str, person: &str| {
        suite.target(&format!("/canopy.registry.v1.ReferenceService/{name}"), person, Role::Operator)
    };
    let kind = pb::ReferenceKind::RuleParameters.into();
    let create = pb::CreateReferenceSetRequest { request_id: rows::id(), kind };
    let made = method("CreateReferenceSet", "li")?.once(&create.encode_to_vec()).await?;
    let name = pb::ReferenceSet::decode(made)?.name;
    let add = pb::AddReferenceRowsRequest { name: name.clone(), rows: rows::rules() };
    method("AddReferenceRows", "li")?.once(&add.encode_to_vec()).await?;
    let activate = pb::ActivateReferenceSetRequest { request_id: rows::id(), name, ..Default::default() };
    method("ActivateReferenceSet", "wang")?.once(&activate.encode_to_vec()).await?;
    Ok(())
}

async fn list(suite: &Suite) -> anyhow::Result<()> {
    let service = "/canopy.registry.v1.CreditService/RecordListing";
    let target = suite.target(service, "authority", Role::CreditAuthority)?;
    let next = AtomicUsize::new(0);
    let message: Message = Arc::new(move || {
        let n = next.fetch_add(1, Ordering::Relaxed);
        rows::listing(n, n * ONE_IN % ROWS).encode_to_vec()
    });
    target.load(CALLERS, LISTING_TIME, &message).await?;
    Ok(())
}
