//! What a transaction collects while it works and writes just before its commit: the reply under its idempotency key,
//! audit rows, events and dated work. One statement, since each round trip costs as much as a write.

use canopy_kernel::Failure;
use canopy_kernel::id::{EventId, RequestId};
use canopy_platform::Call;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::audit::{self, AuditRow, Transition};
use crate::db;
use crate::outbox::{Event, SCHEMA_VERSION};

/// What was collected.
#[derive(Default)]
pub(crate) struct Closing {
    /// The claimed key and the encoded reply; none for a write that no caller keyed.
    pub(crate) answer: Option<(Uuid, Vec<u8>)>,
    pub(crate) transitions: Vec<Transition>,
    pub(crate) events: Vec<Event>,
    pub(crate) due: Vec<Due>,
}

/// Work for a job at an instant of the business axis.
pub(crate) struct Due {
    pub(crate) kind: &'static str,
    pub(crate) key: String,
    pub(crate) due_at: Timestamp,
}

impl Closing {
    /// Whether the sequencer has something to do.
    pub(crate) fn has_news(&self) -> bool {
        !self.transitions.is_empty() || !self.events.is_empty()
    }

    /// Whether a job may have something to do.
    pub(crate) fn has_due(&self) -> bool {
        !self.due.is_empty()
    }

    /// Writes it all.
    pub(crate) async fn write(
        self,
        conn: &mut PgConnection,
        call: &Call,
        recorded_at: Timestamp,
    ) -> Result<(), Failure> {
        if self.answer.is_none() && !self.has_news() && !self.has_due() {
            return Ok(());
        }
        let actor = call.actor();
        let (request_id, reply) = self.answer.unzip();
        let audited = Audited::of(audit::rows(call, recorded_at, self.transitions));
        let told = Told::of(self.events, recorded_at);
        let due = Dated::of(self.due, recorded_at);
        sqlx::query_file!(
            "src/closing.sql",
            actor.caller_key(),
            call.method(),
            request_id,
            reply,
            recorded_at.to_sqlx(),
            actor.agency,
            actor.person.as_deref().unwrap_or_default(),
            &audit::roles(actor),
            &audited.ids,
            &audited.aggregates,
            &audited.from,
            &audited.to,
            &audited.reasons,
            &audited.rule_versions,
            &audited.days,
            &audited.leaves,
            &told.ids,
            SCHEMA_VERSION,
            call.traceparent().unwrap_or_default(),
            &told.kinds,
            &told.aggregates,
            &told.versions,
            &told.days,
            &told.payloads,
            &due.ids,
            &due.kinds as _,
            &due.keys,
            &due.instants,
        )
        .execute(conn)
        .await
        .map_err(db)?;
        Ok(())
    }
}

/// Audit rows as columns.
#[derive(Default)]
struct Audited {
    ids: Vec<Uuid>,
    aggregates: Vec<String>,
    from: Vec<String>,
    to: Vec<String>,
    reasons: Vec<String>,
    rule_versions: Vec<String>,
    days: Vec<jiff_sqlx::Date>,
    leaves: Vec<Vec<u8>>,
}

impl Audited {
    fn of(rows: Vec<AuditRow>) -> Self {
        let mut columns = Self::default();
        for row in rows {
            columns.ids.push(row.id);
            columns.leaves.push(row.leaf().to_vec());
            columns.days.push(row.transition.effective_on.to_sqlx());
            columns.aggregates.push(row.transition.aggregate);
            columns.from.push(row.transition.from);
            columns.to.push(row.transition.to);
            columns.reasons.push(row.transition.reason);
            columns.rule_versions.push(row.transition.rule_version);
        }
        columns
    }
}

/// Events as columns.
#[derive(Default)]
struct Told {
    ids: Vec<Uuid>,
    kinds: Vec<String>,
    aggregates: Vec<String>,
    versions: Vec<i64>,
    days: Vec<jiff_sqlx::Date>,
    payloads: Vec<Vec<u8>>,
}

impl Told {
    fn of(events: Vec<Event>, recorded_at: Timestamp) -> Self {
        let mut columns = Self::default();
        for event in events {
            columns.ids.push(EventId::at(recorded_at).as_uuid());
            columns.kinds.push(event.kind);
            columns.aggregates.push(event.aggregate);
            columns.versions.push(event.version);
            columns.days.push(event.effective_on.to_sqlx());
            columns.payloads.push(event.payload);
        }
        columns
    }
}

/// Dated work as columns.
#[derive(Default)]
struct Dated {
    ids: Vec<Uuid>,
    kinds: Vec<&'static str>,
    keys: Vec<String>,
    instants: Vec<jiff_sqlx::Timestamp>,
}

impl Dated {
    fn of(due: Vec<Due>, recorded_at: Timestamp) -> Self {
        let mut columns = Self::default();
        for work in due {
            columns.ids.push(RequestId::at(recorded_at).as_uuid());
            columns.kinds.push(work.kind);
            columns.keys.push(work.key);
            columns.instants.push(work.due_at.to_sqlx());
        }
        columns
    }
}
