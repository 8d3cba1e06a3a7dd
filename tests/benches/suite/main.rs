//! `make bench`: measures speed and size of the suite against their targets and prints one table from one run. Every
//! part is a real process: release builds, nginx, pgbench and a durable Postgres; only the replay runs on the profile
//! of `make run`. Progress goes to standard error.
#![allow(clippy::float_arithmetic, reason = "rates and ratios are for people")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a bench tells its figures")]

mod backend;
mod database;
mod import;
mod keys;
mod ledger;
mod load;
mod process;
mod relay;
mod replay;
mod rows;
mod rules;
mod sent;
mod standing;
mod suite;
mod table;
mod transfer;
mod usage;
mod write;

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use database::Database;
use suite::Suite;
use table::Table;

/// First argument with which this program is the backend that gateway and nginx carry calls to.
const BACKEND: &str = "backend";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    match arguments.next() {
        Some(first) if first == BACKEND => {
            let address = arguments.next().context("the backend's address")?;
            backend::serve(&address).await
        }
        _ => measure().await,
    }
}

async fn measure() -> anyhow::Result<()> {
    let mut table = Table::default();
    rules::read(&mut table)?;
    say("gateway and nginx");
    relay::measure(&release()?, &mut table).await?;
    let database = Database::of_environment()?;
    let sync = database.flushes_per_second()?;
    table.fact("flushes to this disk a second", sync);
    say("ledger");
    ledger::measure(&mut table, &database).await?;
    {
        say("import, standing, write");
        let suite = Suite::start(&release()?, &database, "fast", suite::Parts::Registry).await?;
        import::measure(&suite, &mut table).await?;
        standing::measure(&suite, &mut table).await?;
        write::measure(&suite, &mut table).await?;
        suite.stop().await?;
    }
    say("commissioner: activities, suggestions");
    transfer::measure(&release()?, &database, &mut table).await?;
    say("replay of the bundled year, twice: in one process, and with a process for each service");
    replay::measure(&dev()?, &database, &mut table).await?;
    table.print();
    Ok(())
}

/// Where the release build's programs stand: beside this one.
fn release() -> anyhow::Result<PathBuf> {
    let bench = std::env::current_exe()?;
    Ok(bench.parent().and_then(Path::parent).context("a bench stands in target/release/deps")?.to_owned())
}

/// Where the programs of `make run` stand.
fn dev() -> anyhow::Result<PathBuf> {
    Ok(release()?.with_file_name("debug"))
}

/// Tells what is under way.
fn say(what: &str) {
    eprintln!("bench: {what}");
}
