//! Where an assessment leaves an institution, and when a rectification may be closed.
#![allow(clippy::unwrap_used, reason = "tests")]

use jiff::civil::date;
use uuid::Uuid;

use super::*;

const ASSESSED_ON: Date = date(2022, 8, 25);

fn assessment(grade: Grade, outcome: Outcome) -> Assessment {
    Assessment {
        id: AssessmentId::new(Uuid::from_u128(1)),
        qualification: QualificationId::new(Uuid::from_u128(2)),
        holder: Uscc::parse("91420111MA4KXA0264").unwrap(),
        assessed_on: ASSESSED_ON,
        grade,
        outcome,
        request: RequestId::new(Uuid::from_u128(3)),
        closing: None,
        followed_on: None,
        passed_on: None,
        version: 1,
    }
}

fn failed() -> Assessment {
    assessment(Grade::Fail, Outcome::Rectify)
}

fn closing(on: Date) -> Closing {
    Closing { on, evidence: "整改报告2022-03号".to_owned() }
}

#[test]
fn an_assessment_leaves_the_institution_where_its_outcome_says() {
    let table = [
        (Grade::Excellent, Outcome::Excellent, State::Recognised),
        (Grade::Pass, Outcome::Pass, State::Recognised),
        (Grade::Fail, Outcome::Rectify, State::Rectify),
        (Grade::Fail, Outcome::Revoked, State::Revoked),
    ];
    for (grade, outcome, state) in table {
        let mut assessed = assessment(grade, outcome);
        assert_eq!(assessed.state_on(ASSESSED_ON), state, "{outcome:?}");
        assessed.followed_on = Some(date(2023, 8, 25));
        assert_eq!(assessed.state_on(date(2023, 8, 24)), state, "{outcome:?}");
        assert_eq!(assessed.state_on(date(2023, 8, 25)), State::Superseded, "{outcome:?}");
    }
}

#[test]
fn a_closed_rectification_leaves_it_recognised_from_that_day() {
    let closed = failed().close(closing(date(2022, 11, 1)), date(2022, 11, 3)).unwrap();
    assert_eq!(closed.version, 2);
    assert_eq!(closed.state_on(date(2022, 10, 31)), State::Rectify);
    assert_eq!(closed.state_on(date(2022, 11, 1)), State::Recognised);
}

#[test]
fn another_hands_passed_assessment_leaves_nothing_to_rectify_from_its_day() {
    let day = date(2022, 9, 30);
    let passed = Assessment { passed_on: Some(day), ..failed() };
    assert_eq!(passed.state_on(date(2022, 9, 29)), State::Rectify);
    assert_eq!((passed.state_on(day), passed.rectified_on()), (State::Recognised, Some(day)));
    // Whatever comes first counts.
    let closed = |on: Date| Assessment { closing: Some(closing(on)), ..passed.clone() };
    assert_eq!(closed(date(2022, 9, 1)).rectified_on(), Some(date(2022, 9, 1)));
    assert_eq!(closed(date(2022, 11, 1)).rectified_on(), Some(day));
    let followed = |on: Date| Assessment { followed_on: Some(on), ..passed.clone() };
    assert_eq!(followed(day).rectified_on(), None);
    assert_eq!(followed(date(2022, 10, 1)).rectified_on(), Some(day));
    // What was not failed has nothing to rectify.
    let good = Assessment { passed_on: Some(day), ..assessment(Grade::Pass, Outcome::Pass) };
    assert_eq!(good.rectified_on(), None);
}

#[test]
fn a_rectification_is_closed_between_its_assessment_and_the_business_day() {
    let today = date(2022, 11, 3);
    let days = [
        (date(2022, 8, 24), "PERIOD_ORDER"),
        (ASSESSED_ON, ""),
        (today, ""),
        (date(2022, 11, 4), "DATE_IN_FUTURE"),
    ];
    for (on, reason) in days {
        let refused = failed().close(closing(on), today).err();
        assert_eq!(refused.map_or("", |failure| failure.reason().name), reason, "{on}");
    }
}

#[test]
fn only_an_open_rectification_is_closed() {
    let today = date(2022, 11, 3);
    let closed = failed().close(closing(today), today).unwrap();
    let followed = Assessment { followed_on: Some(date(2023, 8, 25)), ..failed() };
    let passed = Assessment { passed_on: Some(date(2022, 9, 30)), ..failed() };
    let others = [
        // Also on an earlier business day than that of the closing.
        (closed, "RECOGNISED"),
        (followed, "SUPERSEDED"),
        (passed, "RECOGNISED"),
        (assessment(Grade::Pass, Outcome::Pass), "RECOGNISED"),
        (assessment(Grade::Excellent, Outcome::Excellent), "RECOGNISED"),
        (assessment(Grade::Fail, Outcome::Revoked), "REVOKED"),
    ];
    for (other, state) in others {
        let refused = other.close(closing(ASSESSED_ON), date(2022, 9, 1)).unwrap_err();
        assert_eq!(refused.reason().name, "STATE_NOT_ALLOWED", "{state}");
        assert_eq!(refused.details()["state"], state);
    }
}

#[test]
fn what_is_not_settled_is_taken_up_with_its_own_grade_alone() {
    assert_eq!(failed().take_up(Grade::Fail), Ok(failed()));
    for grade in [Grade::Pass, Grade::Excellent] {
        assert_eq!(failed().take_up(grade).unwrap_err().reason().name, "ASSESSMENT_UNSETTLED");
    }
}
