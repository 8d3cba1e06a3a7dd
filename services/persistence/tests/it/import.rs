//! Bulk imports: each row for itself, answers repeated, nothing half-done.

use std::sync::Arc;
use std::time::Duration;

use canopy_kernel::{Failure, reason};
use canopy_persistence::edge::{Answers, answers};
use canopy_persistence::{ImportRow, RowOutcome, Store, Turn};
use canopy_proto::common::v1::{Refusal, RowResult};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use tokio::sync::Barrier;

use crate::support::{call, count, database, note, request, uuid};

fn read(row: &Refusal) -> ImportRow<String> {
    let value = match row.external_ref.as_str() {
        "unreadable" => Err(Failure::new(&reason::USCC_FORMAT).on("uscc")),
        text => Ok(text.to_owned()),
    };
    ImportRow::of(row, &row.request_id, &row.external_ref, value)
}

async fn import(store: &Store, rows: &[Refusal]) -> Vec<RowResult> {
    let rows = rows.iter().map(read).collect();
    piece(store, Turn::alone(), rows, None).await.unwrap()
}

/// Imports a piece of notes. With a meeting it writes nothing before another piece has come there too.
async fn piece(
    store: &Store,
    turn: Turn,
    rows: Vec<ImportRow<String>>,
    meeting: Option<Arc<Barrier>>,
) -> Result<Vec<RowResult>, Failure> {
    store
        .import(&call(), "import_notes", turn, rows, move |tx, rows| {
            let meeting = meeting.clone();
            Box::pin(async move {
                if let Some(meeting) = meeting {
                    meeting.wait().await;
                }
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
}

/// Sends those pieces as one stream, each row about its own note.
fn sent(store: &Store, pieces: Vec<Vec<Refusal>>, meeting: Option<Arc<Barrier>>) -> Answers<Vec<RowResult>> {
    let store = store.clone();
    answers(stream::iter(pieces).map(Ok), move |rows, turn| {
        let (store, meeting) = (store.clone(), meeting.clone());
        async move {
            // What stands for a piece that its service cannot read as a whole.
            if rows.is_empty() {
                return Err(Failure::new(&reason::FIELD_MISSING).on("rows"));
            }
            let rows = rows.iter().map(|row| read(row).about(|note| [note.clone()])).collect();
            piece(&store, turn, rows, meeting).await
        }
    })
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

#[tokio::test]
async fn pieces_about_other_matters_are_written_side_by_side() {
    let (database, store) = database().await;
    let pieces = vec![vec![request(&uuid(), "a")], vec![request(&uuid(), "b")]];
    // Each waits for the other, so one after the other would wait for ever.
    let meeting = Arc::new(Barrier::new(2));
    let answered = sent(&store, pieces, Some(meeting)).try_collect::<Vec<_>>();
    let answered = tokio::time::timeout(Duration::from_secs(30), answered).await.expect("they meet").unwrap();
    let names: Vec<&str> = answered.iter().flatten().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["note/a", "note/b"]);
    database.close().await.unwrap();
}

#[tokio::test]
async fn rows_about_one_matter_take_effect_in_their_order_whichever_pieces_they_are_in() {
    let (database, store) = database().await;
    let again = uuid();
    let pieces = vec![
        vec![request(&uuid(), "a"), request(&again, "b")],
        vec![request(&uuid(), "a"), request(&uuid(), "c")],
        vec![request(&again, "b"), request(&uuid(), "c")],
    ];
    let answered: Vec<_> = sent(&store, pieces, None).try_collect().await.unwrap();
    let taken: Vec<_> =
        answered.iter().map(|rows| rows.iter().map(|it| !refused(it)).collect::<Vec<_>>()).collect();
    assert_eq!(taken, [[true, true], [false, true], [true, false]]);
    assert!(answered[2][0].repeated_answer);
    database.close().await.unwrap();
}

#[tokio::test]
async fn after_a_piece_that_failed_the_stream_ends_and_no_later_one_begins() {
    let (database, store) = database().await;
    let pieces = vec![vec![request(&uuid(), "a")], vec![], vec![request(&uuid(), "b")]];
    let answered: Vec<_> = sent(&store, pieces, None).collect().await;
    assert!(answered[0].is_ok() && answered[1..].iter().all(Result::is_err));
    assert_eq!(count(&store, "select count(*) from probe.note").await, 1);
    database.close().await.unwrap();
}
