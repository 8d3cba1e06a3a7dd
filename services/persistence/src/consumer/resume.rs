//! Beginning anew with a producer that was put back to an earlier copy. Its feed is another one from some position
//! on that nobody knows; so what was learnt is forgotten and learnt again from the beginning.

use std::sync::Arc;

use canopy_kernel::{Failure, reason};
use canopy_platform::Call;
use canopy_proto::common::v1::{ResumeFeedRequest, ResumeFeedResponse};

use super::standing::went_back;
use super::{Consumer, cursor};
use crate::audit::Transition;
use crate::feed::Bookmark;
use crate::parking;
use crate::store::Write;
use crate::tx::Tx;

/// What a decision is carried out on.
struct Anew {
    consumer: Consumer,
    /// Where it stands.
    left: Bookmark,
    /// Whether the producer says that this is no place of its feed.
    went_back: bool,
    reason: String,
}

/// Carries out an operator's decision to follow a feed anew, as an idempotent write.
pub async fn resume(
    consumers: &[Consumer],
    request: tonic::Request<ResumeFeedRequest>,
) -> Result<ResumeFeedResponse, Failure> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    canopy_platform::check(&request)?;
    let consumer = consumers
        .iter()
        .find(|it| it.producer() == request.producer)
        .cloned()
        .ok_or_else(|| Failure::new(&reason::UNKNOWN_FEED).on("producer"))?;
    let left = consumer.cursor().await?;
    let went_back = consumer.went_back(&call, &left).await?;
    let write = Write::new("resume_feed", &request.request_id, &request);
    let anew = Anew { consumer: consumer.clone(), left, went_back, reason: request.reason };
    let store = consumer.0.store.clone();
    let done = store
        .write(&call, write, Ok(anew), |tx, anew: Arc<Anew>| Box::pin(async move { begin(tx, &anew).await }));
    let done = done.await?;
    consumer.0.standing.resume();
    Ok(done)
}

async fn begin(tx: &mut Tx, anew: &Anew) -> Result<ResumeFeedResponse, Failure> {
    if !anew.went_back {
        return Err(Failure::new(&reason::FEED_NOT_REWOUND).on("producer"));
    }
    let producer = anew.consumer.producer();
    cursor::begin_anew(tx, producer, &anew.left).await?;
    parking::forget(tx, producer).await?;
    anew.consumer.listener().forget(tx).await?;
    let effective_on = tx.today();
    tx.audit(Transition {
        aggregate: format!("feed/{producer}"),
        from: "REWOUND".to_owned(),
        to: "FOLLOWING".to_owned(),
        reason: anew.reason.clone(),
        rule_version: String::new(),
        effective_on,
    });
    Ok(ResumeFeedResponse { left: Some(anew.consumer.followed(anew.left.clone())) })
}

impl Consumer {
    /// Asks the producer whether where this service stands is no place of its feed.
    async fn went_back(&self, call: &Call, at: &Bookmark) -> Result<bool, Failure> {
        match self.0.feed.list(call, at.next()).await {
            Ok(_) => Ok(false),
            Err(failure) if went_back(&failure) => Ok(true),
            Err(failure) => Err(failure),
        }
    }
}
