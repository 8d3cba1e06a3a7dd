//! Kill tests: the suite, the bank or the database dies by SIGKILL at random points of the replay; started again it
//! ends in the same figures. Three rounds here, as many as asked by `make chaos`.

use std::time::{Duration, Instant};

use canopy_tests::installation::{Ended, Installation, Reports};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::process::Child;

/// How many rounds.
pub const ROUNDS: &str = "CANOPY_CHAOS_ROUNDS";
/// Repeats the rounds of a failed run.
pub const SEED: &str = "CANOPY_CHAOS_SEED";
/// Kills in a round.
const KILLS: u32 = 5;

/// Who dies.
#[derive(Clone, Copy, Debug)]
enum Victim {
    Suite,
    Bank,
    Database,
}

/// One kill: who, and how long after the last start or kill.
#[derive(Clone, Copy, Debug)]
struct Kill {
    victim: Victim,
    after: Duration,
}

pub fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[tokio::test]
async fn chaos_killed_at_any_moment_of_the_replay_and_started_again_it_ends_in_the_same_figures() {
    let seed = number(SEED).unwrap_or_else(|| rand::rng().random());
    let mut dice = StdRng::seed_from_u64(seed);
    let (undisturbed, took) = undisturbed().await;
    for round in 0..number(ROUNDS).unwrap_or(3) {
        let kills: Vec<Kill> = (0..KILLS).map(|_| kill(&mut dice, took)).collect();
        let reports = killed(&kills).await;
        assert_eq!(reports, undisturbed, "round {round} of {SEED}={seed}: {kills:?}");
    }
}

/// The whole replay is hit: the kills of a round come, on average, within one undisturbed run.
fn kill(dice: &mut StdRng, took: Duration) -> Kill {
    let victim = match dice.random_range(0..4) {
        0 => Victim::Bank,
        1 => Victim::Database,
        _ => Victim::Suite,
    };
    let share = took.as_millis() * 2 / u128::from(KILLS);
    let share = u64::try_from(share).unwrap_or(u64::MAX).max(1);
    Kill { victim, after: Duration::from_millis(dice.random_range(0..share)) }
}

async fn undisturbed() -> (Reports, Duration) {
    let installation = Installation::new();
    let start = Instant::now();
    let ended = Ended::wait(installation.replaying().output()).await;
    assert!(ended.success, "{}", ended.text);
    (installation.reports(), start.elapsed())
}

/// A replay with these kills, started again after each death of the suite until it ends.
async fn killed(kills: &[Kill]) -> Reports {
    let installation = Installation::new();
    let mut suite = start(&installation);
    for kill in kills {
        let ended_before = tokio::time::timeout(kill.after, suite.wait()).await.is_ok();
        match (ended_before, kill.victim) {
            (true, _) => suite = start(&installation),
            (false, Victim::Suite) => {
                suite.kill().await.unwrap();
                suite = start(&installation);
            }
            (false, Victim::Bank) => installation.kill("bank.pid").await,
            (false, Victim::Database) => installation.kill("postgres/data/postmaster.pid").await,
        }
    }
    let mut ended = Ended::wait(suite.wait_with_output()).await;
    if !ended.success {
        // The last kill may have hit a suite that was stopping: started again, it says what it has.
        ended = Ended::wait(installation.replaying().output()).await;
    }
    assert!(ended.success, "after {kills:?}: {}", ended.text);
    installation.verified().await;
    installation.reports()
}

fn start(installation: &Installation) -> Child {
    installation.replaying().spawn().unwrap()
}
