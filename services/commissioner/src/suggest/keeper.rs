//! Keeps the index current: it follows this service's own feed and reads anew every demand and achievement that an
//! event is about. Whatever is missed or lost, the index is made anew from the database.

use std::pin::pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use canopy_kernel::id::{AchievementId, DemandId};
use canopy_kernel::{Failure, reason};
use canopy_persistence::{Store, feed};
use canopy_proto::common::v1::{Envelope, GetFeedHeadRequest, SubscribeRequest};
use futures::StreamExt as _;

use super::index::{Entry, Mark, Writer};
use super::model::Side;
use super::{Suggest, SuggestSettings, store};

/// Least time between two commits: each writes to the disk, so many small changes at once make one.
const COMMIT_EVERY: Duration = Duration::from_millis(250);
/// Pieces of the feed that may make one commit.
const PIECES: usize = 16;
/// Pause after a failure.
const PAUSE: Duration = Duration::from_secs(1);
/// Records of one piece when the index is made anew.
const PIECE: i64 = 1000;
/// Events that may pass without a commit when none of them is about what is indexed.
const UNMARKED: i64 = 10_000;

/// Keeps the index of a process.
pub(crate) struct Keeper {
    store: Store,
    suggest: Suggest,
}

impl Keeper {
    /// The keeper of that index.
    pub fn new(store: Store, suggest: Suggest) -> Self {
        Self { store, suggest }
    }

    /// Follows until it is dropped or the store is closed.
    pub async fn run(self) {
        let mut anew = false;
        loop {
            if let Err(error) = self.follow(anew).await {
                if self.store.pool().is_closed() {
                    // The server has stopped.
                    return;
                }
                let rewound = |failure: &Failure| failure.reason() == &reason::FEED_REWOUND;
                anew = error.downcast_ref::<Failure>().is_some_and(rewound);
                tracing::warn!(
                    error = format!("{error:#}"),
                    index.anew = anew,
                    "index not kept; trying again"
                );
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    async fn follow(&self, anew: bool) -> anyhow::Result<()> {
        let writer = Arc::new(Mutex::new(self.suggest.0.finder.writer()?));
        let mark = match self.suggest.0.finder.mark().filter(|_| !anew) {
            Some(mark) => mark,
            None => rebuild(&self.store, &writer).await?,
        };
        self.reached(mark.position);
        let mut committed = mark.position;
        let (after_position, epoch) = (mark.position, mark.epoch.clone());
        let request = SubscribeRequest { after_position, epoch, ..Default::default() };
        let mut pieces = pin!(feed::subscribe(self.store.clone(), request).await?.ready_chunks(PIECES));
        while let Some(ready) = pieces.next().await {
            let mut events = Vec::new();
            for piece in ready {
                events.extend(piece?.events);
            }
            let Some(last) = events.last() else { continue };
            let entries = self.entries(&events).await?;
            let changed = !entries.is_empty();
            if changed || last.position - committed >= UNMARKED {
                commit(&writer, entries, Mark::new(mark.epoch.clone(), last.position)).await?;
                committed = last.position;
            }
            self.reached(last.position);
            if changed {
                tokio::time::sleep(COMMIT_EVERY).await;
            }
        }
        Ok(())
    }

    fn reached(&self, position: i64) {
        self.suggest.0.position.store(position, Ordering::Release);
    }

    /// The records that events are about, as they are now.
    async fn entries(&self, events: &[Envelope]) -> Result<Vec<Entry>, Failure> {
        let about = |event: &Envelope| event.aggregate.clone();
        let mut names: Vec<String> = events.iter().map(about).collect();
        names.sort_unstable();
        names.dedup();
        let demands: Vec<_> = names.iter().filter_map(|name| name.parse::<DemandId>().ok()).collect();
        let achievements: Vec<_> =
            names.iter().filter_map(|name| name.parse::<AchievementId>().ok()).collect();
        let demands: Vec<_> = demands.into_iter().map(|id| id.as_uuid()).collect();
        let achievements: Vec<_> = achievements.into_iter().map(|id| id.as_uuid()).collect();
        let mut entries = store::texts(self.store.pool(), Side::Demand, &demands).await?;
        entries.extend(store::texts(self.store.pool(), Side::Achievement, &achievements).await?);
        Ok(entries)
    }
}

/// Makes the index of a folder anew, while no server keeps it.
pub(crate) async fn reindex(store: &Store, settings: &SuggestSettings) -> anyhow::Result<()> {
    ensure!(
        !settings.folder.as_os_str().is_empty(),
        "suggest.folder names no folder: the index is in memory"
    );
    let suggest = Suggest::open(settings)?;
    let writer = Arc::new(Mutex::new(suggest.0.finder.writer()?));
    rebuild(store, &writer).await?;
    Ok(())
}

/// Makes the index anew from the database. What is told meanwhile is taken again behind the place noted first.
async fn rebuild(store: &Store, writer: &Arc<Mutex<Writer>>) -> anyhow::Result<Mark> {
    let head = feed::head(store, &GetFeedHeadRequest { flush: false }).await?;
    let mark = Mark::new(head.epoch, head.position);
    on(writer, |writer| writer.clear()).await?;
    for side in [Side::Demand, Side::Achievement] {
        let mut after = None;
        loop {
            let entries = store::page(store.pool(), side, after, PIECE).await?;
            let Some(last) = entries.last() else { break };
            after = Some(last.id);
            on(writer, move |writer| writer.put(&entries)).await?;
        }
    }
    commit(writer, Vec::new(), mark.clone()).await?;
    tracing::info!(index.position = mark.position, "index made anew");
    Ok(mark)
}

async fn commit(writer: &Arc<Mutex<Writer>>, entries: Vec<Entry>, mark: Mark) -> anyhow::Result<()> {
    on(writer, move |writer| {
        writer.put(&entries)?;
        writer.commit(&mark)
    })
    .await
}

/// Works on the index where it may block.
async fn on(
    writer: &Arc<Mutex<Writer>>,
    work: impl FnOnce(&mut Writer) -> anyhow::Result<()> + Send + 'static,
) -> anyhow::Result<()> {
    let writer = writer.clone();
    let done =
        tokio::task::spawn_blocking(move || work(&mut writer.lock().unwrap_or_else(PoisonError::into_inner)));
    done.await.context("index task")?
}
