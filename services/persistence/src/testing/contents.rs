//! What stands in a database, so that a test can say that a refused call left nothing behind.

use std::collections::BTreeMap;
use std::time::Duration;

use canopy_kernel::{Failure, reason};
use sqlx::{AssertSqlSafe, PgPool};

use crate::db;

/// Tables that may differ though nothing was done: answers that are kept for a repeat, and what moves by the clock.
const APART: &[&str] = &["platform.idempotency", "platform.lease", "platform.checkpoint"];
/// How long is waited for what must come.
const PATIENCE: Duration = Duration::from_secs(60);

/// Number and digest of the rows of each table.
pub type Contents = BTreeMap<String, (i64, String)>;

/// What stands in every table of every schema but the kept answers, the leases and the checkpoints. Rows that wait for
/// their position get it first, so a service has to run on the database.
pub async fn contents(pool: &PgPool) -> Result<Contents, Failure> {
    let waiting = "select exists (select from platform.unsequenced)";
    until("rows wait for their position", async || {
        let waiting: bool = sqlx::query_scalar(waiting).fetch_one(pool).await.map_err(db)?;
        Ok(!waiting)
    })
    .await?;
    let mut contents = Contents::new();
    for table in tables(pool).await? {
        if APART.contains(&table.as_str()) {
            continue;
        }
        let sql = format!(
            "select count(*), coalesce(md5(string_agg(t::text, ',' order by t::text)), '') from {table} t"
        );
        let rows = sqlx::query_as(AssertSqlSafe(sql)).fetch_one(pool).await.map_err(db)?;
        contents.insert(table, rows);
    }
    Ok(contents)
}

/// Tables that hold one of these texts, as it is or as bytes; kept answers are searched too.
pub async fn tables_with(pool: &PgPool, texts: &[&str]) -> Result<Vec<String>, Failure> {
    let mut found = Vec::new();
    for table in tables(pool).await? {
        for text in texts {
            let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
            let sql = format!(
                "select exists (select from {table} t where strpos(t::text, $1) > 0 or strpos(t::text, $2) > 0)"
            );
            let holds = sqlx::query_scalar(AssertSqlSafe(sql)).bind(*text).bind(hex);
            if holds.fetch_one(pool).await.map_err(db)? {
                found.push(table.clone());
            }
        }
    }
    Ok(found)
}

/// Waits until the service of this database has applied the feed of `producer` up to that position.
pub async fn applied(pool: &PgPool, producer: &str, position: i64) -> Result<(), Failure> {
    let reached = "select exists (select from platform.cursor where producer = $1 and position >= $2)";
    until("the feed is not applied", async || {
        let reached = sqlx::query_scalar(reached).bind(producer).bind(position);
        reached.fetch_one(pool).await.map_err(db)
    })
    .await
}

/// Names of all tables, with their schemas.
async fn tables(pool: &PgPool) -> Result<Vec<String>, Failure> {
    let all = "select table_schema || '.' || table_name from information_schema.tables
               where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')
               order by 1";
    sqlx::query_scalar(all).fetch_all(pool).await.map_err(db)
}

/// Asks the database until it says yes.
async fn until(
    otherwise: &'static str,
    mut is_so: impl AsyncFnMut() -> Result<bool, Failure>,
) -> Result<(), Failure> {
    let asking = async {
        while !is_so().await? {
            tokio::task::yield_now().await;
        }
        Ok(())
    };
    let late = |_| Err(Failure::new(&reason::INTERNAL).because(otherwise));
    tokio::time::timeout(PATIENCE, asking).await.unwrap_or_else(late)
}
