//! A private Postgres under the data folder: a socket, no network port, never as root, gone with the process that
//! started it.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, PgConnection};

use super::folder::Folder;

/// Superuser of the private cluster.
const ADMIN: &str = "canopy";
/// Whom Postgres runs as when the suite is started by root.
const UNPRIVILEGED: &str = "postgres";
/// How long the server may take to start; it may have to recover after a crash.
const START_WITHIN: Duration = Duration::from_secs(60);
/// How often a look is taken at a server that runs, or at one that will not start yet.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Longest path of a socket that Unix allows, with the file's own name to come.
const SOCKET_PATH: usize = 85;

/// A running private Postgres.
#[derive(Debug)]
pub struct Postgres {
    server: Child,
    cluster: Cluster,
}

/// Where the cluster is, and what runs it.
#[derive(Debug)]
struct Cluster {
    binaries: PathBuf,
    home: PathBuf,
    data: PathBuf,
    socket: PathBuf,
    log: PathBuf,
}

impl Postgres {
    /// Starts the cluster of the folder, made on first start.
    pub async fn start(folder: &Folder) -> anyhow::Result<Postgres> {
        let home = home(folder)?;
        let cluster = Cluster {
            binaries: binaries()?,
            data: home.join("data"),
            socket: socket(&home)?,
            home,
            log: folder.path().join("postgres.log"),
        };
        if !cluster.data.exists() {
            cluster.init()?;
        }
        wait_for_predecessor(&cluster.data).await?;
        let mut postgres = Postgres { server: cluster.spawn()?, cluster };
        if let Err(error) = postgres.wait_until_it_answers().await {
            // After a kill, children of the dead server may hold the cluster's memory for a moment.
            tracing::warn!(%error, "postgres did not start and is tried again");
            postgres.restart().await?;
        }
        Ok(postgres)
    }

    /// Resolves when the server has died.
    pub(super) async fn died(&mut self) -> anyhow::Result<()> {
        let mut tick = tokio::time::interval(LOOK_EVERY);
        while self.server.try_wait()?.is_none() {
            tick.tick().await;
        }
        Ok(())
    }

    /// Starts the server again after it died. What it left behind may take a moment to let go of its memory, so an
    /// attempt that ends at once is repeated.
    pub(super) async fn restart(&mut self) -> anyhow::Result<()> {
        let again = async {
            let mut tick = tokio::time::interval(LOOK_EVERY);
            loop {
                tick.tick().await;
                self.server = self.cluster.spawn()?;
                if self.wait_until_it_answers().await.is_ok() {
                    return Ok(());
                }
            }
        };
        tokio::time::timeout(START_WITHIN, again)
            .await
            .context("postgres does not start; see postgres.log in the data folder")?
    }

    /// URL of a database for a role.
    pub fn url(&self, database: &str, role: &str) -> String {
        format!("postgres://{role}@localhost/{database}?host={}", self.cluster.socket.display())
    }

    /// Makes the database and the role of a service unless they are there.
    pub async fn ensure_database(&self, service: &str) -> anyhow::Result<()> {
        let mut admin = PgConnection::connect(&self.url("postgres", ADMIN)).await?;
        let known = "select count(*) from pg_database where datname = $1";
        let count: i64 = sqlx::query_scalar(known).bind(service).fetch_one(&mut admin).await?;
        if count == 0 {
            // Names of services are constants of this build; identifiers cannot be parameters.
            let role = format!(
                "do $$ begin create role {service} login; exception when duplicate_object then null; end $$"
            );
            admin.execute(AssertSqlSafe(role)).await?;
            admin.execute(AssertSqlSafe(format!("create database {service} owner {service}"))).await?;
        }
        admin.close().await?;
        Ok(())
    }

