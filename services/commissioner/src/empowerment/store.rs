//! SQL of empowerments and the versions of their agreement.

use std::collections::HashMap;

use canopy_kernel::id::{EmpowermentId, LedgerAccountId};
use canopy_kernel::{BasisPoints, Failure, Uscc, reason};
use canopy_persistence::{Tx, db};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::model::{Accounts, Agreement, Basis, Dates, Empowerment, Grant};
use super::rule_rights::CoOwner;
use super::rule_share::Share;

mod write;

pub(crate) use write::{insert, update};

/// The ids of those numbers, at one unit or at any, by number.
pub(crate) async fn by_numbers(
    conn: &mut PgConnection,
    numbers: &[String],
    unit: Option<Uscc>,
) -> Result<Vec<(Uscc, String, EmpowermentId)>, Failure> {
    let rows = sqlx::query!(
        r#"
        select id, unit_uscc, empowerment_no
        from commissioner.empowerment
        where empowerment_no = any($1) and ($2::text is null or unit_uscc = $2)
        order by empowerment_no, unit_uscc
        "#,
        numbers,
        unit.as_ref().map(Uscc::as_str),
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    rows.into_iter()
        .map(|row| Ok((Uscc::from_stored(&row.unit_uscc)?, row.empowerment_no, EmpowermentId::new(row.id))))
        .collect()
}

/// Locks empowerments and reads them.
pub(crate) async fn lock(tx: &mut Tx, ids: &[EmpowermentId]) -> Result<Vec<Empowerment>, Failure> {
    let uuids: Vec<Uuid> = ids.iter().map(EmpowermentId::as_uuid).collect();
    // In the order of ids, so that two pieces do not wait for each other.
    sqlx::query!("select id from commissioner.empowerment where id = any($1) order by id for update", &uuids)
        .fetch_all(tx.conn())
        .await
        .map_err(db)?;
    load(tx.conn(), ids).await
}

/// Reads empowerments by number.
pub(crate) async fn load(
    conn: &mut PgConnection,
    ids: &[EmpowermentId],
) -> Result<Vec<Empowerment>, Failure> {
    let ids: Vec<Uuid> = ids.iter().map(EmpowermentId::as_uuid).collect();
    let mut agreements = agreements(conn, &ids).await?;
    let rows = sqlx::query!(
        r#"
        select id, unit_uscc, empowerment_no, title, basis, term_years, start_on, applied_on, co_owner,
               rights_cleared_on, publicity_posted_on, filed_on, terminated_on, payer_account, costs_account,
               unit_account, version
        from commissioner.empowerment
        where id = any($1)
        order by empowerment_no, id
        "#,
        &ids,
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    let day = |day: Option<jiff_sqlx::Date>| day.map(|day| day.to_jiff());
    rows.into_iter()
        .map(|row| {
            Ok(Empowerment {
                id: EmpowermentId::new(row.id),
                grant: Grant {
                    unit: Uscc::from_stored(&row.unit_uscc)?,
                    number: row.empowerment_no,
                    title: row.title,
                    basis: basis(&row.basis, row.term_years)?,
                },
                dates: Dates {
                    applied_on: day(row.applied_on),
                    rights_cleared_on: day(row.rights_cleared_on),
                    publicity_posted_on: day(row.publicity_posted_on),
                    filed_on: day(row.filed_on),
                    start_on: day(row.start_on),
                    terminated_on: day(row.terminated_on),
                },
                co_owner: CoOwner::stored(&row.co_owner)?,
                agreements: agreements.remove(&row.id).unwrap_or_default(),
                accounts: Accounts {
                    payer: LedgerAccountId::new(row.payer_account),
                    costs: LedgerAccountId::new(row.costs_account),
                    unit: LedgerAccountId::new(row.unit_account),
                },
                version: row.version,
            })
        })
        .collect()
}

fn basis(word: &str, term_years: Option<i32>) -> Result<Basis, Failure> {
    match (word, term_years.map(u32::try_from)) {
        ("UNIT_OWNED", Some(Ok(term_years))) => Ok(Basis::UnitOwned { term_years }),
        ("OTHER_SERVICE", None) => Ok(Basis::OtherService),
        _ => Err(Failure::new(&reason::INTERNAL).because(format_args!("stored basis {word:?}"))),
    }
}

/// The versions of the agreements, by empowerment.
async fn agreements(conn: &mut PgConnection, ids: &[Uuid]) -> Result<HashMap<Uuid, Vec<Agreement>>, Failure> {
    let rows = sqlx::query!(
        r#"
        select a.empowerment_id, a.version_no, a.effective_on, s.inventor, s.share_bp, s.account
        from commissioner.empowerment_agreement as a
        join commissioner.inventor_share as s using (empowerment_id, version_no)
        where a.empowerment_id = any($1)
        order by a.empowerment_id, a.version_no, s.ordinal
        "#,
        ids,
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    let mut all: HashMap<Uuid, Vec<Agreement>> = HashMap::new();
    for row in rows {
        let versions = all.entry(row.empowerment_id).or_default();
        if versions.last().is_none_or(|last| last.version_no != row.version_no) {
            let effective_on = row.effective_on.to_jiff();
            versions.push(Agreement { version_no: row.version_no, effective_on, shares: Vec::new() });
        }
        let share = Share { inventor: row.inventor, share: BasisPoints::new(row.share_bp.into())? };
        if let Some(version) = versions.last_mut() {
            version.shares.push((share, LedgerAccountId::new(row.account)));
        }
    }
    Ok(all)
}

/// Place of a row in a list.
#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct Place {
    number: String,
    id: EmpowermentId,
}

impl Place {
    /// The place of an empowerment.
    pub(crate) fn of(empowerment: &Empowerment) -> Self {
        Self { number: empowerment.grant.number.clone(), id: empowerment.id }
    }
}

/// Ids in the order of numbers, at one unit or at all, of what had begun by a day.
pub(crate) async fn page(
    pool: &PgPool,
    unit: Option<Uscc>,
    after: Option<&Place>,
    limit: i64,
) -> Result<Vec<EmpowermentId>, Failure> {
    let ids = sqlx::query_scalar!(
        r#"
        select id
        from commissioner.empowerment
        where ($1::text is null or unit_uscc = $1)
          and ($2::text is null or (empowerment_no, id) > ($2, $3::uuid))
        order by empowerment_no, id
        limit $4
        "#,
        unit.as_ref().map(Uscc::as_str),
        after.map(|place| place.number.as_str()),
        after.map(|place| place.id.as_uuid()),
        limit,
    )
    .fetch_all(pool)
    .await
    .map_err(db)?;
    Ok(ids.into_iter().map(EmpowermentId::new).collect())
}

/// What is in force on a day.
pub(crate) struct InForce {
    /// How many.
    pub in_force: i64,
    /// With a use right among them.
    pub unit_owned: i64,
    /// Longest term among them.
    pub longest_term_years: i32,
    /// Last day of the use right that runs longest among them.
    pub latest_last_on: Option<Date>,
}

/// Counts what is filed by the day, not terminated by it, with a term that is not over.
pub(crate) async fn count(
    pool: &PgPool,
    unit: Option<Uscc>,
    day: Date,
    known_before: Option<Timestamp>,
) -> Result<InForce, Failure> {
    // Adding months ends on the corresponding day or the last of that month, as the model's `last_on` does.
    let row = sqlx::query!(
        r#"
        with ending as (
            select basis, term_years, filed_on, terminated_on,
                   (start_on + make_interval(months => 12 * term_years))::date as last_on
            from commissioner.empowerment
            where ($1::text is null or unit_uscc = $1)
              and ($3::timestamptz is null or recorded_at < $3)
        )
        select count(*) as "in_force!",
               count(*) filter (where basis = 'UNIT_OWNED') as "unit_owned!",
               coalesce(max(term_years), 0) as "longest_term_years!",
               max(last_on) as latest_last_on
        from ending
        where filed_on <= $2
          and (terminated_on is null or terminated_on > $2)
          and (last_on is null or last_on >= $2)
        "#,
        unit.as_ref().map(Uscc::as_str),
        day.to_sqlx(),
        known_before.map(ToSqlx::to_sqlx) as _,
    )
    .fetch_one(pool)
    .await
    .map_err(db)?;
    Ok(InForce {
        in_force: row.in_force,
        unit_owned: row.unit_owned,
        longest_term_years: row.longest_term_years,
        latest_last_on: row.latest_last_on.map(|day| day.to_jiff()),
    })
}
