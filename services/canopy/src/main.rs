//! `canopy`: see `canopy --help`.

use std::process::ExitCode;

use clap::Parser as _;

#[tokio::main]
async fn main() -> ExitCode {
    canopy::cli::run(canopy::cli::Cli::parse()).await
}
