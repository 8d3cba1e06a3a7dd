//! The RPCs about declared interests, and their messages.

use canopy_kernel::id::InterestId;
use canopy_kernel::{Failure, reason};
use canopy_persistence::Write;
use canopy_persistence::edge::named;
use canopy_platform::Call;
use canopy_proto::commissioner::v1 as pb;
use tonic::Request;

use super::model::{Interest, Stake};
use super::{Declare, store};
use crate::broker::require_self;
use crate::edge::{Desk, day, day_if_any, day_text, opened};
use crate::matching::model::Proposer;
use crate::matching::rpc::numbers;
use crate::party;

fn message(interest: Interest) -> pb::Interest {
    let kind = match interest.stake {
        Stake::Employer(_) => pb::InterestKind::Employer,
        Stake::Shareholder(_) => pb::InterestKind::Shareholder,
        Stake::Inventor(_) => pb::InterestKind::Inventor,
    };
    let (commissioner_no, broker_no) = numbers(interest.holder);
    pb::Interest {
        name: interest.id.to_string(),
        commissioner_no,
        kind: kind.into(),
        uscc: interest.stake.organisation().map(|uscc| uscc.to_string()).unwrap_or_default(),
        achievement: interest.stake.achievement().map(|id| id.to_string()).unwrap_or_default(),
        from_on: interest.from_on.to_string(),
        to_on: day_text(interest.to_on),
        broker_no,
    }
}

/// Reads whose interests a request is about: one of the two numbers is stated.
fn holder(commissioner_no: String, broker_no: String) -> Result<Proposer, Failure> {
    match (commissioner_no.is_empty(), broker_no.is_empty()) {
        (false, true) => Ok(Proposer::Commissioner(commissioner_no)),
        (true, false) => Ok(Proposer::Broker(broker_no)),
        (true, true) => Err(Failure::new(&reason::FIELD_MISSING).on("commissioner_no")),
        (false, false) => Err(Failure::new(&reason::FIELD_INVALID)
            .on("broker_no")
            .with("rule", "empty beside commissioner_no")),
    }
}

async fn read(it: &Desk, call: &Call, request: pb::DeclareInterestRequest) -> Result<Declare, Failure> {
    let holder = holder(request.commissioner_no.clone(), request.broker_no.clone())?;
    let stake = match request.kind() {
        pb::InterestKind::Employer => {
            Stake::Employer(party::anywhere(it, call, "uscc", &request.uscc).await?)
        }
        pb::InterestKind::Shareholder => {
            Stake::Shareholder(party::anywhere(it, call, "uscc", &request.uscc).await?)
        }
        pb::InterestKind::Inventor => Stake::Inventor(named("achievement", &request.achievement)?),
        pb::InterestKind::Unspecified => return Err(Failure::new(&reason::ENUM_UNKNOWN).on("kind")),
    };
    Ok(Declare {
        holder,
        stake,
        from_on: day("from_on", &request.from_on)?,
        to_on: day_if_any("to_on", &request.to_on)?,
    })
}

pub(crate) async fn declare(
    it: &Desk,
    request: Request<pb::DeclareInterestRequest>,
) -> Result<pb::Interest, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("declare_interest", &request.request_id, &request).validate_only(request.validate_only);
    let command = read(it, &call, request).await;
    it.store
        .write(&call, write, command, |tx, command| {
            Box::pin(async move { super::declare(tx, &command).await.map(message) })
        })
        .await
}

pub(crate) async fn list(
    it: &Desk,
    request: Request<pb::ListInterestsRequest>,
) -> Result<pb::ListInterestsResponse, Failure> {
    let (call, request) = opened(request)?;
    let holder = holder(request.commissioner_no, request.broker_no)?;
    require_self(call.actor(), &holder)?;
    let query = ("interests", &holder);
    let page = it.store.page::<InterestId>(query, (request.page_size, &request.page_token), 100)?;
    let found = store::list(it.store.pool(), &holder, page.after, page.limit()).await?;
    let (found, next_page_token) = it.store.cut(&page, found, |interest| interest.id)?;
    Ok(pb::ListInterestsResponse { interests: found.into_iter().map(message).collect(), next_page_token })
}
