//! `Store`: a service's database, and the one way to write to it: a named transaction that is idempotent,
//! audited, retried on conflicts and out of reach of a caller that hangs up.

use std::sync::Arc;
use std::time::Duration;

use canopy_kernel::clock::local_day;
use canopy_kernel::{Clock, Code, Failure, reason};
use canopy_platform::Call;
use futures::future::BoxFuture;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, Executor, PgPool};
use tokio::sync::Notify;
use tracing::Instrument;

use crate::config::DatabaseSettings;
use crate::crypt::Crypt;
use crate::db;
use crate::error::{broke_within, is_conflict};
use crate::idempotency::{self, Answer, Key};
use crate::merkle::LogSigner;
use crate::tx::Tx;

/// How often a transaction that met a conflict is tried in all.
const ATTEMPTS: u32 = 8;
/// A connection that rested so long is asked whether it still lives; one that was used a moment ago showed it then.
const RESTED: Duration = Duration::from_millis(500);

/// A service's database. Cheap to clone.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    service: &'static str,
    reads: PgPool,
    writes: PgPool,
    clock: Clock,
    zone: TimeZone,
    crypt: Crypt,
    signer: LogSigner,
    news: Notify,
    sequenced: Notify,
    due: Notify,
}

/// A unary write: its name (metric label and span), its key and its body.
#[derive(Clone, Debug)]
pub struct Write {
    name: &'static str,
    request_id: String,
    digest: Vec<u8>,
    external_ref: String,
    validate_only: bool,
}

impl Write {
    /// A write named for its operation, keyed by the request's id over the request's body.
    pub fn new(name: &'static str, request_id: &str, request: &impl prost::Message) -> Write {
        Write {
            name,
            request_id: request_id.to_owned(),
            digest: idempotency::digest(request),
            external_ref: String::new(),
            validate_only: false,
        }
    }

    /// Only checks: whatever the work writes is undone and nothing is remembered.
    pub fn validate_only(self, validate_only: bool) -> Write {
        Write { validate_only, ..self }
    }

    /// Keeps the importer's own reference with the answer.
    pub fn external_ref(self, external_ref: &str) -> Write {
        Write { external_ref: external_ref.to_owned(), ..self }
    }
}

impl Store {
    /// Opens the database of a service, refusing a schema that this build does not know.
    pub async fn open(
        settings: &DatabaseSettings,
        service: &'static str,
        clock: Clock,
        zone: TimeZone,
        migrator: &sqlx::migrate::Migrator,
    ) -> Result<Store, Failure> {
        let options: PgConnectOptions = settings.url.parse().map_err(db)?;
        let reads = pool_options(settings.max_connections).connect_lazy_with(options.clone());
        let writes = guarded(pool_options(settings.max_connections)).connect_lazy_with(options);
        crate::migrate::require_known_schema(&reads, service, migrator).await?;
        Ok(Store(Arc::new(Inner {
            service,
            reads,
            writes,
            clock,
            zone,
            crypt: Crypt::open(&settings.crypt_folder)?,
            signer: LogSigner::open(&settings.log_key_file, service)?,
            news: Notify::new(),
            sequenced: Notify::new(),
            due: Notify::new(),
        })))
    }

    /// The pool for single statements: no transaction begins on it, so it needs no guard.
    pub fn pool(&self) -> &PgPool {
        &self.0.reads
    }

    /// The pool on which transactions begin.
    pub(crate) fn writes(&self) -> &PgPool {
        &self.0.writes
    }

    /// Lets go of the database.
    pub(crate) async fn close(&self) {
        self.0.writes.close().await;
        self.0.reads.close().await;
    }

    /// The service that owns the database.
    pub fn service(&self) -> &'static str {
        self.0.service
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// The suite's time zone.
    pub fn zone(&self) -> &TimeZone {
        &self.0.zone
    }

    /// Keys for personal columns, blind indexes and page tokens.
    pub fn crypt(&self) -> &Crypt {
        &self.0.crypt
    }

    /// The key that signs checkpoints.
    pub(crate) fn signer(&self) -> &LogSigner {
        &self.0.signer
    }

    /// The local day of an instant.
    pub fn day_of(&self, instant: Timestamp) -> Date {
        local_day(instant, &self.0.zone)
    }

    /// True when the database answers.
    pub async fn is_up(&self) -> bool {
        self.0.reads.execute("select 1").await.is_ok()
    }

