//! The order of a year: what a row asks of the suite, step by step, and when each step is taken. Pure.
//!
//! Rows of registers and reference data come in file order and without business time. Dated steps form one
//! timeline: day by day, within a day by [`Rank`], within a rank in lanes (steps that share a key, such as a firm,
//! a policy or a budget line, follow one another by file and line) that run side by side.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use canopy_kernel::Role;
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

/// What is done first within a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// What became known: a decision sees the facts dated by its day.
    Fact,
    /// A project is signed: what it cites is known.
    Signing,
    /// A policy is matched.
    Match,
    /// A list is posted.
    Posting,
    /// An objection is filed.
    ObjectionFiled,
    /// An objection is closed.
    ObjectionClosed,
    /// A list is confirmed, made a batch, approved and funded.
    Payment,
}

/// When a step is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum When {
    /// Before the timeline, without business time.
    Beforehand,
    /// On that day.
    On(Date, Rank),
}

/// Who acts: the person, in the role that owns the step.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Person {
    /// The person, as tokens name it.
    pub name: String,
    /// The role held for this step.
    pub role: Role,
    /// Code of the organisation that the person represents.
    pub represented: Option<String>,
}

impl Person {
    /// That person in that role.
    pub fn new(name: impl Into<String>, role: Role) -> Self {
        Self { name: name.into(), role, represented: None }
    }

    /// Somebody of a university or institute, for it.
    pub fn of_institute(uscc: &str) -> Self {
        let name = format!("replay-institute-{uscc}");
        Self { name, role: Role::Institute, represented: Some(uscc.to_owned()) }
    }
}

/// A row of a record file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowId {
    /// Place of the file in the order of import.
    pub file: usize,
    /// Line, the header being line 1.
    pub line: u64,
}

/// The message that a step sends.
#[derive(Clone, Debug)]
pub enum Body {
    /// Known beforehand, encoded.
    Ready(Vec<u8>),
    /// Made once an earlier step of the row has named its resource.
    Naming {
        /// The step whose answer carries the name.
        step: &'static str,
        /// Makes the message of the step's `request_id` and that name.
        message: fn(request_id: String, name: String) -> Vec<u8>,
    },
}

/// One call that a row asks for.
#[derive(Clone, Debug)]
pub struct Step {
    /// The row.
    pub row: RowId,
    /// Name of the step, unique in its row.
    pub name: &'static str,
    /// Idempotency key, of data set, file, line and step.
    pub request_id: String,
    /// When.
    pub when: When,
    /// Instant of that day, where the row states one.
    pub at: Option<Timestamp>,
    /// What it is about; steps that share a key share a lane.
    pub keys: Vec<String>,
    /// Who.
    pub by: Person,
    /// Method, `/package.Service/Method`.
    pub path: &'static str,
    /// Message.
    pub body: Body,
    /// Tells whether an answer is a business refusal, which ends the row like an error.
    pub refusal: Option<fn(&[u8]) -> bool>,
}

/// Idempotency keys of a data set: the same file, line and step always has the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestIds(Uuid);

/// Namespace of all replays: the version 5 UUID of `canopy replay` among URLs.
const REPLAYS: Uuid = Uuid::from_u128(0xdd62_33a7_8ce1_593a_9772_663f_3180_b6cb);

impl RequestIds {
    /// The keys of the data set that describes itself in those bytes.
    pub fn of(description: &[u8]) -> Self {
        Self(Uuid::new_v5(&REPLAYS, description))
    }

    /// The key of a step.
    pub fn of_step(&self, file: &str, line: u64, step: &str) -> String {
        Uuid::new_v5(&self.0, format!("{file}/{line}/{step}").as_bytes()).to_string()
    }
}

/// Steps in the order in which they are taken.
#[derive(Debug, Default)]
pub struct Plan {
    /// Before the timeline: one group of lanes per file, in file order.
    pub beforehand: BTreeMap<usize, Vec<Vec<Step>>>,
    /// The timeline.
    pub days: BTreeMap<Date, Day>,
}

/// A day of the timeline.
#[derive(Debug, Default)]
pub struct Day {
    /// Lanes of each rank.
    pub ranks: BTreeMap<Rank, Vec<Vec<Step>>>,
    /// Whether money may move: due payments are worked off and the bank's statement is booked at the end.
    pub money: bool,
}

impl Plan {
    /// Orders the steps. On `money` days money may move, even when no row has a step on them.
    pub fn of(steps: Vec<Step>, money: &BTreeSet<Date>) -> Self {
        let mut groups: BTreeMap<(When, Option<usize>), Vec<Step>> = BTreeMap::new();
        for step in steps {
            let file = (step.when == When::Beforehand).then_some(step.row.file);
            groups.entry((step.when, file)).or_default().push(step);
        }
        let mut plan = Self::default();
        for ((when, file), steps) in groups {
            match when {
                When::Beforehand => {
                    plan.beforehand.insert(file.unwrap_or_default(), lanes(steps));
                }
                When::On(day, rank) => {
                    plan.days.entry(day).or_default().ranks.insert(rank, lanes(steps));
                }
            }
        }
        for day in money {
            plan.days.entry(*day).or_default().money = true;
        }
        plan
    }

