//! SQL of assessments.

use canopy_kernel::id::{AssessmentId, QualificationId, RequestId};
use canopy_kernel::{Failure, Uscc, reason};
use canopy_persistence::{Tx, db, ensure_one, violates};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgPool;
use uuid::Uuid;

use super::model::{Assessment, Closing};
use super::rule_outcome::{Grade, Outcome};

/// An assessment as it stands in its table.
struct Row {
    id: Uuid,
    qualification_id: Uuid,
    holder_uscc: String,
    assessed_on: jiff_sqlx::Date,
    grade: String,
    outcome: String,
    request_id: Uuid,
    closed_on: Option<jiff_sqlx::Date>,
    evidence: String,
    followed_on: Option<jiff_sqlx::Date>,
    passed_on: Option<jiff_sqlx::Date>,
    version: i64,
}

impl Row {
    fn read(self) -> Result<Assessment, Failure> {
        let evidence = self.evidence;
        Ok(Assessment {
            id: AssessmentId::new(self.id),
            qualification: QualificationId::new(self.qualification_id),
            holder: Uscc::from_stored(&self.holder_uscc)?,
            assessed_on: self.assessed_on.to_jiff(),
            grade: Grade::stored(&self.grade)?,
            outcome: Outcome::stored(&self.outcome)?,
            request: RequestId::new(self.request_id),
            closing: self.closed_on.map(|on| Closing { on: on.to_jiff(), evidence }),
            followed_on: self.followed_on.map(|day| day.to_jiff()),
            passed_on: self.passed_on.map(|day| day.to_jiff()),
            version: self.version,
        })
    }
}

