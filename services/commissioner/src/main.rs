//! `canopy-commissioner`: serves the commissioner service, brings its database to the schema of this build, or makes the
//! index of suggestions anew.

use canopy_commissioner::{Config, migrate, reindex, serve};
use canopy_persistence::{Extra, Program};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let program = Program::<Config> {
        name: "canopy-commissioner",
        about: "Achievement commissioners and technology transfer: needs, achievements, matches and deals",
        variables: "CANOPY_COMMISSIONER",
        keys: Config::keys(),
        serve: |config| Box::pin(serve(config)),
        migrate: |config| Box::pin(async move { migrate(&config).await }),
        extra: vec![Extra {
            name: "reindex",
            about: "Makes the index of suggestions anew from the database; no server may run on its folder",
            work: |config| Box::pin(async move { reindex(&config).await }),
        }],
    };
    program.run().await
}
