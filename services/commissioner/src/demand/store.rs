//! SQL of demands: the row as it is now, and the steps that say what it was on a day.

mod count;
mod funnel;
mod list;

use canopy_kernel::id::DemandId;
use canopy_kernel::{Failure, Fen, Uscc, reason};
use canopy_persistence::{Tx, db, ensure_one, violates};
use jiff_sqlx::ToSqlx;
use uuid::Uuid;

use super::model::{Demand, DemandState, words_digest};

pub(crate) use count::count;
pub(crate) use funnel::{FunnelPlace, FunnelRow, Reached, funnel, funnel_rows};
pub(crate) use list::{AsOf, Listing, Place, find, list};

struct Row {
    id: Uuid,
    demand_no: String,
    enterprise_uscc: String,
    commissioner_no: String,
    field: String,
    words: String,
    budget_fen: i64,
    needed_by: Option<jiff_sqlx::Date>,
    agreed_on: Option<jiff_sqlx::Date>,
    collected_on: jiff_sqlx::Date,
    state: String,
    state_since: jiff_sqlx::Date,
    version: i64,
}

impl Row {
    fn read(self) -> Result<Demand, Failure> {
        Ok(Demand {
            id: DemandId::new(self.id),
            number: self.demand_no,
            enterprise: Uscc::from_stored(&self.enterprise_uscc)?,
            commissioner: self.commissioner_no,
            field: self.field,
            words: self.words,
            budget: Fen::new(self.budget_fen)?,
            needed_by: self.needed_by.map(|day| day.to_jiff()),
            agreed_on: self.agreed_on.map(|day| day.to_jiff()),
            collected_on: self.collected_on.to_jiff(),
            state: DemandState::stored(&self.state)?,
            since: self.state_since.to_jiff(),
            version: self.version,
        })
    }
}

/// Takes a demand for a write: nobody else changes it until the end of the transaction.
pub(crate) async fn lock(tx: &mut Tx, id: DemandId) -> Result<Option<Demand>, Failure> {
    let row = sqlx::query_as!(
        Row,
        r#"
        select id, demand_no, enterprise_uscc, commissioner_no, field, words, budget_fen, needed_by, agreed_on,
               collected_on, state, state_since, version
        from commissioner.demand
        where id = $1
        for update
        "#,
        id.as_uuid(),
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(db)?;
    row.map(Row::read).transpose()
}

/// Refuses a number that is used, and a demand that the firm has in the same words, and tells the one that is recorded.
pub(crate) async fn require_new(tx: &mut Tx, demand: &Demand) -> Result<(), Failure> {
    let recorded = sqlx::query!(
        r#"
        select demand_no, demand_no = $1 as "same_number!"
        from commissioner.demand
        where demand_no = $1 or (enterprise_uscc = $2 and words_digest = $3)
        order by demand_no = $1 desc
        limit 1
        "#,
        demand.number,
        demand.enterprise.as_str(),
        &words_digest(&demand.words),
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(db)?;
    match recorded {
        None => Ok(()),
        Some(it) => {
            let field = if it.same_number { "demand_no" } else { "text" };
            Err(Failure::new(&reason::DUPLICATE_DEMAND).on(field).with("demand_no", it.demand_no))
        }
    }
}

/// Enters a demand with its first step.
pub(crate) async fn insert(tx: &mut Tx, demand: &Demand, external_ref: &str) -> Result<(), Failure> {
    let recorded_at = tx.recorded_at();
    sqlx::query!(
        r#"
        insert into commissioner.demand
            (id, demand_no, enterprise_uscc, commissioner_no, field, words, words_digest, budget_fen, needed_by,
             agreed_on, collected_on, state, state_since, version, external_ref, recorded_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, null, $10, $11, $12, $13, $14, $15)
        "#,
        demand.id.as_uuid(),
        demand.number,
        demand.enterprise.as_str(),
        demand.commissioner,
        demand.field,
        demand.words,
        &words_digest(&demand.words),
        demand.budget.get(),
        demand.needed_by.map(ToSqlx::to_sqlx) as _,
        demand.collected_on.to_sqlx(),
        demand.state.as_str(),
        demand.since.to_sqlx(),
        demand.version,
        external_ref,
        recorded_at.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(|error| {
        let taken = |field| Failure::new(&reason::DUPLICATE_DEMAND).on(field);
        match () {
            () if violates(&error, "demand_no_key") => taken("demand_no"),
            () if violates(&error, "demand_words_key") => taken("text"),
            () => db(error),
        }
    })?;
    insert_step(tx, demand, "").await
}

/// Writes the state after a step, and the step.
pub(crate) async fn write_step(tx: &mut Tx, demand: &Demand, evidence: &str) -> Result<(), Failure> {
    let result = sqlx::query!(
        r#"
        update commissioner.demand
        set state = $2, state_since = $3, agreed_on = $4, version = $5
        where id = $1 and version + 1 = $5
        "#,
        demand.id.as_uuid(),
        demand.state.as_str(),
        demand.since.to_sqlx(),
        demand.agreed_on.map(ToSqlx::to_sqlx) as _,
        demand.version,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    ensure_one(result)?;
    insert_step(tx, demand, evidence).await
}

/// Writes who looks after it from now on.
pub(crate) async fn write_commissioner(tx: &mut Tx, demand: &Demand) -> Result<(), Failure> {
    let result = sqlx::query!(
        r#"
        update commissioner.demand
        set commissioner_no = $2, version = $3
        where id = $1 and version + 1 = $3
        "#,
        demand.id.as_uuid(),
        demand.commissioner,
        demand.version,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    ensure_one(result)
}

async fn insert_step(tx: &mut Tx, demand: &Demand, evidence: &str) -> Result<(), Failure> {
    let recorded_at = tx.recorded_at();
    sqlx::query!(
        r#"
        insert into commissioner.demand_step (demand_id, version, state, effective_on, evidence, recorded_at)
        values ($1, $2, $3, $4, $5, $6)
        "#,
        demand.id.as_uuid(),
        demand.version,
        demand.state.as_str(),
        demand.since.to_sqlx(),
        evidence,
        recorded_at.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}
