//! The audit log and its proof: what is rewritten is found and named.

use canopy_persistence::verify::Break;
use canopy_persistence::{Transition, operations, verify};
use canopy_proto::common::v1::{
    GetConsistencyProofRequest, GetInclusionProofRequest, ListAuditRecordsRequest,
};
use sqlx::Executor;

use crate::support::{call, database};

async fn written(
    transitions: usize,
) -> (canopy_persistence::testing::TestDatabase, canopy_persistence::Store) {
    let (database, store) = database().await;
    for n in 0..transitions {
        store
            .job_tx(&call(), "transition", move |tx| {
                Box::pin(async move {
                    let effective_on = tx.today();
                    tx.audit(Transition {
                        aggregate: format!("note/{n}"),
                        from: "DRAFT".to_owned(),
                        to: "ACTIVE".to_owned(),
                        reason: "R1".to_owned(),
                        rule_version: String::new(),
                        effective_on,
                    });
                    Ok(())
                })
            })
            .await
            .unwrap();
    }
    operations::checkpoint(&store).await.unwrap();
    (database, store)
}

#[tokio::test]
async fn every_record_is_proved_to_stand_in_the_signed_log() {
    let (database, store) = written(11).await;
    let records =
        operations::list_audit_records(&store, &ListAuditRecordsRequest::default()).await.unwrap().records;
    assert_eq!(records.iter().map(|it| it.position).collect::<Vec<_>>(), (0..11).collect::<Vec<i64>>());
    for record in &records {
        let request = GetInclusionProofRequest { audit_id: record.id.clone() };
        let proof = operations::inclusion_proof(&store, &request).await.unwrap();
        assert_eq!((proof.position, &proof.leaf), (record.position, &record.leaf));
        assert_eq!(proof.checkpoint.unwrap().tree_size, 11);
    }
    let request = GetConsistencyProofRequest { first_size: 4, second_size: 0 };
    assert_eq!(operations::consistency_proof(&store, &request).await.unwrap().second_size, 11);
    assert_eq!(verify(store.pool()).await.unwrap().audit_rows, 11);
    database.close().await.unwrap();
}

#[tokio::test]
async fn a_rewritten_row_is_named() {
    let (database, store) = written(5).await;
    store
        .pool()
        .execute("update platform.audit set to_state = 'PAID' where aggregate = 'note/3'")
        .await
        .unwrap();
    assert!(matches!(verify(store.pool()).await.unwrap_err(), Break::Leaf(_)));
    database.close().await.unwrap();
}

#[tokio::test]
async fn a_removed_row_is_named() {
    let (database, store) = written(5).await;
    store.pool().execute("delete from platform.audit where aggregate = 'note/2'").await.unwrap();
    assert!(matches!(verify(store.pool()).await.unwrap_err(), Break::AuditPosition(2)));
    database.close().await.unwrap();
}

#[tokio::test]
async fn rows_that_nothing_will_number_are_counted() {
    let (database, store) = written(5).await;
    // As `written` does it, but whoever numbers rows never learns of it.
    store.pool().execute("delete from platform.audit_position where position = 4").await.unwrap();
    store.pool().execute("update platform.installation set audit_head = 4").await.unwrap();
    assert!(matches!(verify(store.pool()).await.unwrap_err(), Break::Forgotten(1)));
    let waits = "insert into platform.unsequenced (size, events, audits)
                 select 1, '{}', array_agg(id) from platform.audit where aggregate = 'note/4'";
    store.pool().execute(waits).await.unwrap();
    assert!(!matches!(verify(store.pool()).await, Err(Break::Forgotten(_))));
    database.close().await.unwrap();
}

#[tokio::test]
async fn a_rewritten_hash_is_named() {
    let (database, store) = written(5).await;
    let rewrite = "update platform.log_hash set hash = sha256('x') where index = 2";
    store.pool().execute(rewrite).await.unwrap();
    assert!(matches!(verify(store.pool()).await.unwrap_err(), Break::Hash(2)));
    database.close().await.unwrap();
}
