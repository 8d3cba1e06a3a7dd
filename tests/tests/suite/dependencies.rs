//! Who may depend on whom, read from `cargo metadata`: a service never knows another's code.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{Metadata, MetadataCommand, Package};

/// What a domain service may know of ours.
const BELOW_A_SERVICE: &[&str] = &["canopy-kernel", "canopy-persistence", "canopy-platform", "canopy-proto"];
/// What the servers without a database may know of ours.
const BELOW_A_SERVER: &[&str] = &["canopy-kernel", "canopy-platform", "canopy-proto"];

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(canopy_tests::source::root().join("Cargo.toml"))
        .no_deps()
        .other_options(["--offline".to_owned()])
        .exec()
        .unwrap()
}

/// What a crate may know of ours; `None` when anything.
fn allowed(package: &str) -> Option<&'static [&'static str]> {
    match package {
        "canopy-kernel" | "canopy-proto" => Some(&[]),
        "canopy-platform" => Some(&["canopy-kernel", "canopy-proto"]),
        "canopy-persistence" | "canopy-gateway" | "canopy-sandbox" => Some(BELOW_A_SERVER),
        "canopy" | "canopy-tests" => None,
        _ => Some(BELOW_A_SERVICE),
    }
}

fn names(package: &Package) -> BTreeSet<&str> {
    package.dependencies.iter().map(|dependency| dependency.name.as_str()).collect()
}

#[test]
fn a_crate_depends_only_on_those_below_it() {
    let metadata = metadata();
    let ours: BTreeSet<&str> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
    let mut wrong = Vec::new();
    for package in &metadata.packages {
        let Some(allowed) = allowed(&package.name) else { continue };
        for dependency in names(package) {
            // A crate may name itself, to switch on its own test support.
            let own = dependency == package.name.as_str();
            if ours.contains(dependency) && !own && !allowed.contains(&dependency) {
                wrong.push(format!("{} → {dependency}", package.name));
            }
        }
    }
    assert!(wrong.is_empty(), "these dependencies break the order of the rooms: {wrong:#?}");
}

#[test]
fn pure_and_databaseless_crates_stay_so() {
    let forbidden: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("canopy-kernel", ["tokio", "tonic", "sqlx", "prost"].as_slice()),
        ("canopy-proto", &["tokio", "sqlx"]),
        ("canopy-platform", &["sqlx"]),
        ("canopy-gateway", &["sqlx"]),
        ("canopy-sandbox", &["sqlx"]),
    ]);
    let mut wrong = Vec::new();
    for package in &metadata().packages {
        let forbidden = forbidden.get(package.name.as_str()).copied().unwrap_or_default();
        wrong.extend(
            names(package)
                .into_iter()
                .filter(|name| forbidden.contains(name))
                .map(|name| format!("{} → {name}", package.name)),
        );
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_crate_has_at_most_one_integration_test_binary() {
    // Each binary links everything once more, and a cold CI run has two cores. Telemetry is global to a process, so
    // platform's test of it has one of its own.
    let many: Vec<String> = metadata()
        .packages
        .iter()
        .filter(|package| {
            let binaries = package.targets.iter().filter(|target| target.is_test()).count();
            binaries > if package.name.as_str() == "canopy-platform" { 2 } else { 1 }
        })
        .map(|package| package.name.to_string())
        .collect();
    assert!(many.is_empty(), "several integration test binaries in {many:?}");
}
