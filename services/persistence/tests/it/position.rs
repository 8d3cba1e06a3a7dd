//! The migration that set positions apart: what was numbered keeps its number, what waited goes on waiting in its order.

use sqlx::PgPool;

use crate::support::database;

/// The schema of before, with two numbered events, three that wait, and an audit row of either kind. The clock of the
/// second version of `a` was behind.
const BEFORE: &str = "
    insert into platform.outbox (id, position, type, schema_version, aggregate, aggregate_version, effective_on,
                                 recorded_at, traceparent, agency, payload)
    select ('00000000-0000-7000-8000-00000000000' || n)::uuid, place, 't', 1, aggregate, version, '2022-01-01',
           at::timestamptz, '', 'x', ''
    from (values (1, 1, 'a', 1, '2022-01-01 08:00Z'), (2, 2, 'b', 1, '2022-01-01 08:01Z'),
                 (3, null, 'a', 3, '2022-01-01 08:05Z'), (4, null, 'a', 2, '2022-01-01 08:06Z'),
                 (5, null, 'c', 1, '2022-01-01 08:04Z')) as r (n, place, aggregate, version, at);
    insert into platform.audit (id, position, method, agency, person, roles, aggregate, from_state, to_state, reason,
                                rule_version, effective_on, recorded_at, leaf)
    select ('00000000-0000-7000-8000-0000000000a' || n)::uuid, place, 'm', 'x', '', '{}', 'a', '', 'S', '', '',
           '2022-01-01', now(), ''
    from (values (0, 0), (1, null)) as r (n, place)";

async fn run(pool: &PgPool, sql: &'static str) {
    sqlx::raw_sql(sql).execute(pool).await.unwrap();
}

#[tokio::test]
async fn what_was_numbered_keeps_its_number_and_what_waited_waits_in_order() {
    let (database, store) = database().await;
    let pool = store.pool();
    run(pool, "drop schema platform cascade").await;
    run(pool, include_str!("../../migrations/0001_platform.sql")).await;
    run(pool, BEFORE).await;
    run(pool, include_str!("../../migrations/0005_position.sql")).await;

    let last = "select right(event_id::text, 1)::integer from platform.outbox_position order by position";
    let numbered: Vec<i32> = sqlx::query_scalar(last).fetch_all(pool).await.unwrap();
    assert_eq!(numbered, [1, 2]);
    let places = "select position, right(audit_id::text, 2) from platform.audit_position";
    let audited: (i64, String) = sqlx::query_as(places).fetch_one(pool).await.unwrap();
    assert_eq!(audited, (0, "a0".to_owned()));
    let queue = "select size, array(select right(id::text, 1)::integer from unnest(events) as id),
                        array(select right(id::text, 2) from unnest(audits) as id)
                 from platform.unsequenced";
    let waiting: (i32, Vec<i32>, Vec<String>) = sqlx::query_as(queue).fetch_one(pool).await.unwrap();
    // c of 08:04 first; then a, version 2 before 3.
    assert_eq!(waiting, (4, vec![5, 4, 3], vec!["a1".to_owned()]));
    database.close().await.unwrap();
}
