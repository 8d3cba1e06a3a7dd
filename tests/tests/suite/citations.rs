//! Code cites the rules of its own service; a citation leads somewhere.

use std::collections::BTreeSet;

use canopy_tests::source::{self, Source};

/// Servers and libraries that keep no rules of a field.
const WITHOUT_RULES: &[&str] = &["kernel", "platform", "persistence", "canopy"];

/// Numbers of rules cited after `RULES.md`: `RULES.md R3`, `RULES.md R1–R4, R6`.
fn cited(text: &str) -> BTreeSet<u32> {
    let mut cited = BTreeSet::new();
    for after in text.split("RULES.md").skip(1) {
        let mut from = None;
        let mut rest = after.trim_start();
        while let Some((number, tail)) = rule_number(rest) {
            let first = from.unwrap_or(number);
            cited.extend(first..=number);
            (from, rest) = match separator(tail) {
                Some((true, next)) => (Some(number), next),
                Some((false, next)) => (None, next),
                None => break,
            };
        }
    }
    cited
}

/// `R12…` → 12 and what follows.
fn rule_number(text: &str) -> Option<(u32, &str)> {
    let digits = text.strip_prefix('R')?;
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    Some((digits[..end].parse().ok()?, &digits[end..]))
}

/// What stands between two cited rules: whether it makes a range, and what follows.
fn separator(text: &str) -> Option<(bool, &str)> {
    let one =
        [", ", " and ", "/", ","].iter().find_map(|word| text.strip_prefix(word)).map(|rest| (false, rest));
    one.or_else(|| text.strip_prefix('–').or_else(|| text.strip_prefix('-')).map(|rest| (true, rest)))
}

/// Rules that a RULES.md states: lines that open with `R3`, whatever marks stand before it.
fn stated(rules: &str) -> BTreeSet<u32> {
    let opening =
        |line: &str| rule_number(line.trim_start_matches(['#', '*', '-', '|', ' '])).map(|(n, _)| n);
    rules.lines().filter_map(opening).collect()
}

fn services() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(source::root().join("services"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn rules_of(service: &str) -> Option<String> {
    std::fs::read_to_string(source::root().join("services").join(service).join("RULES.md")).ok()
}

#[test]
fn every_service_with_rules_states_them() {
    let silent: Vec<String> = services()
        .into_iter()
        .filter(|service| !WITHOUT_RULES.contains(&service.as_str()))
        .filter(|service| rules_of(service).is_none_or(|rules| stated(&rules).is_empty()))
        .collect();
    assert!(silent.is_empty(), "no RULES.md with numbered rules in {silent:?}");
}

#[test]
fn every_citation_leads_to_a_rule() {
    let mut lost = Vec::new();
    for service in services() {
        let stated = rules_of(&service).map(|rules| stated(&rules)).unwrap_or_default();
        let folder = format!("services/{service}");
        let texts = ["rs", "sql", "toml"].iter().flat_map(|extension| source::files(&folder, extension));
        let proto = source::files(&format!("proto/canopy/{service}"), "proto");
        for Source { path, text } in texts.chain(proto) {
            lost.extend(cited(&text).difference(&stated).map(|rule| format!("{path}: R{rule}")));
        }
    }
    assert!(lost.is_empty(), "cited, but not stated in the service's RULES.md: {lost:#?}");
}

/// Words of comments that look like a reason: they stand after `Fails:` or `refusals:`.
fn reasons_named(proto: &str) -> Vec<String> {
    let comment = |line: &str| line.trim_start().strip_prefix("//").map(|text| text.trim().to_owned());
    let mut paragraphs = vec![String::new()];
    for line in proto.lines() {
        match (comment(line), paragraphs.last_mut()) {
            (Some(text), Some(last)) => *last = format!("{last} {text}"),
            _ => paragraphs.push(String::new()),
        }
    }
    let named = paragraphs
        .iter()
        .filter_map(|text| text.split_once("Fails:").or_else(|| text.split_once("efusals:")));
    named
        .flat_map(|(_, list)| list.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').map(str::to_owned))
        .filter(|word| word.contains('_') && word.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
        .collect()
}

/// gRPC's own codes, which the documentation may name too.
const CODES: &[&str] =
    &["INVALID_ARGUMENT", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "FAILED_PRECONDITION"];

#[test]
fn a_reason_that_the_contract_documents_exists() {
    let unknown: Vec<String> = source::files("proto/canopy", "proto")
        .iter()
        .flat_map(|file| reasons_named(&file.text).into_iter().map(|name| (file.path.clone(), name)))
        .filter(|(_, name)| canopy_kernel::reason::by_name(name).is_none() && !CODES.contains(&name.as_str()))
        .map(|(path, name)| format!("{path}: {name}"))
        .collect();
    assert!(unknown.is_empty(), "documented reasons that reasons.toml lacks: {unknown:#?}");
}

#[test]
fn every_reason_is_given_by_something() {
    let code: Vec<Source> = source::services();
    let unused: Vec<&str> = canopy_kernel::reason::ALL
        .iter()
        .map(|reason| reason.name)
        .filter(|name| !code.iter().any(|source| source.code().any(|(_, line)| mentions(line, name))))
        .collect();
    assert!(unused.is_empty(), "reasons that nothing gives: {unused:?}");
}

/// Whether a line names a constant as a whole word.
fn mentions(line: &str, name: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    line.match_indices(name)
        .any(|(at, _)| !line[..at].ends_with(word) && !line[at + name.len()..].starts_with(word))
}

#[test]
fn citations_are_read_as_people_write_them() {
    assert_eq!(cited("(RULES.md R3)"), BTreeSet::from([3]));
    assert_eq!(cited("RULES.md R1–R4, R6 and R9."), BTreeSet::from([1, 2, 3, 4, 6, 9]));
    assert_eq!(cited("(RULES.md, state machines)"), BTreeSet::new());
    assert_eq!(stated("## R1 Title\n**R2 Text.**\n- R3: x\nR x\n"), BTreeSet::from([1, 2, 3]));
}
