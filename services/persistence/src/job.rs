//! Work on a clock: dated rows that a leased job scans. Its now is the system clock, in a try-out suite the day
//! that AdvanceTo opened; it acts at each row's own due instant.

use std::sync::Arc;
use std::time::Duration;

use canopy_kernel::clock::start_of_day;
use canopy_kernel::{Failure, date, reason};
use canopy_platform::Call;
use canopy_proto::common::v1::{AdvanceToRequest, AdvanceToResponse};
use futures::future::BoxFuture;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use jiff_sqlx::ToSqlx;
use tokio::sync::watch;
use uuid::Uuid;

use crate::consumer::Consumer;
use crate::db;
use crate::lease::Lease;
use crate::store::Store;

/// Most rows handed to a job at once.
const BATCH: i64 = 500;
/// How long the loop waits for work scheduled by this process before it looks anyway.
const POLL: Duration = Duration::from_millis(250);
/// How long AdvanceTo waits for the feeds that this service follows.
const CATCH_UP: Duration = Duration::from_secs(60);

/// A dated row.
#[derive(Clone, Debug)]
pub struct DueItem {
    /// The row's id.
    pub id: Uuid,
    /// What it is about.
    pub key: String,
    /// The instant at which the job acts.
    pub due_at: Timestamp,
    /// How often it was tried before.
    pub attempts: i32,
}

/// A kind of work on a clock. It is idempotent: a row may be handed over again after a crash.
pub trait Job: Send + Sync + 'static {
    /// The rows that it works off.
    fn kind(&self) -> &'static str;

    /// Works off rows of one local day, at most 500. In the transaction of each effect the row is finished
    /// (`Tx::finish_due`) or postponed (`Tx::postpone_due`); rows left untouched are handed over again.
    fn run<'a>(&'a self, store: &'a Store, items: Vec<DueItem>) -> BoxFuture<'a, Result<(), Failure>>;
}

/// The jobs of a service. Cheap to clone.
#[derive(Clone)]
pub struct Jobs(Arc<Inner>);

struct Inner {
    store: Store,
    jobs: Vec<Arc<dyn Job>>,
    tryout: bool,
}

impl Jobs {
    /// The jobs; they work once [`Jobs::run`] runs.
    pub fn new(store: Store, jobs: Vec<Arc<dyn Job>>, tryout: bool) -> Jobs {
        Jobs(Arc::new(Inner { store, jobs, tryout }))
    }

