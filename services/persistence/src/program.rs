//! The command line of a service with a database: serve, or bring the database to the schema of this build.

use std::path::PathBuf;

use canopy_platform::config::{self, Key};
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use futures::future::BoxFuture;
use serde::de::DeserializeOwned;

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
}

#[derive(clap::Args)]
struct Configured {
    /// TOML file; variables of the environment go before it.
    #[arg(long)]
    config: Option<PathBuf>,
}

/// A service as a program.
pub struct Program<C> {
    /// Its name, `canopy-…`.
    pub name: &'static str,
    /// What it is, in one line.
    pub about: &'static str,
    /// Prefix of its variables in the environment, `CANOPY_…`.
    pub variables: &'static str,
    /// Its keys, for `--help`.
    pub keys: Vec<Key>,
    /// Serves at the configured address until the process is told to stop.
    pub serve: fn(C) -> BoxFuture<'static, anyhow::Result<()>>,
    /// Brings the database to the schema of this build.
    pub migrate: fn(C) -> BoxFuture<'static, anyhow::Result<()>>,
}

impl<C: DeserializeOwned> Program<C> {
    /// Does what the command line asks for.
    pub async fn run(self) -> anyhow::Result<()> {
        let help = config::help(&self.keys);
        let command = Arguments::command().name(self.name).about(self.about).after_help(help.clone());
        let command = command.mut_subcommand("serve", |serve| serve.after_help(help));
        let load = |file: Configured| config::load::<C>(self.variables, file.config.as_deref());
        match Arguments::from_arg_matches(&command.get_matches())?.command {
            Command::Serve(file) => (self.serve)(load(file)?).await,
            Command::Migrate(file) => (self.migrate)(load(file)?).await,
        }
    }
}