    /// Stops the server in an orderly way.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        let pid = self.server.id().to_string();
        // SIGINT: fast shutdown, open transactions are rolled back.
        Command::new("kill").args(["-INT", &pid]).status().context("stop postgres")?;
        let ended = tokio::task::spawn_blocking(move || self.server.wait()).await??;
        anyhow::ensure!(ended.success(), "postgres ended with {ended}");
        Ok(())
    }

    async fn wait_until_it_answers(&mut self) -> anyhow::Result<()> {
        let url: sqlx::postgres::PgConnectOptions = self.url("postgres", ADMIN).parse()?;
        let url = url.disable_statement_logging();
        let answers = async {
            let mut tick = tokio::time::interval(Duration::from_millis(25));
            loop {
                tick.tick().await;
                if let Ok(connection) = url.connect().await {
                    connection.close().await?;
                    return Ok(());
                }
                if let Some(ended) = self.server.try_wait()? {
                    anyhow::bail!("postgres ended at once with {ended}; see postgres.log in the data folder");
                }
            }
        };
        tokio::time::timeout(START_WITHIN, answers).await.context("postgres does not answer")?
    }
}

impl Cluster {
    /// Makes the cluster: it appears whole or not at all.
    fn init(&self) -> anyhow::Result<()> {
        let draft = self.home.join("data.new");
        if draft.exists() {
            std::fs::remove_dir_all(&draft)?;
        }
        let mut command = unprivileged(&self.home, &self.binaries.join("initdb"), &[]);
        command.args(["-A", "trust", "-U", ADMIN, "-E", "UTF8", "--locale=C", "-D"]).arg(&draft);
        let output = command.stdin(Stdio::null()).output().context("initdb by setpriv")?;
        anyhow::ensure!(output.status.success(), "initdb: {}", String::from_utf8_lossy(&output.stderr));
        std::fs::rename(&draft, &self.data)?;
        Ok(())
    }

    fn spawn(&self) -> anyhow::Result<Child> {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(&self.log)?;
        let mut command = unprivileged(&self.home, &self.binaries.join("postgres"), &["--pdeathsig", "INT"]);
        command.arg("-D").arg(&self.data).arg("-k").arg(&self.socket);
        for setting in
            ["listen_addresses=", "max_connections=200", "shared_buffers=128MB", "max_wal_size=2GB"]
        {
            command.args(["-c", setting]);
        }
        // A group of its own: Ctrl-C goes to the suite, which drains before it stops Postgres.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let server = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn();
        server.context("start postgres by setpriv")
    }
}

/// URLs of the databases of a suite that runs on the folder, or ran.
pub(super) fn url_of_running(folder: &Folder, database: &str) -> anyhow::Result<String> {
    let socket = socket(&home(folder)?)?;
    Ok(format!("postgres://{ADMIN}@localhost/{database}?host={}", socket.display()))
}

/// What the suite needs beside itself, each with where it was found or why not.
pub fn prerequisites(folder: &Folder) -> Vec<(&'static str, anyhow::Result<String>)> {
    let shown = |path: PathBuf| path.display().to_string();
    let sandbox = super::bank::program().map(shown);
    let setpriv = Command::new("setpriv").arg("--version").output().context("package util-linux");
    vec![
        ("PostgreSQL server", binaries().map(shown)),
        ("setpriv", setpriv.map(|it| String::from_utf8_lossy(&it.stdout).trim().to_owned())),
        ("canopy-sandbox beside this program", sandbox),
        ("place for the databases", home(folder).map(shown)),
    ]
}

/// The newest installed server.
fn binaries() -> anyhow::Result<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = Vec::new();
    if let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") {
        for version in versions.flatten() {
            let number = version.file_name().to_string_lossy().parse();
            let folder = version.path().join("bin");
            if let (Ok(number), true) = (number, folder.join("initdb").exists()) {
                found.push((number, folder));
            }
        }
    }
    for folder in std::env::var_os("PATH").iter().flat_map(std::env::split_paths) {
        if folder.join("initdb").exists() && folder.join("postgres").exists() {
            found.push((0, folder));
        }
    }
    found.sort();
    found.pop().map(|it| it.1).context("no PostgreSQL server is installed; `make setup` installs it")
}

