//! Rules between rooms that the compiler does not keep, read from the sources: what is pure, where SQL stands,
//! where a status is built, how long a file may be.

use canopy_tests::source::{self, Source};

/// What a pure file must not know: the database, the wire, the runtime, the clock, chance.
const IMPURE: &[&str] = &[
    "sqlx",
    "tonic",
    "tokio",
    "canopy_proto",
    "canopy_persistence",
    "canopy_platform",
    "prost",
    "rand::",
    "Clock::System",
    "::now(",
    "new_v4(",
    "new_v7(",
];

/// Constructors of `tonic::Status`.
const STATUS: &[&str] = &[
    "Status::new(",
    "Status::with_details(",
    "Status::with_metadata(",
    "Status::with_error_details",
    "Status::cancelled(",
    "Status::unknown(",
    "Status::invalid_argument(",
    "Status::deadline_exceeded(",
    "Status::not_found(",
    "Status::already_exists(",
    "Status::permission_denied(",
    "Status::resource_exhausted(",
    "Status::failed_precondition(",
    "Status::aborted(",
    "Status::out_of_range(",
    "Status::unimplemented(",
    "Status::internal(",
    "Status::unavailable(",
    "Status::data_loss(",
    "Status::unauthenticated(",
];

/// A file of meaning: what an aggregate is, or one of its rules.
fn is_pure(source: &Source) -> bool {
    let name = source.name();
    // The replay names a file after the record file that it reads.
    let is_record_file = source.path.starts_with("services/canopy/");
    !is_record_file && (name == "model.rs" || name.starts_with("model_") || name.starts_with("rule_"))
}

/// A file of SQL.
fn holds_sql(source: &Source) -> bool {
    let name = source.name();
    source.path.starts_with("services/persistence/")
        || name == "store.rs"
        || name.starts_with("store_")
        || source.path.contains("/store/")
        // `canopy up` administers a private server: it creates the services' databases.
        || source.path == "services/canopy/src/suite/postgres.rs"
}

fn holds_any(line: &str, words: &[&str]) -> bool {
    words.iter().any(|word| line.contains(word))
}

#[test]
fn models_and_rules_are_pure() {
    let impure: Vec<String> = source::services()
        .iter()
        .filter(|source| is_pure(source))
        .flat_map(|source| source.places(|line| holds_any(line, IMPURE)))
        .collect();
    assert!(impure.is_empty(), "model and rule files know more than values: {impure:#?}");
}

#[test]
fn sql_stands_in_store_files_and_persistence_alone() {
    let sql = ["sqlx::query", "query!(", "query_as!(", "query_scalar!(", "query_unchecked!(", "QueryBuilder"];
    let elsewhere: Vec<String> = source::services()
        .iter()
        .filter(|source| !holds_sql(source))
        .flat_map(|source| source.places(|line| holds_any(line, &sql)))
        .collect();
    assert!(elsewhere.is_empty(), "SQL outside of store.rs: {elsewhere:#?}");
}

#[test]
fn sql_is_checked_by_the_compiler() {
    let unchecked: Vec<String> = source::services()
        .iter()
        .filter(|source| !source.path.starts_with("services/persistence/"))
        .filter(|source| !source.path.starts_with("services/canopy/"))
        .flat_map(|source| {
            source.places(|line| holds_any(line, &["sqlx::query(", "sqlx::query_as(", "AssertSqlSafe"]))
        })
        .collect();
    assert!(unchecked.is_empty(), "SQL that no compiler has seen: {unchecked:#?}");
}

#[test]
fn one_file_builds_a_status() {
    let places: Vec<String> = source::services()
        .iter()
        .filter(|source| source.path != "services/platform/src/status.rs")
        .flat_map(|source| source.places(|line| holds_any(line, STATUS)))
        .collect();
    assert!(places.is_empty(), "a tonic::Status is built outside of platform's status.rs: {places:#?}");
}

#[test]
fn nothing_is_unwrapped_outside_of_tests() {
    let places: Vec<String> = source::services()
        .iter()
        .flat_map(|source| source.places(|line| line.contains(".unwrap()")))
        .collect();
    assert!(places.is_empty(), "{places:#?}");
}

#[test]
fn tests_do_not_sleep() {
    let places: Vec<String> = source::rust()
        .iter()
        .filter(|source| source.path.contains("/tests/") && source.name() != "architecture.rs")
        .flat_map(|source| source.places(|line| line.contains("sleep(")))
        .collect();
    assert!(places.is_empty(), "tests wait for conditions, not for time: {places:#?}");
}

/// The pool for reads has no guard against a transaction that a dropped future leaves open.
#[test]
fn transactions_begin_on_their_own_pool() {
    let places: Vec<String> = source::rust()
        .iter()
        .filter(|source| source.path.starts_with("services/") && !source.path.contains("/tests/"))
        .flat_map(|source| source.places(|line| line.contains(".pool().begin")))
        .collect();
    assert!(places.is_empty(), "begun elsewhere than by `Store::writes`: {places:#?}");
}

#[test]
fn no_file_is_too_long_and_most_are_short() {
    let all = source::rust();
    let mut lengths: Vec<(usize, &str)> =
        all.iter().map(|source| (source.text.lines().count(), source.path.as_str())).collect();
    lengths.sort_unstable();
    let long: Vec<_> = lengths.iter().filter(|(lines, _)| *lines > 500).collect();
    assert!(long.is_empty(), "over 500 lines: {long:?}");
    let median = lengths[lengths.len() / 2].0;
    assert!(median <= 150, "half of the files are over {median} lines");
}

#[test]
fn every_module_opens_with_its_duty() {
    let silent: Vec<String> = source::rust()
        .into_iter()
        .filter(|source| !source.text.lines().next().unwrap_or_default().starts_with("//!"))
        .map(|source| source.path)
        .collect();
    assert!(silent.is_empty(), "no //! sentence at the head of {silent:#?}");
}
