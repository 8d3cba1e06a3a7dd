//! `canopy-commissioner`: serves the commissioner service, or brings its database to the schema of this build.

use canopy_commissioner::{Config, migrate, serve};
use canopy_persistence::Program;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let program = Program::<Config> {
        name: "canopy-commissioner",
        about: "Achievement commissioners and technology transfer: needs, achievements, matches and deals",
        variables: "CANOPY_COMMISSIONER",
        keys: Config::keys(),
        serve: |config| Box::pin(serve(config)),
        migrate: |config| Box::pin(async move { migrate(&config).await }),
    };
    program.run().await
}
