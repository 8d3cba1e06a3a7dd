//! `canopy-registry`: serves the registry, or brings its database to the schema of this build.

use canopy_persistence::Program;
use canopy_registry::{Config, migrate, serve};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let program = Program::<Config> {
        name: "canopy-registry",
        about: "Subjects, qualifications, facts, credit and reference data of the suite",
        variables: "CANOPY_REGISTRY",
        keys: Config::keys(),
        serve: |config| Box::pin(serve(config)),
        migrate: |config| Box::pin(async move { migrate(&config).await }),
        extra: Vec::new(),
    };
    program.run().await
}
