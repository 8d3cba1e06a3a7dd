//! What is written of activities and their tally.

use std::collections::BTreeMap;

use canopy_kernel::Failure;
use canopy_persistence::{Tx, db, ensure_all};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use uuid::Uuid;

use crate::activity::model::{Activity, Kind};
use crate::activity::rule_admission::Added;

/// Enters activities. One that another transaction entered meanwhile undoes the piece, which is tried again and then
/// finds it.
pub(crate) async fn insert(tx: &mut Tx, rows: &[Activity]) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    let recorded_at = tx.recorded_at();
    let ids: Vec<Uuid> = rows.iter().map(|it| it.id.as_uuid()).collect();
    let numbers: Vec<&str> = rows.iter().map(|it| it.report.number.as_str()).collect();
    let kinds: Vec<&str> = rows.iter().map(|it| it.report.kind.as_str()).collect();
    let commissioners: Vec<Uuid> = rows.iter().map(|it| it.commissioner.as_uuid()).collect();
    let sheets: Vec<&str> = rows.iter().map(|it| it.report.sheet.as_str()).collect();
    let days: Vec<_> = rows.iter().map(|it| it.report.activity_on.to_sqlx()).collect();
    let reported: Vec<_> = rows.iter().map(|it| it.report.reported_at.to_sqlx()).collect();
    let reported_on: Vec<_> = rows.iter().map(|it| it.report.reported_on.to_sqlx()).collect();
    let counterpart_kinds: Vec<&str> = rows.iter().map(|it| it.report.counterpart.kind.as_str()).collect();
    let counterparts: Vec<&str> = rows.iter().map(|it| it.report.counterpart.name.as_str()).collect();
    let codes: Vec<&str> = rows.iter().map(|it| it.report.counterpart.uscc.as_str()).collect();
    let methods: Vec<&str> = rows.iter().map(|it| it.report.method_code.as_str()).collect();
    let notes: Vec<&str> = rows.iter().map(|it| it.report.note.as_str()).collect();
    let evidence: Vec<&str> = rows.iter().map(|it| it.report.evidence.as_str()).collect();
    let demands: Vec<Option<Uuid>> = rows.iter().map(|it| it.report.demand.map(|id| id.as_uuid())).collect();
    let achievements: Vec<Option<Uuid>> =
        rows.iter().map(|it| it.report.achievement.map(|id| id.as_uuid())).collect();
    let follow_ups: Vec<_> = rows.iter().map(|it| it.report.follow_up_on.map(ToSqlx::to_sqlx)).collect();
    let result = sqlx::query!(
        r#"
        insert into commissioner.activity
            (id, activity_no, kind, commissioner_id, joint_sheet_no, activity_on, reported_at, reported_on,
             counterpart_kind, counterpart, counterpart_uscc, method_code, note, evidence, demand_id,
             achievement_id, follow_up_on, recorded_at)
        select r.id, r.activity_no, r.kind, r.commissioner_id, r.joint_sheet_no, r.activity_on, r.reported_at,
               r.reported_on, r.counterpart_kind, r.counterpart, r.counterpart_uscc, r.method_code, r.note,
               r.evidence, r.demand_id, r.achievement_id, r.follow_up_on, $1
        from unnest($2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::text[], $7::date[], $8::timestamptz[],
                    $9::date[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[],
                    $16::uuid[], $17::uuid[], $18::date[])
            as r (id, activity_no, kind, commissioner_id, joint_sheet_no, activity_on, reported_at, reported_on,
                  counterpart_kind, counterpart, counterpart_uscc, method_code, note, evidence, demand_id,
                  achievement_id, follow_up_on)
        on conflict do nothing
        "#,
        recorded_at.to_sqlx(),
        &ids,
        &numbers as _,
        &kinds as _,
        &commissioners,
        &sheets as _,
        &days,
        &reported,
        &reported_on,
        &counterpart_kinds as _,
        &counterparts as _,
        &codes as _,
        &methods as _,
        &notes as _,
        &evidence as _,
        &demands as _,
        &achievements as _,
        &follow_ups as _,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    ensure_all(result, rows.len())
}

/// Enters the joint sheets that begin with this piece. One that another transaction began meanwhile undoes the piece.
pub(crate) async fn insert_sheets(
    tx: &mut Tx,
    sheets: &BTreeMap<(String, Kind), Date>,
) -> Result<(), Failure> {
    if sheets.is_empty() {
        return Ok(());
    }
    let numbers: Vec<&str> = sheets.keys().map(|(number, _)| number.as_str()).collect();
    let kinds: Vec<&str> = sheets.keys().map(|(_, kind)| kind.as_str()).collect();
    let days: Vec<_> = sheets.values().map(|day| day.to_sqlx()).collect();
    let result = sqlx::query!(
        r#"
        insert into commissioner.joint_sheet (joint_sheet_no, kind, activity_on)
        select r.joint_sheet_no, r.kind, r.activity_on
        from unnest($1::text[], $2::text[], $3::date[]) as r (joint_sheet_no, kind, activity_on)
        on conflict (joint_sheet_no, kind) do nothing
        "#,
        &numbers as _,
        &kinds as _,
        &days,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    ensure_all(result, sheets.len())
}

/// Moves the tally. The days come in one order, so two pieces never wait for each other in a circle.
pub(crate) async fn add_to_tally(tx: &mut Tx, tally: &BTreeMap<(Date, Kind), Added>) -> Result<(), Failure> {
    if tally.is_empty() {
        return Ok(());
    }
    let days: Vec<_> = tally.keys().map(|(day, _)| day.to_sqlx()).collect();
    let kinds: Vec<&str> = tally.keys().map(|(_, kind)| kind.as_str()).collect();
    let activities: Vec<i64> = tally.values().map(|added| added.activities).collect();
    let joint: Vec<i64> = tally.values().map(|added| added.joint).collect();
    let participations: Vec<i64> = tally.values().map(|added| added.participations).collect();
    sqlx::query!(
        r#"
        insert into commissioner.activity_day as d (day, kind, activities, joint_activities, participations)
        select r.day, r.kind, r.activities, r.joint, r.participations
        from unnest($1::date[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[])
            as r (day, kind, activities, joint, participations)
        order by r.day, r.kind
        on conflict (day, kind) do update
        set activities = d.activities + excluded.activities,
            joint_activities = d.joint_activities + excluded.joint_activities,
            participations = d.participations + excluded.participations
        "#,
        &days,
        &kinds as _,
        &activities,
        &joint,
        &participations,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}
