//! The main job, as an operator does it: a fresh data folder, the bundled year replayed through the gateway, every
//! covered figure equal; then the same again, which changes nothing.

use std::path::Path;

use canopy_tests::installation::{Ended, Installation, Reports, Running, year};
use tokio::process::Command;

use crate::readme;

/// Figures that the suite covers now.
const COVERED: &str = "S002 S003 S015 S016 S017 S021 S022 S023 S024 S025 S026 S027 S028 S029 S030 S031 S032 \
    S033 S034 S035 S036 S037 S038 S039 S045 S046 S047 S048 S049 S050 S073 S074 S079 S080 S083 S110 D001 D006 \
    D011 D012 D013 D014 D015 D016 D017 D018 D019 D020 D021 D026 D031 D043 D050 D051 D056 D301 D302 D303 D304 \
    D305 D306 D307 D308 D309 D310 D311 D312 D313 D314 D315 D317 D601 D602 D603";
/// Policies whose candidates come from qualifications.
const POLICIES: &[&str] = &["HNTE", "COMMISSIONER_WORKSTATION"];

#[tokio::test]
async fn the_bundled_year_ends_in_the_published_figures_and_the_same_again_changes_nothing() {
    let installation = Installation::new();
    let first = replayed(&installation).await;
    let before = installation.verified().await;

    let suite = installation.up().await;
    replay_again(&installation, &first).await;
    assert_eq!(installation.verified().await, before, "a second replay wrote something");
    grpcurl_lists_and_calls(&installation, &suite).await;
    readme::transcripts_hold(&installation, &suite.address).await;
    suite.stop().await;
    assert_eq!(installation.verified().await, before, "reading wrote something");
}

/// A first replay: every covered figure, refusal, exclusion and paid line is equal.
async fn replayed(installation: &Installation) -> Reports {
    let ended = Ended::wait(installation.replaying().output()).await;
    assert!(ended.success, "the replay differs:\n{}", ended.text);
    let reports = installation.reports();
    let is_equal = |id: &str| {
        reports.figures.lines().any(|line| line.starts_with(&format!("{id},")) && line.ends_with(",EQUAL"))
    };
    let lacking: Vec<&str> = COVERED.split_whitespace().filter(|id| !is_equal(id)).collect();
    assert!(lacking.is_empty(), "not equal: {lacking:?}\n{}", reports.figures);
    assert!(!reports.figures.contains(",DIFFERENT"), "{}", reports.figures);
    assert_eq!(equal(&ended.text, "paid lines"), rows_of(&year().join("expected_payouts.csv")));
    assert_eq!(equal(&ended.text, "excluded firms"), rows_of(&year().join("expected_exclusions.csv")));
    assert_eq!(equal(&ended.text, "parts of deals"), parts_of_deals());
    reports
}

/// Parts of deals in the answer file; those of loans, which are not covered, have a colon in their case.
fn parts_of_deals() -> usize {
    let text = std::fs::read_to_string(year().join("expected_splits.csv")).unwrap();
    text.lines().skip(1).filter(|line| !line.contains(':')).count()
}

/// Rows of an answer file for the policies that are served.
fn rows_of(file: &Path) -> usize {
    let text = std::fs::read_to_string(file).unwrap();
    text.lines().filter(|line| POLICIES.iter().any(|policy| line.starts_with(&format!("{policy},")))).count()
}

/// How many the sums of the report call equal.
fn equal(report: &str, what: &str) -> usize {
    let row = report.lines().find(|line| line.contains(what)).unwrap_or_default();
    let cells: Vec<&str> = row.split(['│', '┆', '|']).map(str::trim).collect();
    let at =
        cells.iter().position(|cell| *cell == what).unwrap_or_else(|| panic!("no sum of {what}:\n{report}"));
    cells[at + 1].parse().unwrap()
}

/// The same data set again, by the other command, on the running suite.
async fn replay_again(installation: &Installation, first: &Reports) {
    let ended = Ended::wait(installation.replay().output()).await;
    assert!(ended.success, "{}", ended.text);
    assert_eq!(&installation.reports(), first);
}

/// The real grpcurl, with the token that stands in the data folder.
async fn grpcurl_lists_and_calls(installation: &Installation, suite: &Running) {
    let token = std::fs::read_to_string(installation.path().join("token")).unwrap();
    let header = format!("authorization: Bearer {}", token.trim());
    let list = grpcurl(&["-plaintext", "-H", &header, &suite.address, "list"]).await;
    for service in
        ["canopy.registry.v1.SubjectService", "canopy.subsidy.v1.RunService", "grpc.health.v1.Health"]
    {
        assert!(list.text.lines().any(|line| line == service), "{service} is not listed: {}", list.text);
    }
    let method = "canopy.subsidy.v1.FeedService/GetFeedHead";
    let head = grpcurl(&["-plaintext", "-H", &header, &suite.address, method]).await;
    assert!(head.success && head.text.contains("\"position\""), "{}", head.text);
    let nobody = grpcurl(&["-plaintext", &suite.address, method]).await;
    assert!(!nobody.success && nobody.text.contains("Unauthenticated"), "{}", nobody.text);
}

async fn grpcurl(arguments: &[&str]) -> Ended {
    Ended::wait(Command::new("grpcurl").args(arguments).output()).await
}
