//! `canopy doctor`: what the suite needs on this machine, and whether it is here; and, while a suite runs, how its
//! services get on with the feeds that they follow.

use canopy_proto::common::v1::FollowedFeedState;
use comfy_table::Table;

use crate::feeds;
use crate::suite::{Folder, prerequisites};

/// Prints what is here and what is missing. True when nothing is missing and every feed is followed.
pub async fn run(folder: &Folder) -> anyhow::Result<bool> {
    let complete = needed(folder);
    Ok(feeds_are_followed(folder).await && complete)
}

#[expect(clippy::print_stdout, reason = "the table is what the command is for")]
fn needed(folder: &Folder) -> bool {
    let mut table = Table::new();
    table.set_header(["needed", "found"]);
    let mut complete = true;
    for (needed, found) in prerequisites(folder) {
        complete &= found.is_ok();
        let found = found.unwrap_or_else(|error| format!("missing: {error:#}"));
        table.add_row([needed.to_owned(), found]);
    }
    println!("{table}");
    complete
}

#[expect(clippy::print_stdout, reason = "the table is what the command is for")]
async fn feeds_are_followed(folder: &Folder) -> bool {
    let feeds = feeds::followed(folder).await;
    if feeds.is_empty() {
        return true;
    }
    let mut table = Table::new();
    table.set_header(["service", "follows", "epoch", "position", "state"]);
    for (service, feed) in &feeds {
        let position = feed.position.to_string();
        let state = match feed.state() {
            FollowedFeedState::Following => "following",
            FollowedFeedState::Interrupted => "interrupted, tried again",
            FollowedFeedState::Rewound => "went back: nothing is applied until `canopy resume-feed`",
            FollowedFeedState::Unspecified => "unknown",
        };
        table.add_row([service, feed.producer.as_str(), &feed.epoch, &position, state]);
    }
    println!("{table}");
    feeds.iter().all(|(_, feed)| feed.state() == FollowedFeedState::Following)
}