    /// How many steps each row has.
    pub fn steps_by_row(&self) -> HashMap<RowId, usize> {
        let mut counts = HashMap::new();
        let dated = self.days.values().flat_map(|day| day.ranks.values());
        for step in self.beforehand.values().chain(dated).flatten().flatten() {
            *counts.entry(step.row).or_default() += 1;
        }
        counts
    }
}

/// Puts steps that share a key, directly or through others, into one lane, in the order of file and line.
fn lanes(mut steps: Vec<Step>) -> Vec<Vec<Step>> {
    // Stable: the steps of one row keep their order.
    steps.sort_by_key(|step| step.row);
    let mut lane_of: HashMap<String, usize> = HashMap::new();
    let mut lanes: Vec<Vec<Step>> = Vec::new();
    for step in steps {
        let touched: BTreeSet<usize> = step.keys.iter().filter_map(|key| lane_of.get(key).copied()).collect();
        let lane = touched.first().copied().unwrap_or_else(|| {
            lanes.push(Vec::new());
            lanes.len() - 1
        });
        for other in touched.into_iter().skip(1) {
            let moved = std::mem::take(&mut lanes[other]);
            lanes[lane].extend(moved);
            lane_of.values_mut().filter(|of| **of == other).for_each(|of| *of = lane);
        }
        for key in &step.keys {
            lane_of.insert(key.clone(), lane);
        }
        lanes[lane].push(step);
        lanes[lane].sort_by_key(|step| step.row);
    }
    lanes.retain(|lane| !lane.is_empty());
    lanes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(file: usize, line: u64, when: When, keys: &[&str]) -> Step {
        Step {
            row: RowId { file, line },
            name: "record",
            request_id: String::new(),
            when,
            at: None,
            keys: keys.iter().map(|key| (*key).to_owned()).collect(),
            by: Person::new("someone", Role::Registrar),
            path: "/canopy.registry.v1.SubjectService/CorrectPaymentAccount",
            body: Body::Ready(Vec::new()),
            refusal: None,
        }
    }

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn lines(lanes: &[Vec<Step>]) -> Vec<Vec<u64>> {
        lanes.iter().map(|lane| lane.iter().map(|step| step.row.line).collect()).collect()
    }

    #[test]
    fn rows_about_one_subject_share_a_lane_and_keep_file_and_line_order() {
        let plan = Plan::of(
            vec![
                step(1, 9, When::Beforehand, &["B"]),
                step(1, 2, When::Beforehand, &["A"]),
                step(1, 5, When::Beforehand, &["A"]),
            ],
            &BTreeSet::new(),
        );
        assert_eq!(lines(&plan.beforehand[&1]), vec![vec![2, 5], vec![9]]);
    }

    #[test]
    fn a_row_about_two_subjects_joins_their_lanes() {
        let plan = Plan::of(
            vec![
                step(1, 2, When::Beforehand, &["A"]),
                step(1, 3, When::Beforehand, &["B"]),
                step(1, 4, When::Beforehand, &["A", "B"]),
                step(1, 5, When::Beforehand, &["B"]),
            ],
            &BTreeSet::new(),
        );
        assert_eq!(lines(&plan.beforehand[&1]), vec![vec![2, 3, 4, 5]]);
    }

    #[test]
    fn a_day_takes_facts_before_matches_and_filed_objections_before_closed_ones() {
        let on = |text: &str, rank| When::On(day(text), rank);
        let plan = Plan::of(
            vec![
                step(0, 2, on("2022-09-09", Rank::Payment), &["P"]),
                step(0, 3, on("2022-09-09", Rank::ObjectionClosed), &["P"]),
                step(0, 4, on("2022-09-09", Rank::ObjectionFiled), &["P"]),
                step(0, 5, on("2022-09-09", Rank::Posting), &["P"]),
                step(0, 6, on("2022-09-09", Rank::Match), &["P"]),
                step(7, 7, on("2022-09-09", Rank::Fact), &["P"]),
                step(7, 8, on("2022-09-08", Rank::Payment), &["P"]),
            ],
            &[day("2022-11-30")].into(),
        );
        let order: Vec<Vec<u64>> = plan
            .days
            .values()
            .map(|day| day.ranks.values().flat_map(|lanes| lines(lanes).concat()).collect())
            .collect();
        assert_eq!(order, vec![vec![8], vec![7, 6, 5, 4, 3, 2], vec![]]);
        assert_eq!(plan.days.values().map(|day| day.money).collect::<Vec<_>>(), vec![false, false, true]);
    }

    #[test]
    fn a_request_id_follows_from_data_set_file_line_and_step() {
        let ids = RequestIds::of(b"a year");
        let id = ids.of_step("credit.csv", 31, "apply");
        assert_eq!(id, ids.of_step("credit.csv", 31, "apply"));
        assert_eq!(Uuid::parse_str(&id).unwrap().get_version_num(), 5);
        let others = [
            RequestIds::of(b"another year").of_step("credit.csv", 31, "apply"),
            ids.of_step("credit.csv", 32, "apply"),
            ids.of_step("credit.csv", 31, "list"),
            ids.of_step("budgets.csv", 31, "apply"),
        ];
        assert!(!others.contains(&id));
    }
}
