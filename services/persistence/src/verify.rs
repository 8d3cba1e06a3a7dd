//! Proof that a database holds: positions without gaps, every leaf that of its row, the Merkle log that of the
//! leaves, every checkpoint a root of it, every balance the sum of its transfers.

use std::fmt;

use canopy_kernel::Failure;
use canopy_kernel::id::AuditId;
use sqlx::{PgConnection, PgPool};

use crate::audit::{AuditRow, Transition};
use crate::{db, ledger, merkle, sequencer};

/// Audit rows read at a time.
const PAGE: i64 = 5_000;

/// What was recomputed and found whole.
#[derive(Clone, Copy, Debug, Default)]
pub struct Report {
    /// Events with a position.
    pub events: i64,
    /// Audit rows with a position.
    pub audit_rows: i64,
    /// Signed checkpoints.
    pub checkpoints: i64,
}

/// The first thing that does not hold.
#[derive(Debug)]
pub enum Break {
    /// The feed's positions are not 1, 2, 3 … up to its head.
    FeedPositions {
        /// Events that have a position.
        events: i64,
        /// Highest position.
        highest: i64,
        /// The head as stored.
        head: i64,
    },
    /// So many events and audit rows have no position and wait for none.
    Forgotten(i64),
    /// The log's positions are not 0, 1, 2 … up to its size; the first that is missing.
    AuditPosition(i64),
    /// An audit row is not what was hashed.
    Leaf(AuditId),
    /// A stored hash of the log is not that of the leaves; its storage index.
    Hash(i64),
    /// A checkpoint is not the root of the log at its size.
    Checkpoint(i64),
    /// The ledger does not hold.
    Ledger(ledger::Break),
    /// The database could not be read.
    Unreadable(Failure),
}

impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Break::FeedPositions { events, highest, head } => {
                write!(f, "feed: {events} events with positions up to {highest}, the head says {head}")
            }
            Break::Forgotten(rows) => {
                write!(f, "{rows} events and audit rows have no position and wait for none")
            }
            Break::AuditPosition(position) => write!(f, "audit log: position {position} is missing"),
            Break::Leaf(id) => write!(f, "audit log: {id} is not the row that was hashed"),
            Break::Hash(index) => write!(f, "audit log: stored hash {index} is not that of the leaves"),
            Break::Checkpoint(size) => {
                write!(f, "audit log: the checkpoint over {size} leaves is not their root")
            }
            Break::Ledger(found) => write!(f, "{found}"),
            Break::Unreadable(failure) => write!(f, "the database cannot be read: {failure}"),
        }
    }
}

impl std::error::Error for Break {}

impl From<Failure> for Break {
    fn from(failure: Failure) -> Break {
        Break::Unreadable(failure)
    }
}

