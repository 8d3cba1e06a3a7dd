//! SQL of subjects and their dated status.

use canopy_kernel::id::SubjectId;
use canopy_kernel::{AreaCode, Failure, Fen, Uscc};
use canopy_persistence::db;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::{PgExecutor, PgPool};
use uuid::Uuid;

use super::model::{Identity, Profile, StatusChange, Subject, SubjectKey, SubjectKind, SubjectStatus};

mod write;

pub(crate) use write::{
    NewChange, advance, advance_known, advance_missing_firms, count_active_firms, insert, insert_changes,
    latest_change, lock_known,
};

/// Domain of the blind index that registered names and payee names share, so that they can be compared.
pub(crate) const NAME: &str = "registry.name";

/// A subject row with the status that holds on the day asked.
struct Row {
    id: Uuid,
    kind: String,
    uscc: Option<String>,
    title: String,
    area_code: String,
    established_on: Option<jiff_sqlx::Date>,
    registered_capital_fen: i64,
    staff: i32,
    first_loan_record: bool,
    located_in_city: bool,
    is_pilot_unit: bool,
    version: i64,
    status: Option<String>,
    effective_on: Option<jiff_sqlx::Date>,
}

impl Row {
    fn read(self) -> Result<Subject, Failure> {
        let change = read_change(self.status, self.effective_on)?;
        let identity = match &self.uscc {
            None => Identity::Person,
            Some(code) => Identity::Organisation {
                uscc: Uscc::from_stored(code)?,
                profile: Profile {
                    title: self.title,
                    area_code: AreaCode::parse(&self.area_code)?,
                    established_on: self.established_on.map(|day| day.to_jiff()),
                    registered_capital: Fen::new(self.registered_capital_fen)?,
                    staff: self.staff,
                    first_loan_record: self.first_loan_record,
                    located_in_city: self.located_in_city,
                    is_pilot_unit: self.is_pilot_unit,
                },
            },
        };
        Ok(Subject {
            id: SubjectId::new(self.id),
            kind: SubjectKind::stored(&self.kind)?,
            identity,
            change,
            version: self.version,
        })
    }
}

/// Reads a status and its day; `None` before the first change.
pub(crate) fn read_change(
    status: Option<String>,
    effective_on: Option<jiff_sqlx::Date>,
) -> Result<Option<StatusChange>, Failure> {
    match (status, effective_on) {
        (Some(status), Some(day)) => {
            Ok(Some(StatusChange { status: SubjectStatus::stored(&status)?, effective_on: day.to_jiff() }))
        }
        _ => Ok(None),
    }
}

/// Finds a subject as of a day.
pub(crate) async fn find(
    db_: impl PgExecutor<'_>,
    key: &SubjectKey,
    day: Date,
) -> Result<Option<Subject>, Failure> {
    let (id, code) = match key {
        SubjectKey::Id(id) => (Some(id.as_uuid()), None),
        SubjectKey::Code(code) => (None, Some(code.as_str())),
    };
    let row = sqlx::query_as!(
        Row,
        r#"
        select s.id, s.kind, s.uscc, s.title, s.area_code, s.established_on, s.registered_capital_fen, s.staff,
               s.first_loan_record, s.located_in_city, s.is_pilot_unit, s.version,
               c.status as "status?", c.effective_on as "effective_on?"
        from registry.subject s
        left join lateral (
            select status, effective_on
            from registry.subject_status
            where subject_id = s.id and effective_on <= $3
            order by effective_on desc, version desc
            limit 1
        ) c on true
        where s.id = $1 or s.uscc = $2
        "#,
        id,
        code,
        day.to_sqlx(),
    )
    .fetch_optional(db_)
    .await
    .map_err(db)?;
    row.map(Row::read).transpose()
}

/// What a search asks for.
pub(crate) struct Search<'q> {
    /// A part of the name, or the beginning of the code; empty = all.
    pub query: &'q str,
    /// This kind only.
    pub kind: Option<SubjectKind>,
    /// Day for the status.
    pub day: Date,
    /// Code after which the page begins; empty = the first.
    pub after: &'q str,
    /// Rows to read.
    pub limit: i64,
}

/// Searches organisations, ordered by code.
pub(crate) async fn search(pool: &PgPool, asked: &Search<'_>) -> Result<Vec<Subject>, Failure> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select s.id, s.kind, s.uscc, s.title, s.area_code, s.established_on, s.registered_capital_fen, s.staff,
               s.first_loan_record, s.located_in_city, s.is_pilot_unit, s.version,
               c.status as "status?", c.effective_on as "effective_on?"
        from registry.subject s
        left join lateral (
            select status, effective_on
            from registry.subject_status
            where subject_id = s.id and effective_on <= $3
            order by effective_on desc, version desc
            limit 1
        ) c on true
        where s.uscc > $4
          and ($1 = '' or strpos(s.title, $1) > 0 or left(s.uscc, length($1)) = $1)
          and ($2::text is null or s.kind = $2)
        order by s.uscc
        limit $5
        "#,
        asked.query,
        asked.kind.map(SubjectKind::as_str),
        asked.day.to_sqlx(),
        asked.after,
        asked.limit,
    )
    .fetch_all(pool)
    .await
    .map_err(db)?;
    rows.into_iter().map(Row::read).collect()
}

/// Counts subjects by kind and status as of a day.
pub(crate) async fn count(
    pool: &PgPool,
    day: Date,
) -> Result<Vec<(SubjectKind, SubjectStatus, i64)>, Failure> {
    let rows = sqlx::query!(
        r#"
        select s.kind, coalesce(c.status, 'ACTIVE') as "status!", count(*) as "count!"
        from registry.subject s
        left join lateral (
            select status
            from registry.subject_status
            where subject_id = s.id and effective_on <= $1
            order by effective_on desc, version desc
            limit 1
        ) c on true
        group by 1, 2
        order by 1, 2
        "#,
        day.to_sqlx(),
    )
    .fetch_all(pool)
    .await
    .map_err(db)?;
    rows.into_iter()
        .map(|row| Ok((SubjectKind::stored(&row.kind)?, SubjectStatus::stored(&row.status)?, row.count)))
        .collect()
}
