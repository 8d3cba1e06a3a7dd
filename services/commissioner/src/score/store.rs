//! SQL of score sheets, and of what they count.

use std::collections::BTreeMap;

use canopy_kernel::id::{CommissionerId, ScoreSheetId};
use canopy_kernel::{Failure, reason};
use canopy_persistence::{Tx, db, violates};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgPool;

use super::model::{Amount, Clause, Measure, Sheet};

/// Enters a sheet with its clauses.
pub(crate) async fn insert(tx: &mut Tx, sheet: &Sheet) -> Result<(), Failure> {
    let recorded_at = tx.recorded_at();
    sqlx::query!(
        r#"
        insert into commissioner.score_sheet (id, valid_from, title, maker, recorded_at)
        values ($1, $2, $3, $4, $5)
        "#,
        sheet.id.as_uuid(),
        sheet.valid_from.to_sqlx(),
        sheet.title,
        sheet.maker,
        recorded_at.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(|error| match violates(&error, "score_sheet_valid_from_key") {
        true => Failure::new(&reason::DUPLICATE_SCORE_SHEET).on("valid_from"),
        false => db(error),
    })?;
    let measures: Vec<&str> = sheet.clauses.iter().map(|it| it.measure.as_str()).collect();
    let points: Vec<i32> = sheet.clauses.iter().map(|it| it.points).collect();
    let caps: Vec<i32> = sheet.clauses.iter().map(|it| it.cap.unwrap_or(0)).collect();
    sqlx::query!(
        r#"
        insert into commissioner.score_clause (sheet_id, place, measure, points, cap_points)
        select $1, r.place, r.measure, r.points, r.cap_points
        from unnest($2::text[], $3::integer[], $4::integer[]) with ordinality
            as r (measure, points, cap_points, place)
        "#,
        sheet.id.as_uuid(),
        &measures as _,
        &points,
        &caps,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}

/// All sheets with their clauses, the first first.
pub(crate) async fn sheets(pool: &PgPool) -> Result<Vec<Sheet>, Failure> {
    let rows = sqlx::query!(
        r#"
        select s.id, s.valid_from, s.title, s.maker, c.measure, c.points, c.cap_points
        from commissioner.score_sheet s
        join commissioner.score_clause c on c.sheet_id = s.id
        order by s.valid_from, c.place
        "#
    )
    .fetch_all(pool)
    .await
    .map_err(db)?;
    let mut sheets: Vec<Sheet> = Vec::new();
    for row in rows {
        let cap = Some(row.cap_points).filter(|cap| *cap > 0);
        let clause = Clause { measure: Measure::stored(&row.measure)?, points: row.points, cap };
        match sheets.last_mut().filter(|sheet| sheet.id.as_uuid() == row.id) {
            Some(sheet) => sheet.clauses.push(clause),
            None => sheets.push(Sheet {
                id: ScoreSheetId::new(row.id),
                valid_from: row.valid_from.to_jiff(),
                title: row.title,
                maker: row.maker,
                clauses: vec![clause],
            }),
        }
    }
    Ok(sheets)
}

/// What there was of a commissioner's work on those days, with the answers that are known on another.
pub(crate) async fn amounts(
    pool: &PgPool,
    commissioner: CommissionerId,
    number: &str,
    (from_on, to_on): (Date, Date),
    known_on: Date,
) -> Result<BTreeMap<Measure, Amount>, Failure> {
    let rows = sqlx::query!(
        r#"
        select kind as "measure!", count(*) as "count!", 10000 * count(*) as "share_bp!"
        from commissioner.activity
        where commissioner_id = $1 and activity_on between $3 and $4
        group by kind
        union all
        select 'CONFIRMED_ACTIVITY', count(*), 10000 * count(*)
        from commissioner.activity a
        join commissioner.activity_answer w on w.activity_id = a.id
        where a.commissioner_id = $1 and a.activity_on between $3 and $4
          and w.verdict = 'CONFIRMED' and w.answered_on <= $5
        union all
        select 'LEADING_FIRM_CONTACT', count(*), 10000 * count(*)
        from commissioner.activity a
        where a.commissioner_id = $1 and a.activity_on between $3 and $4 and a.kind = 'CONTACT'
          and exists (
              select
              from commissioner.leading_firm f
              where f.counterpart = a.counterpart and f.from_on <= a.activity_on
                and (f.to_on is null or f.to_on >= a.activity_on)
          )
        union all
        select 'DEMAND_VERIFIED', count(distinct d.id), 10000 * count(distinct d.id)
        from commissioner.demand d
        join commissioner.demand_step s on s.demand_id = d.id
        where d.commissioner_no = $2 and s.state = 'VERIFIED' and s.effective_on between $3 and $4
        union all
        select 'SIGNED_PROJECT', count(*), coalesce(sum(c.share_bp), 0)
        from commissioner.signing g
        join commissioner.match_credit c on c.match_id = g.match_id
        where c.commissioner_no = $2 and g.amount_fen > 0 and g.signed_on between $3 and $4
        "#,
        commissioner.as_uuid(),
        number,
        from_on.to_sqlx(),
        to_on.to_sqlx(),
        known_on.to_sqlx(),
    )
    .fetch_all(pool)
    .await
    .map_err(db)?;
    rows.into_iter()
        .map(|row| Ok((Measure::stored(&row.measure)?, Amount { count: row.count, share_bp: row.share_bp })))
        .collect()
}
