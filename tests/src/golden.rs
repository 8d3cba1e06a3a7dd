//! Golden files: what outsiders depend on, kept as text or bytes that a review sees change. `make golden` rewrites.

use std::path::PathBuf;

/// Set by `make golden`: the files are written instead of compared.
const REWRITE: &str = "CANOPY_GOLDEN";

/// Where a golden file stands.
pub fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden").join(name)
}

/// Whether golden files are being rewritten.
pub fn rewriting() -> bool {
    std::env::var_os(REWRITE).is_some()
}

/// Compares with the golden file, or rewrites it.
///
/// # Panics
/// When they differ: with the first line that does, and how to rewrite the file.
pub fn check(name: &str, actual: &[u8]) {
    let path = path(name);
    if rewriting() {
        std::fs::write(&path, actual).expect("the golden folder can be written");
        return;
    }
    let golden = std::fs::read(&path).unwrap_or_default();
    if golden == actual {
        return;
    }
    let (golden, actual) = (String::from_utf8_lossy(&golden), String::from_utf8_lossy(actual));
    let line = golden.lines().zip(actual.lines()).take_while(|(old, new)| old == new).count();
    let at = |text: &str| text.lines().nth(line).unwrap_or("(end)").chars().take(200).collect::<String>();
    panic!(
        "{name} differs from line {}:\n  golden: {}\n  now:    {}\nIf that is meant, run `make golden` and let the review see it.",
        line + 1,
        at(&golden),
        at(&actual)
    );
}
