//! The private Postgres over its life: made, stopped, killed, started again on the same folder.

use std::os::unix::fs::PermissionsExt as _;

use sqlx::{Connection as _, PgConnection};

use super::Postgres;
use crate::suite::Folder;

/// A data folder that the server's user can reach.
fn folder(place: &tempfile::TempDir) -> Folder {
    std::fs::set_permissions(place.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    Folder::open(place.path()).unwrap()
}

async fn execute(postgres: &Postgres, sql: &'static str) {
    let mut connection = PgConnection::connect(&postgres.url("registry", "registry")).await.unwrap();
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
}

async fn rows(postgres: &Postgres) -> i64 {
    let mut connection = PgConnection::connect(&postgres.url("registry", "registry")).await.unwrap();
    sqlx::query_scalar("select count(*) from kept").fetch_one(&mut connection).await.unwrap()
}

#[tokio::test]
async fn what_was_committed_is_there_after_a_stop_and_after_a_kill() {
    let place = tempfile::tempdir().unwrap();
    let folder = folder(&place);

    let mut postgres = Postgres::start(&folder).await.unwrap();
    postgres.ensure_database("registry").await.unwrap();
    execute(&postgres, "create table kept (id bigint); insert into kept values (1)").await;

    postgres.server.kill().unwrap();
    postgres.died().await.unwrap();
    postgres.restart().await.unwrap();
    assert_eq!(rows(&postgres).await, 1);
    execute(&postgres, "insert into kept values (2)").await;
    postgres.stop().await.unwrap();

    let postgres = Postgres::start(&folder).await.unwrap();
    postgres.ensure_database("registry").await.unwrap();
    assert_eq!(rows(&postgres).await, 2);
    postgres.stop().await.unwrap();
}

#[tokio::test]
async fn the_server_runs_under_another_user_than_root_and_without_a_network_port() {
    let place = tempfile::tempdir().unwrap();
    let folder = folder(&place);
    let postgres = Postgres::start(&folder).await.unwrap();
    let status = std::fs::read_to_string(format!("/proc/{}/status", postgres.server.id())).unwrap();
    let user = status.lines().find_map(|line| line.strip_prefix("Uid:")).unwrap();
    assert!(!user.split_whitespace().any(|id| id == "0"), "{user}");

    let mut connection = PgConnection::connect(&postgres.url("postgres", "canopy")).await.unwrap();
    let addresses: String =
        sqlx::query_scalar("show listen_addresses").fetch_one(&mut connection).await.unwrap();
    assert_eq!(addresses, "");
    for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
        let sql = sqlx::AssertSqlSafe(format!("show {setting}"));
        let value: String = sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap();
        assert_eq!(value, "on", "{setting}: what is acknowledged must be durable");
    }
    postgres.stop().await.unwrap();
}
