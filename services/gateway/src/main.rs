//! The gateway as a process of its own.

use std::path::PathBuf;

use canopy_gateway::Config;
use canopy_platform::{ServerSettings, config, process};
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

/// The suite's public port: authenticates callers and passes their calls on.
#[derive(Parser)]
#[command(name = "canopy-gateway", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves until SIGTERM or Ctrl-C.
    Serve {
        /// TOML file; CANOPY_GATEWAY__… variables go before it.
        #[arg(long)]
        config: Option<PathBuf>,
    },
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let help = config::help(&[ServerSettings::KEYS, Config::KEYS].concat());
    let command =
        Arguments::command().after_help(help.clone()).mut_subcommand("serve", |serve| serve.after_help(help));
    let Command::Serve { config } = Arguments::from_arg_matches(&command.get_matches())?.command;
    let config: Config = config::load("CANOPY_GATEWAY", config.as_deref())?;
    let settings = config.server.clone();
    process::serve(&settings, |listener, stop| canopy_gateway::run(config, listener, stop)).await
}
