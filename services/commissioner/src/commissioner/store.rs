//! SQL of commissioners and their postings. Names of persons stand encrypted.

use std::collections::BTreeMap;

use canopy_kernel::Failure;
use canopy_kernel::id::{CommissionerId, PostId};
use canopy_persistence::{Crypt, Sealed, Tx, db, ensure_all, ensure_one};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use serde::{Deserialize, Serialize};
use sqlx::{PgExecutor, PgPool};
use uuid::Uuid;

use super::model::{Commissioner, Place, Post, Service, Side};

struct Row {
    id: Uuid,
    commissioner_no: String,
    side: String,
    recruited_on: jiff_sqlx::Date,
    ended_on: Option<jiff_sqlx::Date>,
    version: i64,
}

impl Row {
    fn read(self) -> Result<Commissioner, Failure> {
        Ok(Commissioner {
            id: CommissionerId::new(self.id),
            number: self.commissioner_no,
            side: Side::stored(&self.side)?,
            service: Service {
                recruited_on: self.recruited_on.to_jiff(),
                ended_on: self.ended_on.map(|day| day.to_jiff()),
            },
            version: self.version,
        })
    }
}

/// Those of these numbers that are entered.
pub(crate) async fn known(
    conn: impl PgExecutor<'_>,
    numbers: &[String],
) -> Result<BTreeMap<String, Commissioner>, Failure> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select id, commissioner_no, side, recruited_on, ended_on, version
        from commissioner.commissioner
        where commissioner_no = any($1)
        "#,
        numbers,
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    rows.into_iter().map(|row| row.read().map(|it| (it.number.clone(), it))).collect()
}

/// Enters commissioners with their names. A number that another transaction entered meanwhile undoes the piece, which
/// is tried again and then finds it.
pub(crate) async fn insert(tx: &mut Tx, rows: &[(Commissioner, &String)]) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    let recorded_at = tx.recorded_at();
    let sealed: Vec<Sealed> = rows.iter().map(|(_, name)| tx.crypt().seal(name)).collect();
    let ids: Vec<Uuid> = rows.iter().map(|(it, _)| it.id.as_uuid()).collect();
    let numbers: Vec<&str> = rows.iter().map(|(it, _)| it.number.as_str()).collect();
    let sides: Vec<&str> = rows.iter().map(|(it, _)| it.side.as_str()).collect();
    let recruited: Vec<_> = rows.iter().map(|(it, _)| it.service.recruited_on.to_sqlx()).collect();
    let ended: Vec<_> = rows.iter().map(|(it, _)| it.service.ended_on.map(ToSqlx::to_sqlx)).collect();
    let ciphers: Vec<&[u8]> = sealed.iter().map(|it| it.cipher.as_slice()).collect();
    let keys: Vec<&str> = sealed.iter().map(|it| it.key_id.as_str()).collect();
    let result = sqlx::query!(
        r#"
        insert into commissioner.commissioner
            (id, commissioner_no, person_name_cipher, person_name_key_id, side, recruited_on, ended_on, version,
             recorded_at)
        select r.id, r.commissioner_no, r.cipher, r.key_id, r.side, r.recruited_on, r.ended_on, 1, $1
        from unnest($2::uuid[], $3::text[], $4::bytea[], $5::text[], $6::text[], $7::date[], $8::date[])
            as r (id, commissioner_no, cipher, key_id, side, recruited_on, ended_on)
        on conflict (commissioner_no) do nothing
        "#,
        recorded_at.to_sqlx(),
        &ids,
        &numbers as _,
        &ciphers as _,
        &keys as _,
        &sides as _,
        &recruited,
        &ended as _,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    ensure_all(result, rows.len())
}

/// Enters postings.
pub(crate) async fn insert_posts(tx: &mut Tx, rows: &[(CommissionerId, Post)]) -> Result<(), Failure> {
    let recorded_at = tx.recorded_at();
    let ids: Vec<Uuid> = rows.iter().map(|(_, it)| it.id.as_uuid()).collect();
    let commissioners: Vec<Uuid> = rows.iter().map(|(it, _)| it.as_uuid()).collect();
    let kinds: Vec<&str> = rows.iter().map(|(_, it)| it.place.kind()).collect();
    let codes: Vec<String> = rows.iter().map(|(_, it)| it.place.code()).collect();
    let from: Vec<_> = rows.iter().map(|(_, it)| it.from_on.to_sqlx()).collect();
    let to: Vec<_> = rows.iter().map(|(_, it)| it.to_on.map(ToSqlx::to_sqlx)).collect();
    let result = sqlx::query!(
        r#"
        insert into commissioner.post (id, commissioner_id, kind, post_ref, from_on, to_on, recorded_at)
        select r.id, r.commissioner_id, r.kind, r.post_ref, r.from_on, r.to_on, $1
        from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::date[], $7::date[])
            as r (id, commissioner_id, kind, post_ref, from_on, to_on)
        on conflict (commissioner_id, post_ref, from_on) do nothing
        "#,
        recorded_at.to_sqlx(),
        &ids,
        &commissioners,
        &kinds as _,
        &codes,
        &from,
        &to as _,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    ensure_all(result, rows.len())
}

