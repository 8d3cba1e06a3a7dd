//! The sandbox's treasury bank as a process of its own: an outside party, started again when it dies.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::folder::Folder;

/// Pause before a bank that died is started again.
const RESTART: Duration = Duration::from_millis(200);

/// Starts the bank on a free loopback port and keeps it running; the answer is its address.
pub(super) async fn start(
    folder: &Folder,
    stopped: watch::Receiver<bool>,
    tasks: &mut JoinSet<anyhow::Result<()>>,
) -> anyhow::Result<SocketAddr> {
    // Bound and let go: the bank binds it next, and again after each restart.
    let address = tokio::net::TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
    let command = Bank {
        program: program()?,
        data: folder.bank(),
        address,
        accept: ["gateway", "subsidy"]
            .into_iter()
            .map(|issuer| Ok(format!("{issuer}={}", folder.public_key(issuer)?)))
            .collect::<anyhow::Result<_>>()?,
    };
    let child = command.spawn()?;
    std::fs::write(folder.path().join("bank.pid"), child.id().unwrap_or_default().to_string())?;
    let pid_file = folder.path().join("bank.pid");
    tasks.spawn(keep(command, child, pid_file, stopped));
    Ok(address)
}

struct Bank {
    program: PathBuf,
    data: PathBuf,
    address: SocketAddr,
    accept: Vec<String>,
}

impl Bank {
    fn spawn(&self) -> anyhow::Result<Child> {
        std::fs::create_dir_all(&self.data)?;
        // setpriv ends the bank with this process, however that ends.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "TERM", "--"]).arg(&self.program).arg("bank");
        command.arg("--data").arg(&self.data).arg("--listen").arg(self.address.to_string()).arg("--tryout");
        for accept in &self.accept {
            command.arg("--accept").arg(accept);
        }
        // As quiet as this process: the table of a replay stands alone.
        command.env("CANOPY_SANDBOX__SERVER__TELEMETRY__LOG_FILTER", crate::cli::log_filter());
        command.stdin(std::process::Stdio::null()).kill_on_drop(true);
        // A group of its own: Ctrl-C reaches it through the drain, after those who call it.
        command.process_group(0);
        command.spawn().with_context(|| format!("start {}", self.program.display()))
    }
}

/// Restarts the bank until the suite stops, then ends it.
async fn keep(
    bank: Bank,
    mut child: Child,
    pid_file: PathBuf,
    mut stopped: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    loop {
        tokio::select! {
            ended = child.wait() => tracing::warn!(ended = ?ended, "the sandbox bank died and is started again"),
            () = told(&mut stopped) => {
                child.kill().await?;
                return Ok(());
            }
        }
        tokio::time::sleep(RESTART).await;
        child = bank.spawn()?;
        std::fs::write(&pid_file, child.id().unwrap_or_default().to_string())?;
    }
}

/// Resolves when the suite stops.
async fn told(stopped: &mut watch::Receiver<bool>) {
    // Fails only when nobody is left to say it.
    let _ = stopped.wait_for(|stop| *stop).await;
}

/// The sandbox's program stands beside this one.
pub(super) fn program() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe()?.with_file_name("canopy-sandbox");
    anyhow::ensure!(program.exists(), "{} is missing: build it with this program", program.display());
    Ok(program)
}
