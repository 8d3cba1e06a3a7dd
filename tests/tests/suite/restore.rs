//! A restored producer: the registry's database is put back to an earlier copy beneath a suite that has gone on. Who
//! follows its feed notices by itself, applies nothing twice, and says so; and after an operator's decision the lost
//! rows come in again, in the same year with the same figures.

use std::process::Stdio;
use std::time::Duration;

use canopy_tests::installation::{Ended, Installation, Running};

/// What subsidy has learnt from the registry, without the ids that the registry gives anew.
const LEARNT: &str = "select md5(string_agg(t, '|' order by t)) from (select s::text as t from platform.mirror_subject s \
    union all select s::text from platform.mirror_subject_status s \
    union all select q::text from platform.mirror_qualification q \
    union all select a::text from platform.mirror_assessment a) as learnt";
const CURSOR: &str = "select epoch, position, event_id from platform.cursor";
const HEAD: &str = "select feed_head from platform.installation";

/// Who follows the registry.
const FOLLOWERS: [&str; 2] = ["subsidy", "commissioner"];

/// Events of the registry from which on the copy is taken, and at least as many that it lacks. What was on its way when
/// the replay was killed is told as well, so both are counted from what is there then.
const COPIED: i64 = 3_000;
const LOST: i64 = 500;

#[tokio::test]
async fn a_producer_put_back_to_an_earlier_copy_is_noticed_and_nothing_is_applied_twice() {
    let installation = Installation::new();
    let suite = installation.up().await;
    replay_until(&installation, COPIED).await;
    followed_to_the_head(&installation).await;
    copy(&installation).await;
    let copied = head(&installation).await;
    replay_until(&installation, copied + LOST).await;
    followed_to_the_head(&installation).await;
    let told = head(&installation).await;
    let learnt = (sql(&installation, "subsidy", LEARNT).await, sql(&installation, "subsidy", CURSOR).await);
    suite.stop().await;

    // Nobody follows while the registry tells others in the lost places and beyond: no position gives it away.
    let registry = installation.up_with(&["--listen", "127.0.0.1:0", "--services", "registry"]).await;
    put_back(&installation).await;
    replay_until(&installation, told + 500).await;
    registry.stop().await;

    let suite = installation.up().await;
    doctor_says(&installation, "went back", false).await;
    let now = (sql(&installation, "subsidy", LEARNT).await, sql(&installation, "subsidy", CURSOR).await);
    assert_eq!(now, learnt, "something of another feed was applied");
    nothing_is_decided(&installation).await;
    resumed(&installation, suite).await;
}

/// The operator's part: a new epoch, the decision, the lost rows again, the year to its end.
async fn resumed(installation: &Installation, suite: Running) {
    let epoch = sql(installation, "registry", "select feed_epoch from platform.installation").await;
    command(installation, &["renew-epoch", "registry"]).await;
    assert_ne!(sql(installation, "registry", "select feed_epoch from platform.installation").await, epoch);
    for follower in FOLLOWERS {
        command(installation, &["resume-feed", follower, "registry", "--reason", "restored from a copy"])
            .await;
    }
    let audited =
        "select count(*) from platform.audit where aggregate = 'feed/registry' and to_state = 'FOLLOWING'";
    assert_eq!(sql(installation, "subsidy", audited).await, "1");
    followed_to_the_head(installation).await;
    doctor_says(installation, "following", true).await;
    let again = installation.run(&["resume-feed", "subsidy", "registry", "--reason", "once more"]).await;
    assert!(!again.success && again.text.contains("FEED_NOT_REWOUND"), "{}", again.text);

    let ended = Ended::wait(installation.replay().output()).await;
    assert!(ended.success, "the year differs after the restore:\n{}", ended.text);
    let ids = "select md5(string_agg(id::text, '|' order by id)) from";
    let told = sql(installation, "registry", &format!("{ids} registry.qualification")).await;
    assert_eq!(sql(installation, "subsidy", &format!("{ids} platform.mirror_qualification")).await, told);
    suite.stop().await;
    installation.verified().await;
}

