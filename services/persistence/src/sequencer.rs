//! The sequencer gives committed audit rows and events their gapless positions, and appends the leaves to the
//! Merkle log. It works after the commit, in batches: no writer waits for another's position or hash.

use std::time::Duration;

use canopy_kernel::{Failure, reason};
use jiff::ToSpan;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use tokio::sync::watch;
use uuid::Uuid;

use crate::db;
use crate::lease::Lease;
use crate::merkle::{self, MerkleError, StoredHashes};
use crate::store::Store;

/// So many rows are sequenced in one transaction, and the rest of the writer's transaction that reaches it.
const BATCH: i64 = 2_000;
/// How long the loop waits for news of this process before it looks anyway (another process may have written).
const POLL: Duration = Duration::from_millis(200);
/// How old the newest checkpoint may become while there is news.
const CHECKPOINT_EVERY: i64 = 30;

/// The loop that sequences while the service runs.
pub struct Sequencer;

impl Sequencer {
    /// Sequences until the shutdown is told. Failures are logged and tried again: a database that comes back is
    /// simply used again.
    pub async fn run(store: Store, mut shutdown: watch::Receiver<bool>) {
        let lease = Lease::new("sequencer");
        while !*shutdown.borrow() {
            match turn(&store, &lease).await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(failure) => tracing::warn!(%failure, "sequencing failed, tried again"),
            }
            tokio::select! {
                () = store.news(POLL) => {}
                _ = shutdown.changed() => {}
            }
        }
        if let Err(failure) = lease.release(&store).await {
            tracing::warn!(%failure, "the sequencer's lease was not given back");
        }
    }
}

/// One turn under the lease; true when there may be more at once.
async fn turn(store: &Store, lease: &Lease) -> Result<bool, Failure> {
    if !lease.hold(store).await? {
        return Ok(false);
    }
    let full = sequence_batch(store).await?;
    checkpoint_when_due(store).await?;
    Ok(full)
}

/// Sequences everything that is committed by now. Anyone may call it at any time: the installation's row lock,
/// which writers never take, keeps two from doing the same.
pub(crate) async fn flush(store: &Store) -> Result<(), Failure> {
    while sequence_batch(store).await? {}
    Ok(())
}

/// Sequences one batch; true when there was a full one.
async fn sequence_batch(store: &Store) -> Result<bool, Failure> {
    if !waiting(store).await? {
        return Ok(false);
    }
    let mut tx = store.writes().begin().await.map_err(db)?;
    let heads = sqlx::query!("select feed_head, audit_head from platform.installation for update")
        .fetch_one(&mut *tx)
        .await
        .map_err(db)?;
    let taken = take(&mut tx).await?;
    position_events(&mut tx, heads.feed_head, &taken.events).await?;
    let leaves = position_leaves(&mut tx, heads.audit_head, &taken.audits).await?;
    append(&mut tx, heads.audit_head, leaves).await?;
    sqlx::query!(
        "update platform.installation set feed_head = feed_head + $1, audit_head = audit_head + $2",
        count(&taken.events),
        count(&taken.audits),
    )
    .execute(&mut *tx)
    .await
    .map_err(db)?;
    tx.commit().await.map_err(db)?;
    if !taken.events.is_empty() {
        store.sequenced();
    }
    Ok(count(&taken.events) + count(&taken.audits) >= BATCH)
}

fn count(ids: &[Uuid]) -> i64 {
    i64::try_from(ids.len()).unwrap_or(i64::MAX)
}

async fn waiting(store: &Store) -> Result<bool, Failure> {
    sqlx::query_scalar!(
        r#"select exists (select from platform.unsequenced order by turn limit 1) as "waiting!""#
    )
    .fetch_one(store.pool())
    .await
    .map_err(db)
}

/// What is numbered next, in this order.
#[derive(Default)]
struct Taken {
    events: Vec<Uuid>,
    audits: Vec<Uuid>,
}

/// Takes whole transactions out of the queue, by their turns, until there are enough rows. A transaction that commits
/// later may have an earlier turn than one that is taken; it changed other aggregates then.
async fn take(conn: &mut PgConnection) -> Result<Taken, Failure> {
    let mut turns = sqlx::query!(
        r#"
        with next as (
            select turn, sum(size) over (order by turn) - size as before
            from (select turn, size from platform.unsequenced order by turn limit $1) as first
        )
        delete from platform.unsequenced as u
        using next
        where u.turn = next.turn and next.before < $1
        returning u.turn, u.events, u.audits
        "#,
        BATCH,
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    turns.sort_unstable_by_key(|it| it.turn);
    let mut taken = Taken::default();
    for turn in turns {
        taken.events.extend(turn.events);
        taken.audits.extend(turn.audits);
    }
    Ok(taken)
}

/// Gives events their positions behind the head.
async fn position_events(conn: &mut PgConnection, head: i64, events: &[Uuid]) -> Result<(), Failure> {
    if events.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        r#"
        insert into platform.outbox_position (position, event_id)
        select $1 + e.place, e.id
        from unnest($2::uuid[]) with ordinality as e (id, place)
        "#,
        head,
        events,
    )
    .execute(conn)
    .await
    .map_err(db)?;
    Ok(())
}

