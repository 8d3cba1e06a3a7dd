//! Leases: work that one process of a service does at a time. They only save double work; what makes an effect
//! happen once is the transaction itself.

use std::time::Duration;

use canopy_kernel::Failure;
use uuid::Uuid;

use crate::db;
use crate::store::Store;

/// How long a lease holds without renewal.
const TERM: Duration = Duration::from_secs(10);

/// A lease on named work, held by this process while it is renewed.
#[derive(Clone, Debug)]
pub(crate) struct Lease {
    name: String,
    holder: Uuid,
}

impl Lease {
    pub(crate) fn new(name: &str) -> Lease {
        Lease { name: name.to_owned(), holder: uuid::Builder::from_random_bytes(rand::random()).into_uuid() }
    }

    /// Takes or renews the lease; false while another process holds it. The database's clock decides.
    pub(crate) async fn hold(&self, store: &Store) -> Result<bool, Failure> {
        let term = i32::try_from(TERM.as_secs()).unwrap_or(i32::MAX);
        let held = sqlx::query!(
            r#"
            insert into platform.lease (name, holder, expires_at)
            values ($1, $2, now() + make_interval(secs => $3))
            on conflict (name) do update
            set holder = excluded.holder, expires_at = excluded.expires_at
            where lease.holder = excluded.holder or lease.expires_at < now()
            "#,
            self.name,
            self.holder,
            f64::from(term),
        )
        .execute(store.pool())
        .await
        .map_err(db)?;
        Ok(held.rows_affected() == 1)
    }

    /// Gives the lease back, so that another process need not wait for its end.
    pub(crate) async fn release(&self, store: &Store) -> Result<(), Failure> {
        sqlx::query!("delete from platform.lease where name = $1 and holder = $2", self.name, self.holder)
            .execute(store.pool())
            .await
            .map_err(db)?;
        Ok(())
    }
}
