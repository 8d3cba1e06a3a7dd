//! The source tree as text, for the rules that no compiler keeps.

use std::path::{Path, PathBuf};

/// One source file.
#[derive(Clone, Debug)]
pub struct Source {
    /// Path from the root of the repository, with `/`.
    pub path: String,
    /// Its whole text.
    pub text: String,
}

impl Source {
    /// The file's last name.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// Lines of code with their numbers: comments are left out, and what follows `#[cfg(test)]`.
    pub fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .take_while(|(_, line)| line.trim() != "#[cfg(test)]")
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
            .map(|(index, line)| (index + 1, line))
    }

    /// Where code holds one of these words, as `path:line: text`.
    pub fn places(&self, found: impl Fn(&str) -> bool) -> Vec<String> {
        self.code()
            .filter(|(_, line)| found(line))
            .map(|(number, line)| format!("{}:{number}: {}", self.path, line.trim()))
            .collect()
    }
}

/// Root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}

/// All files with that extension under a folder of the repository, in order of path.
///
/// # Panics
/// When a file can't be read as UTF-8.
pub fn files(folder: &str, extension: &str) -> Vec<Source> {
    let root = root();
    let mut found = Vec::new();
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|own| own == extension) {
                found.push(read(&root, &path));
            }
        }
    }
    found.sort_by(|left: &Source, right| left.path.cmp(&right.path));
    found
}

fn read(root: &Path, path: &Path) -> Source {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let path = path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/");
    Source { path, text }
}

/// The workspace's own Rust files: every service and proto, sources and tests.
pub fn rust() -> Vec<Source> {
    let mut all = files("services", "rs");
    all.extend(files("proto", "rs"));
    all.extend(files("tests", "rs"));
    all
}

/// Sources of the services alone (`services/*/src`), without their tests.
pub fn services() -> Vec<Source> {
    let is_source = |path: &str| path.split('/').nth(2) == Some("src");
    let is_test = |source: &Source| source.name() == "tests.rs" || source.path.contains("/tests/");
    files("services", "rs").into_iter().filter(|source| is_source(&source.path) && !is_test(source)).collect()
}
