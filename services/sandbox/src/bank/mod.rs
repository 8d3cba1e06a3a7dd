//! The bank that pays for the treasury (代理银行), as a server with a book of its own.

use std::future::Future;
use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use canopy_platform::{MethodTable, Server, ServerSettings, config::Key};
use canopy_proto::sandbox::v1::sandbox_bank_service_server::SandboxBankServiceServer;
use canopy_proto::treasury::v1::treasury_service_server::TreasuryServiceServer;
use serde::Deserialize;
use tokio::net::TcpListener;
use tonic::service::Routes;

mod behave;
mod digest;
pub mod payment;
pub mod store;
pub mod switch;

use payment::rpc::Treasury;
use store::Store;
use switch::rpc::Switches;

/// Name of the bank among the services: audience of the calls to it.
pub const NAME: &str = "treasury";

/// The services it serves.
pub const SERVICES: &[&str] = &["canopy.treasury.v1.TreasuryService", "canopy.sandbox.v1.SandboxBankService"];

/// Configuration of the bank.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// What every server has. The bank makes no calls: it needs no key of its own, and its name is [`NAME`]
    /// unless another is given.
    pub server: ServerSettings,
    /// Folder of the book.
    pub data: PathBuf,
}

impl Config {
    /// The keys beside [`ServerSettings::KEYS`].
    pub const KEYS: &'static [Key] =
        &[Key { name: "data", default: "", meaning: "folder of the bank's book, made on the first start" }];
}

/// Serves the bank until `shutdown` is over.
pub async fn run(
    mut config: Config,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    ensure!(!config.data.as_os_str().is_empty(), "the bank needs a folder: key `data`");
    let identity = &mut config.server.identity;
    ensure!(!identity.accept.is_empty(), "the bank accepts nobody: key `server.identity.accept`");
    if identity.name.is_empty() {
        NAME.clone_into(&mut identity.name);
    }
    let zone = config.server.zone()?;
    let folder = config.data;
    // After a kill the engine first repairs its file.
    let book = tokio::task::spawn_blocking(move || Store::open(&folder)).await.context("open the book")??;
    let routes = Routes::new(TreasuryServiceServer::new(Treasury::new(book.clone(), zone)))
        .add_service(SandboxBankServiceServer::new(Switches::new(book)));
    Server::new(&config.server, MethodTable::of_suite()?, SERVICES)?
        .routes(routes)
        .serve(listener, shutdown)
        .await
}
