//! Migrations: the shared tables first, then the service's own; and the refusal to serve on another schema.

use canopy_kernel::{Failure, reason};
use sqlx::PgPool;
use sqlx::migrate::Migrator;
use uuid::Uuid;

use crate::{db, ensure_one};

/// The shared tables' own migrator (schema `platform`).
pub static PLATFORM: Migrator = sqlx::migrate!();

/// Brings a database to the schema of this build: platform's tables, then the service's. Run by the `migrate`
/// command, never by a server.
pub async fn migrate(url: &str, service: &'static str, migrator: &Migrator) -> Result<(), Failure> {
    let pool = PgPool::connect(url).await.map_err(db)?;
    let broken = |error: sqlx::migrate::MigrateError| Failure::new(&reason::INTERNAL).because(error);
    PLATFORM.run(&pool).await.map_err(broken)?;
    migrator.run(&pool).await.map_err(broken)?;
    install(&pool, service).await?;
    pool.close().await;
    Ok(())
}

/// Enters whose database this is, with a fresh feed epoch, unless it is entered already.
async fn install(pool: &PgPool, service: &str) -> Result<(), Failure> {
    sqlx::query!(
        r#"
        insert into platform.installation (service, feed_epoch)
        values ($1, $2)
        on conflict (singleton) do nothing
        "#,
        service,
        fresh_epoch(),
    )
    .execute(pool)
    .await
    .map_err(db)?;
    Ok(())
}

/// Gives the feed of a service a new epoch. An operator does so after putting the database back to an earlier copy,
/// so that everyone who follows the feed stops, also a reader that does not say which event it stands on. The answer
/// is the epoch that was left and the new one.
pub async fn renew_epoch(url: &str, service: &str) -> Result<(Uuid, Uuid), Failure> {
    let pool = PgPool::connect(url).await.map_err(db)?;
    let (left, fresh) = (epoch(&pool, service).await?, fresh_epoch());
    let renewed = sqlx::query!(
        "update platform.installation set feed_epoch = $2 where service = $1 and feed_epoch = $3",
        service,
        fresh,
        left,
    )
    .execute(&pool)
    .await
    .map_err(db)?;
    ensure_one(renewed)?;
    pool.close().await;
    Ok((left, fresh))
}

async fn epoch(pool: &PgPool, service: &str) -> Result<Uuid, Failure> {
    let row = sqlx::query!("select service, feed_epoch from platform.installation")
        .fetch_one(pool)
        .await
        .map_err(db)?;
    if row.service != service {
        return Err(unknown(format!("the database belongs to {}", row.service)));
    }
    Ok(row.feed_epoch)
}

/// Ends the leases of processes that are gone. Only for a database that this process alone has opened: there
/// nobody holds one, and work need not wait until those of a killed predecessor are over.
pub async fn end_leases(url: &str) -> Result<(), Failure> {
    let pool = PgPool::connect(url).await.map_err(db)?;
    sqlx::query!("delete from platform.lease").execute(&pool).await.map_err(db)?;
    pool.close().await;
    Ok(())
}

fn fresh_epoch() -> Uuid {
    uuid::Builder::from_random_bytes(rand::random()).into_uuid()
}

/// Fails unless the database is this service's and has exactly the migrations of this build.
pub(crate) async fn require_known_schema(
    pool: &PgPool,
    service: &str,
    migrator: &Migrator,
) -> Result<(), Failure> {
    require_versions(pool, &PLATFORM, "platform.schema_version").await?;
    require_versions(pool, migrator, &format!("{service}.schema_version")).await?;
    let owner =
        sqlx::query_scalar!("select service from platform.installation").fetch_one(pool).await.map_err(db)?;
    if owner != service {
        return Err(unknown(format!("the database belongs to {owner}")));
    }
    Ok(())
}

async fn require_versions(pool: &PgPool, migrator: &Migrator, table: &str) -> Result<(), Failure> {
    // The table's name cannot be a parameter; both names are constants of this build.
    let sql =
        sqlx::AssertSqlSafe(format!("select version, checksum from {table} where success order by version"));
    let rows: Vec<(i64, Vec<u8>)> = match sqlx::query_as(sql).fetch_all(pool).await {
        Ok(rows) => rows,
        // 42P01: the table is not there, so nothing was migrated.
        Err(error) if error.as_database_error().and_then(|it| it.code()).is_some_and(|it| it == "42P01") => {
            return Err(unknown(format!("{table} is missing: run the migrate command")));
        }
        Err(error) => return Err(db(error)),
    };
    let known: Vec<(i64, Vec<u8>)> = migrator.iter().map(|it| (it.version, it.checksum.to_vec())).collect();
    if rows != known {
        return Err(unknown(format!(
            "{table} holds {} migrations, this build knows {}",
            rows.len(),
            known.len()
        )));
    }
    Ok(())
}

fn unknown(internal: String) -> Failure {
    Failure::new(&reason::INTERNAL).because(format!("unknown schema: {internal}"))
}
