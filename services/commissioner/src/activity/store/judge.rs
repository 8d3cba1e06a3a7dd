//! What reports are judged against: read for a whole piece at once.

use std::collections::{HashMap, HashSet};

use canopy_kernel::Failure;
use canopy_kernel::id::{AchievementId, CommissionerId, DemandId};
use canopy_persistence::{Tx, db};
use jiff_sqlx::ToSqlx;
use uuid::Uuid;

use crate::activity::model::{Kind, Report};
use crate::activity::rule_admission::{Known, Once};
use crate::commissioner::model::Tenure;

/// The commissioners whom the reports name, with the first day of their first posting.
pub(crate) async fn commissioners(
    tx: &mut Tx,
    reports: &[&Report],
) -> Result<HashMap<String, Known>, Failure> {
    let numbers: HashSet<&str> = reports.iter().map(|it| it.commissioner_no.as_str()).collect();
    let numbers: Vec<&str> = numbers.into_iter().collect();
    let rows = sqlx::query!(
        r#"
        select c.id, c.commissioner_no, c.ended_on, min(p.from_on) as posted_on
        from commissioner.commissioner c
        left join commissioner.post p on p.commissioner_id = c.id
        where c.commissioner_no = any($1)
        group by c.id
        "#,
        &numbers as _,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(db)?;
    let known = rows.into_iter().map(|row| {
        let known = Known {
            id: CommissionerId::new(row.id),
            tenure: Tenure {
                posted_on: row.posted_on.map(|day| day.to_jiff()),
                ended_on: row.ended_on.map(|day| day.to_jiff()),
            },
        };
        (row.commissioner_no, known)
    });
    Ok(known.collect())
}

/// The numbers of reports that are used already.
pub(crate) async fn used_numbers(tx: &mut Tx, reports: &[&Report]) -> Result<HashSet<String>, Failure> {
    let numbers: Vec<&str> = reports.iter().map(|it| it.number.as_str()).collect();
    let used = sqlx::query_scalar!(
        "select activity_no from commissioner.activity where activity_no = any($1)",
        &numbers as _,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(db)?;
    Ok(used.into_iter().collect())
}

/// The activities of the same commissioner, day, counterpart and kind that are taken already.
pub(crate) async fn taken(
    tx: &mut Tx,
    reports: &[&Report],
    known: &HashMap<String, Known>,
) -> Result<HashSet<Once>, Failure> {
    let of = |it: &&&Report| known.contains_key(&it.commissioner_no);
    let reports: Vec<&&Report> = reports.iter().filter(of).collect();
    let commissioners: Vec<Uuid> = reports.iter().map(|it| known[&it.commissioner_no].id.as_uuid()).collect();
    let days: Vec<_> = reports.iter().map(|it| it.activity_on.to_sqlx()).collect();
    let counterparts: Vec<&str> = reports.iter().map(|it| it.counterpart.name.as_str()).collect();
    let kinds: Vec<&str> = reports.iter().map(|it| it.kind.as_str()).collect();
    let rows = sqlx::query!(
        r#"
        select a.commissioner_id, a.activity_on, a.counterpart, a.kind
        from unnest($1::uuid[], $2::date[], $3::text[], $4::text[])
            as r (commissioner_id, activity_on, counterpart, kind)
        join commissioner.activity a
            on a.commissioner_id = r.commissioner_id and a.activity_on = r.activity_on
            and a.counterpart = r.counterpart and a.kind = r.kind
        "#,
        &commissioners,
        &days,
        &counterparts as _,
        &kinds as _,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(db)?;
    rows.into_iter()
        .map(|row| {
            let commissioner = CommissionerId::new(row.commissioner_id);
            Ok((commissioner, row.activity_on.to_jiff(), row.counterpart, Kind::stored(&row.kind)?))
        })
        .collect()
}

/// The joint sheets that count already.
pub(crate) async fn known_sheets(
    tx: &mut Tx,
    reports: &[&Report],
) -> Result<HashSet<(String, Kind)>, Failure> {
    let sheets: Vec<&str> =
        reports.iter().map(|it| it.sheet.as_str()).filter(|sheet| !sheet.is_empty()).collect();
    if sheets.is_empty() {
        return Ok(HashSet::new());
    }
    let rows = sqlx::query!(
        "select joint_sheet_no, kind from commissioner.joint_sheet where joint_sheet_no = any($1)",
        &sheets as _,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(db)?;
    rows.into_iter().map(|row| Ok((row.joint_sheet_no, Kind::stored(&row.kind)?))).collect()
}

/// Those of the demands that the reports name that are known.
pub(crate) async fn known_demands(tx: &mut Tx, reports: &[&Report]) -> Result<HashSet<DemandId>, Failure> {
    let ids: Vec<Uuid> = reports.iter().filter_map(|it| it.demand.map(|id| id.as_uuid())).collect();
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let known = sqlx::query_scalar!("select id from commissioner.demand where id = any($1)", &ids)
        .fetch_all(tx.conn())
        .await
        .map_err(db)?;
    Ok(known.into_iter().map(DemandId::new).collect())
}

/// Those of the achievements that the reports name that are known.
pub(crate) async fn known_achievements(
    tx: &mut Tx,
    reports: &[&Report],
) -> Result<HashSet<AchievementId>, Failure> {
    let ids: Vec<Uuid> = reports.iter().filter_map(|it| it.achievement.map(|id| id.as_uuid())).collect();
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let known = sqlx::query_scalar!("select id from commissioner.achievement where id = any($1)", &ids)
        .fetch_all(tx.conn())
        .await
        .map_err(db)?;
    Ok(known.into_iter().map(AchievementId::new).collect())
}
