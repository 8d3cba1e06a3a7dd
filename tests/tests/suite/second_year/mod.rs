//! A city's year that the suite has not seen: the bundled one told of another city, 28 years later, with other codes,
//! three times the money, a hundred firms fewer and its rows in another order. What must come out follows with
//! certainty from the bundled answers.

mod derive;
mod table;

use canopy_tests::installation::{Ended, Installation, year};

#[tokio::test]
async fn the_year_of_another_city_ends_in_its_own_figures() {
    let folder = tempfile::tempdir().unwrap();
    derive::another_year(&year(), folder.path());
    let installation = Installation::new();
    let ended = Ended::wait(installation.replaying_of(folder.path()).output()).await;
    assert!(ended.success, "the other year differs:\n{}", ended.text);
    let figures = installation.reports().figures;
    for line in [
        "S002,2050,2050,EQUAL",
        "S003,2050-11-30,2050-11-30,EQUAL",
        "S073,4122,4122,EQUAL",
        "S074,108345,108345,EQUAL",
        "D026,2050-09-14,2050-09-14,EQUAL",
        "D043,7785000000,7785000000,EQUAL",
        "S034,846,846,EQUAL",
        "D302,882030762621,882030762621,EQUAL",
        "D315,2078-02-28,2078-02-28,EQUAL",
    ] {
        assert!(figures.lines().any(|figure| figure == line), "no {line} in:\n{figures}");
    }
    installation.verified().await;
}
