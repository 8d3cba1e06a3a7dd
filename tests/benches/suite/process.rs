//! Programs that a bench starts. Each ends with the value that stands for it, and with this process however that
//! ends.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use canopy_tests::installation::signal;
use tokio::process::{Child, Command};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

/// No program takes this long to start or to stop.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running program.
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts a program whose output goes to a file in that folder. To be called on the main thread: the program
    /// ends with the thread that started it.
    pub fn start(folder: &Path, name: &str, program: &Path, arguments: &[&str]) -> anyhow::Result<Process> {
        let log = folder.join(format!("{name}.log"));
        let output = std::fs::File::create(&log)?;
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).arg(program).args(arguments);
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output).kill_on_drop(true);
        let child = command.spawn().with_context(|| format!("start {}", program.display()))?;
        Ok(Process { child, log })
    }

    /// Its id.
    pub fn id(&self) -> u32 {
        self.child.id().unwrap_or_default()
    }

    /// Waits until a program that listens there takes connections.
    pub async fn listening(&mut self, address: SocketAddr) -> anyhow::Result<()> {
        self.until(|| async move { tokio::net::TcpStream::connect(address).await.is_ok() }).await
    }

    /// Waits until a server of the suite says that it is ready.
    pub async fn ready(&mut self, address: SocketAddr) -> anyhow::Result<()> {
        self.until(|| async move { is_ready(address).await.unwrap_or(false) }).await
    }

    async fn until<F: Future<Output = bool>>(&mut self, holds: impl Fn() -> F) -> anyhow::Result<()> {
        let mut tick = tokio::time::interval(Duration::from_millis(20));
        let waited = async {
            loop {
                tick.tick().await;
                if holds().await {
                    return Ok(());
                }
                if let Some(ended) = self.child.try_wait()? {
                    bail!("it ended with {ended}");
                }
            }
        };
        let outcome = tokio::time::timeout(PATIENCE, waited).await.context("it does not start").flatten();
        outcome.with_context(|| std::fs::read_to_string(&self.log).unwrap_or_default())
    }

    /// Ends it in an orderly way.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        signal("TERM", self.id()).await;
        tokio::time::timeout(PATIENCE, self.child.wait()).await.context("it does not stop")??;
        Ok(())
    }
}

async fn is_ready(address: SocketAddr) -> anyhow::Result<bool> {
    let channel = tonic::transport::Endpoint::from_shared(format!("http://{address}"))?.connect().await?;
    let request = HealthCheckRequest { service: canopy_platform::server::READINESS.to_owned() };
    let answer = HealthClient::new(channel).check(request).await?;
    Ok(answer.get_ref().status() == ServingStatus::Serving)
}

/// A free loopback address: bound and let go, for a program to bind next.
pub fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
