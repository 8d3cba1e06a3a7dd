//! The sandbox's outside parties as processes of their own.

use std::path::PathBuf;

use canopy_platform::{ServerSettings, config, process};
use canopy_sandbox::bank;
use clap::{Args, Parser, Subcommand};

/// Outside parties for try-outs and tests; never for production.
#[derive(Parser)]
#[command(name = "canopy-sandbox", version)]
struct Arguments {
    #[command(subcommand)]
    party: Party,
}

#[derive(Subcommand)]
enum Party {
    /// The bank that pays for the treasury
    #[command(after_help = bank_keys())]
    Bank(BankArguments),
}

/// What is given here goes before the environment, the environment before the file.
#[derive(Args)]
struct BankArguments {
    /// Configuration file (TOML)
    #[arg(long)]
    config: Option<PathBuf>,
    /// Folder of the bank's book
    #[arg(long)]
    data: Option<PathBuf>,
    /// Address to listen on
    #[arg(long)]
    listen: Option<String>,
    /// Issuer accepted with its public key, e.g. subsidy=BASE64; may be repeated
    #[arg(long, value_name = "ISSUER=KEY", value_parser = issuer_and_key)]
    accept: Vec<(String, String)>,
    /// Take business time from those who may set it
    #[arg(long)]
    tryout: bool,
}

#[tokio::main(worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let Party::Bank(arguments) = Arguments::parse().party;
    let config = arguments.into_config()?;
    let settings = config.server.clone();
    process::serve(&settings, |listener, stop| bank::run(config, listener, stop)).await
}

impl BankArguments {
    fn into_config(self) -> anyhow::Result<bank::Config> {
        let mut config: bank::Config = config::load("CANOPY_SANDBOX", self.config.as_deref())?;
        config.data = self.data.unwrap_or(config.data);
        config.server.listen = self.listen.unwrap_or(config.server.listen);
        config.server.identity.accept.extend(self.accept);
        config.server.tryout |= self.tryout;
        Ok(config)
    }
}

fn issuer_and_key(text: &str) -> Result<(String, String), String> {
    // A key's own = signs stand at its end.
    let (issuer, key) = text.split_once('=').ok_or("it is ISSUER=KEY")?;
    Ok((issuer.to_owned(), key.to_owned()))
}

fn bank_keys() -> String {
    config::help(&[bank::Config::KEYS, ServerSettings::KEYS].concat())
}
