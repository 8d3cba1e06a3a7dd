//! The command: reads the data set, drives the suite through it unless that is done already, and reports.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use canopy_kernel::Clock;
use clap::Args;

use super::answers::Answers;
use super::desk::Desk;
use super::drive::Drive;
use super::link::Link;
use super::outcome::Outcome;
use super::progress::Progress;
use super::report::Report;
use super::year::Year;
use crate::suite::Folder;

/// Where the report goes beside the screen, and how long a silent suite is waited for.
#[derive(Clone, Debug, Args)]
pub struct Output {
    /// Write the table of figures as CSV: id, expected, actual, verdict.
    #[arg(long, value_name = "FILE")]
    pub verdict: Option<PathBuf>,
    /// Write the refused rows as CSV: file, line_no, row_key, error, reason_code.
    #[arg(long, value_name = "FILE")]
    pub refusals: Option<PathBuf>,
    /// How long a call is tried again while the suite is away, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    pub patience: u64,
}

/// Replays a data set; what was done before is repeated and changes nothing. True when all that is covered is equal.
pub async fn run(folder: &Folder, address: &str, dir: &Path, output: &Output) -> anyhow::Result<bool> {
    let year = Year::read(dir).with_context(|| format!("data set {}", dir.display()))?;
    let link = link(folder, address, output)?;
    drive(folder, &year, &link).await?;
    report(&year, &link, output).await
}

/// Replays a data set unless the data folder has the completion mark of exactly these files; reports either way.
pub async fn run_once(folder: &Folder, address: &str, dir: &Path, output: &Output) -> anyhow::Result<bool> {
    let year = Year::read(dir).with_context(|| format!("data set {}", dir.display()))?;
    let link = link(folder, address, output)?;
    if !mark(folder, &year).exists() {
        drive(folder, &year, &link).await?;
    }
    report(&year, &link, output).await
}

fn link(folder: &Folder, address: &str, output: &Output) -> anyhow::Result<Link> {
    let desk = Desk::new(folder.issuer()?, Clock::System);
    Link::new(address, desk, Duration::from_secs(output.patience))
}

async fn drive(folder: &Folder, year: &Year, link: &Link) -> anyhow::Result<()> {
    let progress = Progress::of(year)?;
    let driven = Drive::new(year, link, &progress).run().await;
    progress.finish();
    driven?;
    let mark = mark(folder, year);
    if let Some(parent) = mark.parent() {
        std::fs::create_dir_all(parent)?;
    }
    std::fs::write(&mark, []).with_context(|| format!("write {}", mark.display()))
}

async fn report(year: &Year, link: &Link, output: &Output) -> anyhow::Result<bool> {
    let outcome = Outcome::read(year, link).await?;
    let report = Report::of(year, outcome, &Answers::read(&year.folder)?);
    report.print();
    if let Some(path) = &output.verdict {
        report.write_figures(path)?;
    }
    if let Some(path) = &output.refusals {
        report.write_refusals(path)?;
    }
    Ok(report.is_equal())
}

/// The completion mark of a data set: a file named by the content of its record files.
fn mark(folder: &Folder, year: &Year) -> PathBuf {
    folder.path().join("replayed").join(year.digest.to_string())
}
