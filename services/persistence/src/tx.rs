//! `Tx`: one transaction, with the caller, the instants and what it will tell (audit, events, dated work).

use canopy_kernel::id::RequestId;
use canopy_kernel::{Actor, Failure};
use canopy_platform::Call;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, Postgres, Transaction};
use uuid::Uuid;

use crate::audit::{self, Transition};
use crate::crypt::Crypt;
use crate::db;
use crate::outbox::{self, Event};
use crate::store::Store;

/// A transaction of the service's database. Audit rows, events and dated work are collected and written
/// together just before the commit.
pub struct Tx {
    inner: Transaction<'static, Postgres>,
    store: Store,
    call: Call,
    recorded_at: Timestamp,
    transitions: Vec<Transition>,
    events: Vec<Event>,
    due: Vec<Due>,
}

struct Due {
    kind: &'static str,
    key: String,
    due_at: Timestamp,
}

impl Tx {
    /// Begins a transaction whose first lock waits 250 ms at most; claiming an idempotency key lifts that.
    pub(crate) async fn begin(store: &Store, call: &Call) -> Result<Tx, Failure> {
        let inner = store.pool().begin_with("begin; set local lock_timeout = '250ms'").await.map_err(db)?;
        // Postgres keeps microseconds: what is hashed must be what is read back.
        let recorded_at = floor_to_micros(call.recorded_at());
        Ok(Tx {
            inner,
            store: store.clone(),
            call: call.clone(),
            recorded_at,
            transitions: Vec::new(),
            events: Vec::new(),
            due: Vec::new(),
        })
    }

    /// The connection, for statements.
    pub fn conn(&mut self) -> &mut PgConnection {
        &mut self.inner
    }

    /// The call that this transaction serves.
    pub fn call(&self) -> &Call {
        &self.call
    }

    /// The caller.
    pub fn actor(&self) -> &Actor {
        self.call.actor()
    }

    /// The business instant.
    pub fn now(&self) -> Timestamp {
        self.call.now()
    }

    /// The business day in the suite's time zone.
    pub fn today(&self) -> Date {
        self.store.day_of(self.call.now())
    }

    /// The system instant, to the microsecond; one for the whole transaction.
    pub fn recorded_at(&self) -> Timestamp {
        self.recorded_at
    }

    /// The store, for its zone and keys.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Keys for personal columns.
    pub fn crypt(&self) -> &Crypt {
        self.store.crypt()
    }

    /// States a transition; its audit row is written at the commit.
    pub fn audit(&mut self, transition: Transition) {
        self.transitions.push(transition);
    }

    /// Tells an event; it is written to the outbox at the commit.
    pub fn emit<M>(&mut self, message: &M, aggregate: &str, version: i64, effective_on: Date)
    where
        M: prost::Message + prost::Name,
    {
        self.events.push(Event {
            kind: M::full_name(),
            aggregate: aggregate.to_owned(),
            version,
            effective_on,
            payload: message.encode_to_vec(),
        });
    }

    /// Schedules work for a job at an instant of the business axis.
    pub fn schedule(&mut self, kind: &'static str, key: String, due_at: Timestamp) {
        self.due.push(Due { kind, key, due_at });
    }

    /// Marks dated rows as done, in this transaction.
    pub async fn finish_due(&mut self, ids: &[Uuid]) -> Result<(), Failure> {
        let recorded_at = self.recorded_at;
        sqlx::query!(
            "update platform.due_work set done_at = $2, attempts = attempts + 1 where id = any($1)",
            ids,
            recorded_at.to_sqlx(),
        )
        .execute(self.conn())
        .await
        .map_err(db)?;
        Ok(())
    }

    /// Leaves dated rows open and tries them again after a while of the system clock.
    pub async fn postpone_due(&mut self, ids: &[Uuid], delay: std::time::Duration) -> Result<(), Failure> {
        let seconds = i64::try_from(delay.as_millis()).unwrap_or(i64::MAX).milliseconds();
        let not_before = self.recorded_at.saturating_add(seconds).unwrap_or(self.recorded_at);
        sqlx::query!(
            "update platform.due_work set not_before = $2, attempts = attempts + 1 where id = any($1)",
            ids,
            not_before.to_sqlx(),
        )
        .execute(self.conn())
        .await
        .map_err(db)?;
        Ok(())
    }

    /// Writes what was collected and commits.
    pub(crate) async fn commit(mut self) -> Result<(), Failure> {
        let rows = audit::rows(&self, &self.transitions);
        audit::insert(&mut self.inner, &rows).await?;
        let events = std::mem::take(&mut self.events);
        outbox::insert(&mut self, &events).await?;
        self.write_due().await?;
        let news = !rows.is_empty() || !events.is_empty();
        let due = !self.due.is_empty();
        self.inner.commit().await.map_err(db)?;
        self.store.wake(news, due);
        Ok(())
    }

    /// Undoes everything.
    pub(crate) async fn rollback(self) -> Result<(), Failure> {
        self.inner.rollback().await.map_err(db)
    }

    async fn write_due(&mut self) -> Result<(), Failure> {
        if self.due.is_empty() {
            return Ok(());
        }
        let recorded_at = self.recorded_at;
        let ids: Vec<Uuid> = self.due.iter().map(|_| RequestId::at(recorded_at).as_uuid()).collect();
        let kinds: Vec<String> = self.due.iter().map(|it| it.kind.to_owned()).collect();
        let keys: Vec<String> = self.due.iter().map(|it| it.key.clone()).collect();
        let instants: Vec<jiff_sqlx::Timestamp> = self.due.iter().map(|it| it.due_at.to_sqlx()).collect();
        sqlx::query!(
            r#"
            insert into platform.due_work (id, kind, key, due_at, not_before)
            select r.id, r.kind, r.key, r.due_at, $5
            from unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[]) as r (id, kind, key, due_at)
            "#,
            &ids,
            &kinds,
            &keys,
            &instants,
            recorded_at.to_sqlx(),
        )
        .execute(self.conn())
        .await
        .map_err(db)?;
        Ok(())
    }
}

fn floor_to_micros(instant: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(instant.as_microsecond()).unwrap_or(instant)
}
