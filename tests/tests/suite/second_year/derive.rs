//! The bundled year told anew. Every step keeps its meaning: 28 years on, the weekdays and leap years are the same;
//! areas, names and codes are only renamed; budgets grow with the amounts that they pay; the firms that are left out
//! hold one paid recognition and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use canopy_kernel::Uscc;

use super::table::Table;

/// After so many years the calendar repeats.
const YEARS: i32 = 28;
/// Money grows by this.
const TIMES: i64 = 3;
/// Firms that are left out, each paid for a first recognition.
const LEFT_OUT: usize = 100;

/// Files with rows about subjects, and the column that names the subject: rows about others change places.
const SHUFFLED: &[(&str, &str)] = &[
    ("enterprises.csv", "uscc"),
    ("institutes.csv", "uscc"),
    ("qualifications.csv", "holder_uscc"),
    ("credit.csv", "listing_no"),
    ("objections.csv", "uscc"),
    ("account_corrections.csv", "uscc"),
    ("treasury_returns.csv", "uscc"),
];
/// Files whose order is kept.
const ORDERED: &[&str] = &[
    "dataset.csv",
    "rule_parameters.csv",
    "calendar.csv",
    "lpr.csv",
    "office_hours.csv",
    "policies.csv",
    "payout_runs.csv",
    "budgets.csv",
    "adjustments.csv",
    "commissioners.csv",
    "commissioner_posts.csv",
    "method_labels.csv",
    "activities.csv",
    "demands.csv",
    "achievements.csv",
    "match_events.csv",
    "signed_projects.csv",
    "training_attendance.csv",
    "empowerments.csv",
    "conversion_deals.csv",
];
/// Files whose money grows. That of a deal does not: thrice an amount is not divided into thrice its parts.
const MONEY: &[&str] = &["policies.csv", "budgets.csv", "adjustments.csv", "signed_projects.csv"];

/// Writes the other year's records and answers into a folder.
pub fn another_year(bundled: &Path, folder: &Path) {
    let left_out = left_out(bundled);
    let mut lines = BTreeMap::new();
    for name in ORDERED.iter().chain(SHUFFLED.iter().map(|(name, _)| name)) {
        let mut table = Table::read(&bundled.join(name));
        if let Some((_, subject)) = SHUFFLED.iter().find(|(shuffled, _)| shuffled == name) {
            let subject = table.column(subject);
            table.rows.retain(|row| !left_out.contains(&row.cells[subject]));
            table.shuffle(subject);
        }
        for (row, line) in table.rows.iter().zip(2_u64..) {
            lines.insert(((*name).to_owned(), row.line), line);
        }
        if MONEY.contains(name) {
            let money = table.columns(|column| column.ends_with("_fen"));
            table.map(&money, grown);
        }
        if *name == "budgets.csv" {
            let year = table.column("year");
            table.map(&[year], later_year);
        }
        let all = table.columns(|_| true);
        table.map(&all, told_anew);
        if *name == "dataset.csv" {
            settings(&mut table);
        }
        table.write(&folder.join(name));
    }
    answers(bundled, folder, &left_out, &lines);
}

/// Firms that are paid for a first recognition, hold nothing else, and are named nowhere else.
fn left_out(bundled: &Path) -> BTreeSet<String> {
    let mut mentions: BTreeMap<String, usize> = BTreeMap::new();
    for (name, subject) in SHUFFLED {
        let table = Table::read(&bundled.join(name));
        let subject = if *name == "credit.csv" { "uscc" } else { subject };
        let at = table.column(subject);
        for row in &table.rows {
            *mentions.entry(row.cells[at].clone()).or_default() += 1;
        }
    }
    for name in ORDERED {
        for cell in Table::read(&bundled.join(name)).rows.into_iter().flat_map(|row| row.cells) {
            if let Some(mentioned) = mentions.get_mut(&cell) {
                *mentioned += 1;
            }
        }
    }
    let payouts = Table::read(&bundled.join("expected_payouts.csv"));
    let [policy, uscc, amount] = ["policy_code", "uscc", "amount_fen"].map(|name| payouts.column(name));
    let firms: BTreeSet<String> = payouts
        .rows
        .iter()
        .filter(|row| row.cells[policy] == "HNTE" && row.cells[amount] == "10000000")
        .map(|row| row.cells[uscc].clone())
        // The register's row and the recognition's.
        .filter(|uscc| mentions.get(uscc) == Some(&2))
        .take(LEFT_OUT)
        .collect();
    assert_eq!(firms.len(), LEFT_OUT);
    firms
}

fn settings(table: &mut Table) {
    let [key, value] = ["key", "value"].map(|name| table.column(name));
    for row in &mut table.rows {
        let now = match row.cells[key].as_str() {
            "report_year" => later_year(&row.cells[value]),
            "city_en" => "Yunzhou".to_owned(),
            "area_prefix" => area("420100")[..4].to_owned(),
            _ => continue,
        };
        row.cells[value] = now;
    }
}

