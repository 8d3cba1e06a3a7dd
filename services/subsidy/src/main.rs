//! `canopy-subsidy`: serves the subsidy service, or keeps its database.

use canopy_persistence::Program;
use canopy_subsidy::{Config, MIGRATOR, NAME, serve};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let program = Program::<Config> {
        name: "canopy-subsidy",
        service: NAME,
        migrator: &MIGRATOR,
        database: |config| &config.database,
        about: "Subsidy without application: policies, runs, budgets and payments",
        variables: "CANOPY_SUBSIDY",
        keys: Config::keys(),
        serve: |config| Box::pin(serve(config)),
        extra: Vec::new(),
    };
    program.run().await
}
