//! What a decision asks of the mirror.

use std::collections::HashSet;

use canopy_kernel::id::QualificationId;
use canopy_kernel::{DayKind, Failure, RuleParameter, RuleTable, Uscc, WorkCalendar, reason};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgExecutor;

use super::model::{Qualification, Subject};
use crate::db;

/// The organisation of that code.
pub async fn subject(conn: impl PgExecutor<'_>, uscc: Uscc) -> Result<Option<Subject>, Failure> {
    sqlx::query_as!(
        Subject,
        r#"
        select uscc, kind, title, area_code, located_in_city, is_pilot_unit, position
        from platform.mirror_subject
        where uscc = $1
        "#,
        uscc.as_str(),
    )
    .fetch_optional(conn)
    .await
    .map_err(db)
}

/// The organisation of that registered name; of several the one that was told last.
pub async fn subject_by_title(conn: impl PgExecutor<'_>, title: &str) -> Result<Option<Subject>, Failure> {
    sqlx::query_as!(
        Subject,
        r#"
        select uscc, kind, title, area_code, located_in_city, is_pilot_unit, position
        from platform.mirror_subject
        where title = $1
        order by position desc
        limit 1
        "#,
        title,
    )
    .fetch_optional(conn)
    .await
    .map_err(db)
}

/// Which of those codes the register knows.
pub async fn is_known(conn: impl PgExecutor<'_>, codes: &[String]) -> Result<HashSet<String>, Failure> {
    let known = sqlx::query_scalar!("select uscc from platform.mirror_subject where uscc = any($1)", codes)
        .fetch_all(conn)
        .await
        .map_err(db)?;
    Ok(known.into_iter().collect())
}

/// The recognitions of a kind that those organisations have or had.
pub async fn qualifications(
    conn: impl PgExecutor<'_>,
    holders: &[String],
    kind: &str,
) -> Result<Vec<Qualification>, Failure> {
    let rows = sqlx::query!(
        r#"
        select id, holder_uscc, kind, level, tier, number, granted_on, expires_on, first_recognition, batch_no,
               revoked_on, superseded_on, position
        from platform.mirror_qualification
        where holder_uscc = any($1) and kind = $2
        order by holder_uscc, granted_on, number
        "#,
        holders,
        kind,
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    let day = |day: Option<jiff_sqlx::Date>| day.map(|day| day.to_jiff());
    Ok(rows
        .into_iter()
        .map(|row| Qualification {
            id: QualificationId::new(row.id),
            holder_uscc: row.holder_uscc,
            kind: row.kind,
            level: row.level,
            tier: row.tier,
            number: row.number,
            granted_on: day(row.granted_on),
            expires_on: day(row.expires_on),
            first_recognition: row.first_recognition,
            batch_no: row.batch_no,
            revoked_on: day(row.revoked_on),
            superseded_on: day(row.superseded_on),
            position: row.position,
        })
        .collect())
}

/// A recognition.
pub async fn qualification(
    conn: impl PgExecutor<'_>,
    id: QualificationId,
) -> Result<Option<Qualification>, Failure> {
    let row = sqlx::query!(
        r#"
        select id, holder_uscc, kind, level, tier, number, granted_on, expires_on, first_recognition, batch_no,
               revoked_on, superseded_on, position
        from platform.mirror_qualification
        where id = $1
        "#,
        id.as_uuid(),
    )
    .fetch_optional(conn)
    .await
    .map_err(db)?;
    let day = |day: Option<jiff_sqlx::Date>| day.map(|day| day.to_jiff());
    Ok(row.map(|row| Qualification {
        id,
        holder_uscc: row.holder_uscc,
        kind: row.kind,
        level: row.level,
        tier: row.tier,
        number: row.number,
        granted_on: day(row.granted_on),
        expires_on: day(row.expires_on),
        first_recognition: row.first_recognition,
        batch_no: row.batch_no,
        revoked_on: day(row.revoked_on),
        superseded_on: day(row.superseded_on),
        position: row.position,
    }))
}

/// The results of a recognition's yearly assessments by a day, oldest first.
pub async fn assessments(
    conn: impl PgExecutor<'_>,
    id: QualificationId,
    day: Date,
) -> Result<Vec<String>, Failure> {
    sqlx::query_scalar!(
        r#"
        select result
        from platform.mirror_assessment
        where qualification_id = $1 and assessed_on <= $2
        order by assessed_on
        "#,
        id.as_uuid(),
        day.to_sqlx(),
    )
    .fetch_all(conn)
    .await
    .map_err(db)
}

/// Whether an organisation holds a recognition of a kind that is live on a day.
pub async fn is_live(
    conn: impl PgExecutor<'_>,
    holder: Uscc,
    kind: &str,
    day: Date,
) -> Result<bool, Failure> {
    let held = qualifications(conn, &[holder.to_string()], kind).await?;
    Ok(held.iter().any(|it| it.is_live_on(day)))
}

/// The rule parameters in force; each names the set that it stands in as its version.
pub async fn rules(conn: impl PgExecutor<'_>) -> Result<RuleTable, Failure> {
    let rows = sqlx::query!(
        "select rule_key, valid_from, valid_to, value, unit, set_name from platform.mirror_rule_parameter"
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    let parameters = rows.into_iter().map(|row| {
        Ok(RuleParameter {
            key: row.rule_key,
            value: row.value,
            unit: row.unit.parse()?,
            valid_from: row.valid_from.to_jiff(),
            valid_to: row.valid_to.map(|day| day.to_jiff()),
            version: row.set_name,
        })
    });
    RuleTable::new(parameters.collect::<Result<Vec<_>, Failure>>()?)
}

/// The working-day calendar in force.
pub async fn calendar(conn: impl PgExecutor<'_>) -> Result<WorkCalendar, Failure> {
    let rows = sqlx::query!("select day, kind from platform.mirror_calendar_day")
        .fetch_all(conn)
        .await
        .map_err(db)?;
    let days = rows.into_iter().map(|row| {
        let kind = DayKind::from_name(&row.kind);
        let unknown = || Failure::new(&reason::INTERNAL).because(format!("calendar kind {}", row.kind));
        Ok((row.day.to_jiff(), kind.ok_or_else(unknown)?))
    });
    Ok(WorkCalendar::new(days.collect::<Result<Vec<_>, Failure>>()?))
}
