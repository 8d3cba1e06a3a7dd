//! Rows of reference sets on the wire.

use canopy_kernel::{AreaCode, BasisPoints, Failure, reason};
use canopy_proto::registry::v1 as pb;
use canopy_proto::registry::v1::reference_row::Row as Wire;
use jiff::civil::Time;

use super::model::Row;
use crate::edge::{day, day_if_any, day_text};

/// Reads a row.
pub(crate) fn read(row: &pb::ReferenceRow) -> Result<Row, Failure> {
    match row.row.as_ref().ok_or_else(|| missing("row"))? {
        Wire::Setting(setting) => Ok(Row::Setting {
            key: text("setting.key", &setting.key)?,
            value: text("setting.value", &setting.value)?,
        }),
        Wire::CalendarDay(named) => Ok(Row::CalendarDay {
            day: day("calendar_day.day", &named.day)?,
            worked: match named.kind() {
                pb::CalendarDayKind::Work => true,
                pb::CalendarDayKind::Off => false,
                pb::CalendarDayKind::Unspecified => {
                    return Err(Failure::new(&reason::ENUM_UNKNOWN).on("calendar_day.kind"));
                }
            },
        }),
        Wire::RuleParameter(rule) => read_rule(rule),
        Wire::LprRate(rate) => Ok(Row::LprRate {
            published_on: day("lpr_rate.published_on", &rate.published_on)?,
            one_year_bp: basis_points("lpr_rate.one_year_bp", rate.one_year_bp)?,
            five_year_bp: basis_points("lpr_rate.five_year_bp", rate.five_year_bp)?,
        }),
        Wire::AreaCode(area) => Ok(Row::Area {
            code: AreaCode::parse(&area.code).map_err(|failure| failure.on("area_code.code"))?,
            title: text("area_code.title", &area.title)?,
        }),
        Wire::OfficeHours(hours) => read_hours(hours),
    }
}

fn read_rule(rule: &pb::RuleParameter) -> Result<Row, Failure> {
    Ok(Row::RuleParameter {
        key: text("rule_parameter.key", &rule.key)?,
        value: text("rule_parameter.value", &rule.value)?,
        unit: text("rule_parameter.unit", &rule.unit)?,
        valid_from: day("rule_parameter.valid_from", &rule.valid_from)?,
        valid_to: day_if_any("rule_parameter.valid_to", &rule.valid_to)?,
        meaning: rule.meaning.clone(),
    })
}

fn read_hours(hours: &pb::OfficeHours) -> Result<Row, Failure> {
    let weekday = i8::try_from(hours.weekday).ok().filter(|weekday| (1..=7).contains(weekday));
    let opens = time("office_hours.opens", &hours.opens)?;
    let closes = time("office_hours.closes", &hours.closes)?;
    if closes <= opens {
        return Err(Failure::new(&reason::FIELD_OUT_OF_RANGE)
            .on("office_hours.closes")
            .with("min", hours.opens.as_str()));
    }
    Ok(Row::OfficeHours {
        weekday: weekday.ok_or_else(|| {
            Failure::new(&reason::FIELD_OUT_OF_RANGE).on("office_hours.weekday").with("min", 1).with("max", 7)
        })?,
        opens,
        closes,
        extra: hours.extra,
    })
}

/// The row on the wire; its importer's keys are not kept with it.
pub(crate) fn message(row: Row) -> pb::ReferenceRow {
    let row = match row {
        Row::Setting { key, value } => Wire::Setting(pb::Setting { key, value }),
        Row::CalendarDay { day, worked } => {
            let kind = if worked { pb::CalendarDayKind::Work } else { pb::CalendarDayKind::Off };
            Wire::CalendarDay(pb::CalendarDay { day: day.to_string(), kind: kind.into() })
        }
        Row::RuleParameter { key, value, unit, valid_from, valid_to, meaning } => {
            Wire::RuleParameter(pb::RuleParameter {
                key,
                value,
                unit,
                valid_from: valid_from.to_string(),
                valid_to: day_text(valid_to),
                meaning,
            })
        }
        Row::LprRate { published_on, one_year_bp, five_year_bp } => Wire::LprRate(pb::LprRate {
            published_on: published_on.to_string(),
            one_year_bp: i32::try_from(one_year_bp).unwrap_or(i32::MAX),
            five_year_bp: i32::try_from(five_year_bp).unwrap_or(i32::MAX),
        }),
        Row::Area { code, title } => Wire::AreaCode(pb::AreaCode { code: code.to_string(), title }),
        Row::OfficeHours { weekday, opens, closes, extra } => Wire::OfficeHours(pb::OfficeHours {
            weekday: i32::from(weekday),
            opens: time_text(opens),
            closes: time_text(closes),
            extra,
        }),
    };
    pb::ReferenceRow { row: Some(row), ..Default::default() }
}

fn missing(field: &'static str) -> Failure {
    Failure::new(&reason::FIELD_MISSING).on(field)
}

/// Reads a text of 1 to 500 characters.
fn text(field: &'static str, text: &str) -> Result<String, Failure> {
    match text.chars().count() {
        0 => Err(missing(field)),
        1..=500 => Ok(text.to_owned()),
        _ => Err(Failure::new(&reason::FIELD_TOO_LONG).on(field).with("max", 500)),
    }
}

fn basis_points(field: &'static str, value: i32) -> Result<u32, Failure> {
    BasisPoints::new(i64::from(value)).map(BasisPoints::get).map_err(|failure| failure.on(field))
}

/// Reads a local time, `HH:MM`.
fn time(field: &'static str, text: &str) -> Result<Time, Failure> {
    let refused = || Failure::new(&reason::FIELD_INVALID).on(field).with("rule", "HH:MM");
    match text.len() {
        5 => Time::strptime("%H:%M", text).map_err(|_| refused()),
        _ => Err(refused()),
    }
}

fn time_text(time: Time) -> String {
    time.strftime("%H:%M").to_string()
}