/// Locks the assessment of a recognition that is laid down and not settled.
pub(crate) async fn lock_unsettled(tx: &mut Tx, of: QualificationId) -> Result<Option<Assessment>, Failure> {
    let row = sqlx::query_as!(
        Row,
        r#"
        select id, qualification_id, holder_uscc, assessed_on, grade, outcome, request_id, closed_on, evidence,
               null::date as followed_on, null::date as passed_on, version
        from commissioner.assessment
        where qualification_id = $1 and not settled
        for update
        "#,
        of.as_uuid(),
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(db)?;
    row.map(Row::read).transpose()
}

/// How many assessments of a recognition stand here by a day.
pub(crate) async fn count_by(tx: &mut Tx, of: QualificationId, day: Date) -> Result<usize, Failure> {
    let found = sqlx::query_scalar!(
        r#"
        select count(*) as "count!"
        from commissioner.assessment
        where qualification_id = $1 and assessed_on <= $2 and settled
        "#,
        of.as_uuid(),
        day.to_sqlx(),
    )
    .fetch_one(tx.conn())
    .await
    .map_err(db)?;
    Ok(usize::try_from(found).unwrap_or(usize::MAX))
}

/// Lays an assessment down, not settled yet. One that another transaction laid down meanwhile undoes this one, which is
/// tried again and then finds it.
pub(crate) async fn insert(tx: &mut Tx, laid: &Assessment) -> Result<(), Failure> {
    let recorded_at = tx.recorded_at();
    let written = sqlx::query!(
        r#"
        insert into commissioner.assessment
            (id, qualification_id, holder_uscc, assessed_on, grade, outcome, request_id, settled, evidence, version,
             recorded_at)
        values ($1, $2, $3, $4, $5, $6, $7, false, '', $8, $9)
        "#,
        laid.id.as_uuid(),
        laid.qualification.as_uuid(),
        laid.holder.as_str(),
        laid.assessed_on.to_sqlx(),
        laid.grade.as_str(),
        laid.outcome.as_str(),
        laid.request.as_uuid(),
        laid.version,
        recorded_at.to_sqlx(),
    )
    .execute(tx.conn())
    .await;
    match written {
        Err(error) if violates(&error, "assessment_one_unsettled") => {
            Err(Failure::new(&reason::TRANSACTION_CONFLICT).because("an assessment was laid down meanwhile"))
        }
        Err(error) if violates(&error, "assessment_day_key") => {
            Err(Failure::new(&reason::ALREADY_ASSESSED).on("qualification"))
        }
        written => ensure_one(written.map_err(db)?),
    }
}

/// Settles an assessment that was laid down: the registry has recorded it.
pub(crate) async fn settle(tx: &mut Tx, id: AssessmentId) -> Result<(), Failure> {
    let result = sqlx::query!(
        "update commissioner.assessment set settled = true where id = $1 and not settled",
        id.as_uuid(),
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    ensure_one(result)
}

/// Removes an assessment that was laid down and that the registry refused. True when it was still there.
pub(crate) async fn remove(tx: &mut Tx, id: AssessmentId) -> Result<bool, Failure> {
    let result =
        sqlx::query!("delete from commissioner.assessment where id = $1 and not settled", id.as_uuid())
            .execute(tx.conn())
            .await
            .map_err(db)?;
    Ok(result.rows_affected() > 0)
}

/// Locks a settled assessment and reads it.
pub(crate) async fn lock(tx: &mut Tx, id: AssessmentId) -> Result<Option<Assessment>, Failure> {
    let row = sqlx::query_as!(
        Row,
        r#"
        select a.id, a.qualification_id, a.holder_uscc, a.assessed_on, a.grade, a.outcome, a.request_id, a.closed_on,
               a.evidence,
               (select min(n.assessed_on)
                from commissioner.assessment n
                where n.qualification_id = a.qualification_id and n.assessed_on > a.assessed_on and n.settled)
                   as followed_on,
               (select min(p.assessed_on)
                from platform.mirror_assessment p
                where p.qualification_id = a.qualification_id and p.assessed_on > a.assessed_on and p.result <> 'FAIL')
                   as passed_on,
               a.version
        from commissioner.assessment a
        where a.id = $1 and a.settled
        for update of a
        "#,
        id.as_uuid(),
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(db)?;
    row.map(Row::read).transpose()
}

/// Writes how the rectification of an assessment was closed.
pub(crate) async fn write_closing(tx: &mut Tx, closed: &Assessment) -> Result<(), Failure> {
    let result = sqlx::query!(
        r#"
        update commissioner.assessment
        set closed_on = $2, evidence = $3, version = $4
        where id = $1 and version + 1 = $4
        "#,
        closed.id.as_uuid(),
        closed.closing.as_ref().map(|it| it.on.to_sqlx()) as _,
        closed.closing.as_ref().map_or("", |it| it.evidence.as_str()),
        closed.version,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    ensure_one(result)
}

/// What a list asks for.
pub(crate) struct Listing<'q> {
    /// Of this recognition only.
    pub qualification: Option<QualificationId>,
    /// Of this holder only.
    pub holder: Option<Uscc>,
    /// Those whose rectification is open on the day only.
    pub to_rectify_only: bool,
    /// The day.
    pub day: Date,
    /// The assessment after which the page begins.
    pub after: Option<&'q AssessmentId>,
    /// Rows to read.
    pub limit: i64,
}

/// Lists settled assessments made by a day, in the order they came. One that the registry tells as passed since leaves
/// nothing to rectify, whoever entered it there.
pub(crate) async fn list(pool: &PgPool, asked: &Listing<'_>) -> Result<Vec<Assessment>, Failure> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select a.id, a.qualification_id, a.holder_uscc, a.assessed_on, a.grade, a.outcome, a.request_id, a.closed_on,
               a.evidence, n.followed_on, p.passed_on, a.version
        from commissioner.assessment a
        left join lateral (
            select min(assessed_on) as followed_on
            from commissioner.assessment
            where qualification_id = a.qualification_id and assessed_on > a.assessed_on and settled
        ) n on true
        left join lateral (
            select min(assessed_on) as passed_on
            from platform.mirror_assessment
            where qualification_id = a.qualification_id and assessed_on > a.assessed_on and result <> 'FAIL'
        ) p on true
        where a.settled
          and a.assessed_on <= $1
          and ($2::uuid is null or a.qualification_id = $2)
          and ($3::text is null or a.holder_uscc = $3)
          and (not $4 or (
              a.outcome = 'RECTIFY'
              and (a.closed_on is null or a.closed_on > $1)
              and (n.followed_on is null or n.followed_on > $1)
              and (p.passed_on is null or p.passed_on > $1)
          ))
          and ($5::uuid is null or a.id > $5)
        order by a.id
        limit $6
        "#,
        asked.day.to_sqlx(),
        asked.qualification.map(|id| id.as_uuid()),
        asked.holder.as_ref().map(Uscc::as_str),
        asked.to_rectify_only,
        asked.after.map(AssessmentId::as_uuid),
        asked.limit,
    )
    .fetch_all(pool)
    .await
    .map_err(db)?;
    rows.into_iter().map(Row::read).collect()
}