/// The answers follow: renamed, later, grown, without the firms that are left out, on the rows' new lines.
fn answers(bundled: &Path, folder: &Path, left_out: &BTreeSet<String>, lines: &BTreeMap<(String, u64), u64>) {
    for name in ["expected_payouts.csv", "expected_exclusions.csv"] {
        let mut table = Table::read(&bundled.join(name));
        let uscc = table.column("uscc");
        table.rows.retain(|row| !left_out.contains(&row.cells[uscc]));
        let money = table.columns(|column| column.ends_with("_fen"));
        table.map(&money, grown);
        let all = table.columns(|_| true);
        table.map(&all, told_anew);
        table.write(&folder.join(name));
    }
    std::fs::copy(bundled.join("expected_splits.csv"), folder.join("expected_splits.csv")).unwrap();
    let mut refusals = Table::read(&bundled.join("expected_rejections.csv"));
    let [file, line_no, row_key] = ["file", "line_no", "row_key"].map(|name| refusals.column(name));
    refusals.rows.retain_mut(|row| {
        let line = row.cells[line_no].parse().unwrap();
        let Some(line) = lines.get(&(row.cells[file].clone(), line)) else { return false };
        row.cells[line_no] = line.to_string();
        true
    });
    refusals.map(&[row_key], |key| key.split('|').map(told_anew).collect::<Vec<_>>().join("|"));
    refusals.write(&folder.join("expected_rejections.csv"));
    figures(bundled, folder);
}

fn figures(bundled: &Path, folder: &Path) {
    let mut table = Table::read(&bundled.join("expected.csv"));
    let [id, value, unit] = ["id", "value", "unit"].map(|name| table.column(name));
    let fewer = i64::try_from(LEFT_OUT).unwrap();
    for row in &mut table.rows {
        let number = || row.cells[value].parse::<i64>().unwrap();
        let now = match row.cells[id].as_str() {
            "S002" | "S021" => later_year(&row.cells[value]),
            // Firms paid for a first recognition, all firms paid, firms with a certificate.
            "D011" | "S073" | "D308" => (number() - fewer).to_string(),
            // 100,000 yuan a first recognition, in fen and in 万元.
            "D001" => ((number() - fewer * 10_000_000) * TIMES).to_string(),
            "S074" => ((number() - fewer * 10) * TIMES).to_string(),
            "D043" => ((number() + fewer * 10_000_000) * TIMES).to_string(),
            "D006" | "S080" | "D302" => (number() * TIMES).to_string(),
            _ if row.cells[unit] == "date" => told_anew(&row.cells[value]),
            _ => continue,
        };
        row.cells[value] = now;
    }
    table.write(&folder.join("expected.csv"));
}

fn grown(fen: &str) -> String {
    match fen {
        "" => String::new(),
        fen => (fen.parse::<i64>().unwrap() * TIMES).to_string(),
    }
}

fn later_year(year: &str) -> String {
    (year.parse::<i32>().unwrap() + YEARS).to_string()
}

/// A cell of any column, by its form.
fn told_anew(cell: &str) -> String {
    // A day, or an instant that begins with one.
    if let [b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', b'-', _, _, b'-', _, _, rest @ ..] =
        cell.as_bytes()
        && matches!(rest, [] | [b'T', ..])
    {
        return format!("{}{}", later_year(&cell[..4]), &cell[4..]);
    }
    if let Some(number) = certificate(cell).or_else(|| listing(cell)).or_else(|| code(cell)) {
        return number;
    }
    match cell {
        area_code if area_code.len() == 6 && area_code.starts_with("42") => area(area_code),
        "张晓岚" => "宋知远".to_owned(),
        "刘卫东" => "韩雨桐".to_owned(),
        cell => cell
            .replace("武汉", "云州")
            .replace("湖北", "江南")
            .replace("LHCJ-", "XYCJ-")
            .replace("YY-", "YZ-"),
    }
}

/// `4201xx` becomes a city of another province, the rest of the province follows.
fn area(digits: &str) -> String {
    match digits.strip_prefix("4201") {
        Some(district) => format!("3371{district}"),
        None => format!("33{}", &digits[2..]),
    }
}

/// A high-tech certificate: `GR` or `GF`, year, province, serial.
fn certificate(cell: &str) -> Option<String> {
    let digits = cell.strip_prefix("GR").or_else(|| cell.strip_prefix("GF"))?;
    let sound = digits.len() == 12 && digits.bytes().all(|byte| byte.is_ascii_digit());
    sound.then(|| format!("{}{}33{}", &cell[..2], later_year(&digits[..4]), &digits[6..]))
}

/// A listing of a small firm: year, area, two characters, serial.
fn listing(cell: &str) -> Option<String> {
    let sound =
        cell.len() == 18 && cell.starts_with("20") && cell[..10].bytes().all(|byte| byte.is_ascii_digit());
    sound.then(|| format!("{}{}{}", later_year(&cell[..4]), area(&cell[4..10]), &cell[10..]))
}

/// A unified social credit code in its new area: with the check character that fits, or, where it did not fit before,
/// with one that does not fit now.
fn code(cell: &str) -> Option<String> {
    let is_code = cell.is_ascii() && cell.len() == 18 && &cell[2..4] == "42";
    let body = is_code.then(|| format!("{}{}{}", &cell[..2], area(&cell[2..8]), &cell[8..17]))?;
    let with = |check: char| format!("{body}{check}");
    let fits = |check: &char| Uscc::parse(&with(*check)).is_ok();
    let mut alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY".chars();
    if Uscc::parse(cell).is_ok() { alphabet.find(fits) } else { alphabet.find(|check| !fits(check)) }
        .map(with)
}
