//! The second phase: a reservation is posted or voided, once.

use canopy_kernel::{Failure, reason};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Kind, PostOrVoid, repeat};
use crate::{db, violates};

/// Posts reservations: what was pending is posted. It cannot break a cap, for the reservation counted already.
pub async fn post(
    conn: &mut PgConnection,
    asked: &[PostOrVoid],
    recorded_at: Timestamp,
) -> Result<(), Failure> {
    resolve(conn, Kind::Post, asked, recorded_at).await
}

/// Voids reservations: what was pending is free again.
pub async fn void(
    conn: &mut PgConnection,
    asked: &[PostOrVoid],
    recorded_at: Timestamp,
) -> Result<(), Failure> {
    resolve(conn, Kind::Void, asked, recorded_at).await
}

async fn resolve(
    conn: &mut PgConnection,
    kind: Kind,
    asked: &[PostOrVoid],
    recorded_at: Timestamp,
) -> Result<(), Failure> {
    if asked.is_empty() {
        return Ok(());
    }
    let booked = write(conn, kind, asked, recorded_at).await?;
    if usize::try_from(booked) == Ok(asked.len()) {
        return Ok(());
    }
    repeat::same_resolutions(conn, kind, asked).await
}

/// How many it booked; the rest stood there already, or may not be booked.
async fn write(
    conn: &mut PgConnection,
    kind: Kind,
    asked: &[PostOrVoid],
    recorded_at: Timestamp,
) -> Result<i64, Failure> {
    let ids: Vec<Uuid> = asked.iter().map(|it| it.id.as_uuid()).collect();
    let pending: Vec<Uuid> = asked.iter().map(|it| it.pending.as_uuid()).collect();
    sqlx::query_file_scalar!(
        "src/ledger/resolve.sql",
        &ids,
        &pending,
        &repeat::days(asked),
        kind.as_str(),
        recorded_at.to_sqlx(),
    )
    .fetch_one(conn)
    .await
    .map_err(refusal)
}

fn refusal(error: sqlx::Error) -> Failure {
    if violates(&error, "ledger_transfer_pkey") {
        return Failure::new(&reason::REQUEST_ID_REUSED).because(error);
    }
    db(error)
}
