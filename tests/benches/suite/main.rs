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

use anyhow::{Context as _, bail};

use database::Database;
use suite::Suite;
use table::Table;

/// First argument with which this program is the backend that gateway and nginx carry calls to.
const BACKEND: &str = "backend";
/// What can be measured alone.
const PARTS: [&str; 6] = ["rules", "relay", "ledger", "registry", "transfer", "replay"];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // Cargo says by `--bench` that it runs a bench.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.split_first() {
        Some((first, rest)) if first == BACKEND => {
            backend::serve(rest.first().context("the backend's address")?).await
        }
        _ => measure(&arguments).await,
    }
}

/// Measures those parts, or all when none is named.
async fn measure(parts: &[String]) -> anyhow::Result<()> {
    if let Some(unknown) = parts.iter().find(|part| !PARTS.contains(&part.as_str())) {
        bail!("no part {unknown}; known: {}", PARTS.join(", "));
    }
    let wanted = |part: &str| parts.is_empty() || parts.iter().any(|it| it == part);
    let mut table = Table::default();
    if wanted("rules") {
        rules::read(&mut table)?;
    }
    if wanted("relay") {
        say("gateway and nginx");
        relay::measure(&release()?, &mut table).await?;
    }
    let database = Database::of_environment()?;
    let sync = database.flushes_per_second()?;
    table.fact("flushes to this disk a second", sync);
    if wanted("ledger") {
        say("ledger");
        ledger::measure(&mut table, &database).await?;
    }
    if wanted("registry") {
        say("import, standing, write");
        let suite = Suite::start(&release()?, &database, "fast", suite::Parts::Registry).await?;
        import::measure(&suite, &mut table).await?;
        standing::measure(&suite, &mut table).await?;
        write::measure(&suite, &mut table).await?;
        suite.stop().await?;
    }
    if wanted("transfer") {
        say("commissioner: activities, suggestions");
        transfer::measure(&release()?, &database, &mut table).await?;
    }
    if wanted("replay") {
        say("replay of the bundled year, twice: in one process, and with a process for each service");
        replay::measure(&dev()?, &database, &mut table).await?;
    }
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
