//! SQL of the reference data in force: a set that is activated takes the place of the one before as a whole.

use canopy_kernel::{DayKind, Failure, RuleParameter};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;

use super::store::{columns_of, optional_days};
use crate::db;
use crate::tx::Tx;

/// Puts a calendar in the place of the one before.
pub(super) async fn replace_calendar(
    tx: &mut Tx,
    set: &str,
    days: &[(Date, DayKind)],
) -> Result<(), Failure> {
    sqlx::query!("delete from platform.mirror_calendar_day").execute(tx.conn()).await.map_err(db)?;
    let day: Vec<jiff_sqlx::Date> = days.iter().map(|(day, _)| day.to_sqlx()).collect();
    let kind: Vec<String> = days.iter().map(|(_, kind)| kind.as_str().to_owned()).collect();
    sqlx::query!(
        r#"
        insert into platform.mirror_calendar_day (day, kind, set_name)
        select r.day, r.kind, $1
        from unnest($2::date[], $3::text[]) as r (day, kind)
        "#,
        set,
        &day,
        &kind,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}

/// Puts rule parameters in the place of those before.
pub(super) async fn replace_parameters(
    tx: &mut Tx,
    set: &str,
    parameters: &[RuleParameter],
) -> Result<(), Failure> {
    sqlx::query!("delete from platform.mirror_rule_parameter").execute(tx.conn()).await.map_err(db)?;
    let rows: Vec<&RuleParameter> = parameters.iter().collect();
    sqlx::query!(
        r#"
        insert into platform.mirror_rule_parameter (rule_key, valid_from, valid_to, value, unit, set_name)
        select r.rule_key, r.valid_from, r.valid_to, r.value, r.unit, $1
        from unnest($2::text[], $3::date[], $4::date[], $5::text[], $6::text[])
            as r (rule_key, valid_from, valid_to, value, unit)
        "#,
        set,
        &columns_of(&rows, |it| it.key.clone()),
        &columns_of(&rows, |it| it.valid_from.to_sqlx()),
        &optional_days(&rows, |it| it.valid_to) as _,
        &columns_of(&rows, |it| it.value.clone()),
        &columns_of(&rows, |it| it.unit.as_str().to_owned()),
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}

/// Puts settings in the place of those before.
pub(super) async fn replace_settings(
    tx: &mut Tx,
    set: &str,
    settings: &[(String, String)],
) -> Result<(), Failure> {
    sqlx::query!("delete from platform.mirror_setting").execute(tx.conn()).await.map_err(db)?;
    let (keys, values): (Vec<String>, Vec<String>) = settings.iter().cloned().unzip();
    sqlx::query!(
        r#"
        insert into platform.mirror_setting (key, value, set_name)
        select r.key, r.value, $1
        from unnest($2::text[], $3::text[]) as r (key, value)
        "#,
        set,
        &keys,
        &values,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}
