//! The working-day calendar (工作日历) over loaded data: the State Council's yearly notice names the
//! days off and the weekend days that are worked. A year that is not loaded is out of range, never
//! "Monday to Friday".

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Weekday};

use crate::failure::Failure;
use crate::reason;

/// What the notice says of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DayKind {
    /// Statutory or swapped day off (放假).
    Off,
    /// Weekend day that is a working day (调休上班).
    Work,
}

impl DayKind {
    /// Name in the data: `OFF` or `WORK`.
    pub const fn as_str(self) -> &'static str {
        match self {
            DayKind::Off => "OFF",
            DayKind::Work => "WORK",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [DayKind::Off, DayKind::Work].into_iter().find(|kind| kind.as_str() == name)
    }
}

/// Working days of the loaded years. Questions cost a look-up in prefix sums, whatever the distance.
#[derive(Clone, Debug, Default)]
pub struct WorkCalendar {
    /// Runs of consecutive loaded years, by their last day.
    runs: BTreeMap<Date, Run>,
}

/// Consecutive loaded years.
#[derive(Clone, Debug)]
struct Run {
    first: Date,
    /// For each day of the run, the number of working days up to and including it.
    counted: Vec<u32>,
    /// The working days, in order.
    working: Vec<Date>,
}

impl WorkCalendar {
    /// The calendar of the named days; a year is loaded when a day of it is named. Of a day named
    /// twice the later entry counts.
    pub fn new(days: impl IntoIterator<Item = (Date, DayKind)>) -> Self {
        let named: BTreeMap<Date, DayKind> = days.into_iter().collect();
        let years: BTreeSet<i16> = named.keys().map(|day| day.year()).collect();
        let mut runs = BTreeMap::new();
        let mut years = years.into_iter().peekable();
        while let Some(first) = years.next() {
            let mut last = first;
            while let Some(next) = years.next_if(|year| *year == last + 1) {
                last = next;
            }
            let run = Run::new(first, last, &named);
            runs.insert(jiff::civil::date(last, 12, 31), run);
        }
        Self { runs }
    }

    /// Whether that year is loaded.
    pub fn is_loaded(&self, year: i16) -> bool {
        self.run(jiff::civil::date(year, 1, 1)).is_ok()
    }

    /// Whether the day is a working day.
    pub fn is_working(&self, day: Date) -> Result<bool, Failure> {
        let run = self.run(day)?;
        Ok(run.counted_to(day) != run.counted_before(day))
    }

    /// The `n`-th working day after `day`, which itself is not counted; `day` for none.
    pub fn add_working_days(&self, day: Date, n: u32) -> Result<Date, Failure> {
        let run = self.run(day)?;
        match n {
            0 => Ok(day),
            _ => run.working_day(u64::from(run.counted_to(day)) + u64::from(n)),
        }
    }

    /// The working days after `from` up to and including `to`; none when `to` is not later.
    pub fn working_days_between(&self, from: Date, to: Date) -> Result<u32, Failure> {
        let run = self.run(from)?;
        if to < run.first || to > run.last() {
            let end = self.run(to)?;
            // Both ends are loaded and a year between them is not.
            let missing = if from < to { run.last().year() + 1 } else { end.last().year() + 1 };
            return Err(not_loaded(missing));
        }
        Ok(run.counted_to(to).saturating_sub(run.counted_to(from)))
    }

    /// The day itself when it is worked, else the next working day (民法典 203).
    pub fn next_working_day_on_or_after(&self, day: Date) -> Result<Date, Failure> {
        let run = self.run(day)?;
        run.working_day(u64::from(run.counted_before(day)) + 1)
    }

    /// The last day of a publicity window (公示期) of `n` working days: the posting day is day 1
    /// when it is worked, else the next working day is.
    pub fn publicity_last_day(&self, posted_on: Date, n: u32) -> Result<Date, Failure> {
        let run = self.run(posted_on)?;
        match n {
            0 => Err(Failure::new(&reason::FIELD_OUT_OF_RANGE).with("value", n).with("min", 1)),
            _ => run.working_day(u64::from(run.counted_before(posted_on)) + u64::from(n)),
        }
    }

    /// The number of working days in a year.
    pub fn working_days_in(&self, year: i16) -> Result<u32, Failure> {
        let run = self.run(jiff::civil::date(year, 1, 1))?;
        let (first, last) = (jiff::civil::date(year, 1, 1), jiff::civil::date(year, 12, 31));
        Ok(run.counted_to(last) - run.counted_before(first))
    }

    fn run(&self, day: Date) -> Result<&Run, Failure> {
        let candidate = self.runs.range(day..).next().map(|(_, run)| run);
        candidate.filter(|run| run.first <= day).ok_or_else(|| not_loaded(day.year()))
    }
}

impl Run {
    fn new(first: i16, last: i16, named: &BTreeMap<Date, DayKind>) -> Self {
        let first = jiff::civil::date(first, 1, 1);
        let mut run = Self { first, counted: Vec::new(), working: Vec::new() };
        for day in first.series(jiff::Span::new().days(1)).take_while(|day| day.year() <= last) {
            let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
            let worked = match named.get(&day) {
                Some(DayKind::Work) => true,
                Some(DayKind::Off) => false,
                None => !weekend,
            };
            if worked {
                run.working.push(day);
            }
            run.counted.push(u32::try_from(run.working.len()).unwrap_or(u32::MAX));
        }
        run
    }

    fn last(&self) -> Date {
        let days = i64::try_from(self.counted.len()).unwrap_or(i64::MAX) - 1;
        self.first.saturating_add(jiff::Span::new().days(days))
    }

    fn counted_to(&self, day: Date) -> u32 {
        usize::try_from(days_from(self.first, day)).map_or(0, |index| self.counted[index])
    }

    fn counted_before(&self, day: Date) -> u32 {
        usize::try_from(days_from(self.first, day) - 1).map_or(0, |index| self.counted[index])
    }

    /// The `nth` working day of the run, from 1.
    fn working_day(&self, nth: u64) -> Result<Date, Failure> {
        let index = usize::try_from(nth - 1).unwrap_or(usize::MAX);
        self.working.get(index).copied().ok_or_else(|| not_loaded(self.last().year().saturating_add(1)))
    }
}

fn days_from(first: Date, day: Date) -> i32 {
    first.duration_until(day).as_hours() as i32 / 24
}

fn not_loaded(year: i16) -> Failure {
    Failure::new(&reason::CALENDAR_YEAR_NOT_LOADED).with("year", year)
}
