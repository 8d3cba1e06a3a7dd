//! `Tx`: one transaction, with the caller, the instants and what it will tell (audit, events, dated work).

use canopy_kernel::{Actor, Failure};
use canopy_platform::Call;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, Postgres, Transaction};
use uuid::Uuid;

use crate::audit::Transition;
use crate::closing::{Closing, Due};
use crate::crypt::Crypt;
use crate::db;
use crate::outbox::Event;
use crate::store::Store;

/// A transaction of the service's database. Audit rows, events and dated work are collected and written
/// together just before the commit.
pub struct Tx {
    inner: Transaction<'static, Postgres>,
    store: Store,
    call: Call,
    recorded_at: Timestamp,
    closing: Closing,
}

impl Tx {
    /// Begins a transaction whose locks wait 5 s at most.
    pub(crate) async fn begin(store: &Store, call: &Call) -> Result<Tx, Failure> {
        Self::begin_with(store, call, "begin; set local lock_timeout = '5000ms'").await
    }

    /// Begins a transaction that claims an idempotency key first: the claim waits 250 ms at most, so that a second call
    /// in flight is told soon. It lifts that for what follows.
    pub(crate) async fn claiming(store: &Store, call: &Call) -> Result<Tx, Failure> {
        Self::begin_with(store, call, "begin; set local lock_timeout = '250ms'").await
    }

    async fn begin_with(store: &Store, call: &Call, statement: &'static str) -> Result<Tx, Failure> {
        let inner = store.writes().begin_with(statement).await.map_err(db)?;
        // Postgres keeps microseconds: what is hashed must be what is read back.
        let recorded_at = floor_to_micros(call.recorded_at());
        Ok(Tx { inner, store: store.clone(), call: call.clone(), recorded_at, closing: Closing::default() })
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
        self.closing.transitions.push(transition);
    }

    /// Tells an event; it is written to the outbox at the commit.
    pub fn emit<M>(&mut self, message: &M, aggregate: &str, version: i64, effective_on: Date)
    where
        M: prost::Message + prost::Name,
    {
        self.closing.events.push(Event {
            kind: M::full_name(),
            aggregate: aggregate.to_owned(),
            version,
            effective_on,
            payload: message.encode_to_vec(),
        });
    }

    /// Schedules work for a job at an instant of the business axis.
    pub fn schedule(&mut self, kind: &'static str, key: String, due_at: Timestamp) {
        self.closing.due.push(Due { kind, key, due_at });
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

    /// Answers the claimed key; the reply is written at the commit.
    pub(crate) fn answer(&mut self, request_id: Uuid, reply: Vec<u8>) {
        self.closing.answer = Some((request_id, reply));
    }

    /// Writes what was collected and commits.
    pub(crate) async fn commit(mut self) -> Result<(), Failure> {
        let (news, due) = (self.closing.has_news(), self.closing.has_due());
        self.closing.write(&mut self.inner, &self.call, self.recorded_at).await?;
        self.inner.commit().await.map_err(db)?;
        self.store.wake(news, due);
        Ok(())
    }

    /// Undoes everything.
    pub(crate) async fn rollback(self) -> Result<(), Failure> {
        self.inner.rollback().await.map_err(db)
    }
}

fn floor_to_micros(instant: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(instant.as_microsecond()).unwrap_or(instant)
}