/// Gives audit rows their positions; the answer is their leaves in order.
async fn position_leaves(
    conn: &mut PgConnection,
    head: i64,
    audits: &[Uuid],
) -> Result<Vec<Vec<u8>>, Failure> {
    if audits.is_empty() {
        return Ok(Vec::new());
    }
    sqlx::query!(
        r#"
        insert into platform.audit_position (position, audit_id)
        select $1 + a.place - 1, a.id
        from unnest($2::uuid[]) with ordinality as a (id, place)
        "#,
        head,
        audits,
    )
    .execute(&mut *conn)
    .await
    .map_err(db)?;
    // `offset 0` keeps the look-up by key, however large the planner takes the array to be.
    let leaves = sqlx::query_scalar!(
        r#"
        select a.leaf
        from unnest($1::uuid[]) with ordinality as asked (id, place)
        cross join lateral (select leaf from platform.audit where id = asked.id offset 0) as a
        order by asked.place
        "#,
        audits,
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    match leaves.len() == audits.len() {
        true => Ok(leaves),
        false => {
            Err(Failure::new(&reason::INTERNAL).because("an audit row that waits for its position is gone"))
        }
    }
}

/// Appends leaves to the Merkle log that has `size` of them.
async fn append(conn: &mut PgConnection, size: i64, leaves: Vec<Vec<u8>>) -> Result<(), Failure> {
    if leaves.is_empty() {
        return Ok(());
    }
    let leaves = leaves.into_iter().map(merkle::hash_of).collect::<Result<Vec<_>, _>>().map_err(broken)?;
    let size = u64::try_from(size).unwrap_or_default();
    let edge = read_hashes(conn, &merkle::needed_for_append(size)).await?;
    let (first, hashes) = merkle::append(size, &leaves, &edge).map_err(broken)?;
    let indexes: Vec<i64> = (i64::try_from(first).unwrap_or(i64::MAX)..).take(hashes.len()).collect();
    let hashes: Vec<Vec<u8>> = hashes.iter().map(|hash| hash.0.to_vec()).collect();
    sqlx::query!(
        "insert into platform.log_hash (index, hash) select * from unnest($1::bigint[], $2::bytea[])",
        &indexes,
        &hashes,
    )
    .execute(conn)
    .await
    .map_err(db)?;
    Ok(())
}

/// Root of the log's first `size` leaves.
pub(crate) async fn root(conn: &mut PgConnection, size: i64) -> Result<merkle::Hash, Failure> {
    let size = u64::try_from(size).unwrap_or_default();
    let edge = read_hashes(conn, &merkle::needed_for_root(size)).await?;
    merkle::root(size, &edge).map_err(broken)
}

/// Stored hashes of the Merkle log by their storage index.
pub(crate) async fn read_hashes(conn: &mut PgConnection, indexes: &[u64]) -> Result<StoredHashes, Failure> {
    let wanted: Vec<i64> = indexes.iter().filter_map(|it| i64::try_from(*it).ok()).collect();
    let rows = sqlx::query!("select index, hash from platform.log_hash where index = any($1)", &wanted)
        .fetch_all(conn)
        .await
        .map_err(db)?;
    rows.into_iter()
        .map(|row| {
            Ok((u64::try_from(row.index).unwrap_or_default(), merkle::hash_of(row.hash).map_err(broken)?))
        })
        .collect()
}

/// A log that does not hold: nothing is appended to it, and `canopy verify` names the break.
pub(crate) fn broken(error: MerkleError) -> Failure {
    Failure::new(&reason::INTERNAL).because(error)
}

/// Signs a checkpoint when there is news and the last one is old enough.
async fn checkpoint_when_due(store: &Store) -> Result<(), Failure> {
    let row = sqlx::query!(
        r#"
        select i.audit_head, c.tree_size as "tree_size?", c.signed_at as "signed_at?"
        from platform.installation i
        left join lateral (
            select tree_size, signed_at from platform.checkpoint order by tree_size desc limit 1
        ) c on true
        "#
    )
    .fetch_one(store.pool())
    .await
    .map_err(db)?;
    let news = row.audit_head > row.tree_size.unwrap_or_default();
    let rested = row.signed_at.is_none_or(|signed_at| {
        let due = signed_at.to_jiff().saturating_add(CHECKPOINT_EVERY.seconds());
        due.is_ok_and(|due| store.clock().now() >= due)
    });
    if news && rested {
        checkpoint(store).await?;
    }
    Ok(())
}

/// Signs a checkpoint over everything sequenced.
pub(crate) async fn checkpoint(store: &Store) -> Result<(), Failure> {
    let mut conn = store.pool().acquire().await.map_err(db)?;
    let size = sqlx::query_scalar!("select audit_head from platform.installation")
        .fetch_one(&mut *conn)
        .await
        .map_err(db)?;
    if size == 0 {
        return Ok(());
    }
    let root = root(&mut conn, size).await?;
    let covered = u64::try_from(size).unwrap_or_default();
    let note = store.signer().checkpoint(covered, &root).map_err(broken)?;
    sqlx::query!(
        r#"
        insert into platform.checkpoint (tree_size, root, note, signed_at)
        values ($1, $2, $3, $4)
        on conflict (tree_size) do nothing
        "#,
        size,
        &root.0[..],
        note,
        store.clock().now().to_sqlx(),
    )
    .execute(&mut *conn)
    .await
    .map_err(db)?;
    Ok(())
}
