//! The bundled year as a plan: what is checked here holds before anything is sent.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use prost_reflect::{DynamicMessage, ReflectMessage as _};

use super::Year;
use crate::replay::file::{FILES, Kind};
use crate::replay::plan::{Body, Rank, RequestIds, Step};
use crate::replay::table::{Malformed, Table};
use crate::replay::wire;

fn bundled() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/wuhan-2022")
}

fn steps(year: &Year) -> impl Iterator<Item = &Step> {
    let dated = year.plan.days.values().flat_map(|day| day.ranks.values());
    year.plan.beforehand.values().chain(dated).flatten().flatten()
}

#[test]
fn every_step_of_the_bundled_year_is_a_message_of_its_method() {
    let year = Year::read(&bundled()).unwrap();
    for step in steps(&year) {
        let method = wire::method(step.path.trim_start_matches('/')).unwrap();
        let body = match &step.body {
            Body::Ready(body) => body.clone(),
            Body::Naming { message, .. } => message(step.request_id.clone(), "name".to_owned()),
        };
        let message = DynamicMessage::decode(method.input(), body.as_slice()).unwrap();
        assert!(message.unknown_fields().next().is_none(), "{} of {}", step.name, step.path);
        assert_eq!(request_id(&message).as_ref(), Some(&step.request_id));
    }
}

/// The idempotency key of a message: its own, or that of its only row.
fn request_id(message: &DynamicMessage) -> Option<String> {
    match message.descriptor().get_field_by_name("rows") {
        None => wire::text(message, "request_id").unwrap(),
        Some(_) => {
            let rows = wire::list(message, "rows").unwrap();
            assert_eq!(rows.len(), 1);
            wire::text(&rows[0], "request_id").unwrap()
        }
    }
}

/// The steps of a row: when each is taken, its name, and who acts.
fn steps_of(year: &Year, file: &str, line: u64) -> Vec<(String, &'static str, String, Option<String>)> {
    let file = FILES.iter().position(|known| known.name == file).unwrap();
    let dated = year.plan.days.iter().flat_map(|(date, day)| {
        day.ranks.values().flatten().flatten().map(move |step| (date.to_string(), step))
    });
    dated
        .filter(|(_, step)| step.row.file == file && step.row.line == line)
        .map(|(date, step)| {
            let when = step.at.map_or(date, |at| at.to_string());
            (
                when,
                step.name,
                format!("{} {}", step.by.role.as_str(), step.by.name),
                step.by.represented.clone(),
            )
        })
        .collect()
}

#[test]
fn commissioners_institutes_and_districts_act_in_their_own_names_on_their_own_days() {
    let year = Year::read(&bundled()).unwrap();
    let step = |when: &str, name, by: &str, of: Option<&str>| {
        (when.to_owned(), name, by.to_owned(), of.map(str::to_owned))
    };
    assert_eq!(
        steps_of(&year, "activities.csv", 2),
        [step("2021-07-05T04:28:59Z", "report", "COMMISSIONER CL0003", None)]
    );
    assert_eq!(
        steps_of(&year, "demands.csv", 2),
        [
            step("2021-11-08", "collect", "COMMISSIONER CL0185", None),
            step("2021-12-02", "verify", "DISTRICT_OFFICE replay-district-office", None),
        ]
    );
    let owner = "12420000537957910T";
    assert_eq!(
        steps_of(&year, "achievements.csv", 2),
        [step("2021-04-01", "collect", &format!("INSTITUTE replay-institute-{owner}"), Some(owner))]
    );
    assert_eq!(
        steps_of(&year, "signed_projects.csv", 2),
        [step("2021-05-01", "sign", "ST_BUREAU 张晓岚", None)]
    );
}

#[test]
fn no_two_steps_share_a_request_id() {
    let year = Year::read(&bundled()).unwrap();
    let ids: HashSet<&String> = steps(&year).map(|step| &step.request_id).collect();
    assert_eq!(ids.len(), steps(&year).count());
}

#[test]
fn a_run_is_matched_posted_and_paid_on_its_own_days_by_three_people() {
    let year = Year::read(&bundled()).unwrap();
    let runs = FILES.iter().position(|file| file.name == "payout_runs.csv").unwrap();
    let taken: Vec<(String, Rank, &str, &str)> = year
        .plan
        .days
        .iter()
        .flat_map(|(date, day)| day.ranks.iter().map(move |(rank, lanes)| (date, rank, lanes)))
        .flat_map(|(date, rank, lanes)| lanes.iter().flatten().map(move |step| (date, rank, step)))
        .filter(|(_, _, step)| step.row.file == runs && step.row.line == 8)
        .map(|(date, rank, step)| (date.to_string(), *rank, step.name, step.by.name.as_str()))
        .collect();
    let step = |day: &str, rank, name, by| (day.to_owned(), rank, name, by);
    assert_eq!(
        taken,
        [
            step("2022-08-15", Rank::Match, "match", "张晓岚"),
            step("2022-09-07", Rank::Posting, "publish", "张晓岚"),
            step("2022-09-22", Rank::Payment, "confirm", "张晓岚"),
            step("2022-09-22", Rank::Payment, "batch", "张晓岚"),
            step("2022-09-22", Rank::Payment, "approve", "刘卫东"),
            step("2022-09-22", Rank::Payment, "fund", "replay-finance-bureau"),
        ]
    );
}

