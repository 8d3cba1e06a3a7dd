//! Following another service's feed: each event takes effect once, because the position applied moves in the
//! transaction of the effect.

use std::sync::Arc;
use std::time::Duration;

use canopy_kernel::{Failure, reason};
use canopy_platform::Call;
use canopy_proto::common::v1::{Envelope, SubscribeRequest};
use futures::future::BoxFuture;
use tokio::sync::watch;

use crate::feed::FeedClient;
use crate::store::Store;
use crate::tx::Tx;
use crate::{db, ensure_one, parking};

/// How often an event that fails for its own sake is tried before it is parked.
const ATTEMPTS: i32 = 3;
/// Pause before the producer is tried again.
const RECONNECT: Duration = Duration::from_millis(300);

/// What a service does with another's events.
pub trait Listener: Send + Sync + 'static {
    /// Applies events in their order, set-based where it can. Types it does not know it leaves alone. A failure
    /// undoes the whole batch; the events are then tried one by one.
    fn apply<'t>(&'t self, tx: &'t mut Tx, events: &'t [Envelope]) -> BoxFuture<'t, Result<(), Failure>>;
}

/// A feed that this service follows. Cheap to clone.
#[derive(Clone)]
pub struct Consumer(Arc<Inner>);

struct Inner {
    store: Store,
    feed: FeedClient,
    listener: Arc<dyn Listener>,
    applied: watch::Sender<i64>,
    rewound: watch::Sender<bool>,
}

impl Consumer {
    /// A consumer; it follows once [`Consumer::run`] runs.
    pub fn new(store: Store, feed: FeedClient, listener: Arc<dyn Listener>) -> Consumer {
        let (applied, rewound) = (watch::Sender::new(-1), watch::Sender::new(false));
        Consumer(Arc::new(Inner { store, feed, listener, applied, rewound }))
    }

