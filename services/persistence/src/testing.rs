//! Fresh databases for integration tests: a real Postgres, one database a test, gone at the end. And what stands in
//! them.

use std::path::PathBuf;

use canopy_kernel::clock::time_zone;
use canopy_kernel::{Clock, Failure, reason};
use sqlx::migrate::Migrator;
use sqlx::{Executor, PgPool};

use crate::crypt::Crypt;
use crate::merkle::LogSigner;
use crate::{DatabaseSettings, Store, db};

mod contents;

pub use contents::{Contents, applied, contents, tables_with};

/// Names the server on which tests may create databases; `make test` sets it.
pub const SERVER: &str = "CANOPY_TEST_DATABASE_URL";

/// The pool on which the transactions of a store begin.
pub fn transactions(store: &Store) -> &PgPool {
    store.writes()
}

/// A database of one test. It is dropped with `close`; what a failed test leaves goes with its server.
#[derive(Debug)]
pub struct TestDatabase {
    name: String,
    server: String,
    folder: PathBuf,
    /// Settings that a service opens it with.
    pub settings: DatabaseSettings,
}

impl TestDatabase {
    /// Creates a database with platform's and the service's tables, and the keys beside it.
    pub async fn new(service: &'static str, migrator: &Migrator) -> Result<TestDatabase, Failure> {
        let server = std::env::var(SERVER).map_err(|_| {
            Failure::new(&reason::INTERNAL).because(format!("{SERVER} is not set; run make test"))
        })?;
        let name = format!("test_{}", uuid::Builder::from_random_bytes(rand::random()).into_uuid().simple());
        let admin = PgPool::connect(&server).await.map_err(db)?;
        admin.execute(sqlx::AssertSqlSafe(format!("create database {name}"))).await.map_err(db)?;
        admin.close().await;
        let url = with_database(&server, &name);
        crate::migrate(&url, service, migrator).await?;
        let folder = std::env::temp_dir().join(&name);
        let io = |error: std::io::Error| Failure::new(&reason::INTERNAL).because(error);
        std::fs::create_dir_all(&folder).map_err(io)?;
        let settings = DatabaseSettings {
            url,
            max_connections: 8,
            crypt_folder: folder.join("crypt"),
            log_key_file: folder.join("log.key"),
        };
        Crypt::generate(&settings.crypt_folder)?;
        LogSigner::generate(&settings.log_key_file, service)?;
        Ok(TestDatabase { name, server, folder, settings })
    }

    /// Opens the store on it, in the suite's default zone.
    pub async fn store(&self, service: &'static str, migrator: &Migrator) -> Result<Store, Failure> {
        Store::open(&self.settings, service, Clock::System, time_zone("Asia/Shanghai")?, migrator).await
    }

    /// A folder of the test, for keys and configuration.
    pub fn folder(&self) -> &std::path::Path {
        &self.folder
    }

    /// Drops the database, whoever is still connected.
    pub async fn close(self) -> Result<(), Failure> {
        let admin = PgPool::connect(&self.server).await.map_err(db)?;
        let sql = format!("drop database if exists {} with (force)", self.name);
        admin.execute(sqlx::AssertSqlSafe(sql)).await.map_err(db)?;
        admin.close().await;
        let _ = std::fs::remove_dir_all(&self.folder);
        Ok(())
    }
}

/// The same server's URL with another database: the path is replaced, the parameters stay.
fn with_database(server: &str, name: &str) -> String {
    let (base, parameters) = server.split_once('?').unwrap_or((server, ""));
    let scheme_end = base.find("://").map_or(0, |at| at + 3);
    let authority_end = base[scheme_end..].find('/').map_or(base.len(), |at| scheme_end + at);
    format!("{}/{name}?{parameters}", &base[..authority_end])
}
