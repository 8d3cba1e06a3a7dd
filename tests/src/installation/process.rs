//! Processes of an installation: commands that end, the suite as it runs, and signals to either.

use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStdout, Command};

/// No command of a test takes this long; one that does hangs.
const PATIENCE: Duration = Duration::from_secs(600);

/// How a command ended.
#[derive(Debug)]
pub struct Ended {
    /// Exit status 0.
    pub success: bool,
    /// What it printed, on both streams.
    pub text: String,
}

impl Ended {
    /// Waits for the end of a command, bounded.
    ///
    /// # Panics
    /// When it cannot start or does not end.
    pub async fn wait(output: impl Future<Output = std::io::Result<Output>>) -> Self {
        let output =
            tokio::time::timeout(PATIENCE, output).await.expect("the command ends").expect("it starts");
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.push_str(&String::from_utf8_lossy(&output.stderr));
        Self { success: output.status.success(), text }
    }
}

/// What a replay wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reports {
    /// `id,expected,actual,verdict`.
    pub figures: String,
    /// `file,line_no,row_key,error,reason_code`.
    pub refusals: String,
}

/// A running suite; it is killed with the value.
#[derive(Debug)]
pub struct Running {
    child: Child,
    /// Where the gateway listens.
    pub address: String,
    /// Kept open: a suite that cannot print would fail.
    _output: tokio::io::Lines<BufReader<ChildStdout>>,
}

impl Running {
    /// Waits until a suite that was started serves.
    ///
    /// # Panics
    /// When it does not.
    pub(super) async fn serving(mut child: Child) -> Self {
        let mut lines = BufReader::new(child.stdout.take().expect("its output is read")).lines();
        let serving = async {
            while let Some(line) = lines.next_line().await.expect("its output is text") {
                if let Some(address) = line.strip_prefix("Canopy serves on ") {
                    return address.trim().to_owned();
                }
            }
            panic!("canopy up ended before it served");
        };
        let address = tokio::time::timeout(PATIENCE, serving).await.expect("canopy up serves at last");
        Self { child, address, _output: lines }
    }

    /// Lets it run for a while.
    ///
    /// # Panics
    /// When it ends meanwhile.
    pub async fn runs_on(&mut self, time: Duration) {
        let ended = tokio::time::timeout(time, self.child.wait()).await;
        assert!(ended.is_err(), "canopy up ended by itself: {ended:?}");
    }

    /// Kills it, as a crash does.
    ///
    /// # Panics
    /// When it is gone already.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("it runs");
    }

    /// Ends it as Ctrl-C does and waits until it has drained.
    ///
    /// # Panics
    /// When it does not end well.
    pub async fn stop(mut self) {
        signal("INT", self.child.id().expect("it runs")).await;
        let ended =
            tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("it drains").expect("it ends");
        assert!(ended.success(), "canopy up ended with {ended}");
    }
}

/// Sends a signal to a process; one that is gone already is none to send to.
pub async fn signal(name: &str, process: u32) {
    let mut kill = Command::new("kill");
    kill.arg(format!("-{name}")).arg(process.to_string()).stderr(Stdio::null());
    // Fails only when the process has just ended, which is as good.
    let _ = kill.status().await;
}