    /// The service that is followed.
    pub fn producer(&self) -> &'static str {
        self.0.feed.producer()
    }

    pub(crate) fn listener(&self) -> Arc<dyn Listener> {
        self.0.listener.clone()
    }

    /// Follows until the shutdown is told. A producer that was put back stops it for good with FEED_REWOUND;
    /// anything else is tried again.
    pub async fn run(self, mut shutdown: watch::Receiver<bool>) {
        loop {
            let ended = tokio::select! {
                ended = self.follow() => ended,
                _ = shutdown.wait_for(|stop| *stop) => return,
            };
            if let Err(failure) = ended {
                if failure.reason().name == reason::FEED_REWOUND.name {
                    tracing::error!(feed.producer = self.producer(), %failure, "the feed was put back; stopped");
                    self.0.rewound.send_replace(true);
                    return;
                }
                tracing::debug!(feed.producer = self.producer(), %failure, "feed interrupted, tried again");
            }
            tokio::select! {
                () = tokio::time::sleep(RECONNECT) => {}
                _ = shutdown.wait_for(|stop| *stop) => return,
            }
        }
    }

    /// Waits until everything that the producer had answered before this call is applied here.
    pub async fn catch_up(&self, call: &Call, within: Duration) -> Result<i64, Failure> {
        let head = self.0.feed.head(call, true).await?;
        let mut applied = self.0.applied.subscribe();
        let mut rewound = self.0.rewound.subscribe();
        let reached = async {
            tokio::select! {
                _ = applied.wait_for(|position| *position >= head.position) => Ok(head.position),
                _ = rewound.wait_for(|rewound| *rewound) => Err(Failure::new(&reason::FEED_REWOUND)),
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
        let (mut epoch, mut position) = self.cursor().await?;
        self.0.applied.send_replace(position);
        let call = self.call();
        let request = SubscribeRequest { after_position: position, epoch: epoch.clone() };
        let mut pieces = self.0.feed.subscribe(&call, request).await?;
        while let Some(piece) = pieces.message().await.map_err(|status| self.0.feed.failure(status))? {
            let Some(head) = piece.head else { continue };
            if epoch.is_empty() {
                epoch = head.epoch.clone();
                self.adopt(&epoch).await?;
            }
            if head.epoch != epoch {
                return Err(Failure::new(&reason::FEED_REWOUND));
            }
            if let Some(last) = piece.events.last().map(|it| it.position) {
                self.take(position, piece.events).await?;
                position = last;
            }
            self.0.applied.send_replace(position);
        }
        Ok(())
    }

    /// Applies a batch; if it fails for its own sake, one by one, and parks what keeps failing.
    async fn take(&self, after: i64, events: Vec<Envelope>) -> Result<(), Failure> {
        let events = Arc::new(events);
        match self.apply(after, events.clone()).await {
            Err(failure) if is_own_fault(&failure) && events.len() > 1 => {
                let mut at = after;
                for event in events.iter() {
                    self.take_one(at, event).await?;
                    at = event.position;
                }
                Ok(())
            }
            Err(failure) if is_own_fault(&failure) => self.take_one(after, &events[0]).await,
            outcome => outcome,
        }
    }

    async fn take_one(&self, after: i64, event: &Envelope) -> Result<(), Failure> {
        let mut attempts = 0;
        loop {
            attempts += 1;
            match self.apply(after, Arc::new(vec![event.clone()])).await {
                Err(failure) if is_own_fault(&failure) && attempts < ATTEMPTS => {}
                Err(failure) if is_own_fault(&failure) => {
                    tracing::error!(feed.producer = self.producer(), event.id = event.id, %failure, "event parked");
                    return self.park(after, event.clone(), attempts, failure.reason().name).await;
                }
                outcome => return outcome,
            }
        }
    }

    async fn apply(&self, after: i64, events: Arc<Vec<Envelope>>) -> Result<(), Failure> {
        let (store, call, consumer) = (&self.0.store, self.call(), self.clone());
        store
            .job_tx(&call, "apply_events", move |tx| {
                let (consumer, events) = (consumer.clone(), events.clone());
                Box::pin(async move {
                    let last = events.last().map_or(after, |it| it.position);
                    let events = parking::park_behind(tx, consumer.producer(), &events).await?;
                    if !events.is_empty() {
                        consumer.0.listener.apply(tx, &events).await?;
                    }
                    advance(tx, consumer.producer(), after, last).await
                })
            })
            .await
    }

    async fn park(
        &self,
        after: i64,
        event: Envelope,
        attempts: i32,
        why: &'static str,
    ) -> Result<(), Failure> {
        let (producer, event) = (self.producer(), Arc::new(event));
        self.0
            .store
            .job_tx(&self.call(), "park_event", move |tx| {
                let event = event.clone();
                Box::pin(async move {
                    parking::park(tx, producer, std::slice::from_ref(&*event), attempts, why).await?;
                    advance(tx, producer, after, event.position).await
                })
            })
            .await
    }

    fn call(&self) -> Call {
        Call::internal(self.0.store.service(), "follow_feed", None, *self.0.store.clock())
    }

    /// Where this service stands; ("", 0) before the first event.
    async fn cursor(&self) -> Result<(String, i64), Failure> {
        let row =
            sqlx::query!("select epoch, position from platform.cursor where producer = $1", self.producer())
                .fetch_optional(self.0.store.pool())
                .await
                .map_err(db)?;
        Ok(row.map_or((String::new(), 0), |row| (row.epoch, row.position)))
    }

    /// Enters the epoch that is followed from now on.
    async fn adopt(&self, epoch: &str) -> Result<(), Failure> {
        sqlx::query!(
            r#"
            insert into platform.cursor (producer, epoch, position)
            values ($1, $2, 0)
            on conflict (producer) do nothing
            "#,
            self.producer(),
            epoch,
        )
        .execute(self.0.store.pool())
        .await
        .map_err(db)?;
        Ok(())
    }
}

/// Moves the cursor, which must stand where this process thinks it does: another process may follow too.
async fn advance(tx: &mut Tx, producer: &str, from: i64, to: i64) -> Result<(), Failure> {
    let moved = sqlx::query!(
        "update platform.cursor set position = $3 where producer = $1 and position = $2",
        producer,
        from,
        to,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    ensure_one(moved)
}

/// True when trying the event again later would not help by itself: not for an outage or a conflict.
fn is_own_fault(failure: &Failure) -> bool {
    use canopy_kernel::Code;
    !matches!(failure.code(), Code::Unavailable | Code::Aborted | Code::DeadlineExceeded | Code::Cancelled)
}
