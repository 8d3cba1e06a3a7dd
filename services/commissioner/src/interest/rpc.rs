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
use crate::broker::require_own;
use crate::edge::{Desk, day, day_if_any, day_text, opened};
use crate::party;

fn message(interest: Interest) -> pb::Interest {
    let kind = match interest.stake {
        Stake::Employer(_) => pb::InterestKind::Employer,
        Stake::Shareholder(_) => pb::InterestKind::Shareholder,
        Stake::Inventor(_) => pb::InterestKind::Inventor,
    };
    pb::Interest {
        name: interest.id.to_string(),
        commissioner_no: interest.commissioner,
        kind: kind.into(),
        uscc: interest.stake.organisation().map(|uscc| uscc.to_string()).unwrap_or_default(),
        achievement: interest.stake.achievement().map(|id| id.to_string()).unwrap_or_default(),
        from_on: interest.from_on.to_string(),
        to_on: day_text(interest.to_on),
    }
}

async fn read(it: &Desk, call: &Call, request: pb::DeclareInterestRequest) -> Result<Declare, Failure> {
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
        commissioner: request.commissioner_no,
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
    require_own(call.actor(), &request.commissioner_no)?;
    let query = ("interests", &request.commissioner_no);
    let page = it.store.page::<InterestId>(query, (request.page_size, &request.page_token), 100)?;
    let found = store::list(it.store.pool(), &request.commissioner_no, page.after, page.limit()).await?;
    let (found, next_page_token) = it.store.cut(&page, found, |interest| interest.id)?;
    Ok(pb::ListInterestsResponse { interests: found.into_iter().map(message).collect(), next_page_token })
}
