//! The one table: what was measured, what it should be, and what bounds it.

use comfy_table::Table as Printed;
use comfy_table::presets::ASCII_MARKDOWN;

/// What is measured against its target.
pub struct Line {
    what: String,
    measured: f64,
    unit: &'static str,
    target: f64,
    /// Whether more is better; otherwise the target is a most.
    at_least: bool,
    bound: String,
}

impl Line {
    /// A figure that should be so large at least.
    pub fn at_least(target: f64, unit: &'static str, what: impl Into<String>, measured: f64) -> Self {
        Line { what: what.into(), measured, unit, target, at_least: true, bound: String::new() }
    }

    /// A figure that should be so large at most.
    pub fn at_most(target: f64, unit: &'static str, what: impl Into<String>, measured: f64) -> Self {
        Line { at_least: false, ..Line::at_least(target, unit, what, measured) }
    }

    /// What it is made of, and so what bounds it.
    pub fn because(self, bound: impl Into<String>) -> Self {
        Line { bound: bound.into(), ..self }
    }

    /// How far above the target; below 1 it is missed.
    fn ratio(&self) -> f64 {
        match self.at_least {
            true => self.measured / self.target,
            false => self.target / self.measured.max(f64::MIN_POSITIVE),
        }
    }
}

enum Row {
    Line(Line),
    Fact(String, f64),
}

/// Everything that was measured, in order.
#[derive(Default)]
pub struct Table(Vec<Row>);

impl Table {
    /// Adds a figure that has a target.
    pub fn add(&mut self, line: Line) {
        eprintln!("bench:   {}: {} {}", line.what, number(line.measured), line.unit);
        self.0.push(Row::Line(line));
    }

    /// Adds a figure that is only good to know.
    pub fn fact(&mut self, what: impl Into<String>, measured: f64) {
        let what = what.into();
        eprintln!("bench:   {what}: {}", number(measured));
        self.0.push(Row::Fact(what, measured));
    }

    /// Prints it, and how many targets are missed.
    pub fn print(&self) {
        let mut printed = Printed::new();
        printed.load_style(ASCII_MARKDOWN);
        printed.set_header(["what", "measured", "target", "ratio", "verdict", "where the time goes"]);
        let mut missed = 0;
        for row in &self.0 {
            match row {
                Row::Fact(what, measured) => {
                    printed.add_row([what.as_str(), &number(*measured), "", "", "", ""]);
                }
                Row::Line(line) => {
                    let met = line.ratio() >= 1.0;
                    missed += u32::from(!met);
                    let sign = if line.at_least { "≥" } else { "≤" };
                    printed.add_row([
                        line.what.clone(),
                        format!("{} {}", number(line.measured), line.unit),
                        format!("{sign} {} {}", number(line.target), line.unit),
                        format!("{:.2}", line.ratio()),
                        if met { "met" } else { "MISSED" }.to_owned(),
                        line.bound.clone(),
                    ]);
                }
            }
        }
        println!("{printed}");
        println!("{missed} targets missed");
    }
}

/// A figure for people: three digits, or whole.
fn number(value: f64) -> String {
    match value {
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}
