//! Files that hold a secret: one line of text, readable by their owner alone when they are made here.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use canopy_kernel::{Failure, reason};

/// Reads the line.
pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    let text = fs::read_to_string(path).map_err(|error| refused(path, error))?;
    Ok(text.trim_end().to_owned())
}

/// Writes the line unless the file is there. It appears whole or not at all, so two processes that start
/// together end with the same one.
pub(crate) fn create(path: &Path, line: &str) -> Result<(), Failure> {
    let draft = path.with_added_extension(format!("{}.tmp", std::process::id()));
    let outcome = write(&draft, line).and_then(|()| match fs::hard_link(&draft, path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    });
    let removed = fs::remove_file(&draft);
    outcome.and(removed).map_err(|error| refused(path, error))
}

fn write(draft: &Path, line: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(draft)?;
    writeln!(file, "{line}")?;
    file.sync_all()
}

/// A key file that cannot be used: the path is told, its content never.
pub(crate) fn refused(path: &Path, why: impl std::fmt::Display) -> Failure {
    Failure::new(&reason::INTERNAL).because(format!("key file {}: {why}", path.display()))
}
