//! Turns `reasons.toml` into the constants of module `reason`, refusing an untidy table.

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    reason: Vec<Row>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    code: String,
    zh: String,
    en: String,
    pass_zh: String,
    pass_en: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=reasons.toml");
    println!("cargo::rerun-if-changed=build.rs");
    let table: Table = toml::from_str(&std::fs::read_to_string("reasons.toml")?)?;
    for row in &table.reason {
        check(row).map_err(|fault| format!("reasons.toml: {}: {fault}", row.name))?;
    }
    for pair in table.reason.windows(2) {
        if pair[0].name >= pair[1].name {
            return Err(format!("reasons.toml: {} must come after {}", pair[0].name, pair[1].name).into());
        }
    }
    let out = std::env::var("OUT_DIR")?;
    std::fs::write(Path::new(&out).join("reason.rs"), constants(&table.reason)?)?;
    Ok(())
}

fn check(row: &Row) -> Result<(), String> {
    let screaming = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    if !row.name.starts_with(|c: char| c.is_ascii_uppercase()) || !row.name.chars().all(screaming) {
        return Err("the name is not in SCREAMING_SNAKE_CASE".into());
    }
    variant(&row.code).ok_or_else(|| format!("{} is no gRPC code", row.code))?;
    for text in [&row.zh, &row.en, &row.pass_zh, &row.pass_en] {
        if text.trim().is_empty() {
            return Err("a text is empty".into());
        }
    }
    // Both languages must say the same, so they name the same details.
    if placeholders(&row.zh)? != placeholders(&row.en)? {
        return Err("zh and en differ in their placeholders".into());
    }
    if placeholders(&row.pass_zh)? != placeholders(&row.pass_en)? {
        return Err("pass_zh and pass_en differ in their placeholders".into());
    }
    Ok(())
}

fn placeholders(text: &str) -> Result<BTreeSet<&str>, String> {
    if text.matches('[').count() != text.matches(']').count() {
        return Err("an optional part is not closed".into());
    }
    text.split('{')
        .skip(1)
        .map(|rest| {
            rest.split_once('}').map(|(key, _)| key).ok_or_else(|| "a placeholder is not closed".into())
        })
        .collect()
}

fn constants(rows: &[Row]) -> Result<String, Box<dyn Error>> {
    let mut text = String::new();
    for row in rows {
        let code = variant(&row.code).ok_or("unchecked code")?;
        writeln!(
            text,
            "/// {} `{}`: {}",
            row.zh.replace(['[', ']'], ""),
            row.code,
            row.en.replace(['[', ']'], "")
        )?;
        writeln!(
            text,
            "pub static {}: Reason = Reason {{ name: {:?}, code: Code::{code}, zh: {:?}, en: {:?}, pass_zh: {:?}, pass_en: {:?} }};",
            row.name, row.name, row.zh, row.en, row.pass_zh, row.pass_en
        )?;
    }
    writeln!(text, "/// Every reason, sorted by name.")?;
    writeln!(text, "pub static ALL: &[&Reason] = &[")?;
    for row in rows {
        writeln!(text, "    &{},", row.name)?;
    }
    writeln!(text, "];")?;
    Ok(text)
}

fn variant(code: &str) -> Option<&'static str> {
    Some(match code {
        "OK" => "Ok",
        "INVALID_ARGUMENT" => "InvalidArgument",
        "NOT_FOUND" => "NotFound",
        "ALREADY_EXISTS" => "AlreadyExists",
        "PERMISSION_DENIED" => "PermissionDenied",
        "UNAUTHENTICATED" => "Unauthenticated",
        "FAILED_PRECONDITION" => "FailedPrecondition",
        "RESOURCE_EXHAUSTED" => "ResourceExhausted",
        "OUT_OF_RANGE" => "OutOfRange",
        "ABORTED" => "Aborted",
        "UNAVAILABLE" => "Unavailable",
        "DEADLINE_EXCEEDED" => "DeadlineExceeded",
        "UNIMPLEMENTED" => "Unimplemented",
        "INTERNAL" => "Internal",
        "CANCELLED" => "Cancelled",
        _ => return None,
    })
}