/// Recomputes everything from the rows, in one snapshot, and names the first break.
pub async fn verify(pool: &PgPool) -> Result<Report, Break> {
    let mut tx = pool.begin_with("begin isolation level repeatable read read only").await.map_err(db)?;
    let heads = sqlx::query!("select feed_head, audit_head from platform.installation")
        .fetch_one(&mut *tx)
        .await
        .map_err(db)?;
    let events = feed_positions(&mut tx, heads.feed_head).await?;
    none_forgotten(&mut tx).await?;
    let audit_rows = audit_log(&mut tx, heads.audit_head).await?;
    let checkpoints = sqlx::query_scalar!(r#"select count(*) as "count!" from platform.checkpoint"#)
        .fetch_one(&mut *tx)
        .await
        .map_err(db)?;
    ledger::verify(&mut tx).await.map_err(Break::Ledger)?;
    tx.rollback().await.map_err(db)?;
    Ok(Report { events, audit_rows, checkpoints })
}

async fn feed_positions(conn: &mut PgConnection, head: i64) -> Result<i64, Break> {
    let row = sqlx::query!(
        r#"
        select count(*) as "events!", coalesce(max(p.position), 0) as "highest!",
               coalesce(min(p.position), 1) as "lowest!"
        from platform.outbox_position p
        join platform.outbox o on o.id = p.event_id
        "#
    )
    .fetch_one(conn)
    .await
    .map_err(db)?;
    // Positions are unique, so as many as the highest from 1 on leave no gap.
    if row.events != head || row.highest != head || row.lowest != 1 {
        return Err(Break::FeedPositions { events: row.events, highest: row.highest, head });
    }
    Ok(row.events)
}

/// What has no position waits for one.
async fn none_forgotten(conn: &mut PgConnection) -> Result<(), Break> {
    let forgotten = sqlx::query_scalar!(
        r#"
        select (select count(*)
                from platform.outbox o
                where not exists (select from platform.outbox_position p where p.event_id = o.id)
                  and not exists (select from platform.unsequenced u where o.id = any(u.events)))
             + (select count(*)
                from platform.audit a
                where not exists (select from platform.audit_position p where p.audit_id = a.id)
                  and not exists (select from platform.unsequenced u where a.id = any(u.audits))) as "forgotten!"
        "#
    )
    .fetch_one(conn)
    .await
    .map_err(db)?;
    match forgotten {
        0 => Ok(()),
        rows => Err(Break::Forgotten(rows)),
    }
}

/// Walks the log in order: rows, leaves, stored hashes and checkpoints.
async fn audit_log(conn: &mut PgConnection, size: i64) -> Result<i64, Break> {
    let mut next = 0;
    while next < size {
        let page = audit_page(conn, next).await?;
        if page.is_empty() {
            return Err(Break::AuditPosition(next));
        }
        let mut leaves = Vec::with_capacity(page.len());
        for ((position, leaf, row), expected) in page.into_iter().zip(next..) {
            if position != expected {
                return Err(Break::AuditPosition(expected));
            }
            if row.leaf()[..] != leaf[..] {
                return Err(Break::Leaf(AuditId::new(row.id)));
            }
            leaves.push(merkle::Hash(row.leaf()));
        }
        same_hashes(conn, next, &leaves).await?;
        let end = next + i64::try_from(leaves.len()).unwrap_or(i64::MAX);
        for (covered, stored) in checkpoints(conn, next, end).await? {
            if sequencer::root(conn, covered).await?.0[..] != stored[..] {
                return Err(Break::Checkpoint(covered));
            }
        }
        next = end;
    }
    Ok(next)
}

async fn audit_page(conn: &mut PgConnection, from: i64) -> Result<Vec<(i64, Vec<u8>, AuditRow)>, Failure> {
    let rows = sqlx::query!(
        r#"
        select a.id, p.position, a.method, a.agency, a.person, a.roles, a.aggregate, a.from_state, a.to_state, a.reason,
               a.rule_version, a.effective_on, a.recorded_at, a.leaf
        from platform.audit_position p
        cross join lateral (select * from platform.audit where id = p.audit_id offset 0) a
        where p.position >= $1
        order by p.position
        limit $2
        "#,
        from,
        PAGE,
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let transition = Transition {
                aggregate: row.aggregate,
                from: row.from_state,
                to: row.to_state,
                reason: row.reason,
                rule_version: row.rule_version,
                effective_on: row.effective_on.to_jiff(),
            };
            let audit = AuditRow {
                id: row.id,
                method: row.method,
                agency: row.agency,
                person: row.person,
                roles: row.roles,
                transition,
                recorded_at: row.recorded_at.to_jiff(),
            };
            (row.position, row.leaf, audit)
        })
        .collect())
}

async fn checkpoints(
    conn: &mut PgConnection,
    above: i64,
    up_to: i64,
) -> Result<Vec<(i64, Vec<u8>)>, Failure> {
    let rows = sqlx::query!(
        "select tree_size, root from platform.checkpoint where tree_size > $1 and tree_size <= $2",
        above,
        up_to,
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    Ok(rows.into_iter().map(|row| (row.tree_size, row.root)).collect())
}

/// Computes the hashes that the leaves add to a log of `size`, and holds the stored ones against them. The edge
/// they build on was itself held against its leaves before.
async fn same_hashes(conn: &mut PgConnection, size: i64, leaves: &[merkle::Hash]) -> Result<(), Break> {
    let size = u64::try_from(size).unwrap_or_default();
    let edge = sequencer::read_hashes(conn, &merkle::needed_for_append(size)).await?;
    let (first, hashes) = merkle::append(size, leaves, &edge).map_err(sequencer::broken)?;
    let first = i64::try_from(first).unwrap_or(i64::MAX);
    let last = first + i64::try_from(hashes.len()).unwrap_or(i64::MAX) - 1;
    let stored = sqlx::query!(
        "select index, hash from platform.log_hash where index between $1 and $2 order by index",
        first,
        last,
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    for (at, (index, hash)) in (first..).zip(&hashes).enumerate() {
        if stored.get(at).is_none_or(|row| row.index != index || row.hash[..] != hash.0[..]) {
            return Err(Break::Hash(index));
        }
    }
    Ok(())
}
