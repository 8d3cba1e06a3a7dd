//! Following another service's feed: each event takes effect once, because the position applied moves in the
//! transaction of the effect.

mod cursor;
mod resume;
mod standing;

use std::sync::Arc;
use std::time::Duration;

use canopy_kernel::{Failure, reason};
use canopy_platform::Call;
use canopy_proto::common::v1::Envelope;
use futures::future::BoxFuture;
use tokio::sync::watch;

use crate::feed::{Bookmark, FeedClient};
use crate::parking;
use crate::store::Store;
use crate::tx::Tx;

pub use resume::resume;
use standing::Standing;
pub use standing::list;

/// How often an event that fails for its own sake is tried before it is parked.
const ATTEMPTS: i32 = 3;
/// Pause before the producer is tried again.
const RECONNECT: Duration = Duration::from_millis(300);
/// Pause before a producer that was put back is looked at again, for one that is put right by itself.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// What a service does with another's events.
pub trait Listener: Send + Sync + 'static {
    /// Applies events in their order, set-based where it can. Types it does not know it leaves alone. A failure
    /// undoes the whole batch; the events are then tried one by one.
    fn apply<'t>(&'t self, tx: &'t mut Tx, events: &'t [Envelope]) -> BoxFuture<'t, Result<(), Failure>>;

    /// Forgets what was learnt, since the producer was put back and tells it again from the beginning. What was
    /// decided on it stays.
    fn forget<'t>(&'t self, tx: &'t mut Tx) -> BoxFuture<'t, Result<(), Failure>>;
}

/// A feed that this service follows. Cheap to clone.
#[derive(Clone)]
pub struct Consumer(Arc<Inner>);

struct Inner {
    store: Store,
    feed: FeedClient,
    listener: Arc<dyn Listener>,
    applied: watch::Sender<Bookmark>,
    standing: Standing,
}

impl Consumer {
    /// A consumer; it follows once [`Consumer::run`] runs.
    pub fn new(store: Store, feed: FeedClient, listener: Arc<dyn Listener>) -> Consumer {
        let (applied, standing) = (watch::Sender::default(), Standing::new(feed.producer()));
        Consumer(Arc::new(Inner { store, feed, listener, applied, standing }))
    }

