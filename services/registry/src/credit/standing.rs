//! The standing check at the edge: up to 5000 entities in one call and one statement, or one entity a call, in a
//! statement with those that others ask about at the time.

use canopy_kernel::{Failure, Uscc, reason};
use canopy_persistence::{Gather, Store};
use canopy_proto::registry::v1 as pb;
use jiff::civil::Date;
use tonic::Request;

use super::rule_standing::{Purpose, Standing, Yardstick};
use super::store;
pub(crate) use super::store::Known;
use crate::edge::{Registry, day, day_text, opened};

/// Looks up single entities in a statement with others. Needs a runtime.
pub(crate) fn gathered(store: &Store) -> Gather<(Uscc, Date), Known> {
    let pool = store.pool().clone();
    Gather::new(move |asked: Vec<(Uscc, Date)>| {
        let pool = pool.clone();
        async move { store::known(&pool, &asked).await }
    })
}

pub(crate) async fn check(
    it: &Registry,
    request: Request<pb::CheckStandingRequest>,
) -> Result<pb::Standing, Failure> {
    let (call, request) = opened(request)?;
    let day = it.store.as_of(&call, "on", &request.on)?;
    let code = it.own_code(&call, "uscc", &request.uscc)?;
    let purpose = read(request.purpose)?;
    let known = it.standings.ask((code, day)).await?;
    let rules = it.rules.of_set(it.store.pool(), known.rules).await?;
    let yardstick = Yardstick::in_force(&rules.table, purpose, day)?;
    Ok(judge(code, known, &yardstick, &rules.version, day))
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
    let purpose = read(request.purpose)?;
    let asked: Vec<(Uscc, Date)> = codes.into_iter().map(|code| (code, day)).collect();
    let all = store::known(it.store.pool(), &asked).await?;
    let all = all.into_iter().collect::<Result<Vec<Known>, Failure>>()?;
    let rules = it.rules.of_set(it.store.pool(), all.first().and_then(|known| known.rules)).await?;
    let yardstick = Yardstick::in_force(&rules.table, purpose, day)?;
    let standings = asked.into_iter().zip(all);
    let standings =
        standings.map(|((code, _), known)| judge(code, known, &yardstick, &rules.version, day)).collect();
    Ok(pb::BatchCheckStandingResponse { standings })
}

fn judge(code: Uscc, known: Known, yardstick: &Yardstick, rules: &str, day: Date) -> pb::Standing {
    message(Standing::judge(yardstick, code, known.registered, known.listings), yardstick, rules, day)
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
