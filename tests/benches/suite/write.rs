//! One audited, idempotent write through the gateway on a durable Postgres, beside pgbench that sends the same
//! statements to the same database at as many clients.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use canopy_kernel::Role;
use prost::Message as _;
use sqlx::{Connection as _, PgConnection};

use crate::database::Database;
use crate::load::{Message, Target};
use crate::rows;
use crate::sent::{Sent, Varying};
use crate::suite::Suite;
use crate::table::{Line, Table};
use crate::usage::Usage;

const CALLERS: usize = 32;
/// Firms that the facts are about.
const FIRMS: usize = 1_000;
/// Turns of each; they alternate.
const TURNS: usize = 3;
const TURN: Duration = Duration::from_secs(3);

/// Measures both.
pub async fn measure(suite: &Suite, table: &mut Table) -> anyhow::Result<()> {
    let target = suite.target("/canopy.registry.v1.FactService/RecordFact", "registrar", Role::Registrar)?;
    let (script, statements) = script(suite, &target).await?;
    let file = crate::release()?.with_file_name("bench-write.sql");
    std::fs::write(&file, script)?;
    let codes: Arc<Vec<String>> = Arc::new((0..FIRMS).map(rows::code).collect());
    let message: Message = Arc::new(move || rows::fact(&codes[rand::random_range(0..FIRMS)]).encode_to_vec());
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let (mut our_cpu, mut their_cpu) = (String::new(), String::new());
    for _ in 0..TURNS {
        let usage = Usage::of(&suite.groups());
        ours.push(target.load(CALLERS, TURN, &message).await?.rate);
        our_cpu = usage.shares();
        let usage = Usage::of(&[("postgres", suite.postgres)]);
        theirs.push(pgbench(suite, &file)?);
        their_cpu = usage.shares();
    }
    ours.sort_by(f64::total_cmp);
    theirs.sort_by(f64::total_cmp);
    let (ours, theirs) = (ours[TURNS / 2], theirs[TURNS / 2]);
    table.fact(
        format!("pgbench, the same {statements} statements, {CALLERS} clients, transactions/s"),
        theirs,
    );
    let what =
        format!("RecordFact through the gateway, {CALLERS} callers, as a share of pgbench ({ours:.0}/s)");
    let bound = format!("{our_cpu}; pgbench as the caller: {their_cpu}");
    table.add(Line::at_least(0.25, "×", what, ours / theirs).because(bound));
    Ok(())
}

/// What one write sends, as a script.
async fn script(suite: &Suite, target: &Target) -> anyhow::Result<(String, usize)> {
    let database = Database::of_environment()?;
    // Two statements in one text would be one transaction, in which ALTER SYSTEM may not stand.
    database.run("postgres", "alter system set log_statement = 'all'").await?;
    database.run("postgres", "select pg_reload_conf()").await?;
    let code = rows::code(0);
    // The reload reaches the open connections in a moment: writes are made until one stands in the log.
    let mut tick = tokio::time::interval(Duration::from_millis(50));
    let seen = async {
        loop {
            tick.tick().await;
            let fact = rows::fact(&code);
            target.once(&fact.encode_to_vec()).await?;
            if let Some(sent) = Sent::read(&suite.log, &fact.request_id)? {
                return anyhow::Ok(sent);
            }
        }
    };
    let sent = tokio::time::timeout(Duration::from_secs(20), seen).await.context("no write in the log")??;
    database.run("postgres", "alter system reset log_statement").await?;
    database.run("postgres", "select pg_reload_conf()").await?;

    let codes: Vec<String> = (0..FIRMS).map(rows::code).collect();
    let mut connection = PgConnection::connect(&suite.registry).await?;
    let query =
        "select id::text from registry.subject where uscc = any($1) order by array_position($1, uscc)";
    let subjects: Vec<String> = sqlx::query_scalar(query).bind(&codes).fetch_all(&mut connection).await?;
    connection.close().await?;
    ensure!(subjects.len() == FIRMS, "{} of the firms are registered", subjects.len());
    let mut head = format!("\\set firm random(1, {FIRMS})\n");
    let one_of = |texts: &[String]| format!("(array['{}'])[:firm]", texts.join("','"));
    let mut varying = vec![
        Varying { seen: code, expression: one_of(&codes) },
        Varying { seen: subjects[0].clone(), expression: one_of(&subjects) },
    ];
    for (index, uuid) in sent.uuids().into_iter().filter(|it| *it != subjects[0]).enumerate() {
        head.push_str(&format!("\\set id{index} random(1, 9223372036854775807)\n"));
        let expression = format!("lpad(to_hex(:id{index}::bigint), 32, '0')::uuid::text");
        varying.push(Varying { seen: uuid, expression });
    }
    Ok((sent.script(&head, &varying), sent.len()))
}

/// Transactions a second of the script.
fn pgbench(suite: &Suite, script: &std::path::Path) -> anyhow::Result<f64> {
    let (clients, seconds) = (CALLERS.to_string(), TURN.as_secs().to_string());
    let mut command = Command::new("pgbench");
    command.args([
        "--no-vacuum",
        "--protocol=prepared",
        "--jobs=2",
        "--client",
        &clients,
        "--time",
        &seconds,
    ]);
    let output = command.arg("--file").arg(script).arg(&suite.registry).output().context("start pgbench")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let told = || format!("{text}{}", String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success() && !text.contains("failed transactions: 1"), "{}", told());
    let line = text.lines().find_map(|line| line.strip_prefix("tps = ")).with_context(told)?;
    Ok(line.split_whitespace().next().unwrap_or_default().parse()?)
}
