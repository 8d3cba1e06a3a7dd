//! `canopy renew-epoch`: what an operator does after putting the database of a service back to an earlier copy.

use anyhow::Context as _;
use canopy_persistence::migrate::renew_epoch;

use crate::suite::{Databases, Folder, Service};

/// Gives the feed of a service a new epoch, whether the suite runs or not.
#[expect(clippy::print_stdout, reason = "what was done, and what is left to do")]
pub async fn run(folder: &Folder, service: &str) -> anyhow::Result<bool> {
    let service = Service::named(service)?;
    let databases = Databases::open(folder).await?;
    let renewed = renew_epoch(&databases.url(service.name)?, service.name).await;
    databases.close().await?;
    let (left, epoch) = renewed.with_context(|| format!("database of {}", service.name))?;
    println!("The feed of {} leaves epoch {left}; it is {epoch} from now on.", service.name);
    println!("Who follows it stops until an operator resumes there: `canopy resume-feed`.");
    Ok(true)
}
