//! The service as a process of its own, killed while it pays: every line is paid once and none is lost.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use canopy_proto::subsidy::v1::LineState;

use crate::story::{CUT_OFF, FIRST, PAY_ON, terms};
use crate::suite::{BEFORE, Suite};

const LINES: usize = 1200;
const KILLS: usize = 8;

/// Starts the binary on a free port and waits until it answers.
async fn start(suite: &mut Suite) -> Child {
    let address = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().to_string()
    };
    let config = &suite.config;
    let identity = &config.server.identity;
    let accepted: String =
        identity.accept.iter().map(|(issuer, key)| format!("{issuer} = \"{key}\"\n")).collect();
    let text = format!(
        "registry = \"{}\"\ntreasury = \"{}\"\n[payment]\nbank_patience_ms = 2000\n\
         [server]\nlisten = \"{address}\"\ntryout = true\n\
         [server.identity]\nname = \"subsidy\"\nkey_file = \"{}\"\n[server.identity.accept]\n{accepted}\
         [database]\nurl = \"{}\"\ncrypt_folder = \"{}\"\nlog_key_file = \"{}\"\n",
        config.registry,
        config.treasury,
        identity.key_file.display(),
        config.database.url,
        config.database.crypt_folder.display(),
        config.database.log_key_file.display(),
    );
    let file = suite.database.folder().join("subsidy.toml");
    std::fs::write(&file, text).unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_canopy-subsidy"))
        .args(["serve", "--config"])
        .arg(&file)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    suite.call_at(&format!("http://{address}"));
    let mut tick = tokio::time::interval(Duration::from_millis(25));
    for _ in 0..400 {
        tick.tick().await;
        if tokio::net::TcpStream::connect(&address).await.is_ok() {
            return child;
        }
    }
    panic!("{}", said(child));
}

/// What a process that did not come up has said.
fn said(mut child: Child) -> String {
    let _ = child.kill();
    let errors = child.stderr.take().unwrap();
    BufReader::new(errors).lines().map_while(Result::ok).collect::<Vec<_>>().join("\n")
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_killed_while_it_pays_pays_every_line_once() {
    let mut suite = Suite::prepared().await;
    let mut child = start(&mut suite).await;
    suite.registry.calendar();
    suite.open(BEFORE).await;
    suite.policy(terms()).await;
    suite.budget("BL01", i64::try_from(LINES).unwrap() * FIRST).await;
    suite.firms(LINES);
    suite.funded("HNTE").await;
    for round in 0..KILLS {
        let wait = Duration::from_millis(40 + 60 * u64::try_from(round).unwrap());
        let _ = tokio::time::timeout(wait, suite.try_open(PAY_ON)).await;
        kill(child);
        child = start(&mut suite).await;
    }
    suite.open(PAY_ON).await;
    let credits = suite.bank.credits();
    assert_eq!(credits.len(), LINES);
    assert!(credits.values().all(|times| *times == 1));
    assert_eq!(suite.bank.instructions().len(), LINES, "no line got a second instruction");
    let summary = suite.summary("HNTE", CUT_OFF).await;
    assert_eq!(summary.payees, i64::try_from(LINES).unwrap());
    assert_eq!(suite.line(1, PAY_ON).await.0, LineState::Credited);
    let budget = suite.line_of_budget("BL01", CUT_OFF).await;
    assert_eq!((budget.encumbered_fen, budget.paid_fen), (0, i64::try_from(LINES).unwrap() * FIRST));
    kill(child);
    suite.close().await;
}
