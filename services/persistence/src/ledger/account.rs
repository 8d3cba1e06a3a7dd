//! Opening accounts.

use canopy_kernel::{Failure, reason};
use sqlx::PgConnection;
use uuid::Uuid;

use super::NewAccount;
use crate::db;

/// Opens accounts. One that is open already in the same ring with the same cap stays as it is; otherwise its
/// id is refused (REQUEST_ID_REUSED).
pub async fn open_accounts(conn: &mut PgConnection, accounts: &[NewAccount]) -> Result<(), Failure> {
    if accounts.is_empty() {
        return Ok(());
    }
    insert(conn, accounts).await?;
    if others(conn, accounts).await? > 0 {
        return Err(
            Failure::new(&reason::REQUEST_ID_REUSED).because("a ledger account is open with other terms")
        );
    }
    Ok(())
}

struct Columns {
    ids: Vec<Uuid>,
    rings: Vec<Uuid>,
    scopes: Vec<String>,
    caps: Vec<String>,
}

fn columns(accounts: &[NewAccount]) -> Columns {
    // In the order of ids, so that two openers of the same accounts do not wait for each other.
    let mut sorted: Vec<&NewAccount> = accounts.iter().collect();
    sorted.sort_by_key(|it| it.id);
    Columns {
        ids: sorted.iter().map(|it| it.id.as_uuid()).collect(),
        rings: sorted.iter().map(|it| it.ring).collect(),
        scopes: sorted.iter().map(|it| it.scope.clone()).collect(),
        caps: sorted.iter().map(|it| it.cap.as_str().to_owned()).collect(),
    }
}

async fn insert(conn: &mut PgConnection, accounts: &[NewAccount]) -> Result<(), Failure> {
    let rows = columns(accounts);
    sqlx::query!(
        r#"
        insert into platform.ledger_account (id, ring, scope, cap)
        select r.id, r.ring, r.scope, r.cap
        from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) as r (id, ring, scope, cap)
        on conflict (id) do nothing
        "#,
        &rows.ids,
        &rows.rings,
        &rows.scopes,
        &rows.caps,
    )
    .execute(conn)
    .await
    .map_err(db)?;
    Ok(())
}

/// How many of the accounts stand there with other terms.
async fn others(conn: &mut PgConnection, accounts: &[NewAccount]) -> Result<i64, Failure> {
    let rows = columns(accounts);
    sqlx::query_scalar!(
        r#"
        select count(*) as "count!"
        from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) as r (id, ring, scope, cap)
        join platform.ledger_account as a on a.id = r.id
        where (a.ring, a.scope, a.cap) <> (r.ring, r.scope, r.cap)
        "#,
        &rows.ids,
        &rows.rings,
        &rows.scopes,
        &rows.caps,
    )
    .fetch_one(conn)
    .await
    .map_err(db)
}
