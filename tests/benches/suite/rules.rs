//! The pure rules, as criterion measured them just before (`services/kernel/benches/rules.rs`).

use std::path::Path;

use anyhow::Context as _;

use crate::table::Table;

/// Adds the mean time of each rule.
pub fn read(table: &mut Table) -> anyhow::Result<()> {
    let folder = crate::release()?.with_file_name("criterion");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(&folder).context("no figures of criterion; run make bench")? {
        let latest = entry?.path().join("new");
        if latest.is_dir() {
            let name = json(&latest.join("benchmark.json"))?;
            let name = name["full_id"].as_str().context("a benchmark without a name")?;
            let estimates = json(&latest.join("estimates.json"))?;
            let mean = estimates["mean"]["point_estimate"].as_f64().context("no mean in the estimates")?;
            found.push((format!("{name}, ns"), mean));
        }
    }
    found.sort_by(|one, other| one.0.cmp(&other.0));
    for (what, mean) in found {
        table.fact(what, mean);
    }
    Ok(())
}

fn json(file: &Path) -> anyhow::Result<serde_json::Value> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    Ok(serde_json::from_str(&text)?)
}