/// Where the cluster is kept: under the data folder, unless its owner cannot reach that (as in root's home).
fn home(folder: &Folder) -> anyhow::Result<PathBuf> {
    let home = folder.path().join("postgres");
    if !is_root()? {
        make_private(&home)?;
        return Ok(home);
    }
    let reachable = unprivileged(Path::new("/"), Path::new("test"), &[])
        .arg("-x")
        .arg(folder.path())
        .status()
        .context("setpriv (package util-linux)")?;
    if reachable.success() {
        make_private(&home)?;
        return Ok(home);
    }
    elsewhere(folder, &home)
}

/// A place that the cluster's owner can reach, for a data folder that it cannot. A link in the data folder points
/// to it: without the link what stands there belongs to a data folder that is gone.
fn elsewhere(folder: &Folder, link: &Path) -> anyhow::Result<PathBuf> {
    let name = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_URL, folder.path().as_os_str().as_encoded_bytes());
    let place = Path::new("/var/lib/canopy").join(name.simple().to_string());
    if std::fs::read_link(link).is_ok_and(|target| target == place) {
        return Ok(place);
    }
    if place.exists() {
        std::fs::remove_dir_all(&place)?;
    }
    make_private(&place)?;
    std::os::unix::fs::symlink(&place, link)?;
    Ok(place)
}

/// Makes the folder, its owner's alone; the owner is the unprivileged user when root starts the suite.
fn make_private(folder: &Path) -> anyhow::Result<()> {
    if folder.exists() {
        return Ok(());
    }
    std::fs::create_dir_all(folder)?;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?;
    if is_root()? {
        let owned = Command::new("chown").arg(format!("{UNPRIVILEGED}:")).arg(folder).status()?;
        anyhow::ensure!(
            owned.success(),
            "user {UNPRIVILEGED} is missing; it comes with the PostgreSQL package"
        );
    }
    Ok(())
}

/// Folder of the socket: beside the data, or a short one when that path is too long for a socket.
fn socket(home: &Path) -> anyhow::Result<PathBuf> {
    if home.as_os_str().len() <= SOCKET_PATH {
        return Ok(home.to_owned());
    }
    let name = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_URL, home.as_os_str().as_encoded_bytes());
    let short = std::env::temp_dir().join(format!("canopy-{}", name.simple()));
    make_private(&short)?;
    Ok(short)
}

/// The program by setpriv: as the unprivileged user when this is root, and with those options of setpriv.
fn unprivileged(home: &Path, program: &Path, options: &[&str]) -> Command {
    let mut command = Command::new("setpriv");
    command.args(options).current_dir("/");
    if is_root().unwrap_or(false) {
        command.args(["--reuid", UNPRIVILEGED, "--regid", UNPRIVILEGED, "--init-groups"]);
    }
    // setpriv keeps HOME, which is root's.
    command.arg("--").arg("env").arg(format!("HOME={}", home.display())).arg(program);
    command
}

fn is_root() -> anyhow::Result<bool> {
    Ok(std::fs::metadata("/proc/self")?.uid() == 0)
}

/// Waits until a server that a killed suite left has ended: it was told to when its parent died.
async fn wait_for_predecessor(data: &Path) -> anyhow::Result<()> {
    let file = data.join("postmaster.pid");
    let gone = async {
        let mut tick = tokio::time::interval(Duration::from_millis(50));
        loop {
            tick.tick().await;
            let Ok(text) = std::fs::read_to_string(&file) else { return };
            let pid = text.lines().next().unwrap_or_default().trim();
            let command = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
            if pid.is_empty() || !command.starts_with("postgres") {
                return;
            }
        }
    };
    tokio::time::timeout(START_WITHIN, gone).await.context("another Postgres runs on this data folder")?;
    Ok(())
}

#[cfg(test)]
mod tests;
