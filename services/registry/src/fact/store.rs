//! SQL of facts.

use canopy_kernel::id::{FactId, SubjectId};
use canopy_kernel::{Failure, Uscc, reason};
use canopy_persistence::{Tx, db, violates};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgPool;

use super::model::{Fact, FactUnit, Statement};

/// Records a fact.
pub(crate) async fn insert(tx: &mut Tx, subject: SubjectId, fact: &Fact) -> Result<(), Failure> {
    let recorded_at = tx.recorded_at();
    let statement = &fact.statement;
    sqlx::query!(
        r#"
        insert into registry.fact
            (id, subject_id, kind, value, unit, occurred_on, source, evidence_no, recorded_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        "#,
        fact.id.as_uuid(),
        subject.as_uuid(),
        statement.kind,
        statement.value,
        statement.unit.as_str(),
        statement.occurred_on.to_sqlx(),
        statement.source,
        statement.evidence_no,
        recorded_at.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(|error| match violates(&error, "fact_evidence_key") {
        true => Failure::new(&reason::DUPLICATE_FACT).on("evidence_no"),
        false => db(error),
    })?;
    Ok(())
}

/// What a list asks for.
pub(crate) struct Listing<'q> {
    /// Whose facts.
    pub uscc: Uscc,
    /// This type only; empty = all.
    pub kind: &'q str,
    /// Those that count on this day.
    pub day: Date,
    /// Those recorded before this instant.
    pub known_before: Option<Timestamp>,
    /// Place after which the page begins.
    pub after: Option<&'q Place>,
    /// Rows to read.
    pub limit: i64,
}

/// Place of a fact in a list.
#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct Place {
    occurred_on: Date,
    id: FactId,
}

impl Place {
    /// The place of a fact.
    pub(crate) fn of(fact: &Fact) -> Self {
        Self { occurred_on: fact.statement.occurred_on, id: fact.id }
    }
}

/// Lists facts of a subject by day.
pub(crate) async fn list(pool: &PgPool, asked: &Listing<'_>) -> Result<Vec<Fact>, Failure> {
    let rows = sqlx::query!(
        r#"
        select f.id, f.kind, f.value, f.unit, f.occurred_on, f.source, f.evidence_no
        from registry.fact f
        join registry.subject s on s.id = f.subject_id
        where s.uscc = $1
          and ($2 = '' or f.kind = $2)
          and f.occurred_on <= $3
          and ($4::timestamptz is null or f.recorded_at < $4)
          and ($5::date is null or (f.occurred_on, f.id) > ($5, $6::uuid))
        order by f.occurred_on, f.id
        limit $7
        "#,
        asked.uscc.as_str(),
        asked.kind,
        asked.day.to_sqlx(),
        asked.known_before.map(ToSqlx::to_sqlx) as _,
        asked.after.map(|place| place.occurred_on.to_sqlx()) as _,
        asked.after.map(|place| place.id.as_uuid()),
        asked.limit,
    )
    .fetch_all(pool)
    .await
    .map_err(db)?;
    rows.into_iter()
        .map(|row| {
            let statement = Statement {
                uscc: asked.uscc,
                kind: row.kind,
                value: row.value,
                unit: FactUnit::stored(&row.unit)?,
                occurred_on: row.occurred_on.to_jiff(),
                source: row.source,
                evidence_no: row.evidence_no,
            };
            Ok(Fact { id: FactId::new(row.id), statement })
        })
        .collect()
}
