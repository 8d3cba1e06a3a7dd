//! A malformed file: refused with line and column, before anything of the year is sent.

use canopy_tests::installation::{Ended, year};

use super::world::World;

#[tokio::test]
async fn a_malformed_file_is_refused_with_line_and_column_before_anything_is_sent() {
    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(year()).unwrap() {
        let entry = entry.unwrap().path();
        std::fs::copy(&entry, copy.path().join(entry.file_name().unwrap())).unwrap();
    }
    let file = copy.path().join("enterprises.csv");
    let mut lines: Vec<String> = std::fs::read_to_string(&file).unwrap().lines().map(str::to_owned).collect();
    // A quotation mark inside the third field, which none opened.
    let (second, _) = lines[4].match_indices(',').nth(1).unwrap();
    lines[4].insert(second + 2, '"');
    std::fs::write(&file, lines.join("\n")).unwrap();

    let world = World::start().await;
    let before = world.tables().await;
    let mut replay = world.installation.command(&["replay"]);
    replay.arg(copy.path());
    let ended = Ended::wait(replay.output()).await;
    assert!(!ended.success, "{}", ended.text);
    for told in ["enterprises.csv", "CSV_MALFORMED", "line 5, column 3", "第5行，第3列"] {
        assert!(ended.text.contains(told), "{told}: {}", ended.text);
    }
    assert_eq!(world.tables().await, before);
    world.stop().await;
}
