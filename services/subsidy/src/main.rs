//! `canopy-subsidy`: serves the subsidy service, or brings its database to the schema of this build.

use std::path::PathBuf;

use canopy_platform::config;
use canopy_subsidy::Config;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

#[derive(Parser)]
#[command(version, about = "Subsidy without application: policies, runs, budgets and payments")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve until SIGINT or SIGTERM.
    Serve(Configured),
    /// Bring the database to the schema of this build.
    Migrate(Configured),
    /// Give the feed a new epoch, after the database was put back to an earlier copy: everyone who follows it stops
    /// until an operator resumes there (OperationsService/ResumeFeed).
    RenewEpoch(Configured),
}

#[derive(clap::Args)]
struct Configured {
    /// TOML file; keys may also come from CANOPY_SUBSIDY__… in the environment.
    #[arg(long)]
    config: Option<PathBuf>,
}

impl Configured {
    fn load(&self) -> anyhow::Result<Config> {
        config::load("CANOPY_SUBSIDY", self.config.as_deref())
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let matches = Arguments::command().after_long_help(config::help(&Config::keys())).get_matches();
    match Arguments::from_arg_matches(&matches)?.command {
        Command::Serve(configured) => canopy_subsidy::serve(configured.load()?).await,
        Command::Migrate(configured) => canopy_subsidy::migrate(&configured.load()?).await,
        Command::RenewEpoch(configured) => canopy_subsidy::renew_epoch(&configured.load()?).await,
    }
}