/// Replays the year and kills the replay once the registry has told so many events.
async fn replay_until(installation: &Installation, events: i64) {
    let mut replay = installation.replay().stdout(Stdio::null()).spawn().unwrap();
    let mut tick = tokio::time::interval(Duration::from_millis(20));
    while head(installation).await < events {
        tick.tick().await;
        assert!(replay.try_wait().unwrap().is_none(), "the replay ended before {events} events");
    }
    replay.kill().await.unwrap();
}

/// Waits until all have applied what the registry has told, with everything sequenced.
async fn followed_to_the_head(installation: &Installation) {
    let waiting = "select count(*) from platform.unsequenced";
    let mut tick = tokio::time::interval(Duration::from_millis(50));
    let reached = async {
        loop {
            tick.tick().await;
            let told = sql(installation, "registry", HEAD).await;
            let mut behind = false;
            for follower in FOLLOWERS {
                behind |= sql(installation, follower, "select position from platform.cursor").await != told;
            }
            if sql(installation, "registry", waiting).await == "0" && !behind {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), reached).await.expect("all follow to the head");
}

async fn head(installation: &Installation) -> i64 {
    let count = "select count(*) from platform.outbox";
    installation.sql("registry", count).await.and_then(|count| count.parse().ok()).unwrap_or(0)
}

async fn sql(installation: &Installation, database: &str, statement: &str) -> String {
    installation.sql(database, statement).await.unwrap_or_else(|| panic!("{database}: {statement}"))
}

/// Takes a copy of the registry's database. Its pool is away for the moment of the copy.
async fn copy(installation: &Installation) {
    alone(installation, "create database earlier template registry owner registry").await;
}

/// Puts the registry's database back to the copy.
async fn put_back(installation: &Installation) {
    sql(installation, "postgres", "drop database registry with (force)").await;
    sql(installation, "postgres", "alter database earlier rename to registry").await;
}

/// A statement that needs a database without sessions.
async fn alone(installation: &Installation, statement: &str) {
    sql(installation, "postgres", "alter database registry allow_connections false").await;
    let sessions =
        "select count(pg_terminate_backend(pid, 10000)) from pg_stat_activity where datname = 'registry'";
    sql(installation, "postgres", sessions).await;
    sql(installation, "postgres", statement).await;
    sql(installation, "postgres", "alter database registry allow_connections true").await;
}

async fn command(installation: &Installation, arguments: &[&str]) {
    let ended = installation.run(arguments).await;
    assert!(ended.success, "{arguments:?}: {}", ended.text);
}

/// Waits until `canopy doctor` says so of the feed.
async fn doctor_says(installation: &Installation, words: &str, well: bool) {
    let mut tick = tokio::time::interval(Duration::from_millis(200));
    let mut text = String::new();
    for _ in 0..100 {
        tick.tick().await;
        let ended = installation.run(&["doctor"]).await;
        if ended.text.contains(words) && ended.success == well {
            return;
        }
        text = ended.text;
    }
    panic!("doctor does not say {words:?}: {text}");
}

/// A decision on what was fed is refused while it cannot include the latest.
async fn nothing_is_decided(installation: &Installation) {
    let operator = installation.run(&["token", "--person", "operator", "--role", "OPERATOR"]).await.text;
    let address = std::fs::read_to_string(installation.path().join("address")).unwrap();
    let header = format!("authorization: Bearer {}", operator.trim());
    let request_id = "00000000-0000-4000-8000-000000000001";
    let day = format!(r#"{{"request_id": "{request_id}", "day": "2022-01-01"}}"#);
    let mut grpcurl = tokio::process::Command::new("grpcurl");
    grpcurl.args(["-plaintext", "-H", &header, "-d", &day, address.trim()]);
    let ended = Ended::wait(grpcurl.arg("canopy.subsidy.v1.OperationsService/AdvanceTo").output()).await;
    assert!(!ended.success && ended.text.contains("FEED_REWOUND"), "{}", ended.text);
}
