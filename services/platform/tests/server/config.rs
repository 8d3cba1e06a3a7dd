//! Configuration from file and environment.

use std::io::Write;
use std::process::Command;

use canopy_platform::{ServerSettings, config};
use serde::Deserialize;
use tempfile::NamedTempFile;

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Config {
    server: ServerSettings,
}

fn file(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

fn fault(text: &str) -> String {
    let file = file(text);
    format!("{:#}", config::load::<Config>("CANOPY_NOBODY", Some(file.path())).unwrap_err())
}

#[test]
fn a_file_changes_what_it_names_and_leaves_the_defaults() {
    let file = file("[server]\ndrain_seconds = 3\n[server.identity.accept]\ngateway = \"AAAA\"\n");
    let config: Config = config::load("CANOPY_NOBODY", Some(file.path())).unwrap();
    assert_eq!(config.server.drain_seconds, 3);
    assert_eq!(config.server.deadline_cap_seconds, 60);
    assert_eq!(config.server.identity.accept["gateway"], "AAAA");
    assert_eq!(config.server.zone().unwrap().iana_name(), Some("Asia/Shanghai"));
}

#[test]
fn an_unknown_key_is_named() {
    let fault = fault("[server]\ndrain_secs = 3\n");
    assert!(fault.contains("drain_secs"), "{fault}");
}

#[test]
fn a_malformed_value_is_named_with_its_key() {
    let fault = fault("[server]\nmax_in_flight = \"many\"\n");
    assert!(fault.contains("`server.max_in_flight`"), "{fault}");
}

#[test]
fn a_file_that_is_missing_is_an_error() {
    let missing = std::path::Path::new("/nonexistent/registry.toml");
    assert!(config::load::<Config>("CANOPY_NOBODY", Some(missing)).is_err());
}

/// The environment belongs to the process, so the test runs itself again in a process of its own.
#[test]
fn the_environment_overrides_the_file() {
    const INSIDE: &str = "CANOPY_TEST_INSIDE";
    if std::env::var_os(INSIDE).is_some() {
        let file = file("[server]\ndrain_seconds = 3\ntryout = true\n");
        let config: Config = config::load("CANOPY_TESTED", Some(file.path())).unwrap();
        assert_eq!(config.server.drain_seconds, 9);
        assert_eq!(config.server.identity.name, "registry");
        assert!(config.server.tryout);
        return;
    }
    let inner = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "config::the_environment_overrides_the_file"])
        .env(INSIDE, "1")
        .env("CANOPY_TESTED__SERVER__DRAIN_SECONDS", "9")
        .env("CANOPY_TESTED__SERVER__IDENTITY__NAME", "registry")
        .output()
        .unwrap();
    assert!(inner.status.success(), "{}", String::from_utf8_lossy(&inner.stdout));
}

#[test]
fn help_lists_every_key_of_a_server() {
    let help = config::help(ServerSettings::KEYS);
    for key in
        ["server.listen", "server.max_in_flight", "server.identity.key_file", "server.telemetry.log_format"]
    {
        assert!(help.contains(key), "{key} in\n{help}");
    }
    assert!(help.contains("[default: 20]"));
}
