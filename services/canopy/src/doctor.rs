//! `canopy doctor`: what the suite needs on this machine, and whether it is here.

use comfy_table::Table;

use crate::suite::{Folder, prerequisites};

/// Prints what is here and what is missing. True when nothing is missing.
#[expect(clippy::print_stdout, reason = "the table is what the command is for")]
pub fn run(folder: &Folder) -> anyhow::Result<bool> {
    let mut table = Table::new();
    table.set_header(["needed", "found"]);
    let mut complete = true;
    for (needed, found) in prerequisites(folder) {
        complete &= found.is_ok();
        let found = found.unwrap_or_else(|error| format!("missing: {error:#}"));
        table.add_row([needed.to_owned(), found]);
    }
    println!("{table}");
    Ok(complete)
}
