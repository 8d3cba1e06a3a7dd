//! SQL of credit listings.

use canopy_kernel::id::CreditListingId;
use canopy_kernel::{Failure, Uscc, reason};
use canopy_persistence::{Tx, db, ensure_one, violates};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgPool;
use uuid::Uuid;

use super::model::{CreditGrade, CreditListing, Decision};
use super::rule_period::Maximum;

mod repair;
mod standing;

pub(crate) use repair::{Listed, Place, close_repair, insert_repair, list_repairs};
pub(crate) use standing::{Known, known};

/// A listing row.
struct Row {
    id: Uuid,
    listing_no: String,
    uscc: String,
    kind: String,
    grade: String,
    decided_on: jiff_sqlx::Date,
    authority: String,
    measures: Vec<String>,
    repair_applied_on: Option<jiff_sqlx::Date>,
    repaired_on: Option<jiff_sqlx::Date>,
    version: i64,
}

impl Row {
    fn read(self) -> Result<CreditListing, Failure> {
        Ok(CreditListing {
            id: CreditListingId::new(self.id),
            decision: Decision {
                listing_no: self.listing_no,
                uscc: Uscc::from_stored(&self.uscc)?,
                kind: self.kind,
                grade: CreditGrade::stored(&self.grade)?,
                decided_on: self.decided_on.to_jiff(),
                authority: self.authority,
                measures: self.measures,
            },
            repair_applied_on: self.repair_applied_on.map(|day| day.to_jiff()),
            repaired_on: self.repaired_on.map(|day| day.to_jiff()),
            version: self.version,
        })
    }
}

/// Records a listing.
pub(crate) async fn insert(tx: &mut Tx, listing: &CreditListing) -> Result<(), Failure> {
    let recorded_at = tx.recorded_at();
    let decision = &listing.decision;
    sqlx::query!(
        r#"
        insert into registry.credit_listing
            (id, listing_no, uscc, kind, grade, decided_on, authority, measures, version, recorded_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        "#,
        listing.id.as_uuid(),
        decision.listing_no,
        decision.uscc.as_str(),
        decision.kind,
        decision.grade.as_str(),
        decision.decided_on.to_sqlx(),
        decision.authority,
        &decision.measures,
        listing.version,
        recorded_at.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(|error| match violates(&error, "credit_listing_number_key") {
        true => Failure::new(&reason::DUPLICATE_LISTING).on("listing_no"),
        false => db(error),
    })?;
    Ok(())
}

/// Finds a listing by number and locks it.
pub(crate) async fn lock(tx: &mut Tx, listing_no: &str) -> Result<Option<CreditListing>, Failure> {
    let row = sqlx::query_as!(
        Row,
        r#"
        select id, listing_no, uscc, kind, grade, decided_on, authority, measures, repair_applied_on,
               repaired_on, version
        from registry.credit_listing
        where listing_no = $1
        for update
        "#,
        listing_no,
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(db)?;
    row.map(Row::read).transpose()
}

/// What a list asks for.
pub(crate) struct Listing<'q> {
    /// This number only.
    pub listing_no: Option<&'q str>,
    /// This entity only.
    pub uscc: Option<Uscc>,
    /// Number after which the page begins; empty = the first.
    pub after: &'q str,
    /// Rows to read.
    pub limit: i64,
}

/// Lists listings by number.
pub(crate) async fn list(pool: &PgPool, asked: &Listing<'_>) -> Result<Vec<CreditListing>, Failure> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select id, listing_no, uscc, kind, grade, decided_on, authority, measures, repair_applied_on,
               repaired_on, version
        from registry.credit_listing
        where ($1::text is null or listing_no = $1)
          and ($2::text is null or uscc = $2)
          and listing_no > $3
        order by listing_no
        limit $4
        "#,
        asked.listing_no,
        asked.uscc.as_ref().map(Uscc::as_str),
        asked.after,
        asked.limit,
    )
    .fetch_all(pool)
    .await
    .map_err(db)?;
    rows.into_iter().map(Row::read).collect()
}

/// Writes that an application for repair was taken up.
pub(crate) async fn take_up(tx: &mut Tx, listing: &CreditListing, applied_on: Date) -> Result<(), Failure> {
    let result = sqlx::query!(
        r#"
        update registry.credit_listing
        set repair_applied_on = $2, version = version + 1
        where id = $1 and version = $3
        "#,
        listing.id.as_uuid(),
        applied_on.to_sqlx(),
        listing.version,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    ensure_one(result)
}

/// Writes the removal of a listing by repair.
pub(crate) async fn write_removal(tx: &mut Tx, repaired: &CreditListing) -> Result<(), Failure> {
    let result = sqlx::query!(
        "update registry.credit_listing set repaired_on = $2, version = $3 where id = $1 and version + 1 = $3",
        repaired.id.as_uuid(),
        repaired.repaired_on.map(ToSqlx::to_sqlx) as _,
        repaired.version,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    ensure_one(result)
}

/// Listings that are live on a day, and those repaired in a period.
pub(crate) struct Count {
    /// Live on the day.
    pub live: i64,
    /// Repaired in the period.
    pub repaired: i64,
    /// Distinct entities among those repaired.
    pub repaired_entities: i64,
}

/// Counts live listings on a day, and repairs from a day to it.
pub(crate) async fn count(
    pool: &PgPool,
    day: Date,
    (general, serious): (Maximum, Maximum),
    repaired_from: Option<Date>,
) -> Result<Count, Failure> {
    sqlx::query_as!(
        Count,
        r#"
        select count(*) filter (
                   where decided_on <= $1
                     and decided_on >= case grade when 'GENERAL' then $2::date else $3::date end
                     and (repaired_on is null or repaired_on > $1)
               ) as "live!",
               count(*) filter (where repaired_on <= $1 and repaired_on >= coalesce($4, repaired_on))
                   as "repaired!",
               count(distinct uscc) filter (where repaired_on <= $1 and repaired_on >= coalesce($4, repaired_on))
                   as "repaired_entities!"
        from registry.credit_listing
        "#,
        day.to_sqlx(),
        general.earliest_decision(day).to_sqlx(),
        serious.earliest_decision(day).to_sqlx(),
        repaired_from.map(ToSqlx::to_sqlx) as _,
    )
    .fetch_one(pool)
    .await
    .map_err(db)
}