    /// Tells the sequencer and the jobs of this process that there is something to do.
    pub(crate) fn wake(&self, news: bool, due: bool) {
        if news {
            self.0.news.notify_one();
        }
        if due {
            self.0.due.notify_one();
        }
    }

    /// Waits until this process has written audit rows or events, or the time has passed.
    pub(crate) async fn news(&self, at_most: Duration) {
        let _ = tokio::time::timeout(at_most, self.0.news.notified()).await;
    }

    /// Tells readers of the feed in this process that there are new positions.
    pub(crate) fn sequenced(&self) {
        self.0.sequenced.notify_waiters();
    }

    /// Waits until this process has sequenced events, or the time has passed.
    pub(crate) async fn sequenced_news(&self, at_most: Duration) {
        let _ = tokio::time::timeout(at_most, self.0.sequenced.notified()).await;
    }

    /// Waits until this process has scheduled work, or the time has passed.
    pub(crate) async fn due(&self, at_most: Duration) {
        let _ = tokio::time::timeout(at_most, self.0.due.notified()).await;
    }

    /// Does a unary write in one named transaction. The same request gets the same bytes; a final refusal is
    /// stored after the rollback and repeated word for word; conflicts are tried again. The work runs in a task
    /// of its own, so a caller that hangs up leaves all of it or nothing.
    ///
    /// `command` is what the request was read into, or why it could not be read: such a refusal is remembered like
    /// any other.
    pub async fn write<C, R, W>(
        &self,
        call: &Call,
        write: Write,
        command: Result<C, Failure>,
        work: W,
    ) -> Result<R, Failure>
    where
        C: Send + Sync + 'static,
        R: prost::Message + Default + 'static,
        W: for<'t> Fn(&'t mut Tx, Arc<C>) -> BoxFuture<'t, Result<R, Failure>> + Send + Sync + 'static,
    {
        let command = match command {
            Err(failure) if write.validate_only || !is_remembered(&failure) => return Err(failure),
            command => command.map(Arc::new),
        };
        let key = Key::new(call, &write.request_id, write.digest, &write.external_ref)?;
        let (store, call) = (self.clone(), call.clone());
        let validate_only = write.validate_only;
        detached(write.name, async move {
            retried(write.name, || {
                let (store, call, key, command, work) = (&store, &call, &key, &command, &work);
                async move {
                    if validate_only {
                        return store.only_validate(call, |tx| decided(tx, command.clone(), work)).await;
                    }
                    store.write_once(call, key, |tx| decided(tx, command.clone(), work)).await
                }
            })
            .await
        })
        .await
    }

    /// The answer given to that write before; `None` when it is fresh. Who asks another service before the transaction
    /// asks here first, so that what was answered once is not asked for again.
    pub async fn answered<R>(&self, call: &Call, write: &Write) -> Result<Option<R>, Failure>
    where
        R: prost::Message + Default,
    {
        if write.validate_only {
            return Ok(None);
        }
        let key = Key::new(call, &write.request_id, write.digest.clone(), &write.external_ref)?;
        let mut conn = self.pool().acquire().await.map_err(db)?;
        idempotency::given(&mut conn, &key).await?.map(read_answer).transpose()
    }

    async fn write_once<R, W>(&self, call: &Call, key: &Key, work: W) -> Result<R, Failure>
    where
        R: prost::Message + Default,
        W: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<R, Failure>>,
    {
        let mut tx = Tx::claiming(self, call).await?;
        let now = tx.recorded_at();
        if let Some(before) = idempotency::claim(tx.conn(), key, now).await? {
            return read_answer(before);
        }
        match work(&mut tx).await {
            Ok(reply) => {
                tx.answer(key.request_id, reply.encode_to_vec());
                tx.commit().await?;
                Ok(reply)
            }
            Err(failure) => {
                tx.rollback().await?;
                if failure.is_final() {
                    let mut conn = self.pool().acquire().await.map_err(db)?;
                    idempotency::refuse(&mut conn, key, &failure, now).await?;
                }
                Err(failure)
            }
        }
    }

    async fn only_validate<R, W>(&self, call: &Call, work: W) -> Result<R, Failure>
    where
        W: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<R, Failure>>,
    {
        let mut tx = Tx::begin(self, call).await?;
        let outcome = work(&mut tx).await;
        tx.rollback().await?;
        outcome
    }

    /// Does a write that no caller keyed (a job, a listener): one named transaction, audited and telling, tried
    /// again on conflicts. What makes it happen once is in the work itself: a cursor, a dated row, a guard.
    pub async fn job_tx<R, W>(&self, call: &Call, name: &'static str, work: W) -> Result<R, Failure>
    where
        R: Send + 'static,
        W: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<R, Failure>> + Send + Sync + 'static,
    {
        let (store, call) = (self.clone(), call.clone());
        detached(name, async move {
            retried(name, || async {
                let mut tx = Tx::begin(&store, &call).await?;
                match work(&mut tx).await {
                    Ok(outcome) => tx.commit().await.map(|()| outcome),
                    Err(failure) => {
                        tx.rollback().await?;
                        Err(failure)
                    }
                }
            })
            .await
        })
        .await
    }
}

