//! The standing check at the edge: one entity, or up to 5000 in one call and one statement.

use canopy_kernel::{Failure, Uscc, reason};
use canopy_proto::registry::v1 as pb;
use jiff::civil::Date;
use tonic::Request;

use super::rule_standing::{Purpose, Standing, Yardstick};
use super::store;
use crate::edge::{Registry, day, day_text, opened};

pub(crate) async fn check(
    it: &Registry,
    request: Request<pb::CheckStandingRequest>,
) -> Result<pb::Standing, Failure> {
    let (call, request) = opened(request)?;
    let day = it.store.as_of(&call, "on", &request.on)?;
    let code = it.own_code(&call, "uscc", &request.uscc)?;
    let mut standings = judge(it, &[code], request.purpose, day).await?;
    standings.pop().ok_or_else(|| Failure::new(&reason::INTERNAL).because("no standing for one code"))
}

pub(crate) async fn batch_check(
    it: &Registry,
    request: Request<pb::BatchCheckStandingRequest>,
) -> Result<pb::BatchCheckStandingResponse, Failure> {
    let (_, request) = opened(request)?;
    let day = day("on", &request.on)?;
    let codes = request
        .usccs
        .iter()
        .enumerate()
        .map(|(index, text)| it.codes.parse(text).map_err(|failure| failure.on(format!("usccs[{index}]"))))
        .collect::<Result<Vec<Uscc>, Failure>>()?;
    Ok(pb::BatchCheckStandingResponse { standings: judge(it, &codes, request.purpose, day).await? })
}

async fn judge(it: &Registry, codes: &[Uscc], purpose: i32, day: Date) -> Result<Vec<pb::Standing>, Failure> {
    let purpose = read(purpose)?;
    let checked = store::check(it.store.pool(), codes, day).await?;
    let rules = it.rules.of_set(it.store.pool(), checked.rules).await?;
    let yardstick = Yardstick::in_force(&rules.table, purpose, day)?;
    let standings = codes.iter().zip(checked.entities).map(|(code, (registered, listings))| {
        let standing = Standing::judge(&yardstick, *code, registered, listings);
        message(standing, &yardstick, &rules.version, day)
    });
    Ok(standings.collect())
}

fn read(purpose: i32) -> Result<Purpose, Failure> {
    match pb::StandingPurpose::try_from(purpose) {
        Ok(pb::StandingPurpose::Subsidy) => Ok(Purpose::Subsidy),
        Ok(pb::StandingPurpose::Loan) => Ok(Purpose::Loan),
        _ => Err(Failure::new(&reason::ENUM_UNKNOWN).on("purpose")),
    }
}

fn message(standing: Standing, yardstick: &Yardstick, rule_version: &str, day: Date) -> pb::Standing {
    let (good, status) = (standing.is_good(), standing.status());
    let change = standing.registered.as_ref().and_then(|it| it.change);
    let blocking = standing.blocking.into_iter().map(|listing| pb::BlockingListing {
        listing_no: listing.decision.listing_no,
        kind: listing.decision.kind,
        decided_on: listing.decision.decided_on.to_string(),
        measure: yardstick.measure().to_owned(),
        authority: listing.decision.authority,
    });
    pb::Standing {
        uscc: standing.uscc.to_string(),
        registered: standing.registered.is_some(),
        blocking: blocking.collect(),
        title: standing.registered.map(|it| it.title).unwrap_or_default(),
        status: status.map_or(0, |status| status.to_wire()),
        status_since: day_text(change.map(|change| change.effective_on)),
        good,
        rule_version: rule_version.to_owned(),
        on: day.to_string(),
    }
}
