//! The commands and what they take.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use canopy_platform::{TelemetrySettings, telemetry};
use clap::{Args, Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

use crate::replay;
use crate::suite::{Folder, Options, SERVICES, Service, Suite};
use crate::{doctor, epoch, feeds, token, verify};

/// Canopy: what a city's science and technology bureau runs.
#[derive(Debug, Parser)]
#[command(name = "canopy", version, about, long_about = None)]
pub struct Cli {
    /// Where the suite keeps everything: databases, keys, address and token.
    #[arg(long, global = true, default_value = "data", env = "CANOPY_DATA")]
    data: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the whole suite in one process on a private Postgres, for try-outs; Ctrl-C drains.
    Up(Up),
    /// Replay a year of records through the gateway of a running suite and compare the figures.
    Replay(Replay),
    /// Mint a try-out token from the sandbox's issuer.
    Token(token::Grantee),
    /// Recompute sums, positions and the audit tree of every database; names the first break.
    Verify,
    /// Look whether everything is here that the suite needs, and whether a running one follows its feeds.
    Doctor,
    /// Give the feed of a service a new epoch, after its database was put back to an earlier copy.
    ///
    /// Everyone who follows the feed stops with FEED_REWOUND and applies nothing until an operator resumes there.
    /// A follower that had read further than the copy stops without this command too; this one also reaches readers
    /// that had not, and readers outside the suite that do not say which event they stand on.
    RenewEpoch {
        /// Service whose database was put back.
        service: String,
    },
    /// Follow a feed anew whose producer was put back: what was learnt from it is learnt again from its beginning.
    ResumeFeed(feeds::Resume),
}

#[derive(Debug, Args)]
struct Up {
    /// Address of the gateway.
    #[arg(long, default_value = "127.0.0.1:50051")]
    listen: SocketAddr,
    /// Services to start, separated by commas; all without it.
    #[arg(long, value_delimiter = ',')]
    services: Vec<String>,
    /// Replay this year's folder once the suite is up, unless that is done already.
    #[arg(long, value_name = "DIR")]
    replay: Option<PathBuf>,
    /// End after the replay, with its exit status.
    #[arg(long, requires = "replay")]
    exit_after_replay: bool,
    #[command(flatten)]
    output: replay::Output,
}

#[derive(Debug, Args)]
struct Replay {
    /// Folder with the record files, and the answer files where they are known.
    dir: PathBuf,
    /// Address of the gateway; without it the one of the suite on the data folder.
    #[arg(long)]
    address: Option<String>,
    #[command(flatten)]
    output: replay::Output,
}

/// Runs a command; the status is 0 when all is well, 1 when something differs or fails.
pub async fn run(cli: Cli) -> ExitCode {
    let settings = TelemetrySettings { log_filter: log_filter(), ..TelemetrySettings::default() };
    let guard = match telemetry::init(&settings) {
        Ok(guard) => guard,
        Err(error) => return failed(&error),
    };
    let outcome = dispatch(cli).await;
    guard.shutdown().await;
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => failed(&error),
    }
}

/// Warnings by default, so that the table stands alone; `CANOPY_LOG` asks for more.
pub(crate) fn log_filter() -> String {
    std::env::var("CANOPY_LOG").unwrap_or_else(|_| "warn".to_owned())
}

#[expect(clippy::print_stderr, reason = "the last word of a command to its operator")]
fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("canopy: {error:#}");
    ExitCode::FAILURE
}

async fn dispatch(cli: Cli) -> anyhow::Result<bool> {
    let folder = Folder::open(&cli.data)?;
    match cli.command {
        Command::Up(up) => start(folder, up).await,
        Command::Replay(asked) => {
            let address = asked.address.map_or_else(|| folder.address(), Ok)?;
            replay::run(&folder, &address, &asked.dir, &asked.output).await
        }
        Command::Token(grantee) => token::print(&folder, &grantee).map(|()| true),
        Command::Verify => verify::run(&folder).await,
        Command::Doctor => doctor::run(&folder).await,
        Command::RenewEpoch { service } => epoch::run(&folder, &service).await,
        Command::ResumeFeed(asked) => feeds::resume(&folder, &asked).await,
    }
}

async fn start(folder: Folder, up: Up) -> anyhow::Result<bool> {
    let services = if up.services.is_empty() {
        SERVICES.iter().collect()
    } else {
        up.services.iter().map(|name| Service::named(name)).collect::<anyhow::Result<_>>()?
    };
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let options = Options { folder: folder.clone(), listen: up.listen, services };
    let mut suite = Suite::start(options).await?;
    announce(&suite);
    let address = suite.address.to_string();
    let work = async {
        let outcome = match &up.replay {
            Some(dir) => replay::run_once(&folder, &address, dir, &up.output).await?,
            None => true,
        };
        if !up.exit_after_replay {
            serving(&address);
            std::future::pending::<()>().await;
        }
        Ok(outcome)
    };
    let outcome = tokio::select! {
        outcome = work => outcome,
        error = suite.broken() => Err(error),
        _ = interrupt.recv() => Ok(true),
        _ = terminate.recv() => Ok(true),
    };
    suite.stop().await?;
    outcome
}

#[expect(clippy::print_stdout, reason = "what the operator may do next")]
fn serving(address: &str) {
    println!("Canopy goes on serving on {address}; Ctrl-C ends it");
}

#[expect(clippy::print_stdout, reason = "what the operator needs to call the suite")]
fn announce(suite: &Suite) {
    println!("Canopy serves on {}", suite.address);
    println!("Operator's token (also in the data folder): {}", suite.token);
}
