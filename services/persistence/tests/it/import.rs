//! Bulk imports: each row for itself, answers repeated, nothing half-done.

use canopy_kernel::{Failure, reason};
use canopy_persistence::{ImportRow, RowOutcome, Store};
use canopy_proto::common::v1::{Refusal, RowResult};

use crate::support::{call, count, database, note, request, uuid};

async fn import(store: &Store, rows: &[Refusal]) -> Vec<RowResult> {
    let rows = rows
        .iter()
        .map(|row| {
            let value = match row.external_ref.as_str() {
                "unreadable" => Err(Failure::new(&reason::USCC_FORMAT).on("uscc")),
                text => Ok(text.to_owned()),
            };
            ImportRow::of(row, &row.request_id, &row.external_ref, value)
        })
        .collect();
    store
        .import(&call(), "import_notes", rows, |tx, rows| {
            Box::pin(async move {
                let mut outcomes = Vec::new();
                for row in rows.iter() {
                    let known: i64 = sqlx::query_scalar("select count(*) from probe.note where id = $1")
                        .bind(&row.value)
                        .fetch_one(tx.conn())
                        .await
                        .map_err(canopy_persistence::db)?;
                    let result = match known {
                        0 => note(tx, &row.value, "imported").await.map(|()| format!("note/{}", row.value)),
                        _ => Err(Failure::new(&reason::DUPLICATE_FACT).on("id")),
                    };
                    outcomes.push(RowOutcome { index: row.index, result });
                }
                Ok(outcomes)
            })
        })
        .await
        .unwrap()
}

fn refused(result: &RowResult) -> bool {
    result.refusal.is_some()
}

#[tokio::test]
async fn bad_rows_are_refused_and_the_rest_goes_in() {
    let (database, store) = database().await;
    let rows =
        [request(&uuid(), "a"), request(&uuid(), "unreadable"), request(&uuid(), "a"), request("no", "b")];
    let results = import(&store, &rows).await;
    assert_eq!(results.iter().map(refused).collect::<Vec<_>>(), [false, true, true, true]);
    assert_eq!(results[0].name, "note/a");
    assert_eq!(count(&store, "select count(*) from probe.note").await, 1);
    let kept = "select count(*) from platform.idempotency where refusal is not null";
    assert_eq!(count(&store, kept).await, 2, "a row without a key is answered and cannot be remembered");
    database.close().await.unwrap();
}

#[tokio::test]
async fn the_same_rows_again_get_the_same_answers_and_change_nothing() {
    let (database, store) = database().await;
    let rows = [request(&uuid(), "a"), request(&uuid(), "unreadable"), request(&uuid(), "b")];
    let first = import(&store, &rows).await;
    // Cut into other pieces the second time.
    let mut second = import(&store, &rows[..2]).await;
    second.extend(import(&store, &rows[2..]).await);
    for (first, second) in first.iter().zip(&second) {
        assert!(!first.repeated_answer && second.repeated_answer);
        assert_eq!((&first.name, &first.refusal), (&second.name, &second.refusal));
    }
    assert_eq!(count(&store, "select count(*) from probe.note").await, 2);
    database.close().await.unwrap();
}

#[tokio::test]
async fn another_row_under_a_known_id_is_refused() {
    let (database, store) = database().await;
    let id = uuid();
    import(&store, &[request(&id, "a")]).await;
    let again = import(&store, &[request(&id, "b")]).await;
    assert!(refused(&again[0]));
    assert_eq!(count(&store, "select count(*) from probe.note").await, 1);
    database.close().await.unwrap();
}
