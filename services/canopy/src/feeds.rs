//! The feeds that the services of a running suite follow: how they get on, and an operator's decision to follow one
//! anew after its producer was put back.

use std::time::Duration;

use anyhow::Context as _;
use canopy_kernel::Clock;
use canopy_proto::common::v1::{
    FollowedFeed, ListFollowedFeedsRequest, ListFollowedFeedsResponse, ResumeFeedRequest, ResumeFeedResponse,
};
use clap::Args;
use prost::Message;

use crate::replay::desk::Desk;
use crate::replay::link::{Ask, Link};
use crate::replay::people::OPERATOR;
use crate::suite::{Folder, SERVICES, Service};

/// Which feed is followed anew, and why.
#[derive(Debug, Args)]
pub struct Resume {
    /// Service that follows.
    service: String,
    /// Service whose feed it follows.
    producer: String,
    /// Why, in words; kept in the audit log.
    #[arg(long)]
    reason: String,
}

/// Has a service of the running suite follow a feed anew.
#[expect(clippy::print_stdout, reason = "what was done")]
pub async fn resume(folder: &Folder, asked: &Resume) -> anyhow::Result<bool> {
    let service = Service::named(&asked.service)?;
    let request = ResumeFeedRequest {
        request_id: decision().to_string(),
        producer: asked.producer.clone(),
        reason: asked.reason.clone(),
    };
    let answer = ask(folder, &folder.address()?, service, "ResumeFeed", &request).await?;
    let left: FollowedFeed = ResumeFeedResponse::decode(answer)?.left.unwrap_or_default();
    println!("{} stood at {} of epoch {}", service.name, left.position, left.epoch);
    println!("and follows the feed of {} from its beginning.", left.producer);
    Ok(true)
}

/// Each run of the command is a decision of its own.
fn decision() -> uuid::Uuid {
    let now = Clock::System.now().as_nanosecond().to_be_bytes();
    uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, &now)
}

/// The feeds that each service follows; none where no suite answers.
pub async fn followed(folder: &Folder) -> Vec<(&'static str, FollowedFeed)> {
    let Ok(address) = folder.address() else { return Vec::new() };
    let mut found = Vec::new();
    for service in SERVICES {
        let asked = ask(folder, &address, service, "ListFollowedFeeds", &ListFollowedFeedsRequest {}).await;
        let Ok(Ok(answer)) = asked.map(ListFollowedFeedsResponse::decode) else { continue };
        found.extend(answer.feeds.into_iter().map(|feed| (service.name, feed)));
    }
    found
}

async fn ask(
    folder: &Folder,
    address: &str,
    service: &Service,
    method: &str,
    message: &impl Message,
) -> anyhow::Result<prost::bytes::Bytes> {
    let link = Link::new(address, Desk::new(folder.issuer()?, Clock::System), Duration::ZERO)?;
    let path = format!("/canopy.{}.v1.OperationsService/{method}", service.name);
    let ask = Ask { path: &path, by: &OPERATOR, at: None, body: message.encode_to_vec().into() };
    link.get(&ask).await.with_context(|| format!("ask {}", service.name))
}