    /// The service that is followed.
    pub fn producer(&self) -> &'static str {
        self.0.feed.producer()
    }

    pub(crate) fn listener(&self) -> Arc<dyn Listener> {
        self.0.listener.clone()
    }

    /// Follows until the shutdown is told. From a producer that was put back nothing is applied any more, until an
    /// operator resumes; anything else is tried again.
    pub async fn run(self, mut shutdown: watch::Receiver<bool>) {
        loop {
            let ended = tokio::select! {
                ended = self.follow() => ended,
                _ = shutdown.wait_for(|stop| *stop) => return,
            };
            self.0.standing.enter(ended.err().as_ref());
            let pause = if self.0.standing.is_rewound() { LOOK_AGAIN } else { RECONNECT };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.0.standing.resumed() => {}
                _ = shutdown.wait_for(|stop| *stop) => return,
            }
        }
    }

    /// Waits until everything that the producer had answered before this call is applied here.
    pub async fn catch_up(&self, call: &Call, within: Duration) -> Result<i64, Failure> {
        let before = self.0.applied.borrow().clone();
        let head = self.0.feed.head(call, true).await?;
        if before.epoch == head.epoch && before.position > head.position {
            // Not noticed by the stream yet.
            return Err(Failure::new(&reason::FEED_REWOUND));
        }
        let mut applied = self.0.applied.subscribe();
        let caught_up = |at: &Bookmark| at.epoch == head.epoch && at.position >= head.position;
        let reached = async {
            tokio::select! {
                // What is known to be put back decides, whatever the positions say.
                biased;
                () = self.0.standing.rewound() => Err(Failure::new(&reason::FEED_REWOUND)),
                _ = applied.wait_for(caught_up) => Ok(head.position),
            }
        };
        match tokio::time::timeout(within, reached).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Failure::new(&reason::FEED_BEHIND)
                .with("service", self.producer())
                .retry_after(Duration::from_millis(500))),
        }
    }

    async fn follow(&self) -> Result<(), Failure> {
        let mut at = self.cursor().await?;
        self.0.applied.send_replace(at.clone());
        let call = self.call();
        let mut pieces = self.0.feed.subscribe(&call, at.subscribe()).await?;
        while let Some(piece) = pieces.message().await.map_err(|status| self.0.feed.failure(status))? {
            let Some(head) = piece.head else { continue };
            if at.epoch.is_empty() {
                at.epoch.clone_from(&head.epoch);
                self.adopt(&at.epoch).await?;
            }
            if head.epoch != at.epoch {
                return Err(Failure::new(&reason::FEED_REWOUND));
            }
            self.0.standing.enter(None);
            if let Some(last) = piece.events.last() {
                let next = Bookmark::at(last)?;
                self.take(at, piece.events).await?;
                at = next;
            }
            self.0.applied.send_replace(at.clone());
        }
        Err(Failure::new(&reason::SERVICE_DOWN).with("service", self.producer()).because("the stream ended"))
    }

    /// Applies a batch; if it fails for its own sake, one by one, and parks what keeps failing.
    async fn take(&self, at: Bookmark, events: Vec<Envelope>) -> Result<(), Failure> {
        let events = Arc::new(events);
        match self.apply(at.clone(), events.clone()).await {
            Err(failure) if is_own_fault(&failure) && events.len() > 1 => {
                let mut at = at;
                for event in events.iter() {
                    self.take_one(&at, event).await?;
                    at = Bookmark::at(event)?;
                }
                Ok(())
            }
            Err(failure) if is_own_fault(&failure) => self.take_one(&at, &events[0]).await,
            outcome => outcome,
        }
    }

    async fn take_one(&self, at: &Bookmark, event: &Envelope) -> Result<(), Failure> {
        let mut attempts = 0;
        loop {
            attempts += 1;
            match self.apply(at.clone(), Arc::new(vec![event.clone()])).await {
                Err(failure) if is_own_fault(&failure) && attempts < ATTEMPTS => {}
                Err(failure) if is_own_fault(&failure) => {
                    tracing::error!(feed.producer = self.producer(), event.id = event.id, %failure, "event parked");
                    return self.park(at.clone(), event.clone(), attempts, failure.reason().name).await;
                }
                outcome => return outcome,
            }
        }
    }

    async fn apply(&self, at: Bookmark, events: Arc<Vec<Envelope>>) -> Result<(), Failure> {
        let (store, call, consumer) = (&self.0.store, self.call(), self.clone());
        let to = events.last().map_or(Ok(at.clone()), Bookmark::at)?;
        store
            .job_tx(&call, "apply_events", move |tx| {
                let (consumer, events) = (consumer.clone(), events.clone());
                let (at, to) = (at.clone(), to.clone());
                Box::pin(async move {
                    let events = parking::park_behind(tx, consumer.producer(), &events).await?;
                    if !events.is_empty() {
                        consumer.0.listener.apply(tx, &events).await?;
                    }
                    cursor::advance(tx, consumer.producer(), &at, &to).await
                })
            })
            .await
    }

    async fn park(
        &self,
        at: Bookmark,
        event: Envelope,
        attempts: i32,
        why: &'static str,
    ) -> Result<(), Failure> {
        let (producer, to) = (self.producer(), Bookmark::at(&event)?);
        let event = Arc::new(event);
        self.0
            .store
            .job_tx(&self.call(), "park_event", move |tx| {
                let (event, at, to) = (event.clone(), at.clone(), to.clone());
                Box::pin(async move {
                    parking::park(tx, producer, std::slice::from_ref(&*event), attempts, why).await?;
                    cursor::advance(tx, producer, &at, &to).await
                })
            })
            .await
    }

    fn call(&self) -> Call {
        Call::internal(self.0.store.service(), "follow_feed", None, *self.0.store.clock())
    }
}

/// True when trying the event again later would not help by itself: not for an outage or a conflict.
fn is_own_fault(failure: &Failure) -> bool {
    use canopy_kernel::Code;
    !matches!(failure.code(), Code::Unavailable | Code::Aborted | Code::DeadlineExceeded | Code::Cancelled)
}
