//! SQL of applications for recognition.

use canopy_kernel::id::{QualificationId, RecognitionId, RequestId};
use canopy_kernel::{Failure, StoredFailure, Uscc, reason};
use canopy_persistence::{Tx, db, ensure_one, violates};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgPool;
use sqlx::types::Json;
use uuid::Uuid;

use super::model::{Figures, Grant, Level, Publicity, Recognition, State, Subject};

/// An application as it stands in its table.
struct Row {
    id: Uuid,
    applicant_uscc: String,
    level: String,
    figures: Json<Figures>,
    applied_on: jiff_sqlx::Date,
    recommended_on: Option<jiff_sqlx::Date>,
    reviewed_on: Option<jiff_sqlx::Date>,
    unmet: Json<Vec<StoredFailure>>,
    publicity_posted_on: Option<jiff_sqlx::Date>,
    publicity_last_on: Option<jiff_sqlx::Date>,
    grant_request_id: Option<Uuid>,
    grant_number: Option<String>,
    grant_batch_no: Option<i32>,
    grant_on: Option<jiff_sqlx::Date>,
    recognised_on: Option<jiff_sqlx::Date>,
    qualification_id: Option<Uuid>,
    version: i64,
}

impl Row {
    fn read(self) -> Result<Recognition, Failure> {
        let day = |day: Option<jiff_sqlx::Date>| day.map(|day| day.to_jiff());
        let level = match self.level.as_str() {
            "" => None,
            level => Some(Level::stored(level)?),
        };
        let publicity = day(self.publicity_posted_on).zip(day(self.publicity_last_on));
        let certificate = self.grant_number.zip(self.grant_batch_no);
        let grant = self.grant_request_id.map(RequestId::new).zip(certificate).zip(day(self.grant_on));
        Ok(Recognition {
            id: RecognitionId::new(self.id),
            applicant: Uscc::from_stored(&self.applicant_uscc)?,
            subject: Subject::stored(level, self.figures.0)?,
            applied_on: self.applied_on.to_jiff(),
            recommended_on: day(self.recommended_on),
            reviewed: day(self.reviewed_on).map(|day| (day, self.unmet.0)),
            publicity: publicity.map(|(posted_on, last_on)| Publicity { posted_on, last_on }),
            grant: grant.map(|((request, (number, batch_no)), on)| Grant { request, number, batch_no, on }),
            recognised: day(self.recognised_on).zip(self.qualification_id.map(QualificationId::new)),
            version: self.version,
        })
    }
}

/// Enters an application; an applicant has one of a kind on its way.
pub(crate) async fn insert(tx: &mut Tx, applied: &Recognition) -> Result<(), Failure> {
    let recorded_at = tx.recorded_at();
    let written = sqlx::query!(
        r#"
        insert into commissioner.recognition
            (id, applicant_uscc, kind, level, figures, state, open, applied_on, unmet, version, recorded_at)
        values ($1, $2, $3, $4, $5, $6, true, $7, '[]', $8, $9)
        "#,
        applied.id.as_uuid(),
        applied.applicant.as_str(),
        applied.subject.kind(),
        applied.subject.level().map_or("", Level::as_str),
        Json(applied.subject.figures()) as _,
        applied.state().as_str(),
        applied.applied_on.to_sqlx(),
        applied.version,
        recorded_at.to_sqlx(),
    )
    .execute(tx.conn())
    .await;
    match written {
        Err(error) if violates(&error, "recognition_open_key") => {
            Err(Failure::new(&reason::DUPLICATE_APPLICATION).on("kind"))
        }
        written => ensure_one(written.map_err(db)?),
    }
}

/// Locks an application and reads it.
pub(crate) async fn lock(tx: &mut Tx, id: RecognitionId) -> Result<Option<Recognition>, Failure> {
    let row = sqlx::query_as!(
        Row,
        r#"
        select id, applicant_uscc, level, figures as "figures: Json<Figures>", applied_on, recommended_on, reviewed_on,
               unmet as "unmet: Json<Vec<StoredFailure>>", publicity_posted_on, publicity_last_on, grant_request_id,
               grant_number, grant_batch_no, grant_on, recognised_on, qualification_id, version
        from commissioner.recognition
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

/// Writes what the registry is to grant; `None` takes it back. It is no step of the application.
pub(crate) async fn write_grant(
    tx: &mut Tx,
    id: RecognitionId,
    grant: Option<&Grant>,
) -> Result<(), Failure> {
    let result = sqlx::query!(
        r#"
        update commissioner.recognition
        set grant_request_id = $2, grant_number = $3, grant_batch_no = $4, grant_on = $5
        where id = $1 and qualification_id is null
        "#,
        id.as_uuid(),
        grant.map(|it| it.request.as_uuid()),
        grant.map(|it| it.number.as_str()),
        grant.map(|it| it.batch_no),
        grant.map(|it| it.on.to_sqlx()) as _,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    ensure_one(result)
}

/// Writes a step.
pub(crate) async fn update(tx: &mut Tx, after: &Recognition) -> Result<(), Failure> {
    let day = |day: Option<Date>| day.map(ToSqlx::to_sqlx);
    let unmet = after.reviewed.as_ref().map(|(_, unmet)| unmet.clone()).unwrap_or_default();
    let result = sqlx::query!(
        r#"
        update commissioner.recognition
        set state = $3, open = $4, recommended_on = $5, reviewed_on = $6, unmet = $7, publicity_posted_on = $8,
            publicity_last_on = $9, recognised_on = $10, qualification_id = $11, version = $2
        where id = $1 and version + 1 = $2
        "#,
        after.id.as_uuid(),
        after.version,
        after.state().as_str(),
        after.is_open(),
        day(after.recommended_on) as _,
        day(after.reviewed.as_ref().map(|(day, _)| *day)) as _,
        Json(unmet) as _,
        day(after.publicity.map(|it| it.posted_on)) as _,
        day(after.publicity.map(|it| it.last_on)) as _,
        day(after.recognised.map(|(day, _)| day)) as _,
        after.recognised.map(|(_, id)| id.as_uuid()),
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    ensure_one(result)
}

/// What a list asks for.
pub(crate) struct Listing<'q> {
    /// This application only.
    pub id: Option<RecognitionId>,
    /// This applicant only.
    pub applicant: Option<Uscc>,
    /// In this state only.
    pub state: Option<State>,
    /// The application after which the page begins.
    pub after: Option<&'q RecognitionId>,
    /// Rows to read.
    pub limit: i64,
}

/// Lists applications in the order they came.
pub(crate) async fn list(pool: &PgPool, asked: &Listing<'_>) -> Result<Vec<Recognition>, Failure> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select id, applicant_uscc, level, figures as "figures: Json<Figures>", applied_on, recommended_on, reviewed_on,
               unmet as "unmet: Json<Vec<StoredFailure>>", publicity_posted_on, publicity_last_on, grant_request_id,
               grant_number, grant_batch_no, grant_on, recognised_on, qualification_id, version
        from commissioner.recognition
        where ($1::uuid is null or id = $1)
          and ($2::text is null or applicant_uscc = $2)
          and ($3::text is null or state = $3)
          and ($4::uuid is null or id > $4)
        order by id
        limit $5
        "#,
        asked.id.map(|id| id.as_uuid()),
        asked.applicant.as_ref().map(Uscc::as_str),
        asked.state.map(State::as_str),
        asked.after.map(RecognitionId::as_uuid),
        asked.limit,
    )
    .fetch_all(pool)
    .await
    .map_err(db)?;
    rows.into_iter().map(Row::read).collect()
}