#[test]
fn rows_of_policies_that_are_not_fed_by_qualifications_wait() {
    let year = Year::read(&bundled()).unwrap();
    assert_eq!(year.policies, ["HNTE", "COMMISSIONER_WORKSTATION"]);
    let waiting: BTreeSet<(&str, u64)> =
        year.waiting.iter().map(|row| (FILES[row.file].name, row.line)).collect();
    assert!(waiting.contains(&("payout_runs.csv", 2)) && waiting.contains(&("policies.csv", 3)));
    assert!(!waiting.contains(&("payout_runs.csv", 7)));
    assert!(waiting.iter().all(|(file, _)| ["policies.csv", "payout_runs.csv"].contains(file)));
}

#[test]
fn the_days_on_which_money_may_move_are_those_of_runs_corrections_and_returns() {
    let year = Year::read(&bundled()).unwrap();
    let days: Vec<String> =
        year.plan.days.iter().filter(|(_, day)| day.money).map(|(date, _)| date.to_string()).collect();
    let expected = [
        "2022-08-18",
        "2022-09-16",
        "2022-09-22",
        "2022-09-23",
        "2022-09-27",
        "2022-09-30",
        "2022-10-12",
        "2022-10-19",
        "2022-10-20",
        "2022-10-21",
        "2022-10-25",
        "2022-11-14",
        "2022-11-17",
        "2022-11-30",
    ];
    assert_eq!(days, expected);
}

#[test]
fn the_same_files_have_the_same_request_ids_and_digest() {
    let (first, second) = (Year::read(&bundled()).unwrap(), Year::read(&bundled()).unwrap());
    assert_eq!(first.digest, second.digest);
    let description = std::fs::read(bundled().join("dataset.csv")).unwrap();
    let file = FILES.iter().find(|file| file.name == "enterprises.csv").unwrap();
    let expected = RequestIds::of(&description).of_step("enterprises.csv", 2, "row");
    assert_eq!(first.place(file).request_id(2), expected);
}

/// A copy of the bundled year with one file replaced.
fn with_file(name: &str, text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in FILES {
        std::fs::copy(bundled().join(file.name), folder.path().join(file.name)).unwrap();
    }
    std::fs::write(folder.path().join(name), text).unwrap();
    folder
}

#[test]
fn a_malformed_file_is_reported_with_file_line_and_column_before_anything_is_sent() {
    let cases = [
        ("adjustments.csv", "decision_no,line,decided_on,amount_fen,reason\nT1,BL01,2022-09-20,1\n", 2, 5),
        (
            "adjustments.csv",
            "decision_no,line,decided_on,amount_fen,reason\nT1,BL01,2022-09-20,1,x,y\n",
            2,
            6,
        ),
        ("adjustments.csv", "decision_no,line,decided_on,amount_fen,reason\nT1,BL01,2022-09-31,1,x\n", 2, 3),
        (
            "adjustments.csv",
            "decision_no,line,decided_on,amount_fen,reason\nT1,BL01,2022-09-20,1.5,x\n",
            2,
            4,
        ),
        (
            "adjustments.csv",
            "decision_no,line,decided_on,amount_fen,reason\nT1,BL01,2022-09-20,1,a\"b\n",
            2,
            5,
        ),
        ("adjustments.csv", "decision_no,line,decided_on,amount_fen\n", 1, 5),
        ("adjustments.csv", "decision_no,line,decided_on,amount_fen,reason,more\n", 1, 6),
        ("calendar.csv", "day,kind\n2022-01-01,OFF\n2022-01-03,FREE\n", 3, 2),
        ("lpr.csv", "published_on,lpr_1y_bp,lpr_5y_bp\n2021-12-20,\"380,465\n", 2, 2),
    ];
    for (name, text, line, column) in cases {
        let folder = with_file(name, text);
        let fault = Year::read(folder.path()).unwrap_err();
        let found = fault.downcast_ref::<Malformed>().unwrap_or_else(|| panic!("{fault:#}"));
        assert_eq!((found.file.as_str(), found.line, found.column), (name, line, column), "{text:?}");
        assert!(found.to_string().contains("CSV_MALFORMED"));
    }
}

#[test]
fn columns_may_stand_in_another_order() {
    let folder = with_file("calendar.csv", "kind,day\nOFF,2022-01-01\n");
    let file = FILES.iter().find(|file| file.name == "calendar.csv").unwrap();
    let records = Table::open(folder.path(), file.name, file.columns).unwrap().records();
    let records: Vec<_> = records.map(Result::unwrap).collect();
    assert_eq!((records[0].text("day"), records[0].line(), records.len()), ("2022-01-01", 2, 1));
    assert!(matches!(file.kind, Kind::Reference { .. }));
}
