//! The cursor in the database: where this service stands in a feed that it follows.

use canopy_kernel::Failure;

use super::Consumer;
use crate::feed::Bookmark;
use crate::tx::Tx;
use crate::{db, ensure_one};

impl Consumer {
    /// Where this service stands.
    pub(super) async fn cursor(&self) -> Result<Bookmark, Failure> {
        let row = sqlx::query!(
            "select epoch, position, event_id from platform.cursor where producer = $1",
            self.producer()
        )
        .fetch_optional(self.0.store.pool())
        .await
        .map_err(db)?;
        Ok(row.map_or_else(Bookmark::default, |row| Bookmark {
            epoch: row.epoch,
            position: row.position,
            event_id: row.event_id,
        }))
    }

    /// Enters the epoch that is followed from now on, where none is.
    pub(super) async fn adopt(&self, epoch: &str) -> Result<(), Failure> {
        sqlx::query!(
            r#"
            insert into platform.cursor as c (producer, epoch, position)
            values ($1, $2, 0)
            on conflict (producer) do update
            set epoch = excluded.epoch
            where c.epoch = ''
            "#,
            self.producer(),
            epoch,
        )
        .execute(self.0.store.pool())
        .await
        .map_err(db)?;
        Ok(())
    }
}

/// Moves the cursor, which must stand where this process thinks it does: another process may follow too, and an
/// operator may have begun anew.
pub(super) async fn advance(
    tx: &mut Tx,
    producer: &str,
    from: &Bookmark,
    to: &Bookmark,
) -> Result<(), Failure> {
    let moved = sqlx::query!(
        r#"
        update platform.cursor
        set position = $4, event_id = $5
        where producer = $1 and epoch = $2 and position = $3
        "#,
        producer,
        from.epoch,
        from.position,
        to.position,
        to.event_id,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    ensure_one(moved)
}

/// Puts the cursor back before the first contact, from where it stands.
pub(super) async fn begin_anew(tx: &mut Tx, producer: &str, from: &Bookmark) -> Result<(), Failure> {
    let moved = sqlx::query!(
        r#"
        update platform.cursor
        set epoch = '', position = 0, event_id = null
        where producer = $1 and epoch = $2 and position = $3
        "#,
        producer,
        from.epoch,
        from.position,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    ensure_one(moved)
}
