//! What is read of demands: one, a list, counts, the funnel.

use canopy_kernel::actor::may_act_for;
use canopy_kernel::{Failure, Role, Uscc, reason};
use canopy_platform::Call;
use canopy_proto::commissioner::v1 as pb;
use tonic::Request;

use super::message;
use crate::demand::model::{DemandState, is_stale};
use crate::demand::store::{self, AsOf, FunnelPlace, FunnelRow, Listing, Place, Reached, funnel as reached};
use crate::edge::{Desk, opened, own_code};
use crate::period::Period;

/// The steps of the funnel in their order.
const STEPS: [(pb::FunnelStep, &str); 7] = [
    (pb::FunnelStep::Collected, "COLLECTED"),
    (pb::FunnelStep::Verified, "VERIFIED"),
    (pb::FunnelStep::Published, "PUBLISHED"),
    (pb::FunnelStep::Matched, "MATCHED"),
    (pb::FunnelStep::Negotiating, "NEGOTIATING"),
    (pb::FunnelStep::Signed, "SIGNED"),
    (pb::FunnelStep::Registered, "REGISTERED"),
];

/// Whether the caller sees what was published only.
fn sees_published_only(call: &Call) -> bool {
    call.actor().has(Role::Institute)
}

pub(super) async fn get(it: &Desk, request: Request<pb::GetDemandRequest>) -> Result<pb::Demand, Failure> {
    let (call, request) = opened(request)?;
    let day = it.store.as_of(&call, "as_of", &request.as_of)?;
    let found = store::find(it.store.pool(), &request.name, day).await?;
    let unknown = || Failure::new(&reason::UNKNOWN_DEMAND).on("name");
    let found = found.ok_or_else(unknown)?;
    if call.actor().has(Role::Enterprise) {
        may_act_for(call.actor(), found.demand.enterprise).map_err(|failure| failure.on("name"))?;
    }
    if sees_published_only(&call) && found.published_on.is_none() {
        return Err(unknown());
    }
    Ok(told(it, found, day))
}

/// The demand as of a day, on the wire.
fn told(it: &Desk, found: AsOf, day: jiff::civil::Date) -> pb::Demand {
    let stale = is_stale(found.demand.state, found.demand.since, day, it.config.matching.stale_months);
    message(found, stale)
}

pub(super) async fn list(
    it: &Desk,
    request: Request<pb::ListDemandsRequest>,
) -> Result<pb::ListDemandsResponse, Failure> {
    let (call, request) = opened(request)?;
    let published_only = sees_published_only(&call);
    // The token is good for a caller who sees the same.
    let query = (
        pb::ListDemandsRequest { page_size: 0, page_token: String::new(), ..request.clone() },
        published_only,
    );
    let page = it.store.page::<Place>(query, (request.page_size, &request.page_token), 100)?;
    let day = it.store.as_of(&call, "as_of", &request.as_of)?;
    let asked = Listing {
        enterprise: firm(&call, &request.enterprise_uscc)?,
        commissioner: &request.commissioner_no,
        field: &request.field,
        state: DemandState::from_wire(request.state),
        published_only,
        stale_after: request.stale_only.then(|| i32::from(it.config.matching.stale_months)),
        after: page.after.as_ref(),
        limit: page.limit(),
        ..Listing::of(day)
    };
    let found = store::list(it.store.pool(), &asked).await?;
    let (found, next_page_token) = it.store.cut(&page, found, Place::of)?;
    let demands = found.into_iter().map(|found| told(it, found, day)).collect();
    Ok(pb::ListDemandsResponse { demands, next_page_token })
}

/// Reads the firm of a list, empty for all; an ENTERPRISE lists its own only.
fn firm(call: &Call, text: &str) -> Result<Option<Uscc>, Failure> {
    let is_firm = call.actor().has(Role::Enterprise);
    match text {
        "" if is_firm => Err(Failure::new(&reason::NOT_REPRESENTED).on("enterprise_uscc")),
        "" => Ok(None),
        text if is_firm => own_code(call, "enterprise_uscc", text).map(Some),
        text => crate::edge::code("enterprise_uscc", text).map(Some),
    }
}

pub(super) async fn count(
    it: &Desk,
    request: Request<pb::CountDemandsRequest>,
) -> Result<pb::CountDemandsResponse, Failure> {
    let (call, request) = opened(request)?;
    let days = [&request.from, &request.to, &request.as_of, &request.known_at];
    let period = Period::read(it, &call, days.map(String::as_str))?;
    let counts = store::count(it.store.pool(), &period, i32::from(it.config.matching.stale_months)).await?;
    Ok(pb::CountDemandsResponse {
        verified: counts.verified,
        withdrawn: counts.withdrawn,
        collected: counts.collected,
        stale: counts.stale,
    })
}

pub(super) async fn funnel(
    it: &Desk,
    request: Request<pb::GetFunnelRequest>,
) -> Result<pb::GetFunnelResponse, Failure> {
    let (call, request) = opened(request)?;
    let days = [request.from.as_str(), &request.to, &request.as_of, ""];
    let period = Period::read(it, &call, days)?;
    let found = reached(it.store.pool(), &period, &request.field).await?;
    let of = |step: &str| found.iter().find(|reached| reached.step == step);
    let steps = STEPS.iter().enumerate().map(|(index, (step, name))| pb::FunnelCount {
        step: (*step).into(),
        evidenced: of(name).map_or(0, |reached| reached.evidenced),
        passed: STEPS[index..].iter().filter_map(|(_, later)| of(later)).map(|it| it.furthest).sum(),
    });
    let withdrawn = of("WITHDRAWN").map_or(0, |reached: &Reached| reached.evidenced);
    Ok(pb::GetFunnelResponse { steps: steps.collect(), withdrawn })
}

pub(super) async fn funnel_rows(
    it: &Desk,
    request: Request<pb::ListFunnelRowsRequest>,
) -> Result<pb::ListFunnelRowsResponse, Failure> {
    let (call, request) = opened(request)?;
    let query = pb::ListFunnelRowsRequest { page_size: 0, page_token: String::new(), ..request.clone() };
    let page = it.store.page::<FunnelPlace>(query, (request.page_size, &request.page_token), 100)?;
    let days = [request.from.as_str(), &request.to, &request.as_of, ""];
    let period = Period::read(it, &call, days)?;
    let asked = request.step();
    let known = STEPS.iter().find(|(step, _)| *step == asked);
    let (_, step) = known.ok_or_else(|| Failure::new(&reason::ENUM_UNKNOWN).on("step"))?;
    let (after, limit) = (page.after.as_ref(), page.limit());
    let found = store::funnel_rows(it.store.pool(), &period, &request.field, step, after, limit).await?;
    let (found, next_page_token) = it.store.cut(&page, found, |row| FunnelPlace(row.demand))?;
    Ok(pb::ListFunnelRowsResponse { rows: found.into_iter().map(row_message).collect(), next_page_token })
}

fn row_message(row: FunnelRow) -> pb::FunnelRow {
    let demand = row.demand.to_string();
    pb::FunnelRow {
        evidence: if row.evidence.is_empty() { demand.clone() } else { row.evidence },
        demand,
        demand_no: row.number,
        enterprise_uscc: row.enterprise,
        reached_on: row.reached_on.to_string(),
    }
}
