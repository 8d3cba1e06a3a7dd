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
        administer(&server, &[format!("create database {name}")]).await?;
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

    /// Keeps a copy of the database as it stands; nobody may be connected.
    pub async fn copy(&self) -> Result<(), Failure> {
        let name = &self.name;
        administer(&self.server, &[format!("create database {name}_copy template {name}")]).await
    }

    /// Puts the database back to its copy, once, whoever is still connected.
    pub async fn put_back(&self) -> Result<(), Failure> {
        let name = &self.name;
        let drop = format!("drop database {name} with (force)");
        administer(&self.server, &[drop, format!("alter database {name}_copy rename to {name}")]).await
    }

    /// Drops the database, whoever is still connected.
    pub async fn close(self) -> Result<(), Failure> {
        let drop = |name| format!("drop database if exists {name} with (force)");
        administer(&self.server, &[drop(format!("{}_copy", self.name)), drop(self.name.clone())]).await?;
        let _ = std::fs::remove_dir_all(&self.folder);
        Ok(())
    }
}

/// Runs statements that need a server and no database.
async fn administer(server: &str, statements: &[String]) -> Result<(), Failure> {
    let admin = PgPool::connect(server).await.map_err(db)?;
    for sql in statements {
        admin.execute(sqlx::AssertSqlSafe(sql.as_str())).await.map_err(db)?;
    }
    admin.close().await;
    Ok(())
}

/// The same server's URL with another database: the path is replaced, the parameters stay.
fn with_database(server: &str, name: &str) -> String {
    let (base, parameters) = server.split_once('?').unwrap_or((server, ""));
    let scheme_end = base.find("://").map_or(0, |at| at + 3);
    let authority_end = base[scheme_end..].find('/').map_or(base.len(), |at| scheme_end + at);
    format!("{}/{name}?{parameters}", &base[..authority_end])
}
