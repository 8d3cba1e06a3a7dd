//! Boundary days of service, posting and dictionary; duplicates and joint sheets.
#![allow(clippy::unwrap_used, reason = "tests")]

use canopy_kernel::id::MethodLabelId;
use jiff::Timestamp;
use jiff::civil::date;
use uuid::Uuid;

use super::*;
use crate::activity::model::{Counterpart, CounterpartKind};
use crate::method::model::{Family, MethodLabel, Words};

fn id(number: u128) -> ActivityId {
    ActivityId::new(Uuid::from_u128(number))
}

fn admission() -> Admission {
    let known = Known {
        id: CommissionerId::new(Uuid::from_u128(1)),
        tenure: Tenure { posted_on: Some(date(2021, 6, 15)), ended_on: Some(date(2022, 6, 30)) },
    };
    let other = Known {
        id: CommissionerId::new(Uuid::from_u128(2)),
        tenure: Tenure { ended_on: None, ..known.tenure },
    };
    let unposted = Known {
        id: CommissionerId::new(Uuid::from_u128(3)),
        tenure: Tenure { posted_on: None, ended_on: None },
    };
    let words = Words { code: "SEEK_OLD".to_owned(), family: Family::Seek, label_zh: "找(旧)".to_owned() };
    let label = MethodLabel {
        id: MethodLabelId::new(Uuid::from_u128(1)),
        words,
        valid_from: date(2020, 1, 1),
        valid_to: Some(date(2021, 12, 31)),
        revision: 2,
    };
    Admission {
        commissioners: [("CL0001", known), ("CL0002", other), ("CL0003", unposted)]
            .map(|(number, known)| (number.to_owned(), known))
            .into(),
        dictionary: Dictionary::new(2, vec![label]),
        ..Admission::default()
    }
}

fn report(number: &str, commissioner: &str, on: Date) -> Report {
    Report {
        number: number.to_owned(),
        kind: Kind::Visit,
        commissioner_no: commissioner.to_owned(),
        sheet: String::new(),
        activity_on: on,
        reported_at: Timestamp::UNIX_EPOCH,
        reported_on: date(2022, 11, 30),
        counterpart: Counterpart {
            kind: CounterpartKind::ExpertTeam,
            name: "杨艳曦研究员团队".to_owned(),
            uscc: String::new(),
        },
        method_code: String::new(),
        note: String::new(),
        evidence: String::new(),
        demand: None,
        achievement: None,
        follow_up_on: None,
    }
}

fn reason_of(report: Report) -> &'static str {
    admission().admit(id(1), report).map_or_else(|refused| refused.reason().name, |_| "")
}

#[test]
fn a_report_is_judged_by_the_days_of_posting_service_and_report() {
    let table = [
        ("CL0001", date(2021, 6, 14), "BEFORE_POSTING"),
        ("CL0001", date(2021, 6, 15), ""),
        ("CL0001", date(2022, 6, 30), ""),
        ("CL0001", date(2022, 7, 1), "AFTER_SERVICE"),
        ("CL0003", date(2022, 7, 1), "BEFORE_POSTING"),
        ("CL0009", date(2022, 7, 1), "UNKNOWN_COMMISSIONER"),
        ("CL0002", date(2022, 11, 30), ""),
        ("CL0002", date(2022, 12, 1), "ACTIVITY_IN_FUTURE"),
        ("CL0009", date(2022, 12, 1), "ACTIVITY_IN_FUTURE"),
    ];
    for (commissioner, on, expected) in table {
        assert_eq!(reason_of(report("HD1", commissioner, on)), expected, "{commissioner} {on}");
    }
}

#[test]
fn a_method_is_judged_on_the_day_of_the_activity() {
    let with = |on, code: &str| Report { method_code: code.to_owned(), ..report("HD1", "CL0002", on) };
    assert_eq!(reason_of(with(date(2021, 12, 31), "SEEK_OLD")), "");
    assert_eq!(reason_of(with(date(2022, 1, 1), "SEEK_OLD")), "UNKNOWN_METHOD_CODE");
    assert_eq!(reason_of(with(date(2021, 12, 31), "SEEK_9")), "UNKNOWN_METHOD_CODE");
}

#[test]
fn what_an_activity_is_about_has_to_be_known() {
    let demand = Some(DemandId::new(Uuid::from_u128(5)));
    let achievement = Some(AchievementId::new(Uuid::from_u128(6)));
    let day = date(2022, 3, 1);
    assert_eq!(reason_of(Report { demand, ..report("HD1", "CL0002", day) }), "UNKNOWN_DEMAND");
    assert_eq!(reason_of(Report { achievement, ..report("HD1", "CL0002", day) }), "UNKNOWN_ACHIEVEMENT");
    let mut knowing = admission();
    knowing.demands.extend(demand);
    knowing.achievements.extend(achievement);
    let both = Report { demand, achievement, ..report("HD1", "CL0002", day) };
    assert!(knowing.admit(id(1), both).is_ok());
}

#[test]
fn one_commissioner_kind_counterpart_and_day_count_once() {
    let mut admission = admission();
    let day = date(2022, 3, 1);
    admission.admit(id(1), report("HD1", "CL0001", day)).unwrap();
    let repeated = [
        (report("HD2", "CL0001", day), true),
        (report("HD1", "CL0001", date(2022, 3, 2)), true),
        (report("HD3", "CL0002", day), false),
        (report("HD4", "CL0001", date(2022, 3, 2)), false),
        (Report { kind: Kind::Contact, ..report("HD5", "CL0001", day) }, false),
    ];
    for (report, refused) in repeated {
        let number = report.number.clone();
        assert_eq!(admission.admit(id(2), report).is_err(), refused, "{number}");
    }
    let visits = admission.tally[&(day, Kind::Visit)];
    assert_eq!(visits, Added { activities: 2, joint: 0, participations: 2 });
}

#[test]
fn a_joint_sheet_is_one_activity_with_participants_on_the_day_of_its_first_row() {
    let mut admission = admission();
    let sheet = |number: &str, commissioner: &str, day| Report {
        sheet: "LH01".to_owned(),
        ..report(number, commissioner, day)
    };
    admission.admit(id(1), sheet("HD1", "CL0001", date(2022, 3, 1))).unwrap();
    admission.admit(id(2), sheet("HD2", "CL0002", date(2022, 3, 1))).unwrap();
    admission.admit(id(3), sheet("HD3", "CL0002", date(2022, 3, 2))).unwrap();
    let on = |day| admission.tally[&(day, Kind::Visit)];
    assert_eq!(on(date(2022, 3, 1)), Added { activities: 1, joint: 1, participations: 2 });
    assert_eq!(on(date(2022, 3, 2)), Added { activities: 0, joint: 0, participations: 1 });
    assert_eq!(admission.new_sheets.len(), 1);
}