/// Whether a refusal met in reading a request is stored: not what may pass later, and not what is refused to who asks
/// (here or by a service that was asked meanwhile), since that says nothing of the request.
pub fn is_remembered(failure: &Failure) -> bool {
    failure.is_final() && !matches!(failure.code(), Code::PermissionDenied | Code::Unauthenticated)
}

/// An answer given before, as it was.
fn read_answer<R: prost::Message + Default>(before: Answer) -> Result<R, Failure> {
    match before {
        Answer::Reply(bytes) => {
            R::decode(bytes.as_slice()).map_err(|error| Failure::new(&reason::INTERNAL).because(error))
        }
        Answer::Refusal(failure) => Err(failure),
    }
}

/// Does the work on what was read; of what could not be read, the refusal is the outcome.
fn decided<'t, C, R, W>(
    tx: &'t mut Tx,
    command: Result<Arc<C>, Failure>,
    work: &W,
) -> BoxFuture<'t, Result<R, Failure>>
where
    W: Fn(&'t mut Tx, Arc<C>) -> BoxFuture<'t, Result<R, Failure>>,
{
    match command {
        Ok(command) => work(tx, command),
        Err(failure) => Box::pin(async move { Err(failure) }),
    }
}

/// A pool. A connection is asked whether it lives only when there is doubt: under load, asking each time would be a
/// third of the way of a read.
fn pool_options(max_connections: u32) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(max_connections)
        .acquire_timeout(Duration::from_secs(5))
        .test_before_acquire(false)
        .before_acquire(|conn, meta| {
            Box::pin(async move {
                if meta.idle_for >= RESTED || broke_within(meta.idle_for) {
                    conn.ping().await?;
                }
                Ok(true)
            })
        })
}

/// The pool, guarded against transactions that a dropped future left open on a pooled connection: without the
/// guard such a connection swallows the next caller's committed write (transact-rs/sqlx#4385).
fn guarded(options: PgPoolOptions) -> PgPoolOptions {
    options.after_release(|conn, _| {
        Box::pin(async move {
            // `begin` warns inside an open transaction and `rollback` ends it; an error closes the connection.
            conn.execute("begin; rollback").await?;
            Ok(true)
        })
    })
}

/// Runs the work in a task of its own, which a caller that hangs up cannot stop half-way.
pub(crate) async fn detached<R: Send + 'static>(
    name: &'static str,
    work: impl Future<Output = Result<R, Failure>> + Send + 'static,
) -> Result<R, Failure> {
    let span = tracing::info_span!("db.transaction", db.transaction.name = name);
    match tokio::spawn(work.instrument(span)).await {
        Ok(outcome) => outcome,
        Err(error) => Err(Failure::new(&reason::INTERNAL).because(error)),
    }
}

/// Tries a transaction again while it meets conflicts.
pub(crate) async fn retried<R, F, Fut>(name: &'static str, once: F) -> Result<R, Failure>
where
    F: Fn() -> Fut,
    Fut: Future<Output = Result<R, Failure>>,
{
    let mut attempt = 1;
    loop {
        match once().await {
            Err(failure) if is_conflict(&failure) && attempt < ATTEMPTS => {
                tracing::debug!(db.transaction.name = name, attempt, %failure, "conflict, tried again");
                let jitter = u64::from(rand::random::<u8>()) / 8;
                tokio::time::sleep(Duration::from_millis((5 << attempt.min(6)) + jitter)).await;
                attempt += 1;
            }
            outcome => return outcome,
        }
    }
}
