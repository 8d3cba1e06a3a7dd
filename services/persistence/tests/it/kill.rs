//! Producer and consumer as processes, killed with SIGKILL at random points under load: every event takes effect
//! exactly once, in order per aggregate, none missing. CANOPY_CHAOS_ROUNDS says how often (15 without it).

use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use canopy_persistence::testing::TestDatabase;
use canopy_persistence::{Store, verify};
use canopy_platform::{SigningIdentity, generate_key};
use sqlx::Executor;

use crate::support::{count, migrator};

const EVENTS: i64 = 2_100;

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_random_points_every_event_takes_effect_once_and_in_order() {
    let rounds: i64 = std::env::var("CANOPY_CHAOS_ROUNDS").ok().and_then(|it| it.parse().ok()).unwrap_or(15);
    let peers = Peers::new().await;
    let (mut producer, mut consumer) = (peers.start("producer"), peers.start("consumer"));
    for round in 0..rounds {
        // Under way, between an even step and the next: the point itself is as random as the machine.
        let jitter = i64::from(rand::random::<u8>() % 64);
        peers.effects_reach((round * EVENTS / (rounds + 1) + jitter).min(EVENTS)).await;
        match rand::random::<u8>() % 3 {
            0 => peers.kill_and_restart(&mut producer, "producer"),
            1 => peers.kill_and_restart(&mut consumer, "consumer"),
            _ => {
                peers.kill_and_restart(&mut producer, "producer");
                peers.kill_and_restart(&mut consumer, "consumer");
            }
        }
    }
    peers.effects_reach(EVENTS).await;
    end(producer);
    end(consumer);
    assert_eq!(count(&peers.consumer, "select count(*) from probe.effect").await, EVENTS);
    assert_eq!(count(&peers.consumer, "select count(distinct event_id) from probe.effect").await, EVENTS);
    let out_of_order = "select count(*) from (select version, lag(version, 1, 0::bigint) over (partition by aggregate \
                        order by seq) as before from probe.effect) e where version <> before + 1";
    assert_eq!(count(&peers.consumer, out_of_order).await, 0);
    assert_eq!(count(&peers.consumer, "select position from platform.cursor").await, EVENTS);
    assert_eq!(verify(peers.producer.pool()).await.unwrap().events, EVENTS);
    peers.close().await;
}

struct Peers {
    databases: Vec<TestDatabase>,
    producer: Store,
    consumer: Store,
}

impl Peers {
    async fn new() -> Peers {
        let producer_db = TestDatabase::new("registry", &named("registry")).await.unwrap();
        let consumer_db = TestDatabase::new("probe", &migrator()).await.unwrap();
        let producer = producer_db.store("registry", &named("registry")).await.unwrap();
        let consumer = consumer_db.store("probe", &migrator()).await.unwrap();
        let table = "create table probe.effect (seq bigint generated always as identity, event_id text not null, \
                     aggregate text not null, version bigint not null)";
        consumer.pool().execute(table).await.unwrap();
        let (pem, public) = generate_key().unwrap();
        let key = producer_db.folder().join("probe.pem");
        std::fs::write(&key, &pem).unwrap();
        assert!(SigningIdentity::from_file("probe", &key).is_ok());
        let port = free_port();
        write_config(&producer_db, "producer", (&key, &public), EVENTS, (port, port));
        write_config(&consumer_db, "consumer", (&key, &public), 0, (free_port(), port));
        Peers { databases: vec![producer_db, consumer_db], producer, consumer }
    }

    fn start(&self, role: &str) -> Child {
        let folder = self.databases[usize::from(role == "consumer")].folder();
        Command::new(example()).arg(folder.join(format!("{role}.json"))).spawn().unwrap()
    }

    fn kill_and_restart(&self, child: &mut Child, role: &str) {
        // SIGKILL: no handler runs.
        child.kill().unwrap();
        child.wait().unwrap();
        *child = self.start(role);
    }

    async fn effects_reach(&self, wanted: i64) {
        let mut tick = tokio::time::interval(Duration::from_millis(5));
        let reached = async {
            while count(&self.consumer, "select count(*) from probe.effect").await < wanted {
                tick.tick().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(120), reached).await.expect("the feed stands still");
    }

    async fn close(self) {
        for database in self.databases {
            database.close().await.unwrap();
        }
    }
}

fn named(service: &'static str) -> sqlx::migrate::Migrator {
    let mut migrator = migrator();
    migrator.create_schema(service);
    migrator.dangerous_set_table_name(format!("{service}.schema_version"));
    migrator
}

fn end(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// `cargo test` builds the examples beside the test's own `deps` folder.
fn example() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    own.parent().and_then(Path::parent).unwrap().join("examples/feed_peer")
}

fn write_config(
    database: &TestDatabase,
    role: &str,
    (key, public): (&Path, &str),
    events: i64,
    (port, producer): (u16, u16),
) {
    let settings = &database.settings;
    let name = if role == "producer" { "registry" } else { "probe" };
    let config = serde_json::json!({
        "service": name,
        "events": events,
        "producer": format!("http://127.0.0.1:{producer}"),
        "database": {
            "url": settings.url,
            "crypt_folder": settings.crypt_folder,
            "log_key_file": settings.log_key_file,
        },
        "server": {
            "listen": format!("127.0.0.1:{port}"),
            "identity": { "name": name, "key_file": key, "accept": { "probe": public } },
            "telemetry": { "log_filter": "error" },
        },
    });
    std::fs::write(database.folder().join(format!("{role}.json")), config.to_string()).unwrap();
}