    /// Works until the shutdown is told. Failures are logged and tried again.
    pub async fn run(self, mut shutdown: watch::Receiver<bool>) {
        let lease = Lease::new("jobs");
        while !*shutdown.borrow() {
            match self.turn(&lease).await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(failure) => tracing::warn!(%failure, "a job failed, tried again"),
            }
            tokio::select! {
                () = self.0.store.due(POLL) => {}
                _ = shutdown.changed() => {}
            }
        }
        if let Err(failure) = lease.release(&self.0.store).await {
            tracing::warn!(%failure, "the jobs' lease was not given back");
        }
    }

    /// One turn under the lease; true when a job had rows.
    async fn turn(&self, lease: &Lease) -> Result<bool, Failure> {
        if self.0.jobs.is_empty() || !lease.hold(&self.0.store).await? {
            return Ok(false);
        }
        let now = self.now().await?;
        let mut worked = false;
        for job in &self.0.jobs {
            let items = self.due(job.kind(), now).await?;
            if !items.is_empty() {
                worked = true;
                job.run(&self.0.store, items).await?;
            }
        }
        Ok(worked)
    }

    /// The jobs' now: the end of the open day in a try-out suite that has one, else the system clock.
    async fn now(&self) -> Result<Timestamp, Failure> {
        let open_day = sqlx::query_scalar!("select open_day from platform.installation")
            .fetch_one(self.0.store.pool())
            .await
            .map_err(db)?;
        match open_day {
            Some(day) if self.0.tryout => end_of_day(&self.0.store, day.to_jiff()),
            _ => Ok(self.0.store.clock().now()),
        }
    }

    /// Open rows of a kind that are due, the oldest first, all of the first one's local day.
    async fn due(&self, kind: &str, now: Timestamp) -> Result<Vec<DueItem>, Failure> {
        let rows = sqlx::query!(
            r#"
            select id, key, due_at, attempts
            from platform.due_work
            where kind = $1 and done_at is null and due_at <= $2 and not_before <= $3
            order by due_at, id
            limit $4
            "#,
            kind,
            now.to_sqlx(),
            self.0.store.clock().now().to_sqlx(),
            BATCH,
        )
        .fetch_all(self.0.store.pool())
        .await
        .map_err(db)?;
        let mut items: Vec<DueItem> = rows
            .into_iter()
            .map(|row| DueItem {
                id: row.id,
                key: row.key,
                due_at: row.due_at.to_jiff(),
                attempts: row.attempts,
            })
            .collect();
        if let Some(day) = items.first().map(|it| self.0.store.day_of(it.due_at)) {
            items.retain(|it| self.0.store.day_of(it.due_at) == day);
        }
        Ok(items)
    }

    /// Opens a day and waits until the work due by its end is done. What other services told before is applied
    /// first, since it may make work due.
    pub async fn advance_to(
        &self,
        call: &Call,
        consumers: &[Consumer],
        request: &AdvanceToRequest,
    ) -> Result<AdvanceToResponse, Failure> {
        if !self.0.tryout {
            return Err(Failure::new(&reason::NOT_A_TRYOUT_SUITE));
        }
        let day = date::parse(&request.day).map_err(|failure| failure.on("day"))?;
        for consumer in consumers {
            consumer.catch_up(call, CATCH_UP).await?;
        }
        let before = self.open_day(day).await?;
        let until = end_of_day(&self.0.store, day)?;
        let mut pause = Duration::from_millis(5);
        while self.open_rows(until).await? > 0 {
            self.0.store.wake(false, true);
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(100));
        }
        let open = sqlx::query_scalar!("select open_day from platform.installation")
            .fetch_one(self.0.store.pool())
            .await
            .map_err(db)?;
        let done = self.done_rows(until).await? - before;
        Ok(AdvanceToResponse { day: open.map_or(day, |it| it.to_jiff()).to_string(), done })
    }

    /// Opens the day unless a later one is open; the answer is how many rows were done by then.
    async fn open_day(&self, day: Date) -> Result<i64, Failure> {
        let done = self.done_rows(end_of_day(&self.0.store, day)?).await?;
        sqlx::query!(
            "update platform.installation set open_day = greatest(open_day, $1) where service = $2",
            day.to_sqlx(),
            self.0.store.service(),
        )
        .execute(self.0.store.pool())
        .await
        .map_err(db)?;
        Ok(done)
    }

    async fn open_rows(&self, until: Timestamp) -> Result<i64, Failure> {
        sqlx::query_scalar!(
            r#"select count(*) as "count!" from platform.due_work where done_at is null and due_at <= $1"#,
            until.to_sqlx(),
        )
        .fetch_one(self.0.store.pool())
        .await
        .map_err(db)
    }

    async fn done_rows(&self, until: Timestamp) -> Result<i64, Failure> {
        sqlx::query_scalar!(
            r#"select count(*) as "count!" from platform.due_work where done_at is not null and due_at <= $1"#,
            until.to_sqlx(),
        )
        .fetch_one(self.0.store.pool())
        .await
        .map_err(db)
    }
}

/// The last instant of a local day.
fn end_of_day(store: &Store, day: Date) -> Result<Timestamp, Failure> {
    let next = day.saturating_add(1.day());
    let start = start_of_day(next, store.zone())?;
    Ok(start.saturating_sub(1.microsecond()).unwrap_or(start))
}
