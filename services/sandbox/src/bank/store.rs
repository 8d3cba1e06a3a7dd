//! The bank's book: one embedded file. A write is one transaction, durable when it returns, so whatever the
//! bank acknowledged survives a kill at any moment.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use canopy_kernel::{Failure, reason};
use redb::{
    Builder, Database, ReadTransaction, ReadableDatabase as _, ReadableTable as _, TableDefinition,
    WriteTransaction,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Instruction id → its booking.
pub(crate) const INSTRUCTIONS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("instructions");
/// (Day, number within the day) → the statement's entry.
pub(crate) const ENTRIES: TableDefinition<'_, (&str, u64), &[u8]> = TableDefinition::new("entries");
/// (Payee, purpose, day of the return) → a scripted return.
pub(crate) const SCRIPTS: TableDefinition<'_, (&str, &str, &str), &[u8]> = TableDefinition::new("scripts");
/// Place in the queue → a misbehaviour asked for.
pub(crate) const BEHAVIOURS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("behaviours");
/// Caller, method and request id → digest of the request.
pub(crate) const REQUESTS: TableDefinition<'_, &str, &str> = TableDefinition::new("requests");
/// Name → the last number given out.
pub(crate) const COUNTERS: TableDefinition<'_, &str, u64> = TableDefinition::new("counters");

/// Bytes of the file kept in memory; redb's own default is 1 GiB.
const CACHE_BYTES: usize = 8 * 1024 * 1024;

/// The open book. One process at a time has it.
#[derive(Clone, Debug)]
pub struct Store {
    database: Arc<Database>,
}

/// Inside a transaction; what the engine cannot do becomes a [`Failure`] at the transaction's edge.
pub(crate) type Kept<T> = Result<T, redb::Error>;

impl Store {
    /// Opens the book in a folder, which is made for its owner alone if it is not there.
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let file = folder.join("bank.redb");
        let database = Builder::new()
            .set_cache_size(CACHE_BYTES)
            .create(&file)
            .with_context(|| format!("cannot open the bank's book {}", file.display()))?;
        let store = Self { database: Arc::new(database) };
        // A reader fails on a table that no writer has made.
        store.write_kept(make_tables).context("cannot write the bank's book")?;
        Ok(store)
    }

    /// Reads a consistent state, off the async threads.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&ReadTransaction) -> Kept<T> + Send + 'static,
    ) -> Result<T, Failure> {
        let database = Arc::clone(&self.database);
        off_thread(move || work(&database.begin_read()?)).await
    }

    /// Writes in one durable transaction, off the async threads. A caller that goes away does not stop it
    /// half-way; an error leaves the book as it was.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&WriteTransaction) -> Kept<T> + Send + 'static,
    ) -> Result<T, Failure> {
        let store = self.clone();
        off_thread(move || store.write_kept(work)).await
    }

    fn write_kept<T>(&self, work: impl FnOnce(&WriteTransaction) -> Kept<T>) -> Kept<T> {
        let transaction = self.database.begin_write()?;
        let done = work(&transaction)?;
        transaction.commit()?;
        Ok(done)
    }
}

fn make_tables(transaction: &WriteTransaction) -> Kept<()> {
    transaction.open_table(INSTRUCTIONS)?;
    transaction.open_table(ENTRIES)?;
    transaction.open_table(SCRIPTS)?;
    transaction.open_table(BEHAVIOURS)?;
    transaction.open_table(REQUESTS)?;
    transaction.open_table(COUNTERS)?;
    Ok(())
}

async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Kept<T> + Send + 'static,
) -> Result<T, Failure> {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(fault)) => Err(Failure::new(&reason::DATABASE_DOWN).because(fault)),
        Err(fault) => Err(Failure::new(&reason::INTERNAL).because(fault)),
    }
}

/// The next number of a counter, from 1.
pub(crate) fn next_number(transaction: &WriteTransaction, counter: &str) -> Kept<u64> {
    let mut counters = transaction.open_table(COUNTERS)?;
    let next = counters.get(counter)?.map_or(0, |last| last.value()) + 1;
    counters.insert(counter, next)?;
    Ok(next)
}

/// A record as it is kept.
pub(crate) fn encode(record: &impl Serialize) -> Kept<Vec<u8>> {
    serde_json::to_vec(record).map_err(|fault| redb::Error::Corrupted(fault.to_string()))
}

/// A record as it was kept. The fault's text holds no value of the record.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Kept<T> {
    serde_json::from_slice(bytes)
        .map_err(|fault| redb::Error::Corrupted(format!("record: {:?}", fault.classify())))
}
