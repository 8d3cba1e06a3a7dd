//! `canopy-commissioner`: serves the commissioner service, brings its database to the schema of this build, or makes the
//! index of suggestions anew.

use canopy_commissioner::{Config, MIGRATOR, NAME, reindex, serve};
use canopy_persistence::{Extra, Program};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let program = Program::<Config> {
        name: "canopy-commissioner",
        service: NAME,
        migrator: &MIGRATOR,
        database: |config| &config.database,
        about: "Achievement commissioners and technology transfer: needs, achievements, matches and deals",
        variables: "CANOPY_COMMISSIONER",
        keys: Config::keys(),
        serve: |config| Box::pin(serve(config)),
        extra: vec![Extra {
            name: "reindex",
            about: "Makes the index of suggestions anew from the database; no server may run on its folder",
            work: |config| Box::pin(async move { reindex(&config).await }),
        }],
    };
    program.run().await
}
