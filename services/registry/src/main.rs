//! The registry as a process of its own.

use std::path::PathBuf;

use anyhow::Context as _;
use canopy_platform::{config, telemetry};
use canopy_registry::Config;
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// Subjects, qualifications, facts, credit and reference data of the suite.
#[derive(Parser)]
#[command(name = "canopy-registry", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves until SIGTERM or Ctrl-C.
    Serve {
        /// TOML file; CANOPY_REGISTRY__… variables go before it.
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// Brings the database to the schema of this build.
    Migrate {
        /// TOML file; CANOPY_REGISTRY__… variables go before it.
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// Gives the feed a new epoch, after the database was put back to an earlier copy: everyone who follows it stops
    /// until an operator resumes there (OperationsService/ResumeFeed).
    RenewEpoch {
        /// TOML file; CANOPY_REGISTRY__… variables go before it.
        #[arg(long)]
        config: Option<PathBuf>,
    },
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let help = config::help(&Config::keys());
    let command = Arguments::command().mut_subcommand("serve", |serve| serve.after_help(help.clone()));
    let command = command.after_help(help);
    let load = |file: Option<PathBuf>| config::load::<Config>("CANOPY_REGISTRY", file.as_deref());
    match Arguments::from_arg_matches(&command.get_matches())?.command {
        Command::Migrate { config } => canopy_registry::migrate(&load(config)?).await,
        Command::RenewEpoch { config } => canopy_registry::renew_epoch(&load(config)?).await,
        Command::Serve { config } => serve(load(config)?).await,
    }
}

async fn serve(config: Config) -> anyhow::Result<()> {
    let telemetry = telemetry::init(&config.server.telemetry)?;
    let listener = TcpListener::bind(&config.server.listen)
        .await
        .with_context(|| format!("listen on {}", config.server.listen))?;
    let mut terminate = signal(SignalKind::terminate())?;
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            // Without a handler for Ctrl-C the service still stops on SIGTERM.
            Ok(()) = tokio::signal::ctrl_c() => {}
        }
    };
    let served = canopy_registry::run(config, listener, stop).await;
    telemetry.shutdown().await;
    served
}
