//! `CreditService`: listings and standing at the edge.

use std::sync::Arc;

use canopy_kernel::{Failure, Uscc, reason};
use canopy_persistence::Write;
use canopy_platform::answer;
use canopy_proto::registry::v1 as pb;
use canopy_proto::registry::v1::credit_service_server::CreditService;
use jiff::civil::Date;
use tonic::{Request, Response, Status};

use super::model::{
    Application, CreditGrade, CreditListing, CreditRepair, Decision, ListingState, RepairDecision,
};
use super::rule_period::Maximum;
use super::store::{self, Listed, Listing, Place};
use super::{Removal, standing};
use crate::edge::{Registry, day, day_if_any, day_text, opened};
use crate::reference::rules::Active;
use canopy_kernel::on_the_wire;

on_the_wire!(CreditGrade <=> pb::CreditGrade { General, Serious });
on_the_wire!(ListingState => pb::CreditListingState { NotYet, Listed, RepairApplied, Repaired, Expired });
on_the_wire!(RepairDecision <=> pb::RepairDecision { Verifying, Refused, Repaired });

/// The service.
pub(crate) struct CreditRpc(pub(crate) Registry);

#[tonic::async_trait]
impl CreditService for CreditRpc {
    async fn record_listing(
        &self,
        request: Request<pb::RecordListingRequest>,
    ) -> Result<Response<pb::CreditListing>, Status> {
        answer(record(&self.0, request).await)
    }

    async fn apply_for_repair(
        &self,
        request: Request<pb::ApplyForRepairRequest>,
    ) -> Result<Response<pb::CreditRepair>, Status> {
        answer(apply(&self.0, request).await)
    }

    async fn decide_repair(
        &self,
        request: Request<pb::DecideRepairRequest>,
    ) -> Result<Response<pb::CreditRepair>, Status> {
        answer(decide(&self.0, request).await)
    }

    async fn get_listing(
        &self,
        request: Request<pb::GetListingRequest>,
    ) -> Result<Response<pb::CreditListing>, Status> {
        answer(get(&self.0, request).await)
    }

    async fn list_listings(
        &self,
        request: Request<pb::ListListingsRequest>,
    ) -> Result<Response<pb::ListListingsResponse>, Status> {
        answer(list(&self.0, request).await)
    }

    async fn list_repairs(
        &self,
        request: Request<pb::ListRepairsRequest>,
    ) -> Result<Response<pb::ListRepairsResponse>, Status> {
        answer(list_repairs(&self.0, request).await)
    }

    async fn count_listings(
        &self,
        request: Request<pb::CountListingsRequest>,
    ) -> Result<Response<pb::CountListingsResponse>, Status> {
        answer(count(&self.0, request).await)
    }

    async fn check_standing(
        &self,
        request: Request<pb::CheckStandingRequest>,
    ) -> Result<Response<pb::Standing>, Status> {
        answer(standing::check(&self.0, request).await)
    }

    async fn batch_check_standing(
        &self,
        request: Request<pb::BatchCheckStandingRequest>,
    ) -> Result<Response<pb::BatchCheckStandingResponse>, Status> {
        answer(standing::batch_check(&self.0, request).await)
    }
}

/// The listing on the wire, as of a day.
pub(crate) fn message(listing: CreditListing, day: Date, maximum: Option<Maximum>) -> pb::CreditListing {
    let state = listing.state_on(day, maximum);
    let decision = listing.decision;
    pb::CreditListing {
        name: listing.id.to_string(),
        listing_no: decision.listing_no,
        uscc: decision.uscc.to_string(),
        kind: decision.kind,
        grade: decision.grade.to_wire(),
        decided_on: decision.decided_on.to_string(),
        authority: decision.authority,
        measures: decision.measures,
        state: state.to_wire(),
        repaired_on: day_text(listing.repaired_on.filter(|repaired| *repaired <= day)),
        ends_on: day_text(maximum.map(|maximum| maximum.last_day(decision.decided_on))),
        etag: listing.version.to_string(),
    }
}

fn repair_message(repair: CreditRepair) -> pb::CreditRepair {
    pb::CreditRepair {
        name: repair.id.to_string(),
        listing_no: repair.listing_no,
        applied_on: repair.applied_on.to_string(),
        decision: repair.decision.to_wire(),
        earliest_on: repair.earliest_on.to_string(),
        repaired_on: day_text(repair.repaired_on),
        reason: repair.reason,
    }
}

/// Reads a decision, and how long its listing lasts if the rules of that day say so.
async fn read_decision(
    it: &Registry,
    today: Date,
    request: pb::RecordListingRequest,
) -> Result<(Decision, Option<Maximum>), Failure> {
    let grade = CreditGrade::from_wire(request.grade);
    let decision = Decision {
        uscc: it.code("uscc", &request.uscc)?,
        listing_no: request.listing_no,
        kind: request.kind,
        grade: grade.ok_or_else(|| Failure::new(&reason::ENUM_UNKNOWN).on("grade"))?,
        decided_on: day("decided_on", &request.decided_on)?,
        authority: request.authority,
        measures: request.measures,
    };
    let rules = it.rules.active(it.store.pool()).await?;
    let maximum = Maximum::in_force(&rules.table, decision.grade, today).ok();
    Ok((decision, maximum))
}

