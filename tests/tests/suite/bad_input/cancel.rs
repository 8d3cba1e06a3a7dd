//! A client that cancels in the middle of a write leaves all of it or nothing.

use std::time::Duration;

use canopy_kernel::Role;
use canopy_proto::registry::v1 as pb;
use canopy_proto::registry::v1::subject_service_client::SubjectServiceClient;
use sqlx::{Connection as _, Executor as _, PgConnection};
use tonic::Code;

use super::world::World;
use super::year::firm;

const ROWS: usize = 50;
/// How long is waited for what must come.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_client_that_cancels_in_the_middle_of_a_write_leaves_all_of_it_or_nothing() {
    let world = World::start().await;
    let mut qian = SubjectServiceClient::new(world.desk("qian", Role::Registrar, "").await);
    let rows: Vec<_> = (0..ROWS).map(firm).collect();
    let request = pb::BatchImportEnterprisesRequest { rows };

    let gate = Gate::shut(&world, "registry.account").await;
    let call = tokio::spawn({
        let (mut qian, request) = (qian.clone(), request.clone());
        async move { qian.batch_import_enterprises(request).await }
    });
    gate.someone_waits(&world).await;
    // The write is half done: subjects stand in its transaction, their accounts wait. Now the client hangs up.
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    gate.open().await;

    // Whatever became of the first call, the second one answers every row: the first one's way or anew. One that comes
    // while the first still runs is told to come back.
    let answered = async {
        loop {
            match qian.batch_import_enterprises(request.clone()).await {
                Ok(answer) => return answer.into_inner().results,
                Err(status) => assert_eq!(status.code(), Code::Aborted, "{status:?}"),
            }
        }
    };
    let results = tokio::time::timeout(PATIENCE, answered).await.unwrap();
    assert!(results.iter().all(|row| row.refusal.is_none()), "{results:?}");
    let repeated = results.iter().filter(|row| row.repeated_answer).count();
    assert!(repeated == 0 || repeated == ROWS, "{repeated} of {ROWS} rows were there");
    let [registry, ..] = world.tables().await;
    for table in ["registry.subject", "registry.account", "platform.outbox", "platform.audit"] {
        assert_eq!(registry[table].0, i64::try_from(ROWS).unwrap(), "{table}");
    }
    world.stop().await;
}

/// A lock on a table, at which a write that has begun waits.
struct Gate {
    connection: PgConnection,
    table: &'static str,
}

impl Gate {
    async fn shut(world: &World, table: &'static str) -> Self {
        let mut connection = PgConnection::connect(&world.installation.database("registry")).await.unwrap();
        let lock = format!("begin; lock table {table} in share mode");
        connection.execute(sqlx::AssertSqlSafe(lock)).await.unwrap();
        Self { connection, table }
    }

    /// Waits until a transaction waits at the gate.
    async fn someone_waits(&self, world: &World) {
        let waiting =
            "select exists (select from pg_locks where not granted and relation = $1::text::regclass)";
        let asking = async {
            loop {
                let waiting = sqlx::query_scalar(waiting).bind(self.table);
                if waiting.fetch_one(&world.registry).await.unwrap() {
                    return;
                }
            }
        };
        tokio::time::timeout(PATIENCE, asking).await.expect("nobody comes to the gate");
    }

    async fn open(mut self) {
        self.connection.execute("rollback").await.unwrap();
        self.connection.close().await.unwrap();
    }
}
