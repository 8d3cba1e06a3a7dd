//! A progress bar per record file, on a terminal only.

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::file::FILES;
use super::year::Year;

/// The bars, as [`FILES`] orders them.
#[derive(Debug)]
pub struct Progress {
    bars: Vec<ProgressBar>,
    day: ProgressBar,
}

impl Progress {
    /// Bars for the rows of a data set; rows that wait are not counted.
    pub fn of(year: &Year) -> anyhow::Result<Self> {
        let style = ProgressStyle::with_template("{prefix:26} {bar:32} {pos:>6}/{len}")?;
        let group = MultiProgress::new();
        let mut bars = Vec::with_capacity(FILES.len());
        for (position, file) in FILES.iter().enumerate() {
            let waiting = year.waiting.iter().filter(|row| row.file == position).count();
            let rows = year.rows[position].saturating_sub(u64::try_from(waiting)?);
            let bar = group.add(ProgressBar::new(rows).with_style(style.clone()).with_prefix(file.name));
            bar.tick();
            bars.push(bar);
        }
        let day = ProgressBar::new(u64::try_from(year.plan.days.len())?)
            .with_style(ProgressStyle::with_template("{prefix:26} {bar:32} {pos:>6}/{len} {msg}")?)
            .with_prefix("days");
        let day = group.add(day);
        Ok(Self { bars, day })
    }

    /// Rows of a file are done.
    pub fn rows_done(&self, file: usize, rows: u64) {
        self.bars[file].inc(rows);
    }

    /// A day begins.
    pub fn day(&self, day: jiff::civil::Date) {
        self.day.set_message(day.to_string());
        self.day.inc(1);
    }

    /// Leaves the bars as they stand.
    pub fn finish(&self) {
        self.bars.iter().chain([&self.day]).for_each(ProgressBar::abandon);
    }
}
