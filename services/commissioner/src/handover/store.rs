//! SQL of referrals and hand-overs.

use canopy_kernel::Failure;
use canopy_kernel::id::{DemandId, HandoverId};
use canopy_persistence::{Tx, db, ensure_one};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgPool;
use uuid::Uuid;

use super::model::{Handover, HandoverKind, HandoverState};

struct Row {
    id: Uuid,
    demand_id: Uuid,
    kind: String,
    from_commissioner_no: String,
    to_commissioner_no: String,
    state: String,
    offered_on: jiff_sqlx::Date,
    answer_by: jiff_sqlx::Date,
    answered_on: Option<jiff_sqlx::Date>,
    note: String,
    answer: String,
    version: i64,
}

impl Row {
    fn read(self) -> Result<Handover, Failure> {
        Ok(Handover {
            id: HandoverId::new(self.id),
            demand: DemandId::new(self.demand_id),
            kind: HandoverKind::stored(&self.kind)?,
            from: self.from_commissioner_no,
            to: self.to_commissioner_no,
            state: HandoverState::stored(&self.state)?,
            offered_on: self.offered_on.to_jiff(),
            answer_by: self.answer_by.to_jiff(),
            answered_on: self.answered_on.map(|day| day.to_jiff()),
            note: self.note,
            answer: self.answer,
            version: self.version,
        })
    }
}

/// The offers of a demand. The caller holds the demand's row.
pub(crate) async fn of_demand(tx: &mut Tx, demand: DemandId) -> Result<Vec<Handover>, Failure> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select id, demand_id, kind, from_commissioner_no, to_commissioner_no, state, offered_on, answer_by,
               answered_on, note, answer, version
        from commissioner.handover
        where demand_id = $1
        order by id
        "#,
        demand.as_uuid(),
    )
    .fetch_all(tx.conn())
    .await
    .map_err(db)?;
    rows.into_iter().map(Row::read).collect()
}

/// Takes an offer for a write.
pub(crate) async fn lock(tx: &mut Tx, id: HandoverId) -> Result<Option<Handover>, Failure> {
    let row = sqlx::query_as!(
        Row,
        r#"
        select id, demand_id, kind, from_commissioner_no, to_commissioner_no, state, offered_on, answer_by,
               answered_on, note, answer, version
        from commissioner.handover
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

/// Enters an offer.
pub(crate) async fn insert(tx: &mut Tx, handover: &Handover) -> Result<(), Failure> {
    let recorded_at = tx.recorded_at();
    sqlx::query!(
        r#"
        insert into commissioner.handover
            (id, demand_id, kind, from_commissioner_no, to_commissioner_no, state, offered_on, answer_by,
             answered_on, note, answer, version, recorded_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, null, $9, '', $10, $11)
        "#,
        handover.id.as_uuid(),
        handover.demand.as_uuid(),
        handover.kind.as_str(),
        handover.from,
        handover.to,
        handover.state.as_str(),
        handover.offered_on.to_sqlx(),
        handover.answer_by.to_sqlx(),
        handover.note,
        handover.version,
        recorded_at.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}

/// Writes an answer.
pub(crate) async fn write_answer(tx: &mut Tx, handover: &Handover) -> Result<(), Failure> {
    let result = sqlx::query!(
        r#"
        update commissioner.handover
        set state = $2, answered_on = $3, answer = $4, version = $5
        where id = $1 and version + 1 = $5
        "#,
        handover.id.as_uuid(),
        handover.state.as_str(),
        handover.answered_on.map(ToSqlx::to_sqlx) as _,
        handover.answer,
        handover.version,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    ensure_one(result)
}

/// What a list asks for.
pub(crate) struct Listing<'q> {
    /// Of this demand only.
    pub demand: Option<DemandId>,
    /// From or to this commissioner only; empty = all.
    pub commissioner: &'q str,
    /// Open ones only.
    pub open_only: bool,
    /// Offered by this day.
    pub day: Date,
    /// Id after which the page begins.
    pub after: Option<HandoverId>,
    /// Rows to read.
    pub limit: i64,
}

/// Lists offers in their order.
pub(crate) async fn list(pool: &PgPool, asked: &Listing<'_>) -> Result<Vec<Handover>, Failure> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select id, demand_id, kind, from_commissioner_no, to_commissioner_no, state, offered_on, answer_by,
               answered_on, note, answer, version
        from commissioner.handover
        where offered_on <= $1
          and ($2::uuid is null or demand_id = $2)
          and ($3 = '' or from_commissioner_no = $3 or to_commissioner_no = $3)
          and (not $4 or (answer_by >= $1 and (answered_on is null or answered_on > $1)))
          and ($5::uuid is null or id > $5)
        order by id
        limit $6
        "#,
        asked.day.to_sqlx(),
        asked.demand.map(|id| id.as_uuid()),
        asked.commissioner,
        asked.open_only,
        asked.after.map(|id| id.as_uuid()),
        asked.limit,
    )
    .fetch_all(pool)
    .await
    .map_err(db)?;
    rows.into_iter().map(Row::read).collect()
}
