//! The services that a suite is made of: a new one is a new entry here.

use std::net::SocketAddr;

use anyhow::Context as _;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::folder::Folder;
use super::postgres::Postgres;

/// Runs a service on its configuration until the last future resolves.
type Run = fn(Value, TcpListener, Stopped) -> BoxFuture<'static, anyhow::Result<()>>;
/// Resolves when the suite stops.
pub type Stopped = BoxFuture<'static, ()>;

/// One service of the suite.
#[derive(Debug)]
pub struct Service {
    /// Its name: database, role, audience, and middle part of its package.
    pub name: &'static str,
    /// Whom it calls; each stands in its configuration under its name.
    pub peers: &'static [&'static str],
    /// Whose assertions it accepts.
    pub accept: &'static [&'static str],
    /// Keys of its configuration, section and name, that take a folder of its own.
    folders: &'static [(&'static str, &'static str)],
    /// Brings its database to the schema of this build.
    pub migrate: fn(Value) -> BoxFuture<'static, anyhow::Result<()>>,
    run: Run,
}

/// All services, those that others call first.
pub static SERVICES: &[Service] = &[
    Service {
        name: "registry",
        peers: &[],
        accept: &["gateway", "subsidy", "commissioner"],
        folders: &[],
        migrate: |config| {
            async move { canopy_registry::migrate(&serde_json::from_value(config)?).await }.boxed()
        },
        run: |config, listener, stopped| {
            async move { canopy_registry::run(serde_json::from_value(config)?, listener, stopped).await }
                .boxed()
        },
    },
    Service {
        name: "subsidy",
        peers: &["registry", "treasury"],
        accept: &["gateway"],
        folders: &[],
        migrate: |config| {
            async move { canopy_subsidy::migrate(&serde_json::from_value(config)?).await }.boxed()
        },
        run: |config, listener, stopped| {
            async move { canopy_subsidy::run(serde_json::from_value(config)?, listener, stopped).await }
                .boxed()
        },
    },
    Service {
        name: "commissioner",
        peers: &["registry"],
        accept: &["gateway"],
        folders: &[("suggest", "folder")],
        migrate: |config| {
            async move { canopy_commissioner::migrate(&serde_json::from_value(config)?).await }.boxed()
        },
        run: |config, listener, stopped| {
            async move { canopy_commissioner::run(serde_json::from_value(config)?, listener, stopped).await }
                .boxed()
        },
    },
];

impl Service {
    /// The service of that name.
    pub fn named(name: &str) -> anyhow::Result<&'static Service> {
        let known = || SERVICES.iter().map(|it| it.name).collect::<Vec<_>>().join(", ");
        SERVICES
            .iter()
            .find(|it| it.name == name)
            .with_context(|| format!("no service {name}; known: {}", known()))
    }

    /// Its configuration in this suite.
    pub(super) fn config(
        &self,
        folder: &Folder,
        postgres: &Postgres,
        addresses: &[(&'static str, SocketAddr)],
    ) -> anyhow::Result<Value> {
        let mut accept = serde_json::Map::new();
        for issuer in self.accept {
            accept.insert((*issuer).to_owned(), json!(folder.public_key(issuer)?));
        }
        let mut config = json!({
            "server": {
                "tryout": true,
                "identity": { "name": self.name, "key_file": folder.signing_key(self.name), "accept": accept },
            },
            "database": {
                "url": postgres.url(self.name, self.name),
                "crypt_folder": folder.crypt(self.name),
                "log_key_file": folder.log_key(self.name),
            },
        });
        for (section, key) in self.folders {
            config[*section][*key] = json!(folder.own(self.name, section));
        }
        for peer in self.peers {
            let (_, address) = addresses
                .iter()
                .find(|(name, _)| name == peer)
                .with_context(|| format!("{} needs {peer}, which is not started", self.name))?;
            config[*peer] = json!(format!("http://{address}"));
        }
        Ok(config)
    }

    /// Runs it.
    pub(super) fn start(
        &self,
        config: Value,
        listener: TcpListener,
        stopped: Stopped,
    ) -> BoxFuture<'static, anyhow::Result<()>> {
        (self.run)(config, listener, stopped)
    }
}
