//! What services with a database share: named transactions with idempotency and audit, the outbox and its feed,
//! following another's feed, work on a clock, bulk imports, the ledger, and the proof that nothing was rewritten.

pub mod audit;
mod closing;
pub mod config;
pub mod consumer;
pub mod crypt;
pub mod edge;
mod error;
pub mod feed;
mod gather;
pub mod host;
mod idempotency;
mod import;
pub mod job;
mod lease;
pub mod ledger;
pub mod merkle;
pub mod migrate;
pub mod mirror;
pub mod operations;
mod outbox;
pub mod page;
pub mod parking;
pub mod program;
mod secret_file;
mod sequencer;
mod store;
#[cfg(feature = "testing")]
pub mod testing;
mod turn;
mod tx;
pub mod verify;

pub use audit::Transition;
pub use config::DatabaseSettings;
pub use consumer::{Consumer, Listener};
pub use crypt::{Crypt, Sealed};
pub use error::{db, ensure_all, ensure_one, violates};
pub use feed::FeedClient;
pub use gather::Gather;
pub use host::Host;
pub use import::{FreshRow, ImportRow, RowOutcome};
pub use job::{DueItem, Job, Jobs};
pub use migrate::migrate;
pub use page::PageToken;
pub use program::{Extra, Program};
pub use sequencer::Sequencer;
pub use store::{Store, Write, is_remembered};
pub use turn::Turn;
pub use tx::Tx;
pub use verify::verify;
