//! `canopy-registry`: serves the registry, or keeps its database.

use canopy_persistence::Program;
use canopy_registry::{Config, MIGRATOR, NAME, serve};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let program = Program::<Config> {
        name: "canopy-registry",
        service: NAME,
        migrator: &MIGRATOR,
        database: |config| &config.database,
        about: "Subjects, qualifications, facts, credit and reference data of the suite",
        variables: "CANOPY_REGISTRY",
        keys: Config::keys(),
        serve: |config| Box::pin(serve(config)),
        extra: Vec::new(),
    };
    program.run().await
}
