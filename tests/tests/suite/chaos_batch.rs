//! Kill tests of one payment batch: the suite, the bank or the database dies by SIGKILL at random moments between the
//! match of the high-tech enterprises and the booked statement, five times each in a round, and so does the replay that
//! drives it. Every line is paid once, at the bank and here, and none is lost. One round here, as many as asked by
//! `make chaos`.

use std::net::TcpListener;
use std::time::Duration;

use canopy_tests::installation::{Ended, Installation, Running};
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};

use crate::bank_book;
use crate::chaos::{ROUNDS, SEED, number};

/// Kills in a round.
const KILLS: &[(Victim, usize)] =
    &[(Victim::Suite, 5), (Victim::Bank, 5), (Victim::Database, 5), (Victim::Replay, 2)];
/// Lines that a milestone may wait for; a few fewer than there are in the end.
const LINES: u32 = 4_200;

/// Who dies.
#[derive(Clone, Copy, Debug)]
enum Victim {
    Suite,
    Bank,
    Database,
    Replay,
}

/// A moment in the life of the batch, in the order of that life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Milestone {
    Matched,
    Publicised,
    Confirmed,
    Batched,
    Approved,
    /// So many lines have been instructed.
    Instructed(u32),
    /// So many lines have been credited.
    Credited(u32),
    /// So many entries of the bank's statements are booked.
    Booked(u32),
}

/// One kill: who, and how long after which moment.
#[derive(Clone, Copy, Debug)]
struct Kill {
    at: Milestone,
    after: Duration,
    victim: Victim,
}

#[tokio::test]
async fn chaos_killed_at_any_step_of_the_batch_every_line_is_paid_once_and_none_is_lost() {
    let seed = number(SEED).unwrap_or_else(|| rand::rng().random());
    let mut dice = StdRng::seed_from_u64(seed);
    for round in 0..number(ROUNDS).unwrap_or(1) {
        let kills = kills(&mut dice);
        #[expect(clippy::print_stdout, reason = "the seed of a round that fails is shown with the failure")]
        {
            println!("round {round} of {SEED}={seed}: {kills:?}");
        }
        survives(&kills).await;
    }
}

fn kills(dice: &mut StdRng) -> Vec<Kill> {
    let mut victims: Vec<Victim> =
        KILLS.iter().flat_map(|(victim, times)| std::iter::repeat_n(*victim, *times)).collect();
    victims.shuffle(dice);
    let mut kills: Vec<Kill> = victims
        .into_iter()
        .map(|victim| {
            let (lines, after) = (dice.random_range(1..LINES), dice.random_range(0..300));
            let at = match dice.random_range(0..11) {
                0 => Milestone::Matched,
                1 => Milestone::Publicised,
                2 => Milestone::Confirmed,
                3 => Milestone::Batched,
                4 => Milestone::Approved,
                5 | 6 => Milestone::Instructed(lines),
                7 | 8 => Milestone::Credited(lines),
                _ => Milestone::Booked(lines),
            };
            Kill { at, after: Duration::from_millis(after), victim }
        })
        .collect();
    kills.sort_by_key(|kill| kill.at);
    kills
}

/// A replay beside the suite, which goes on while what it calls dies and comes back.
async fn survives(kills: &[Kill]) {
    let installation = Installation::new();
    let listen = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut suite = start(&installation, &listen).await;
    let mut replay = installation.replay().spawn().unwrap();
    for kill in kills {
        reached(&installation, kill.at).await;
        suite.runs_on(kill.after).await;
        match kill.victim {
            Victim::Suite => {
                let leases = leases(&installation).await;
                suite.kill().await;
                suite = start(&installation, &listen).await;
                taken_over(&installation, &leases).await;
            }
            Victim::Bank => installation.kill("bank.pid").await,
            Victim::Database => installation.kill("postgres/data/postmaster.pid").await,
            Victim::Replay => {
                replay.kill().await.unwrap();
                replay = installation.replay().spawn().unwrap();
            }
        }
    }
    let ended = Ended::wait(replay.wait_with_output()).await;
    assert!(ended.success, "the year differs after {kills:?}:\n{}", ended.text);
    paid_once(&installation).await;
    suite.stop().await;
    installation.verified().await;
}