/// Postings of those commissioners, in order of their first day.
pub(crate) async fn posts(
    conn: impl PgExecutor<'_>,
    commissioners: &[CommissionerId],
) -> Result<Vec<(CommissionerId, Post)>, Failure> {
    let ids: Vec<Uuid> = commissioners.iter().map(CommissionerId::as_uuid).collect();
    let rows = sqlx::query!(
        r#"
        select id, commissioner_id, kind, post_ref, from_on, to_on
        from commissioner.post
        where commissioner_id = any($1)
        order by from_on, id
        "#,
        &ids,
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    rows.into_iter()
        .map(|row| {
            let post = Post {
                id: PostId::new(row.id),
                place: Place::stored(&row.kind, &row.post_ref)?,
                from_on: row.from_on.to_jiff(),
                to_on: row.to_on.map(|day| day.to_jiff()),
            };
            Ok((CommissionerId::new(row.commissioner_id), post))
        })
        .collect()
}

/// Writes the end of a service, and ends the postings that would outlast it.
pub(crate) async fn write_end(tx: &mut Tx, ended: &Commissioner) -> Result<(), Failure> {
    let last = ended.service.ended_on.map(ToSqlx::to_sqlx);
    let result = sqlx::query!(
        r#"
        update commissioner.commissioner
        set ended_on = $2, version = $3
        where id = $1 and version + 1 = $3
        "#,
        ended.id.as_uuid(),
        last as _,
        ended.version,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    ensure_one(result)?;
    sqlx::query!(
        r#"
        update commissioner.post
        set to_on = $2
        where commissioner_id = $1 and from_on <= $2 and (to_on is null or to_on > $2)
        "#,
        ended.id.as_uuid(),
        last as _,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}

/// The names of those commissioners.
pub(crate) async fn person_names(
    conn: impl PgExecutor<'_>,
    crypt: &Crypt,
    commissioners: &[CommissionerId],
) -> Result<BTreeMap<CommissionerId, String>, Failure> {
    let ids: Vec<Uuid> = commissioners.iter().map(CommissionerId::as_uuid).collect();
    let rows = sqlx::query!(
        r#"
        select id, person_name_cipher, person_name_key_id
        from commissioner.commissioner
        where id = any($1)
        "#,
        &ids,
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    rows.into_iter()
        .map(|row| {
            let sealed = Sealed { cipher: row.person_name_cipher, key_id: row.person_name_key_id };
            Ok((CommissionerId::new(row.id), crypt.unseal(&sealed)?))
        })
        .collect()
}

/// Where a list of commissioners goes on.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct After(pub String);

/// Commissioners by number, those who serve on a day or all.
pub(crate) async fn list(
    pool: &PgPool,
    serving_on: Option<Date>,
    after: Option<&After>,
    limit: i64,
) -> Result<Vec<Commissioner>, Failure> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select id, commissioner_no, side, recruited_on, ended_on, version
        from commissioner.commissioner
        where ($1::date is null or recruited_on <= $1 and (ended_on is null or ended_on >= $1))
          and ($2::text is null or commissioner_no > $2)
        order by commissioner_no
        limit $3
        "#,
        serving_on.map(ToSqlx::to_sqlx) as _,
        after.map(|it| it.0.as_str()),
        limit,
    )
    .fetch_all(pool)
    .await
    .map_err(db)?;
    rows.into_iter().map(Row::read).collect()
}

/// How many serve on a day.
pub(crate) struct Serving {
    /// All.
    pub all: i64,
    /// Of the city.
    pub city: i64,
    /// Posted to a university or institute.
    pub at_institutes: i64,
}

/// Counts the commissioners who serve on a day.
pub(crate) async fn count(pool: &PgPool, day: Date) -> Result<Serving, Failure> {
    let row = sqlx::query!(
        r#"
        select count(*) as "all!",
               count(*) filter (where c.side = 'CITY') as "city!",
               count(*) filter (where exists (
                   select
                   from commissioner.post p
                   where p.commissioner_id = c.id and p.kind = 'INSTITUTE'
                     and p.from_on <= $1 and (p.to_on is null or p.to_on >= $1)
               )) as "at_institutes!"
        from commissioner.commissioner c
        where c.recruited_on <= $1 and (c.ended_on is null or c.ended_on >= $1)
        "#,
        day.to_sqlx(),
    )
    .fetch_one(pool)
    .await
    .map_err(db)?;
    Ok(Serving { all: row.all, city: row.city, at_institutes: row.at_institutes })
}