async fn record(
    it: &Registry,
    request: Request<pb::RecordListingRequest>,
) -> Result<pb::CreditListing, Failure> {
    let (call, request) = opened(request)?;
    let write = Write::new("record_listing", &request.request_id, &request)
        .validate_only(request.validate_only)
        .external_ref(&request.external_ref);
    let today = it.store.today(&call);
    let command = read_decision(it, today, request).await;
    it.store
        .write(&call, write, command, move |tx, command| {
            Box::pin(async move {
                let (decision, maximum) = &*command;
                super::record(tx, decision).await.map(|listing| message(listing, today, *maximum))
            })
        })
        .await
}

/// Reads an application, with the rules that judge it.
async fn read_application(
    it: &Registry,
    request: pb::ApplyForRepairRequest,
) -> Result<(Application, Arc<Active>), Failure> {
    let application = Application {
        listing_no: request.listing_no,
        applied_on: day("applied_on", &request.applied_on)?,
        evidence: request.evidence,
    };
    Ok((application, it.rules.active(it.store.pool()).await?))
}

async fn apply(
    it: &Registry,
    request: Request<pb::ApplyForRepairRequest>,
) -> Result<pb::CreditRepair, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("apply_for_repair", &request.request_id, &request).external_ref(&request.external_ref);
    let command = read_application(it, request).await;
    it.store
        .write(&call, write, command, |tx, command| {
            Box::pin(async move {
                let (application, rules) = &*command;
                super::apply(tx, rules, application).await.map(repair_message)
            })
        })
        .await
}

async fn decide(
    it: &Registry,
    request: Request<pb::DecideRepairRequest>,
) -> Result<pb::CreditRepair, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("decide_repair", &request.request_id, &request).external_ref(&request.external_ref);
    let command = day("repaired_on", &request.repaired_on)
        .map(|repaired_on| Removal { listing_no: request.listing_no, repaired_on });
    it.store
        .write(&call, write, command, |tx, command| {
            Box::pin(async move { super::remove(tx, &command).await.map(repair_message) })
        })
        .await
}

async fn get(it: &Registry, request: Request<pb::GetListingRequest>) -> Result<pb::CreditListing, Failure> {
    let (call, request) = opened(request)?;
    let day = it.store.as_of(&call, "as_of", &request.as_of)?;
    let asked = Listing { listing_no: Some(&request.listing_no), uscc: None, after: "", limit: 1 };
    let found = as_of(it, store::list(it.store.pool(), &asked).await?, day).await?;
    found.into_iter().next().ok_or_else(|| Failure::new(&reason::UNKNOWN_LISTING).on("listing_no"))
}

/// Listings on the wire; where no maximum period is in force on the day, they have no last day.
async fn as_of(
    it: &Registry,
    listings: Vec<CreditListing>,
    day: Date,
) -> Result<Vec<pb::CreditListing>, Failure> {
    let rules = it.rules.active(it.store.pool()).await?;
    let wire = |listing: CreditListing| {
        let maximum = Maximum::in_force(&rules.table, listing.decision.grade, day).ok();
        message(listing, day, maximum)
    };
    Ok(listings.into_iter().map(wire).collect())
}

async fn list(
    it: &Registry,
    request: Request<pb::ListListingsRequest>,
) -> Result<pb::ListListingsResponse, Failure> {
    let (call, request) = opened(request)?;
    let query = pb::ListListingsRequest { page_size: 0, page_token: String::new(), ..request.clone() };
    let page = it.store.page::<String>(query, (request.page_size, &request.page_token), 100)?;
    let day = it.store.as_of(&call, "as_of", &request.as_of)?;
    let uscc: Option<Uscc> = it.code_if_any(&call, "uscc", &request.uscc)?;
    let after = page.after.as_deref().unwrap_or_default();
    let asked = Listing { listing_no: None, uscc, after, limit: page.limit() };
    let found = store::list(it.store.pool(), &asked).await?;
    let (found, next_page_token) =
        it.store.cut(&page, found, |listing| listing.decision.listing_no.clone())?;
    Ok(pb::ListListingsResponse { listings: as_of(it, found, day).await?, next_page_token })
}

async fn list_repairs(
    it: &Registry,
    request: Request<pb::ListRepairsRequest>,
) -> Result<pb::ListRepairsResponse, Failure> {
    let (call, request) = opened(request)?;
    let query = pb::ListRepairsRequest { page_size: 0, page_token: String::new(), ..request.clone() };
    let page = it.store.page::<Place>(query, (request.page_size, &request.page_token), 100)?;
    let asked = Listed {
        decision: RepairDecision::from_wire(request.decision),
        day: it.store.as_of(&call, "as_of", &request.as_of)?,
        after: page.after.as_ref(),
        limit: page.limit(),
    };
    let found = store::list_repairs(it.store.pool(), &asked).await?;
    let (found, next_page_token) = it.store.cut(&page, found, Place::of)?;
    Ok(pb::ListRepairsResponse { repairs: found.into_iter().map(repair_message).collect(), next_page_token })
}

async fn count(
    it: &Registry,
    request: Request<pb::CountListingsRequest>,
) -> Result<pb::CountListingsResponse, Failure> {
    let (call, request) = opened(request)?;
    let day = it.store.as_of(&call, "as_of", &request.as_of)?;
    let repaired_from = day_if_any("repaired_from", &request.repaired_from)?;
    let rules = it.rules.active(it.store.pool()).await?;
    let maximum = |grade| Maximum::in_force(&rules.table, grade, day);
    let maxima = (maximum(CreditGrade::General)?, maximum(CreditGrade::Serious)?);
    let count = store::count(it.store.pool(), day, maxima, repaired_from).await?;
    Ok(pb::CountListingsResponse {
        live: count.live,
        repaired: count.repaired,
        repaired_entities: count.repaired_entities,
    })
}
