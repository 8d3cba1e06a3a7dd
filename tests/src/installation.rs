//! The suite as an operator has it: a data folder and the `canopy` commands on it, as processes.

mod process;

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tempfile::TempDir;
use tokio::process::Command;

pub use process::{Ended, Reports, Running, signal};

use crate::source;

/// The bundled year.
pub fn year() -> PathBuf {
    source::root().join("tests/data/wuhan-2022")
}

/// The operator's program.
///
/// # Panics
/// When it is not there.
pub fn program() -> PathBuf {
    program_named("canopy")
}

/// A program of the suite, which `make test` builds beside the tests.
///
/// # Panics
/// When it is not there.
pub fn program_named(name: &str) -> PathBuf {
    let tests = std::env::current_exe().expect("a test knows its own path");
    let folder = tests.parent().and_then(Path::parent).expect("tests stand in target/PROFILE/deps");
    let program = folder.join(name);
    assert!(program.exists(), "{} is missing: cargo build --workspace --bins", program.display());
    program
}

/// A data folder of its own, gone with the value.
#[derive(Debug)]
pub struct Installation {
    folder: TempDir,
}

impl Installation {
    /// A fresh one. Its folder is one that Postgres' own user can reach, also when root runs the tests.
    ///
    /// # Panics
    /// When no folder can be made.
    pub fn new() -> Self {
        use std::os::unix::fs::PermissionsExt as _;
        let reachable = std::fs::Permissions::from_mode(0o755);
        let folder = tempfile::Builder::new().prefix("canopy-").permissions(reachable).tempdir();
        Self { folder: folder.expect("a temporary folder") }
    }

    /// The data folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The program with that subcommand's arguments on this folder. It ends with the value that it becomes.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program());
        command.args(arguments).arg("--data").arg(self.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command
    }

    /// Runs a command to its end.
    ///
    /// # Panics
    /// When it cannot start or does not end.
    pub async fn run(&self, arguments: &[&str]) -> Ended {
        Ended::wait(self.command(arguments).output()).await
    }

    /// The command that replays the bundled year on the running suite; the reports go into the data folder.
    pub fn replay(&self) -> Command {
        self.replay_of(&year())
    }

    /// The command that replays a data set on the running suite; the reports go into the data folder.
    pub fn replay_of(&self, year: &Path) -> Command {
        let mut command = self.command(&["replay"]);
        command.arg(year);
        command.arg("--verdict").arg(self.path().join("verdict.csv"));
        command.arg("--refusals").arg(self.path().join("refusals.csv"));
        command
    }

    /// The command that starts the suite, replays the bundled year and ends; the reports go into the data folder.
    pub fn replaying(&self) -> Command {
        self.replaying_of(&year())
    }

    /// The command that starts the suite, replays a data set and ends; the reports go into the data folder.
    pub fn replaying_of(&self, year: &Path) -> Command {
        let mut command = self.command(&["up", "--listen", "127.0.0.1:0", "--exit-after-replay"]);
        command.arg("--replay").arg(year);
        command.arg("--verdict").arg(self.path().join("verdict.csv"));
        command.arg("--refusals").arg(self.path().join("refusals.csv"));
        command
    }

    /// What the last replay reported.
    ///
    /// # Panics
    /// When none has.
    pub fn reports(&self) -> Reports {
        let read = |name: &str| {
            std::fs::read_to_string(self.path().join(name)).unwrap_or_else(|e| panic!("no {name}: {e}"))
        };
        Reports { figures: read("verdict.csv"), refusals: read("refusals.csv") }
    }

    /// Starts the suite and waits until it serves.
    ///
    /// # Panics
    /// When it does not.
    pub async fn up(&self) -> Running {
        self.up_with(&["--listen", "127.0.0.1:0"]).await
    }

    /// Starts the suite with these options and waits until it serves.
    ///
    /// # Panics
    /// When it does not.
    pub async fn up_with(&self, options: &[&str]) -> Running {
        let mut command = self.command(&["up"]);
        command.args(options);
        Running::serving(command.stderr(Stdio::inherit()).spawn().expect("canopy up")).await
    }

    /// URL of a service's database while the suite runs.
    ///
    /// # Panics
    /// When it does not run.
    pub fn database(&self, service: &str) -> String {
        self.database_if_up(service).expect("Postgres runs and names its socket")
    }

    fn database_if_up(&self, service: &str) -> Option<String> {
        let text = std::fs::read_to_string(self.path().join("postgres/data/postmaster.pid")).ok()?;
        // The fifth line of the file that Postgres keeps while it runs is the folder of its socket.
        let socket = text.lines().nth(4)?;
        Some(format!("postgres://canopy@localhost/{service}?host={socket}"))
    }

    /// What a statement answers on a database of the running suite: a line a row, columns by `|`. None while Postgres
    /// does not answer, or not to that statement.
    ///
    /// # Panics
    /// When psql is not installed.
    pub async fn sql(&self, database: &str, statement: &str) -> Option<String> {
        let mut psql = Command::new("psql");
        psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1"]);
        psql.args(["--command", statement]).arg(self.database_if_up(database)?);
        let output = psql.stdin(Stdio::null()).output().await.expect("psql, which comes with PostgreSQL");
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// Kills a process of the suite, whose number stands in a file of the data folder (`bank.pid`,
    /// `postgres/data/postmaster.pid`); one that has not started yet is spared.
    pub async fn kill(&self, file: &str) {
        let text = std::fs::read_to_string(self.path().join(file)).unwrap_or_default();
        if let Some(process) = text.lines().next().and_then(|line| line.trim().parse().ok()) {
            signal("KILL", process).await;
        }
    }

    /// What `canopy verify` finds: database, events and audit rows of each.
    ///
    /// # Panics
    /// When something does not hold.
    pub async fn verified(&self) -> Vec<[String; 3]> {
        let ended = self.run(&["verify"]).await;
        assert!(ended.success, "canopy verify: {}", ended.text);
        let cells =
            |line: &str| -> Vec<String> { line.split('|').map(|cell| cell.trim().to_owned()).collect() };
        let rows: Vec<_> =
            ended.text.lines().map(cells).filter(|cells| cells.contains(&"holds".to_owned())).collect();
        assert!(!rows.is_empty(), "canopy verify names no database: {}", ended.text);
        rows.into_iter().map(|mut cells| [cells.remove(1), cells.remove(1), cells.remove(1)]).collect()
    }
}

impl Default for Installation {
    fn default() -> Self {
        Self::new()
    }
}
