//! SQL of applications for repair.

use canopy_kernel::Failure;
use canopy_kernel::id::CreditRepairId;
use canopy_persistence::{Tx, db};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgPool;
use uuid::Uuid;

use crate::credit::model::{Application, CreditListing, CreditRepair, RepairDecision};

/// A repair row.
struct Row {
    id: Uuid,
    listing_no: String,
    applied_on: jiff_sqlx::Date,
    decision: String,
    earliest_on: jiff_sqlx::Date,
    repaired_on: Option<jiff_sqlx::Date>,
    reason: String,
}

impl Row {
    fn read(self) -> Result<CreditRepair, Failure> {
        Ok(CreditRepair {
            id: CreditRepairId::new(self.id),
            listing_no: self.listing_no,
            applied_on: self.applied_on.to_jiff(),
            decision: RepairDecision::stored(&self.decision)?,
            earliest_on: self.earliest_on.to_jiff(),
            repaired_on: self.repaired_on.map(|day| day.to_jiff()),
            reason: self.reason,
        })
    }
}

/// Stores an application with its answer.
pub(crate) async fn insert_repair(
    tx: &mut Tx,
    listing: &CreditListing,
    repair: &CreditRepair,
    filed: &Application,
    rule_version: &str,
) -> Result<(), Failure> {
    let recorded_at = tx.recorded_at();
    sqlx::query!(
        r#"
        insert into registry.credit_repair
            (id, listing_id, listing_no, applied_on, decision, earliest_on, reason, evidence, rule_version,
             recorded_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        "#,
        repair.id.as_uuid(),
        listing.id.as_uuid(),
        repair.listing_no,
        repair.applied_on.to_sqlx(),
        repair.decision.as_str(),
        repair.earliest_on.to_sqlx(),
        repair.reason,
        filed.evidence,
        rule_version,
        recorded_at.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}

/// Closes the application that was taken up: its listing was removed.
pub(crate) async fn close_repair(tx: &mut Tx, repaired: &CreditListing) -> Result<CreditRepair, Failure> {
    let row = sqlx::query_as!(
        Row,
        r#"
        update registry.credit_repair
        set decision = 'REPAIRED', repaired_on = $2
        where listing_id = $1 and decision = 'VERIFYING'
        returning id, listing_no, applied_on, decision, earliest_on, repaired_on, reason
        "#,
        repaired.id.as_uuid(),
        repaired.repaired_on.map(ToSqlx::to_sqlx) as _,
    )
    .fetch_one(tx.conn())
    .await
    .map_err(db)?;
    row.read()
}

/// What a list asks for.
pub(crate) struct Listed<'q> {
    /// Applications with this answer only.
    pub decision: Option<RepairDecision>,
    /// Filed by this day, with the answer as it stood on it.
    pub day: Date,
    /// Place after which the page begins.
    pub after: Option<&'q Place>,
    /// Rows to read.
    pub limit: i64,
}

/// Place of an application in a list.
#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct Place {
    listing_no: String,
    applied_on: Date,
    id: CreditRepairId,
}

impl Place {
    /// The place of an application.
    pub(crate) fn of(repair: &CreditRepair) -> Self {
        Self { listing_no: repair.listing_no.clone(), applied_on: repair.applied_on, id: repair.id }
    }
}

/// Lists applications by listing number and day.
pub(crate) async fn list_repairs(pool: &PgPool, asked: &Listed<'_>) -> Result<Vec<CreditRepair>, Failure> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select id, listing_no, applied_on, decision as "decision!", earliest_on, repaired_on, reason
        from (
            select id, listing_no, applied_on, earliest_on, reason,
                   case when repaired_on > $1 then 'VERIFYING' else decision end as decision,
                   case when repaired_on > $1 then null else repaired_on end as repaired_on
            from registry.credit_repair
            where applied_on <= $1
        ) r
        where ($2::text is null or decision = $2)
          and ($3::text is null or (listing_no, applied_on, id) > ($3, $4::date, $5::uuid))
        order by listing_no, applied_on, id
        limit $6
        "#,
        asked.day.to_sqlx(),
        asked.decision.map(RepairDecision::as_str),
        asked.after.map(|place| place.listing_no.as_str()),
        asked.after.map(|place| place.applied_on.to_sqlx()) as _,
        asked.after.map(|place| place.id.as_uuid()),
        asked.limit,
    )
    .fetch_all(pool)
    .await
    .map_err(db)?;
    rows.into_iter().map(Row::read).collect()
}
