//! `canopy verify`: every database recomputed, as a table; the first break of each is named.

use comfy_table::Table;
use sqlx::PgPool;

use crate::suite::{Databases, Folder, SERVICES};

/// Recomputes the databases of the folder, whether the suite runs or not. True when all of them hold.
#[expect(clippy::print_stdout, reason = "the table is what the command is for")]
pub async fn run(folder: &Folder) -> anyhow::Result<bool> {
    let databases = Databases::open(folder).await?;
    let mut table = Table::new();
    table.set_header(["database", "events", "audit rows", "checkpoints", "verdict"]);
    let mut whole = true;
    for service in SERVICES {
        let pool = PgPool::connect(&databases.url(service.name)?).await?;
        match canopy_persistence::verify(&pool).await {
            Ok(report) => {
                let counts = [report.events, report.audit_rows, report.checkpoints].map(|it| it.to_string());
                let [events, rows, checkpoints] = counts;
                table.add_row([service.name.to_owned(), events, rows, checkpoints, "holds".to_owned()]);
            }
            Err(found) => {
                whole = false;
                let nothing = String::new;
                table.add_row([service.name.to_owned(), nothing(), nothing(), nothing(), found.to_string()]);
            }
        }
        pool.close().await;
    }
    println!("{table}");
    databases.close().await?;
    Ok(whole)
}