async fn start(installation: &Installation, listen: &str) -> Running {
    installation.up_with(&["--listen", listen]).await
}

/// Who holds leases in subsidy, as an SQL list; Postgres may be on its way up again.
async fn leases(installation: &Installation) -> String {
    let holders = "select string_agg(quote_literal(holder), ', ') from platform.lease";
    installation.sql("subsidy", holders).await.unwrap_or_default()
}

/// A suite that serves again has not left work to wait for the leases of the killed one.
async fn taken_over(installation: &Installation, leases: &str) {
    if leases.is_empty() {
        return;
    }
    let left = format!("select count(*) from platform.lease where holder in ({leases})");
    assert_eq!(
        installation.sql("subsidy", &left).await.as_deref(),
        Some("0"),
        "a lease outlives its process"
    );
}

/// Waits for a moment of the batch's life.
async fn reached(installation: &Installation, milestone: Milestone) {
    let (statement, wanted) = milestone.count();
    let mut tick = tokio::time::interval(Duration::from_millis(5));
    let reached = async {
        loop {
            tick.tick().await;
            let count = installation.sql("subsidy", statement).await;
            if count.and_then(|count| count.parse::<u32>().ok()).is_some_and(|count| count >= wanted) {
                return;
            }
        }
    };
    let patience = Duration::from_secs(300);
    tokio::time::timeout(patience, reached).await.unwrap_or_else(|_| panic!("never {milestone:?}"));
}

impl Milestone {
    /// What is counted, and how much of it there must be.
    fn count(self) -> (&'static str, u32) {
        const RUNS: &str = "select count(*) from subsidy.run where policy_code = 'HNTE'";
        match self {
            Milestone::Matched => (RUNS, 1),
            Milestone::Publicised => {
                ("select count(*) from subsidy.run where policy_code = 'HNTE' and posted_on is not null", 1)
            }
            Milestone::Confirmed => (
                "select count(*) from subsidy.run where policy_code = 'HNTE' and confirmed_on is not null",
                1,
            ),
            Milestone::Batched => {
                ("select count(*) from subsidy.payment_line where policy_code = 'HNTE'", LINES)
            }
            Milestone::Approved => (
                "select count(*) from subsidy.payment_line where policy_code = 'HNTE' and state <> 'CREATED'",
                LINES,
            ),
            Milestone::Instructed(lines) => ("select count(*) from subsidy.payment_attempt", lines),
            Milestone::Credited(lines) => (
                "select count(*) from subsidy.payment_line where policy_code = 'HNTE' and state = 'CREDITED'",
                lines,
            ),
            Milestone::Booked(entries) => ("select count(*) from subsidy.statement_entry", entries),
        }
    }
}

/// What the bank has credited and what stands as credited here are the same lines, each once.
async fn paid_once(installation: &Installation) {
    let sql = |statement| async move { installation.sql("subsidy", statement).await.unwrap() };
    let days = sql("select distinct value_date from subsidy.payment_attempt order by 1").await;
    let days: Vec<String> = days.lines().map(str::to_owned).collect();
    let credits = bank_book::credits(installation, &days).await;
    let twice: Vec<_> = credits.iter().filter(|(_, times)| **times != 1).collect();
    assert!(twice.is_empty(), "the bank credited not once: {twice:?}");
    let credited = sql("select id from subsidy.payment_line where state = 'CREDITED'").await;
    let mut here: Vec<String> = credited.lines().map(|id| format!("lin_{id}")).collect();
    here.sort();
    assert_eq!(here, credits.into_keys().collect::<Vec<_>>());
}
