//! A fresh database with one table to write to, and a caller.

use canopy_kernel::Clock;
use canopy_persistence::testing::TestDatabase;
use canopy_persistence::{Store, Tx, db};
use canopy_platform::Call;
use canopy_proto::common::v1::Refusal;
use sqlx::Executor;
use sqlx::migrate::Migrator;

pub const SERVICE: &str = "probe";

/// No tables of its own; the version table stands in the service's schema.
pub fn migrator() -> Migrator {
    let mut migrator = Migrator::with_migrations(Vec::new());
    migrator.create_schema(SERVICE);
    migrator.dangerous_set_table_name(format!("{SERVICE}.schema_version"));
    migrator
}

pub async fn database() -> (TestDatabase, Store) {
    let database = TestDatabase::new(SERVICE, &migrator()).await.unwrap();
    let store = database.store(SERVICE, &migrator()).await.unwrap();
    let table = "create table probe.note (id text primary key, text text not null)";
    store.pool().execute(table).await.unwrap();
    (database, store)
}

pub fn call() -> Call {
    Call::internal(SERVICE, "test", None, Clock::System)
}

/// Any message will do as a request; this one has words.
pub fn request(request_id: &str, text: &str) -> Refusal {
    Refusal { request_id: request_id.to_owned(), external_ref: text.to_owned(), ..Refusal::default() }
}

pub async fn note(tx: &mut Tx, id: &str, text: &str) -> Result<(), canopy_kernel::Failure> {
    sqlx::query("insert into probe.note (id, text) values ($1, $2)")
        .bind(id)
        .bind(text)
        .execute(tx.conn())
        .await
        .map_err(db)?;
    Ok(())
}

pub async fn count(store: &Store, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(store.pool()).await.unwrap()
}

pub fn uuid() -> String {
    uuid::Builder::from_random_bytes(rand::random()).into_uuid().to_string()
}
