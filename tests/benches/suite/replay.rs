//! The main job on the profile of `make run`: the bundled year in one process as `canopy up` runs it, timed; then with
//! a process for each service, whose memory is read after it and again after ten times the rows.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use canopy_tests::installation::year;
use sqlx::{Connection as _, PgConnection};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use crate::database::Database;
use crate::import::{Register, import};
use crate::suite::{Parts, Suite};
use crate::table::{Line, Table};
use crate::usage::resident;

/// A replay that takes so long hangs.
const PATIENCE: Duration = Duration::from_secs(300);
/// Firms of the bundled year, and about as many qualifications; ten times that is imported after it.
const TEN_TIMES: usize = 65_000;

/// Measures both.
pub async fn measure(programs: &Path, database: &Database, table: &mut Table) -> anyhow::Result<()> {
    let seconds = in_one_process(programs).await?;
    table.add(Line::at_most(40.0, "s", "replay of the bundled year, without initdb", seconds));
    let suite = Suite::start(programs, database, "slow", Parts::All).await?;
    in_processes(programs, &suite).await?;
    let before = memory(&suite)?;
    import(&suite, Register::Firms, 0..TEN_TIMES).await?;
    import(&suite, Register::Certificates, 0..TEN_TIMES).await?;
    followed(database, "subsidy").await?;
    followed(database, "commissioner").await?;
    let after = memory(&suite)?;
    for ((name, now, most), (_, later, most_later)) in before.into_iter().zip(after) {
        let what = format!("{name}, resident after the replay");
        let bound =
            format!("at most {most:.0}; after ten times the rows {later:.0}, at most {most_later:.0}");
        // The words that Chinese text is cut by are held in memory.
        let most = if name == "commissioner" { 80.0 } else { 60.0 };
        table.add(Line::at_most(most, "MB", what, now).because(bound));
    }
    suite.stop().await
}

/// `canopy up` on a fresh folder; from its first answer to its end.
async fn in_one_process(programs: &Path) -> anyhow::Result<f64> {
    let folder = reachable()?;
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]).arg(programs.join("canopy"));
    command.args(["up", "--listen", "127.0.0.1:0", "--exit-after-replay", "--replay"]).arg(year());
    command.arg("--data").arg(folder.path()).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::null()).kill_on_drop(true).spawn()?;
    let mut lines = BufReader::new(child.stdout.take().context("its output is read")?).lines();
    let mut began = None;
    let run = async {
        while let Some(line) = lines.next_line().await? {
            if line.starts_with("Canopy serves on") {
                began = Some(Instant::now());
            }
        }
        child.wait().await
    };
    let ended = tokio::time::timeout(PATIENCE, run).await.context("the replay does not end")??;
    ensure!(ended.success(), "the replay ended with {ended}");
    Ok(began.context("canopy up did not serve")?.elapsed().as_secs_f64())
}

/// A folder that Postgres' own user can reach, also when root runs the bench.
fn reachable() -> anyhow::Result<tempfile::TempDir> {
    use std::os::unix::fs::PermissionsExt as _;
    let permissions = std::fs::Permissions::from_mode(0o755);
    Ok(tempfile::Builder::new().prefix("canopy-bench-").permissions(permissions).tempdir()?)
}

/// `canopy replay` against the services' own processes.
async fn in_processes(programs: &Path, suite: &Suite) -> anyhow::Result<()> {
    let mut command = Command::new(programs.join("canopy"));
    command.arg("replay").arg(year()).args(["--address", &suite.address.to_string()]);
    command.arg("--data").arg(suite.folder()).stdin(Stdio::null()).kill_on_drop(true);
    let ended =
        tokio::time::timeout(PATIENCE, command.output()).await.context("the replay does not end")??;
    let text = String::from_utf8_lossy(&ended.stderr);
    ensure!(ended.status.success(), "the replay ended with {}: {text}", ended.status);
    Ok(())
}

/// Name, resident memory and the most there ever was of each process, in MB.
fn memory(suite: &Suite) -> anyhow::Result<Vec<(&'static str, f64, f64)>> {
    let of = |(name, process): &(&'static str, crate::process::Process)| {
        anyhow::Ok((*name, resident(process.id(), false)?, resident(process.id(), true)?))
    };
    suite.processes.iter().map(of).collect()
}

/// Waits until a service has followed all that registry tells.
async fn followed(database: &Database, service: &str) -> anyhow::Result<()> {
    let mut registry = PgConnection::connect(&database.url("slow_registry")).await?;
    let mut follower = PgConnection::connect(&database.url(&format!("slow_{service}"))).await?;
    let mut tick = tokio::time::interval(Duration::from_millis(100));
    let all = async {
        loop {
            tick.tick().await;
            let head: i64 = sqlx::query_scalar("select feed_head from platform.installation")
                .fetch_one(&mut registry)
                .await?;
            let waiting = "select exists (select from platform.unsequenced)";
            let waiting: bool = sqlx::query_scalar(waiting).fetch_one(&mut registry).await?;
            let applied: i64 = sqlx::query_scalar("select coalesce(max(position), 0) from platform.cursor")
                .fetch_one(&mut follower)
                .await?;
            if applied >= head && !waiting {
                return anyhow::Ok(());
            }
        }
    };
    tokio::time::timeout(PATIENCE, all).await.context("the registry is not followed")?
}
