//! The outbox: events written in the transaction of the change they tell of.

use canopy_kernel::Failure;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use uuid::Uuid;

use crate::db;
use crate::tx::Tx;

/// Version of the events' meaning that this build writes.
pub const SCHEMA_VERSION: i32 = 1;

/// An event as an operation states it.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    /// Full name of the payload's message.
    pub kind: String,
    /// Name of the aggregate.
    pub aggregate: String,
    /// Version of the aggregate after the change.
    pub version: i64,
    /// Day from which the fact counts.
    pub effective_on: Date,
    /// Encoded message.
    pub payload: Vec<u8>,
}

/// Writes the events of one transaction.
pub(crate) async fn insert(tx: &mut Tx, events: &[Event]) -> Result<(), Failure> {
    if events.is_empty() {
        return Ok(());
    }
    let recorded_at = tx.recorded_at();
    let ids: Vec<Uuid> =
        events.iter().map(|_| canopy_kernel::id::EventId::at(recorded_at).as_uuid()).collect();
    let kinds: Vec<String> = events.iter().map(|it| it.kind.clone()).collect();
    let aggregates: Vec<String> = events.iter().map(|it| it.aggregate.clone()).collect();
    let versions: Vec<i64> = events.iter().map(|it| it.version).collect();
    let days: Vec<jiff_sqlx::Date> = events.iter().map(|it| it.effective_on.to_sqlx()).collect();
    let payloads: Vec<Vec<u8>> = events.iter().map(|it| it.payload.clone()).collect();
    let traceparent = tx.call().traceparent().unwrap_or_default().to_owned();
    let agency = tx.actor().agency.clone();
    sqlx::query!(
        r#"
        insert into platform.outbox
            (id, type, schema_version, aggregate, aggregate_version, effective_on, recorded_at, traceparent,
             agency, payload)
        select r.id, r.type, $2, r.aggregate, r.aggregate_version, r.effective_on, $3, $4, $5, r.payload
        from unnest($1::uuid[], $6::text[], $7::text[], $8::bigint[], $9::date[], $10::bytea[])
            as r (id, type, aggregate, aggregate_version, effective_on, payload)
        "#,
        &ids,
        SCHEMA_VERSION,
        recorded_at.to_sqlx(),
        traceparent,
        agency,
        &kinds,
        &aggregates,
        &versions,
        &days,
        &payloads,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}
