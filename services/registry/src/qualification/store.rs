//! SQL of qualifications and their assessments.

use canopy_kernel::id::{QualificationId, SubjectId};
use canopy_kernel::{Failure, Uscc};
use canopy_persistence::{Tx, db};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::{PgExecutor, PgPool};
use uuid::Uuid;

use super::model::{AssessmentResult, Grant, Qualification, QualificationLevel};

mod count;
mod write;

pub(crate) use count::{Counted, Group, count};
pub(crate) use write::{insert, supersede, write_assessment, write_revocation};

/// A qualification row with its latest assessment.
struct Row {
    id: Uuid,
    subject_id: Uuid,
    holder_uscc: String,
    kind: String,
    level: String,
    tier: i32,
    number: String,
    granted_on: Option<jiff_sqlx::Date>,
    expires_on: Option<jiff_sqlx::Date>,
    first_recognition: bool,
    batch_no: i32,
    revoked_on: Option<jiff_sqlx::Date>,
    superseded_on: Option<jiff_sqlx::Date>,
    version: i64,
    assessment: Option<String>,
}

impl Row {
    fn read(self) -> Result<Qualification, Failure> {
        let day = |day: Option<jiff_sqlx::Date>| day.map(|day| day.to_jiff());
        Ok(Qualification {
            id: QualificationId::new(self.id),
            subject: SubjectId::new(self.subject_id),
            grant: Grant {
                holder: Uscc::from_stored(&self.holder_uscc)?,
                kind: self.kind,
                level: read_level(&self.level)?,
                tier: self.tier,
                number: self.number,
                granted_on: day(self.granted_on),
                expires_on: day(self.expires_on),
                first_recognition: self.first_recognition,
                assessment: self.assessment.as_deref().map(AssessmentResult::stored).transpose()?,
                batch_no: self.batch_no,
                revoked_on: day(self.revoked_on),
            },
            superseded_on: day(self.superseded_on),
            version: self.version,
        })
    }
}

/// Reads a level; empty where the kind has none.
fn read_level(text: &str) -> Result<Option<QualificationLevel>, Failure> {
    match text {
        "" => Ok(None),
        text => QualificationLevel::stored(text).map(Some),
    }
}

fn write_level(level: Option<QualificationLevel>) -> &'static str {
    level.map_or("", QualificationLevel::as_str)
}

/// Finds a qualification with the assessment that is the latest on a day.
pub(crate) async fn find(
    conn: impl PgExecutor<'_>,
    id: QualificationId,
    day: Date,
) -> Result<Option<Qualification>, Failure> {
    let row = sqlx::query_as!(
        Row,
        r#"
        select q.id, q.subject_id, q.holder_uscc, q.kind, q.level, q.tier, q.number, q.granted_on, q.expires_on,
               q.first_recognition, q.batch_no, q.revoked_on, q.superseded_on, q.version,
               a.result as "assessment?"
        from registry.qualification q
        left join lateral (
            select result
            from registry.assessment
            where qualification_id = q.id and (assessed_on is null or assessed_on <= $2)
            order by assessed_on desc nulls last, id desc
            limit 1
        ) a on true
        where q.id = $1
        "#,
        id.as_uuid(),
        day.to_sqlx(),
    )
    .fetch_optional(conn)
    .await
    .map_err(db)?;
    row.map(Row::read).transpose()
}

/// What those holders have of those kinds.
pub(crate) async fn held(
    tx: &mut Tx,
    holders: impl Iterator<Item = SubjectId>,
    kinds: &[String],
) -> Result<Vec<Qualification>, Failure> {
    let holders: Vec<Uuid> = holders.map(|id| id.as_uuid()).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"
        select q.id, q.subject_id, q.holder_uscc, q.kind, q.level, q.tier, q.number, q.granted_on, q.expires_on,
               q.first_recognition, q.batch_no, q.revoked_on, q.superseded_on, q.version,
               a.result as "assessment?"
        from registry.qualification q
        left join lateral (
            select result
            from registry.assessment
            where qualification_id = q.id
            order by assessed_on desc nulls last, id desc
            limit 1
        ) a on true
        where q.subject_id = any($1) and q.kind = any($2)
        "#,
        &holders,
        kinds,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(db)?;
    rows.into_iter().map(Row::read).collect()
}

/// What a list asks for.
pub(crate) struct Listing<'q> {
    /// This holder only.
    pub holder: Option<Uscc>,
    /// This kind only; empty = all.
    pub kind: &'q str,
    /// Those live on this day only.
    pub live_on: Option<Date>,
    /// Day for the assessment.
    pub day: Date,
    /// Place after which the page begins.
    pub after: Option<&'q Place>,
    /// Rows to read.
    pub limit: i64,
}

/// Place of a row in a list: its day of recognition (the last one when it has none) and its id.
#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct Place {
    granted_on: Option<Date>,
    id: QualificationId,
}

impl Place {
    /// The place of a qualification.
    pub(crate) fn of(qualification: &Qualification) -> Self {
        Self { granted_on: qualification.grant.granted_on, id: qualification.id }
    }
}

/// Lists qualifications by day of recognition; applications come last.
pub(crate) async fn list(pool: &PgPool, asked: &Listing<'_>) -> Result<Vec<Qualification>, Failure> {
    let last = |day: Option<Date>| day.unwrap_or(Date::MAX).to_sqlx();
    let rows = sqlx::query_as!(
        Row,
        r#"
        select q.id, q.subject_id, q.holder_uscc, q.kind, q.level, q.tier, q.number, q.granted_on, q.expires_on,
               q.first_recognition, q.batch_no, q.revoked_on, q.superseded_on, q.version,
               a.result as "assessment?"
        from registry.qualification q
        left join lateral (
            select result
            from registry.assessment
            where qualification_id = q.id and (assessed_on is null or assessed_on <= $4)
            order by assessed_on desc nulls last, id desc
            limit 1
        ) a on true
        where ($1::text is null or q.subject_id = (select id from registry.subject where uscc = $1))
          and ($2 = '' or q.kind = $2)
          and ($3::date is null or (
              q.granted_on <= $3
              and (q.expires_on is null or q.expires_on >= $3)
              and (q.revoked_on is null or q.revoked_on > $3)
              and (q.superseded_on is null or q.superseded_on > $3)
          ))
          and ($5::date is null or (coalesce(q.granted_on, '9999-12-31'), q.id) > ($5, $6::uuid))
        order by coalesce(q.granted_on, '9999-12-31'), q.id
        limit $7
        "#,
        asked.holder.as_ref().map(Uscc::as_str),
        asked.kind,
        asked.live_on.map(ToSqlx::to_sqlx) as _,
        asked.day.to_sqlx(),
        asked.after.map(|place| last(place.granted_on)) as _,
        asked.after.map(|place| place.id.as_uuid()),
        asked.limit,
    )
    .fetch_all(pool)
    .await
    .map_err(db)?;
    rows.into_iter().map(Row::read).collect()
}
