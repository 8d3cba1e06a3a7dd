//! The databases of a data folder for the commands that look at them beside a suite: whether one runs or not.

use sqlx::PgPool;

use super::folder::Folder;
use super::postgres::{Postgres, url_of_running};

/// The databases of a folder. A Postgres that was started for them ends with [`Databases::close`].
pub struct Databases {
    folder: Folder,
    own: Option<Postgres>,
}

impl Databases {
    /// Finds the Postgres of the folder, or starts it where no suite runs.
    pub async fn open(folder: &Folder) -> anyhow::Result<Self> {
        let running = PgPool::connect(&url_of_running(folder, "postgres")?).await.is_ok();
        let own = if running { None } else { Some(Postgres::start(folder).await?) };
        Ok(Self { folder: folder.clone(), own })
    }

    /// URL of a service's database.
    pub fn url(&self, service: &str) -> anyhow::Result<String> {
        url_of_running(&self.folder, service)
    }

    /// Stops what was started.
    pub async fn close(self) -> anyhow::Result<()> {
        match self.own {
            Some(postgres) => postgres.stop().await,
            None => Ok(()),
        }
    }
}
