//! `SigningService`: signed projects at the edge.

use canopy_kernel::{Failure, reason};
use canopy_persistence::Write;
use canopy_persistence::edge::named;
use canopy_platform::{Call, answer};
use canopy_proto::commissioner::v1 as pb;
use canopy_proto::commissioner::v1::signing_service_server::SigningService;
use tonic::{Request, Response, Status};

use super::Record;
use super::model::{amount, require_parties};
use super::store::{self, AsOf, Listing, Place};
use crate::contract::Parties;
use crate::edge::{Desk, day, day_if_any, opened};
use crate::party;
use crate::period::Period;

/// The service.
pub(crate) struct SigningRpc(pub(crate) Desk);

#[tonic::async_trait]
impl SigningService for SigningRpc {
    async fn record_signing(
        &self,
        request: Request<pb::RecordSigningRequest>,
    ) -> Result<Response<pb::Signing>, Status> {
        answer(record(&self.0, request).await)
    }

    async fn get_signing(
        &self,
        request: Request<pb::GetSigningRequest>,
    ) -> Result<Response<pb::Signing>, Status> {
        answer(get(&self.0, request).await)
    }

    async fn list_signings(
        &self,
        request: Request<pb::ListSigningsRequest>,
    ) -> Result<Response<pb::ListSigningsResponse>, Status> {
        answer(list(&self.0, request).await)
    }

    async fn count_signings(
        &self,
        request: Request<pb::CountSigningsRequest>,
    ) -> Result<Response<pb::CountSigningsResponse>, Status> {
        answer(count(&self.0, request).await)
    }
}

/// The signed project on the wire.
pub(crate) fn message(found: AsOf) -> pb::Signing {
    let AsOf { signing, contract } = found;
    let (contract_no, registered_on) = match contract {
        Some((number, on)) => (number, on.to_string()),
        None => Default::default(),
    };
    pb::Signing {
        name: signing.id.to_string(),
        signing_no: signing.number,
        event_no: signing.event,
        party_a_uscc: signing.parties.giver.to_string(),
        party_b_uscc: signing.parties.taker.to_string(),
        demand: signing.demand.map(|id| id.to_string()).unwrap_or_default(),
        achievement: signing.achievement.map(|id| id.to_string()).unwrap_or_default(),
        title: signing.title,
        amount_fen: signing.amount.get(),
        signed_on: signing.signed_on.to_string(),
        contract_no,
        registered_on,
        r#match: signing.settled.map(|id| id.to_string()).unwrap_or_default(),
        etag: signing.version.to_string(),
    }
}

/// Reads a signed project: first that both parties are named, then the amount, then the codes of the parties.
async fn read(it: &Desk, call: &Call, request: pb::RecordSigningRequest) -> Result<Record, Failure> {
    require_parties(&request.party_a_uscc, &request.party_b_uscc)?;
    let amount = amount(request.amount_fen)?;
    let parties = Parties {
        giver: party::anywhere(it, call, "party_a_uscc", &request.party_a_uscc).await?,
        taker: party::anywhere(it, call, "party_b_uscc", &request.party_b_uscc).await?,
    };
    Ok(Record {
        number: request.signing_no,
        event: request.event_no,
        parties,
        demand: request.demand,
        achievement: request.achievement,
        title: request.title,
        amount,
        signed_on: day("signed_on", &request.signed_on)?,
        external_ref: request.external_ref,
    })
}

async fn record(it: &Desk, request: Request<pb::RecordSigningRequest>) -> Result<pb::Signing, Failure> {
    let (call, request) = opened(request)?;
    let write = Write::new("record_signing", &request.request_id, &request)
        .validate_only(request.validate_only)
        .external_ref(&request.external_ref);
    let command = read(it, &call, request).await;
    it.store
        .write(&call, write, command, |tx, command| {
            Box::pin(async move { super::record(tx, &command).await.map(message) })
        })
        .await
}

async fn get(it: &Desk, request: Request<pb::GetSigningRequest>) -> Result<pb::Signing, Failure> {
    let (call, request) = opened(request)?;
    let day = it.store.as_of(&call, "as_of", &request.as_of)?;
    let found = store::find(it.store.pool(), &request.name, day).await?;
    found.map(message).ok_or_else(|| Failure::new(&reason::UNKNOWN_SIGNING).on("name"))
}

async fn list(
    it: &Desk,
    request: Request<pb::ListSigningsRequest>,
) -> Result<pb::ListSigningsResponse, Failure> {
    let (call, request) = opened(request)?;
    let query = pb::ListSigningsRequest { page_size: 0, page_token: String::new(), ..request.clone() };
    let page = it.store.page::<Place>(query, (request.page_size, &request.page_token), 100)?;
    let day = it.store.as_of(&call, "as_of", &request.as_of)?;
    let asked = Listing {
        from: day_if_any("from", &request.from)?,
        to: day_if_any("to", &request.to)?,
        demand: match request.demand.as_str() {
            "" => None,
            name => Some(named("demand", name)?),
        },
        after: page.after.as_ref(),
        limit: page.limit(),
        ..Listing::of(day)
    };
    let found = store::list(it.store.pool(), &asked).await?;
    let (found, next_page_token) = it.store.cut(&page, found, Place::of)?;
    Ok(pb::ListSigningsResponse { signings: found.into_iter().map(message).collect(), next_page_token })
}

async fn count(
    it: &Desk,
    request: Request<pb::CountSigningsRequest>,
) -> Result<pb::CountSigningsResponse, Failure> {
    let (call, request) = opened(request)?;
    let days = [&request.from, &request.to, &request.as_of, &request.known_at];
    let period = Period::read(it, &call, days.map(String::as_str))?;
    let counts = store::count(it.store.pool(), &period).await?;
    Ok(pb::CountSigningsResponse {
        projects: counts.projects,
        amount_fen: counts.amount_fen,
        frameworks: counts.frameworks,
        demands: counts.demands,
        registered: counts.registered,
    })
}
