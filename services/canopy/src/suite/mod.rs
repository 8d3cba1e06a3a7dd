//! The whole suite in one process on a private Postgres: what `canopy up` starts and ends.

mod bank;
mod databases;
mod folder;
mod postgres;
mod service;

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use canopy_kernel::Role;
use canopy_sandbox::issuer::Grant;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

pub use databases::Databases;
pub use folder::Folder;
pub use postgres::{Postgres, prerequisites};
pub use service::{SERVICES, Service};

/// How long a service may take to answer its first health check.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// What to start.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where everything is kept.
    pub folder: Folder,
    /// Address of the gateway.
    pub listen: SocketAddr,
    /// Services to start; the gateway and the sandbox's bank always run.
    pub services: Vec<&'static Service>,
}

/// The running suite.
pub struct Suite {
    /// Where the gateway listens.
    pub address: SocketAddr,
    /// A token of the operator, from the sandbox's issuer.
    pub token: String,
    stop: watch::Sender<bool>,
    tasks: JoinSet<anyhow::Result<()>>,
    postgres: Postgres,
}

impl Suite {
    /// Starts everything and waits until the services are ready. Must run on the process's main thread: Postgres
    /// ends with the thread that started it, so that a crash leaves no orphan.
    pub async fn start(options: Options) -> anyhow::Result<Suite> {
        let folder = options.folder;
        folder.prepare(&options.services)?;
        let postgres = Postgres::start(&folder).await.context("private Postgres")?;
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let bank = bank::start(&folder, stopped.clone(), &mut tasks).await.context("sandbox bank")?;

        let mut listeners = Vec::new();
        for service in &options.services {
            listeners.push((*service, TcpListener::bind("127.0.0.1:0").await?));
        }
        let mut addresses = vec![("treasury", bank)];
        for (service, listener) in &listeners {
            addresses.push((service.name, listener.local_addr()?));
        }
        for (service, listener) in listeners {
            postgres.ensure_database(service.name).await?;
            let config = service.config(&folder, &postgres, &addresses)?;
            (service.migrate)(config.clone()).await.with_context(|| format!("migrate {}", service.name))?;
            // Postgres is this process's own, so whoever held a lease is gone.
            canopy_persistence::migrate::end_leases(&postgres.url(service.name, service.name)).await?;
            tasks.spawn(service.start(config, listener, Box::pin(ended(stopped.clone()))));
        }
        wait_ready(&addresses).await?;
        let gateway = TcpListener::bind(options.listen)
            .await
            .with_context(|| format!("listen on {}", options.listen))?;
        let address = gateway.local_addr()?;
        let config = gateway_config(&folder, &addresses)?;
        tasks.spawn(canopy_gateway::run(config, gateway, ended(stopped)));
        let token = operator_token(&folder)?;
        folder.write_entry(address, &token)?;
        Ok(Suite { address, token, stop, tasks, postgres })
    }

    /// Waits until a part of the suite ends by itself, which none should. A Postgres that dies is started again
    /// meanwhile; must be awaited on the process's main thread, as [`Suite::start`].
    pub async fn broken(&mut self) -> anyhow::Error {
        loop {
            tokio::select! {
                ended = self.tasks.join_next() => return match ended {
                    Some(Ok(Ok(()))) | None => anyhow::anyhow!("a part of the suite ended"),
                    Some(Ok(Err(error))) => error,
                    Some(Err(error)) => error.into(),
                },
                died = self.postgres.died() => {
                    tracing::warn!("postgres died and is started again");
                    if let Err(error) = died.and(self.postgres.restart().await) {
                        return error;
                    }
                }
            }
        }
    }

    /// Drains: no new calls, those in flight finish, then Postgres stops.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        self.stop.send_replace(true);
        while let Some(ended) = self.tasks.join_next().await {
            if let Err(error) = ended.map_err(anyhow::Error::from).and_then(|it| it) {
                tracing::warn!(%error, "a part of the suite did not end well");
            }
        }
        self.postgres.stop().await
    }
}

/// Resolves when the suite is told to stop.
async fn ended(mut stopped: watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stop| *stop).await;
}

fn gateway_config(
    folder: &Folder,
    addresses: &[(&'static str, SocketAddr)],
) -> anyhow::Result<canopy_gateway::Config> {
    let issuer = folder.issuer()?;
    let mut routes = serde_json::Map::new();
    for (name, address) in addresses {
        // The bank itself is an outside party: callers reach only its switches.
        let package =
            if *name == "treasury" { "canopy.sandbox.v1".to_owned() } else { format!("canopy.{name}.v1") };
        routes.insert(package, json!(format!("http://{address}")));
    }
    let config = json!({
        "server": {
            "tryout": true,
            "identity": { "name": "gateway", "key_file": folder.signing_key("gateway") },
            "max_in_flight": 4096,
        },
        "routes": routes,
        "audiences": { "canopy.sandbox.v1": "treasury" },
        "tokens": { "issuers": { canopy_sandbox::issuer::NAME: { issuer.key_id(): issuer.public_key() } } },
    });
    Ok(serde_json::from_value(config)?)
}

/// A token with which an operator of the try-out suite may look around and set the time.
fn operator_token(folder: &Folder) -> anyhow::Result<String> {
    let grant = Grant {
        person: Some("operator".to_owned()),
        agency: "try-out".to_owned(),
        system: "console".to_owned(),
        assurance: "high".to_owned(),
        roles: [Role::Operator, Role::Auditor].into(),
        represented: None,
        purpose: None,
        may_set_time: true,
        lifetime: jiff::SignedDuration::from_hours(30 * 24),
    };
    folder.issuer()?.mint(&grant, canopy_kernel::Clock::System.now())
}

/// Waits until every service says that it is ready.
async fn wait_ready(addresses: &[(&'static str, SocketAddr)]) -> anyhow::Result<()> {
    for (name, address) in addresses {
        let ready = async {
            let mut tick = tokio::time::interval(Duration::from_millis(25));
            loop {
                tick.tick().await;
                if is_ready(*address).await {
                    return;
                }
            }
        };
        let late = || format!("{name} is not ready within {} s", READY_WITHIN.as_secs());
        tokio::time::timeout(READY_WITHIN, ready).await.with_context(late)?;
    }
    Ok(())
}

async fn is_ready(address: SocketAddr) -> bool {
    use tonic_health::pb::health_check_response::ServingStatus;
    let Ok(endpoint) = tonic::transport::Endpoint::from_shared(format!("http://{address}")) else {
        return false;
    };
    let Ok(channel) = endpoint.connect().await else { return false };
    let request =
        tonic_health::pb::HealthCheckRequest { service: canopy_platform::server::READINESS.to_owned() };
    let answer = tonic_health::pb::health_client::HealthClient::new(channel).check(request).await;
    answer.is_ok_and(|answer| answer.get_ref().status() == ServingStatus::Serving)
}
