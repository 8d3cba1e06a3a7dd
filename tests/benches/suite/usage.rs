//! What processes used while something was measured: processor time and memory, as the kernel counts them.

use std::time::Instant;

use anyhow::Context as _;

/// The kernel counts processor time in hundredths of a second.
const TICKS: f64 = 100.0;

/// Watches processes, each with its children, from its making on.
pub struct Usage {
    began: Instant,
    groups: Vec<(&'static str, u32, f64)>,
}

impl Usage {
    /// Watches those processes, and this one as the callers.
    pub fn of(groups: &[(&'static str, u32)]) -> Self {
        let own = [("callers", std::process::id())];
        let groups = groups.iter().copied().chain(own).map(|(name, id)| (name, id, seconds(id))).collect();
        Usage { began: Instant::now(), groups }
    }

    /// How much of one core each used since, in percent.
    pub fn shares(&self) -> String {
        let time = self.began.elapsed().as_secs_f64();
        let shares = self
            .groups
            .iter()
            .map(|(name, id, before)| format!("{name} {:.0} %", (seconds(*id) - before) / time * 100.0));
        format!("CPU of one core: {}", shares.collect::<Vec<_>>().join(", "))
    }
}

/// Processor time of a process and of its children, those that ended included, in seconds. The children of this
/// process that still run are what is measured, and stand for themselves.
fn seconds(id: u32) -> f64 {
    let children = if id == std::process::id() { Vec::new() } else { children(id) };
    let ended = ticks(id, 13) + ticks(id, 14);
    let own = ticks(id, 11) + ticks(id, 12);
    let living: f64 = children.into_iter().map(|child| ticks(child, 11) + ticks(child, 12)).sum();
    (own + ended + living) / TICKS
}

/// A field of `/proc/PID/stat`, counted from the state on.
fn ticks(id: u32, field: usize) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default();
    fields.split_whitespace().nth(field).and_then(|it| it.parse().ok()).unwrap_or_default()
}

fn children(id: u32) -> Vec<u32> {
    let file = format!("/proc/{id}/task/{id}/children");
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.split_whitespace().filter_map(|child| child.parse().ok()).collect()
}

/// Resident memory of a process in MB: now, or the most it ever had.
pub fn resident(id: u32, most: bool) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
    let key = if most { "VmHWM:" } else { "VmRSS:" };
    let line = status.lines().find_map(|line| line.strip_prefix(key)).context("no memory in /proc")?;
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes * 1024.0 / 1e6)
}
