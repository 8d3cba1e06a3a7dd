//! The real process killed with SIGKILL under load: it forgets nothing that it acknowledged, and books no
//! instruction twice (RULES.md R1, R2).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Stdio;

use crate::common::{ACCOUNT, Keys, PAYEE_NAME, Payer, instruction, state};
use canopy_proto::treasury::v1::InstructionStatus;
use tokio::process::{Child, Command};
use tokio::sync::mpsc;

const WRITERS: usize = 6;
const BATCH: usize = 20;
/// Acknowledged calls after which each round's process is killed: while it starts, and in full swing.
const ROUNDS: [usize; 5] = [1, 7, 19, 32, 50];
const DAY: &str = "2022-09-20";

/// What a writer learnt of one call.
enum Outcome {
    Acknowledged(Vec<InstructionStatus>),
    InDoubt(Vec<String>),
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_under_load_it_forgets_nothing_acknowledged_and_books_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let keys = Keys::new();
    let address = free_address();
    let payer = Payer::new(&address, keys.subsidy.clone());
    let mut acknowledged = BTreeMap::new();
    let mut doubts = 0;
    for (round, calls) in ROUNDS.into_iter().enumerate() {
        let mut bank = start(&folder.path().join("book"), &folder.path().join("log"), &address, &keys);
        answering(&payer).await;
        let in_doubt = load_until_killed(&payer, &mut bank, round, calls, &mut acknowledged).await;

        let mut bank = start(&folder.path().join("book"), &folder.path().join("log"), &address, &keys);
        answering(&payer).await;
        for batch in in_doubt {
            doubts += 1;
            settle(&payer, batch, &mut acknowledged).await;
        }
        remembers(&payer, &acknowledged).await;
        assert_eq!(stop(&mut bank).await.code(), Some(0), "told to stop, it stops in order");
    }
    assert!(doubts > 0, "no call was in flight when the process was killed");

    let mut bank = start(&folder.path().join("book"), &folder.path().join("log"), &address, &keys);
    answering(&payer).await;
    each_is_booked_once(&payer, &acknowledged).await;
    bank.kill().await.unwrap();
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(!log.contains(ACCOUNT) && !log.contains(PAYEE_NAME));
}

/// Writers hand batches in until the process is gone; it is killed after that many acknowledged calls. Returns the
/// batches without an answer.
async fn load_until_killed(
    payer: &Payer,
    bank: &mut Child,
    round: usize,
    calls: usize,
    acknowledged: &mut BTreeMap<String, InstructionStatus>,
) -> Vec<Vec<String>> {
    let (tell, mut told) = mpsc::channel(1);
    for writer in 0..WRITERS {
        tokio::spawn(write(payer.clone(), format!("ist_{round}_{writer}"), tell.clone()));
    }
    drop(tell);
    let mut in_doubt = Vec::new();
    let mut answered = 0;
    while let Some(outcome) = told.recv().await {
        match outcome {
            Outcome::Acknowledged(statuses) => {
                answered += 1;
                acknowledged
                    .extend(statuses.into_iter().map(|status| (status.instruction_id.clone(), status)));
            }
            Outcome::InDoubt(ids) => in_doubt.push(ids),
        }
        if answered == calls {
            bank.kill().await.unwrap();
        }
    }
    in_doubt
}

/// One writer: batch after batch, to the first that is not answered.
async fn write(payer: Payer, name: String, tell: mpsc::Sender<Outcome>) {
    for batch in 0.. {
        let ids: Vec<String> = (0..BATCH).map(|number| format!("{name}_{batch}_{number}")).collect();
        let outcome = match payer.submit(ids.iter().map(|id| instruction(id)).collect()).await {
            Ok(statuses) => Outcome::Acknowledged(statuses),
            Err(_) => Outcome::InDoubt(ids),
        };
        let last = matches!(outcome, Outcome::InDoubt(_));
        tell.send(outcome).await.unwrap();
        if last {
            return;
        }
    }
}

/// A batch in doubt is there whole or not at all; handed in again, all of it is credited.
async fn settle(payer: &Payer, ids: Vec<String>, acknowledged: &mut BTreeMap<String, InstructionStatus>) {
    let found = payer.query(ids.clone()).await.unwrap();
    let states: BTreeSet<_> = found.iter().map(state).collect();
    assert_eq!(states.len(), 1, "a call is booked whole or not at all: {states:?}");
    let again = payer.submit(ids.iter().map(|id| instruction(id)).collect()).await.unwrap();
    assert!(again.iter().all(|status| state(status) == "CREDITED"));
    if states.contains("CREDITED") {
        assert_eq!(again, found);
    }
    acknowledged.extend(again.into_iter().map(|status| (status.instruction_id.clone(), status)));
}

async fn remembers(payer: &Payer, acknowledged: &BTreeMap<String, InstructionStatus>) {
    let ids: Vec<String> = acknowledged.keys().cloned().collect();
    for ids in ids.chunks(500) {
        for status in payer.query(ids.to_vec()).await.unwrap() {
            assert_eq!(Some(&status), acknowledged.get(&status.instruction_id));
        }
    }
}

async fn each_is_booked_once(payer: &Payer, acknowledged: &BTreeMap<String, InstructionStatus>) {
    let mut entries = Vec::new();
    loop {
        let page = payer.page(DAY, i64::try_from(entries.len()).unwrap(), 1000).await.unwrap();
        entries.extend(page.entries);
        if page.complete {
            break;
        }
    }
    let numbers: Vec<i64> = entries.iter().map(|entry| entry.entry).collect();
    assert_eq!(numbers, (1..=i64::try_from(acknowledged.len()).unwrap()).collect::<Vec<_>>());
    let booked: BTreeMap<_, _> =
        entries.iter().map(|entry| (&entry.instruction_id, &entry.treasury_ref)).collect();
    let told: BTreeMap<_, _> = acknowledged.iter().map(|(id, status)| (id, &status.treasury_ref)).collect();
    assert_eq!(booked, told);
    assert_eq!(told.values().collect::<BTreeSet<_>>().len(), told.len(), "a reference was given twice");
}

fn start(book: &Path, log: &Path, address: &str, keys: &Keys) -> Child {
    let log = std::fs::File::options().append(true).create(true).open(log).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_canopy-sandbox"));
    command.args(["bank", "--tryout", "--listen", address, "--data"]).arg(book);
    for (issuer, key) in keys.accepted() {
        command.args(["--accept", &format!("{issuer}={key}")]);
    }
    command.stdout(Stdio::null()).stderr(log).kill_on_drop(true).spawn().unwrap()
}

/// Returns once the bank answers.
async fn answering(payer: &Payer) {
    let limit = std::time::Duration::from_secs(30);
    let answered = tokio::time::timeout(limit, async {
        while payer.query_one("ist_0").await.is_err() {
            tokio::task::yield_now().await;
        }
    });
    answered.await.expect("the bank does not answer");
}

async fn stop(bank: &mut Child) -> std::process::ExitStatus {
    let id = bank.id().unwrap().to_string();
    assert!(Command::new("sh").args(["-c", "kill -TERM $0", &id]).status().await.unwrap().success());
    bank.wait().await.unwrap()
}

/// An address on which nothing listens; the process takes it again after each kill.
fn free_address() -> String {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}
