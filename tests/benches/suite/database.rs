//! The durable Postgres that `make bench` brings (`tests/tools/postgres.sh`), and what its disk can do.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use sqlx::{Connection as _, PgConnection};

/// Names the server; `tests/tools/postgres.sh` sets it.
const SERVER: &str = "CANOPY_TEST_DATABASE_URL";

/// A private server, durable: every commit is flushed.
pub struct Database {
    server: String,
    home: PathBuf,
}

impl Database {
    /// The one that this bench was started with.
    pub fn of_environment() -> anyhow::Result<Database> {
        let server = std::env::var(SERVER).context("run make bench")?;
        let (_, home) = server.split_once("?host=").context("the server is reached by a socket")?;
        Ok(Database { home: PathBuf::from(home), server })
    }

    /// Folder of its socket and its log.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// Id of the server's first process.
    pub fn process(&self) -> anyhow::Result<u32> {
        let text = std::fs::read_to_string(self.home.join("db/postmaster.pid"))?;
        Ok(text.lines().next().context("no process id")?.trim().parse()?)
    }

    /// URL of a database on it.
    pub fn url(&self, name: &str) -> String {
        self.server.replace("/postgres?", &format!("/{name}?"))
    }

    /// Makes an empty database.
    pub async fn create(&self, name: &str) -> anyhow::Result<()> {
        self.run("postgres", &format!("create database {name}")).await
    }

    /// Runs a statement.
    pub async fn run(&self, database: &str, statement: &str) -> anyhow::Result<()> {
        let mut connection = PgConnection::connect(&self.url(database)).await?;
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned())).execute(&mut connection).await?;
        connection.close().await?;
        Ok(())
    }

    /// Fails unless a commit is flushed before it is answered.
    pub async fn require_durable(&self) -> anyhow::Result<()> {
        let mut connection = PgConnection::connect(&self.server).await?;
        for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
            let query = sqlx::AssertSqlSafe(format!("show {setting}"));
            let value: String = sqlx::query_scalar(query).fetch_one(&mut connection).await?;
            ensure!(value == "on", "{setting} is {value}: a bench of writes needs a durable server");
        }
        connection.close().await?;
        Ok(())
    }

    /// How often a second its disk flushes one page that was written, one flush after another.
    pub fn flushes_per_second(&self) -> anyhow::Result<f64> {
        let mut file = tempfile::tempfile_in(&self.home)?;
        let (began, mut flushes) = (Instant::now(), 0.0);
        while began.elapsed() < Duration::from_secs(1) {
            file.write_all(&[7; 8192])?;
            file.sync_data()?;
            flushes += 1.0;
        }
        Ok(flushes / began.elapsed().as_secs_f64())
    }
}
