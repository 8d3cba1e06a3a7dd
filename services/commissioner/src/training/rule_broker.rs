//! Who counts as a technology broker (技术经纪人) on a day (`RULES.md` R19).

use canopy_kernel::{Failure, reason};
use jiff::civil::Date;

use super::model::{Attendance, Program, State};

/// Refuses a person who has passed no TECH_BROKER session by that day. A failure elsewhere takes nothing away.
pub fn require_passed(number: &str, enrolments: &[Attendance], day: Date) -> Result<(), Failure> {
    let is_passed =
        |it: &Attendance| it.enrolment.program == Program::TechBroker && it.state_on(day) == State::Passed;
    match enrolments.iter().any(is_passed) {
        true => Ok(()),
        false => Err(Failure::new(&reason::NOT_A_BROKER).with("number", number).with("day", day)),
    }
}

#[cfg(test)]
mod tests {
    use canopy_kernel::id::AttendanceId;
    use jiff::Timestamp;
    use jiff::civil::date;

    use super::*;
    use crate::training::model::{Decision, Enrolment, Outcome};

    fn enrolled(program: Program, decided: Option<(Outcome, Date)>) -> Attendance {
        let enrolment = Enrolment {
            session_no: "PX1".to_owned(),
            session_on: date(2022, 3, 1),
            topic: "技术经纪人实务".to_owned(),
            program,
            person_ref: "P1".to_owned(),
            attended: true,
            hours: 8,
        };
        let decision = decided.map(|(outcome, decided_on)| Decision { outcome, decided_on });
        Attendance { id: AttendanceId::at(Timestamp::UNIX_EPOCH), enrolment, decision }
    }

    #[test]
    fn who_passed_as_a_broker_counts_from_the_day_of_the_result() {
        let on = date(2022, 3, 20);
        let came = enrolled(Program::TechBroker, None);
        let passed = enrolled(Program::TechBroker, Some((Outcome::Passed, on)));
        let failed = enrolled(Program::TechBroker, Some((Outcome::Failed, on)));
        let other = enrolled(Program::Other, Some((Outcome::Passed, on)));
        let table = [
            (vec![], on, false),
            (vec![came.clone()], on, false),
            (vec![passed.clone()], date(2022, 3, 19), false),
            (vec![passed.clone()], on, true),
            (vec![passed.clone()], date(2030, 1, 1), true),
            (vec![failed.clone()], on, false),
            (vec![other.clone()], on, false),
            (vec![came, other, failed, passed], on, true),
        ];
        for (enrolments, day, is_broker) in table {
            let judged = require_passed("P1", &enrolments, day);
            assert_eq!(judged.is_ok(), is_broker, "{enrolments:?} {day}");
        }
        let refused = require_passed("P1", &[], on).unwrap_err();
        let details: Vec<_> =
            refused.details().iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(details, [("day", "2022-03-20"), ("number", "P1")]);
    }
}
