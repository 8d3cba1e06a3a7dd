//! `canopy-subsidy`: serves the subsidy service, or brings its database to the schema of this build.

use canopy_persistence::Program;
use canopy_subsidy::{Config, migrate, serve};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let program = Program::<Config> {
        name: "canopy-subsidy",
        about: "Subsidy without application: policies, runs, budgets and payments",
        variables: "CANOPY_SUBSIDY",
        keys: Config::keys(),
        serve: |config| Box::pin(serve(config)),
        migrate: |config| Box::pin(async move { migrate(&config).await }),
        extra: Vec::new(),
    };
    program.run().await
}
