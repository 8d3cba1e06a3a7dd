//! How this process gets on with a feed that it follows, as operators see it: in the log, as a gauge, by RPC.

use canopy_kernel::{Failure, reason};
use canopy_proto::common::v1::{FollowedFeed, FollowedFeedState, ListFollowedFeedsResponse};
use opentelemetry::KeyValue;
use opentelemetry::metrics::Gauge;
use tokio::sync::watch;

use super::Consumer;
use crate::feed::Bookmark;

/// Gauge by producer: 1 while its feed has gone back and nothing is applied.
const REWOUND: &str = "canopy.feed.rewound";

/// How it gets on with one feed.
pub(super) struct Standing {
    producer: &'static str,
    state: watch::Sender<FollowedFeedState>,
    rewound: Gauge<u64>,
}

impl Standing {
    /// Before the first contact.
    pub(super) fn new(producer: &'static str) -> Standing {
        let meter = opentelemetry::global::meter("canopy");
        let rewound =
            meter.u64_gauge(REWOUND).with_description("1 while a followed feed has gone back").build();
        Standing { producer, state: watch::Sender::new(FollowedFeedState::Interrupted), rewound }
    }

    /// Enters how following went: on, or ended by a failure. What went back is told once, loudly.
    pub(super) fn enter(&self, ended: Option<&Failure>) {
        let state = match ended {
            None => FollowedFeedState::Following,
            Some(failure) if went_back(failure) => FollowedFeedState::Rewound,
            // An outage does not make a feed whole that went back.
            Some(_) if self.is_rewound() => FollowedFeedState::Rewound,
            Some(_) => FollowedFeedState::Interrupted,
        };
        let before = self.state.send_replace(state);
        let is_rewound = state == FollowedFeedState::Rewound;
        self.rewound.record(u64::from(is_rewound), &[KeyValue::new("feed.producer", self.producer)]);
        let Some(failure) = ended else { return };
        if is_rewound && before != state {
            tracing::error!(feed.producer = self.producer, %failure, "the feed went back; nothing is applied");
        } else {
            tracing::debug!(feed.producer = self.producer, %failure, "feed interrupted, tried again");
        }
    }

    /// After an operator's decision to begin anew.
    pub(super) fn resume(&self) {
        self.state.send_replace(FollowedFeedState::Interrupted);
    }

    pub(super) fn is_rewound(&self) -> bool {
        *self.state.borrow() == FollowedFeedState::Rewound
    }

    /// Resolves when the feed has gone back.
    pub(super) async fn rewound(&self) {
        self.reach(|state| state == FollowedFeedState::Rewound).await;
    }

    /// Resolves when an operator has resumed a feed that went back; never for one that did not.
    pub(super) async fn resumed(&self) {
        self.rewound().await;
        self.reach(|state| state != FollowedFeedState::Rewound).await;
    }

    async fn reach(&self, wanted: impl Fn(FollowedFeedState) -> bool) {
        // Fails only without a sender, which is here.
        let _ = self.state.subscribe().wait_for(|state| wanted(*state)).await;
    }
}

pub(super) fn went_back(failure: &Failure) -> bool {
    failure.reason().name == reason::FEED_REWOUND.name
}

impl Consumer {
    /// Where this service stands in the feed, and how it gets on.
    pub(super) fn followed(&self, at: Bookmark) -> FollowedFeed {
        let state = *self.0.standing.state.borrow();
        FollowedFeed {
            producer: self.producer().to_owned(),
            epoch: at.epoch,
            position: at.position,
            state: state.into(),
        }
    }
}

/// Lists the feeds that a service follows.
pub async fn list(consumers: &[Consumer]) -> Result<ListFollowedFeedsResponse, Failure> {
    let mut feeds = Vec::new();
    for consumer in consumers {
        feeds.push(consumer.followed(consumer.cursor().await?));
    }
    feeds.sort_by(|one, other| one.producer.cmp(&other.producer));
    Ok(ListFollowedFeedsResponse { feeds })
}
