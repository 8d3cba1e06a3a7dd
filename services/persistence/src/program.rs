//! The command line of a service with a database: serve, bring the database to the schema of this build, renew
//! the epoch of the feed, and what else the service offers.

use std::path::PathBuf;

use canopy_platform::config::{self, Key};
use clap::{Args as _, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use futures::future::BoxFuture;
use serde::de::DeserializeOwned;
use sqlx::migrate::Migrator;

use crate::config::DatabaseSettings;

#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves until SIGTERM or Ctrl-C.
    Serve(Configured),
    /// Brings the database to the schema of this build.
    Migrate(Configured),
    /// Gives the feed a new epoch, after the database was put back to an earlier copy: everyone who follows it stops
    /// until an operator resumes there (OperationsService/ResumeFeed).
    RenewEpoch(Configured),
}

#[derive(clap::Args)]
struct Configured {
    /// TOML file; variables of the environment go before it.
    #[arg(long)]
    config: Option<PathBuf>,
}

/// What a configured service does when it is told to.
pub type Work<C> = fn(C) -> BoxFuture<'static, anyhow::Result<()>>;

/// A command that one service has beside those of all.
pub struct Extra<C> {
    /// Its name.
    pub name: &'static str,
    /// What it does, in one line.
    pub about: &'static str,
    /// Does it.
    pub work: Work<C>,
}

/// A service as a program.
pub struct Program<C> {
    /// Its name, `canopy-…`.
    pub name: &'static str,
    /// The service: owner of the database.
    pub service: &'static str,
    /// Its own tables.
    pub migrator: &'static Migrator,
    /// Its database in the configuration.
    pub database: fn(&C) -> &DatabaseSettings,
    /// What it is, in one line.
    pub about: &'static str,
    /// Prefix of its variables in the environment, `CANOPY_…`.
    pub variables: &'static str,
    /// Its keys, for `--help`.
    pub keys: Vec<Key>,
    /// Serves at the configured address until the process is told to stop.
    pub serve: Work<C>,
    /// Further commands.
    pub extra: Vec<Extra<C>>,
}

impl<C: DeserializeOwned> Program<C> {
    /// Does what the command line asks for.
    pub async fn run(self) -> anyhow::Result<()> {
        let help = config::help(&self.keys);
        let command = Arguments::command().name(self.name).about(self.about).after_help(help.clone());
        let mut command = command.mut_subcommand("serve", |serve| serve.after_help(help));
        for extra in &self.extra {
            let configured = Configured::augment_args(clap::Command::new(extra.name));
            command = command.subcommand(configured.about(extra.about));
        }
        let load = |file: Configured| config::load::<C>(self.variables, file.config.as_deref());
        let matches = command.get_matches();
        if let Some((name, arguments)) = matches.subcommand()
            && let Some(extra) = self.extra.iter().find(|extra| extra.name == name)
        {
            return (extra.work)(load(Configured::from_arg_matches(arguments)?)?).await;
        }
        match Arguments::from_arg_matches(&matches)?.command {
            Command::Serve(file) => (self.serve)(load(file)?).await,
            Command::Migrate(file) => {
                let url = (self.database)(&load(file)?).url.clone();
                Ok(crate::migrate(&url, self.service, self.migrator).await?)
            }
            Command::RenewEpoch(file) => {
                let url = (self.database)(&load(file)?).url.clone();
                crate::migrate::renew_epoch(&url, self.service).await?;
                Ok(())
            }
        }
    }
}
