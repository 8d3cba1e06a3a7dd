//! Idempotency: one final answer per (caller, method, request id), written in the transaction of the work.

use std::time::Duration;

use canopy_kernel::{Failure, StoredFailure, reason};
use canopy_platform::Call;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::db;

/// How long a second call in flight waits before it is told to come back.
const RETRY: Duration = Duration::from_millis(250);

/// What identifies a write: its key, and the digest that another body would not have.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub caller: String,
    pub method: String,
    pub request_id: Uuid,
    pub digest: Vec<u8>,
    pub external_ref: String,
}

impl Key {
    pub(crate) fn new(
        call: &Call,
        request_id: &str,
        digest: Vec<u8>,
        external_ref: &str,
    ) -> Result<Key, Failure> {
        Ok(Key {
            caller: call.actor().caller_key(),
            method: call.method().to_owned(),
            request_id: parse_request_id(request_id)?,
            digest,
            external_ref: external_ref.to_owned(),
        })
    }
}

/// Reads a request id; it is a UUID made by the caller.
pub(crate) fn parse_request_id(text: &str) -> Result<Uuid, Failure> {
    Uuid::parse_str(text).map_err(|_| Failure::new(&reason::REQUEST_ID_MISSING).on("request_id"))
}

/// SHA-256 of a request's encoded body.
pub(crate) fn digest(message: &impl prost::Message) -> Vec<u8> {
    Sha256::digest(message.encode_to_vec()).to_vec()
}

/// A final answer that was given before.
pub(crate) enum Answer {
    /// The encoded reply.
    Reply(Vec<u8>),
    /// The refusal.
    Refusal(Failure),
}

/// Claims the key for this transaction, or finds the answer given before. A claim held by another transaction
/// is waited for as long as the lock time-out says (250 ms), then REQUEST_IN_FLIGHT.
pub(crate) async fn claim(
    conn: &mut PgConnection,
    key: &Key,
    now: Timestamp,
) -> Result<Option<Answer>, Failure> {
    // `returning set_config` lifts the short lock time-out once the claim is ours: later locks may wait longer.
    let claimed = sqlx::query_scalar!(
        r#"
        insert into platform.idempotency (caller, method, request_id, body_digest, external_ref, recorded_at)
        values ($1, $2, $3, $4, $5, $6)
        on conflict (caller, method, request_id) do nothing
        returning set_config('lock_timeout', '5000ms', true)
        "#,
        key.caller,
        key.method,
        key.request_id,
        key.digest,
        key.external_ref,
        now.to_sqlx(),
    )
    .fetch_optional(&mut *conn)
    .await
    .map_err(in_flight)?;
    if claimed.is_some() {
        return Ok(None);
    }
    let before = given(conn, key).await?;
    before.map(Some).ok_or_else(|| Failure::new(&reason::INTERNAL).because("a claimed key has no row"))
}

/// The answer given to that key before, if there is one.
pub(crate) async fn given(conn: &mut PgConnection, key: &Key) -> Result<Option<Answer>, Failure> {
    let row = sqlx::query!(
        r#"
        select body_digest, reply, refusal as "refusal: sqlx::types::Json<StoredFailure>"
        from platform.idempotency
        where caller = $1 and method = $2 and request_id = $3
        "#,
        key.caller,
        key.method,
        key.request_id,
    )
    .fetch_optional(conn)
    .await
    .map_err(db)?;
    let read = row.map(|row| repeated(&key.digest, row.body_digest, row.reply, row.refusal.map(|it| it.0)));
    read.transpose()
}

/// The answer given before, unless the body is another one.
pub(crate) fn repeated(
    digest: &[u8],
    stored_digest: Vec<u8>,
    reply: Option<Vec<u8>>,
    refusal: Option<StoredFailure>,
) -> Result<Answer, Failure> {
    if stored_digest != digest {
        return Err(Failure::new(&reason::REQUEST_ID_REUSED).on("request_id"));
    }
    Ok(match refusal {
        // A reason that this build no longer knows cannot be told word for word.
        Some(stored) => Answer::Refusal(Failure::from_stored(stored).unwrap_or_else(|| {
            Failure::new(&reason::INTERNAL).because("the stored refusal has a reason that is gone")
        })),
        None => Answer::Reply(reply.unwrap_or_default()),
    })
}

/// Stores a final refusal, after the rollback of what was refused.
pub(crate) async fn refuse(
    conn: &mut PgConnection,
    key: &Key,
    failure: &Failure,
    now: Timestamp,
) -> Result<(), Failure> {
    sqlx::query!(
        r#"
        insert into platform.idempotency
            (caller, method, request_id, body_digest, refusal, external_ref, recorded_at)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (caller, method, request_id) do nothing
        "#,
        key.caller,
        key.method,
        key.request_id,
        key.digest,
        sqlx::types::Json(failure.to_stored()) as _,
        key.external_ref,
        now.to_sqlx(),
    )
    .execute(conn)
    .await
    .map_err(db)?;
    Ok(())
}

fn in_flight(error: sqlx::Error) -> Failure {
    // 55P03: the lock time-out ran out while another transaction holds the same key.
    if error.as_database_error().and_then(|it| it.code()).is_some_and(|code| code == "55P03") {
        return Failure::new(&reason::REQUEST_IN_FLIGHT).retry_after(RETRY);
    }
    db(error)
}
