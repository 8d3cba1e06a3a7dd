//! SQL of results that their unit uses itself, and of the awards.

use std::collections::HashMap;

use canopy_kernel::id::{EmpowermentId, LedgerAccountId, SelfUseId};
use canopy_kernel::{BasisPoints, Failure, Fen, Uscc, reason};
use canopy_persistence::{Tx, db, ensure_one};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::model::{Award, SelfUse};
use super::rule_floor::Floor;
use super::rule_term::Term;

fn int(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn natural(number: i32) -> Result<u32, Failure> {
    u32::try_from(number)
        .map_err(|_| Failure::new(&reason::INTERNAL).because(format_args!("stored number {number}")))
}

/// The id of that number, at one unit or at any; of several units the first by code.
pub(crate) async fn by_number(
    conn: &mut PgConnection,
    number: &str,
    unit: Option<Uscc>,
) -> Result<Option<SelfUseId>, Failure> {
    let ids = sqlx::query_scalar!(
        r#"
        select id
        from commissioner.self_use
        where self_use_no = $1 and ($2::text is null or unit_uscc = $2)
        order by unit_uscc
        limit 1
        "#,
        number,
        unit.as_ref().map(Uscc::as_str),
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    Ok(ids.into_iter().map(SelfUseId::new).next())
}

/// Numbers and agreed years of the uses of an empowerment.
pub(crate) async fn terms(
    conn: &mut PgConnection,
    of: EmpowermentId,
) -> Result<Vec<(String, Term)>, Failure> {
    let rows = sqlx::query!(
        r#"
        select self_use_no, in_use_on, term_years
        from commissioner.self_use
        where empowerment_id = $1
        order by in_use_on
        "#,
        of.as_uuid(),
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    rows.into_iter()
        .map(|row| {
            let term = Term { in_use_on: row.in_use_on.to_jiff(), years: natural(row.term_years)? };
            Ok((row.self_use_no, term))
        })
        .collect()
}

/// Locks a use and reads it.
pub(crate) async fn lock(tx: &mut Tx, id: SelfUseId) -> Result<Option<SelfUse>, Failure> {
    sqlx::query!("select id from commissioner.self_use where id = $1 for update", id.as_uuid())
        .fetch_all(tx.conn())
        .await
        .map_err(db)?;
    Ok(load(tx.conn(), &[id]).await?.pop())
}

/// Reads uses by number, with their awards.
pub(crate) async fn load(conn: &mut PgConnection, ids: &[SelfUseId]) -> Result<Vec<SelfUse>, Failure> {
    let ids: Vec<Uuid> = ids.iter().map(SelfUseId::as_uuid).collect();
    let mut awards = awards(conn, &ids).await?;
    let rows = sqlx::query!(
        r#"
        select u.id, u.empowerment_id, e.empowerment_no, u.unit_uscc, u.self_use_no, u.in_use_on, u.term_years,
               u.award_account, u.version
        from commissioner.self_use as u
        join commissioner.empowerment as e on e.id = u.empowerment_id
        where u.id = any($1)
        order by u.self_use_no, u.id
        "#,
        &ids,
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    rows.into_iter()
        .map(|row| {
            Ok(SelfUse {
                id: SelfUseId::new(row.id),
                empowerment: EmpowermentId::new(row.empowerment_id),
                empowerment_no: row.empowerment_no,
                unit: Uscc::from_stored(&row.unit_uscc)?,
                number: row.self_use_no,
                term: Term { in_use_on: row.in_use_on.to_jiff(), years: natural(row.term_years)? },
                awards: awards.remove(&row.id).unwrap_or_default(),
                award_account: LedgerAccountId::new(row.award_account),
                version: row.version,
            })
        })
        .collect()
}

/// Awards by use, in the order of their years.
async fn awards(conn: &mut PgConnection, uses: &[Uuid]) -> Result<HashMap<Uuid, Vec<Award>>, Failure> {
    let mut parts = parts(conn, uses).await?;
    let rows = sqlx::query!(
        r#"
        select self_use_id, year_no, operating_profit_fen, award_fen, floor_bp, agreement_version_no, awarded_on
        from commissioner.self_use_award
        where self_use_id = any($1)
        order by self_use_id, year_no
        "#,
        uses,
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    let mut all: HashMap<Uuid, Vec<Award>> = HashMap::new();
    for row in rows {
        all.entry(row.self_use_id).or_default().push(Award {
            year_no: natural(row.year_no)?,
            profit: Fen::new(row.operating_profit_fen)?,
            amount: Fen::new(row.award_fen)?,
            floor: Floor::new(BasisPoints::new(row.floor_bp.into())?)?,
            awarded_on: row.awarded_on.to_jiff(),
            agreement_version_no: row.agreement_version_no,
            parts: parts.remove(&(row.self_use_id, row.year_no)).unwrap_or_default(),
        });
    }
    Ok(all)
}

/// What each inventor got, by use and year.
async fn parts(
    conn: &mut PgConnection,
    uses: &[Uuid],
) -> Result<HashMap<(Uuid, i32), Vec<(String, Fen)>>, Failure> {
    let rows = sqlx::query!(
        r#"
        select self_use_id, year_no, inventor, amount_fen
        from commissioner.self_use_part
        where self_use_id = any($1)
        order by self_use_id, year_no, ordinal
        "#,
        uses,
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    let mut all: HashMap<(Uuid, i32), Vec<(String, Fen)>> = HashMap::new();
    for row in rows {
        let part = (row.inventor, Fen::new(row.amount_fen)?);
        all.entry((row.self_use_id, row.year_no)).or_default().push(part);
    }
    Ok(all)
}

/// Enters a use. A number that another transaction entered meanwhile undoes the work, which is tried again and then
/// finds it.
pub(crate) async fn insert(tx: &mut Tx, started: &SelfUse) -> Result<(), Failure> {
    let recorded_at = tx.recorded_at();
    let written = sqlx::query!(
        r#"
        insert into commissioner.self_use
            (id, empowerment_id, unit_uscc, self_use_no, in_use_on, term_years, award_account, version, recorded_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        on conflict (unit_uscc, self_use_no) do nothing
        "#,
        started.id.as_uuid(),
        started.empowerment.as_uuid(),
        started.unit.as_str(),
        started.number,
        started.term.in_use_on.to_sqlx(),
        int(started.term.years),
        started.award_account.as_uuid(),
        started.version,
        recorded_at.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(db)?
    .rows_affected();
    match written {
        1 => Ok(()),
        _ => Err(Failure::new(&reason::TRANSACTION_CONFLICT).because("a number was entered meanwhile")),
    }
}

/// Writes the award of a year, under the row lock of its use.
pub(crate) async fn add_award(tx: &mut Tx, after: &SelfUse, award: &Award) -> Result<(), Failure> {
    let recorded_at = tx.recorded_at();
    let result = sqlx::query!(
        "update commissioner.self_use set version = $2 where id = $1 and version + 1 = $2",
        after.id.as_uuid(),
        after.version,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    ensure_one(result)?;
    sqlx::query!(
        r#"
        insert into commissioner.self_use_award
            (self_use_id, year_no, operating_profit_fen, award_fen, floor_bp, agreement_version_no, awarded_on,
             recorded_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        "#,
        after.id.as_uuid(),
        int(award.year_no),
        award.profit.get(),
        award.amount.get(),
        int(award.floor.get().get()),
        award.agreement_version_no,
        award.awarded_on.to_sqlx(),
        recorded_at.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    insert_parts(tx, after.id, award).await
}

async fn insert_parts(tx: &mut Tx, id: SelfUseId, award: &Award) -> Result<(), Failure> {
    let ordinals: Vec<i32> = (1_i32..).zip(&award.parts).map(|(ordinal, _)| ordinal).collect();
    let inventors: Vec<String> = award.parts.iter().map(|(inventor, _)| inventor.clone()).collect();
    let amounts: Vec<i64> = award.parts.iter().map(|(_, amount)| amount.get()).collect();
    sqlx::query!(
        r#"
        insert into commissioner.self_use_part (self_use_id, year_no, ordinal, inventor, amount_fen)
        select $1::uuid, $2::integer, r.ordinal, r.inventor, r.amount_fen
        from unnest($3::integer[], $4::text[], $5::bigint[]) as r (ordinal, inventor, amount_fen)
        "#,
        id.as_uuid(),
        int(award.year_no),
        &ordinals,
        &inventors,
        &amounts,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}

/// Place of a row in a list.
#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct Place {
    number: String,
    id: SelfUseId,
}

impl Place {
    /// The place of a use.
    pub(crate) fn of(self_use: &SelfUse) -> Self {
        Self { number: self_use.number.clone(), id: self_use.id }
    }
}

/// Ids in the order of numbers of what was in production by a day, at one unit or at all.
pub(crate) async fn page(
    pool: &PgPool,
    unit: Option<Uscc>,
    day: Date,
    after: Option<&Place>,
    limit: i64,
) -> Result<Vec<SelfUseId>, Failure> {
    let ids = sqlx::query_scalar!(
        r#"
        select id
        from commissioner.self_use
        where ($1::text is null or unit_uscc = $1)
          and in_use_on <= $2
          and ($3::text is null or (self_use_no, id) > ($3, $4::uuid))
        order by self_use_no, id
        limit $5
        "#,
        unit.as_ref().map(Uscc::as_str),
        day.to_sqlx(),
        after.map(|place| place.number.as_str()),
        after.map(|place| place.id.as_uuid()),
        limit,
    )
    .fetch_all(pool)
    .await
    .map_err(db)?;
    Ok(ids.into_iter().map(SelfUseId::new).collect())
}
