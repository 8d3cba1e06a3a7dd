//! Training of technology brokers (技术经纪人培训): one person in one session. Person-times (人次) count attendances,
//! persons each once (`RULES.md` R40).
//!
//! ```text
//! ENROLLED ──came──▶ ATTENDED ──result──▶ PASSED | FAILED
//! ```

use canopy_kernel::id::AttendanceId;
use canopy_kernel::{Failure, reason, words};
use jiff::civil::Date;

words! {
    /// What a session trains for.
    Program {
        /// Technology brokers (技术经纪人).
        TechBroker = "TECH_BROKER",
        /// Anything else.
        Other = "OTHER",
    }
}

words! {
    /// State on a day.
    State {
        /// Enrolled; did not come, or not yet.
        Enrolled = "ENROLLED",
        /// Came.
        Attended = "ATTENDED",
        /// Came and passed.
        Passed = "PASSED",
        /// Came and failed.
        Failed = "FAILED",
    }
}

words! {
    /// Result of a person who came.
    Outcome {
        /// Passed (合格).
        Passed = "PASSED",
        /// Failed (不合格).
        Failed = "FAILED",
    }
}

/// A result and its day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Result.
    pub outcome: Outcome,
    /// Day of the result.
    pub decided_on: Date,
}

/// One person in one session, as the organiser's list has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolment {
    /// Number of the session.
    pub session_no: String,
    /// Day of the session.
    pub session_on: Date,
    /// Topic.
    pub topic: String,
    /// Program.
    pub program: Program,
    /// The organiser's own number of the person.
    pub person_ref: String,
    /// Whether the person came.
    pub attended: bool,
    /// Hours of the session.
    pub hours: i32,
}

/// An enrolment in the register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attendance {
    /// Its id.
    pub id: AttendanceId,
    /// What the list says.
    pub enrolment: Enrolment,
    /// The result.
    pub decision: Option<Decision>,
}

impl Attendance {
    /// The state on a day. Who came counts from the day of the session.
    pub fn state_on(&self, day: Date) -> State {
        match self.decision.filter(|it| it.decided_on <= day).map(|it| it.outcome) {
            Some(Outcome::Passed) => State::Passed,
            Some(Outcome::Failed) => State::Failed,
            None if self.enrolment.attended && self.enrolment.session_on <= day => State::Attended,
            None => State::Enrolled,
        }
    }

    /// Marks on a day that the person came; a session is attended on its day or told later, never before.
    pub fn attend(mut self, day: Date) -> Result<Self, Failure> {
        if self.enrolment.attended || day < self.enrolment.session_on {
            return Err(Failure::new(&reason::STATE_NOT_ALLOWED).with("state", self.state_on(day).as_str()));
        }
        self.enrolment.attended = true;
        Ok(self)
    }

    /// Decides, once, about someone who came: not before the session, and not after today.
    pub fn decide(mut self, decision: Decision, today: Date) -> Result<Self, Failure> {
        if !self.enrolment.attended {
            let failure = Failure::new(&reason::STATE_NOT_ALLOWED).on("person_ref");
            let (state, expected) = (State::Enrolled.as_str(), State::Attended.as_str());
            return Err(failure.with("state", state).with("expected", expected));
        }
        let session_on = self.enrolment.session_on;
        if decision.decided_on < session_on {
            let failure = Failure::new(&reason::STATUS_DATE_ORDER).on("decided_on");
            return Err(failure.with("latest", session_on));
        }
        if decision.decided_on > today {
            return Err(Failure::new(&reason::FIELD_OUT_OF_RANGE).on("decided_on").with("max", today));
        }
        if self.decision.is_some() {
            return Err(Failure::new(&reason::DUPLICATE_RESULT).on("person_ref"));
        }
        self.decision = Some(decision);
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::civil::date;

    use super::*;

    const TODAY: Date = date(2022, 6, 1);

    fn enrolled(attended: bool, decision: Option<Decision>) -> Attendance {
        let enrolment = Enrolment {
            session_no: "PX1".to_owned(),
            session_on: date(2022, 3, 1),
            topic: "技术经纪人实务".to_owned(),
            program: Program::TechBroker,
            person_ref: "P1".to_owned(),
            attended,
            hours: 8,
        };
        Attendance { id: AttendanceId::at(Timestamp::UNIX_EPOCH), enrolment, decision }
    }

    fn decided(outcome: Outcome, decided_on: Date) -> Decision {
        Decision { outcome, decided_on }
    }

    fn refused(outcome: Result<Attendance, Failure>) -> &'static str {
        outcome.unwrap_err().reason().name
    }

    /// An enrolment in each state of 2022-06-01.
    fn standing(state: State) -> Attendance {
        let on = date(2022, 3, 20);
        match state {
            State::Enrolled => enrolled(false, None),
            State::Attended => enrolled(true, None),
            State::Passed => enrolled(true, Some(decided(Outcome::Passed, on))),
            State::Failed => enrolled(true, Some(decided(Outcome::Failed, on))),
        }
    }

    #[test]
    fn each_step_leads_out_of_one_state() {
        let pass = |it: Attendance| it.decide(decided(Outcome::Passed, TODAY), TODAY);
        let fail = |it: Attendance| it.decide(decided(Outcome::Failed, TODAY), TODAY);
        let wrong = Err("STATE_NOT_ALLOWED");
        let again = Err("DUPLICATE_RESULT");
        let table = [
            (State::Enrolled, [Ok(State::Attended), wrong, wrong]),
            (State::Attended, [wrong, Ok(State::Passed), Ok(State::Failed)]),
            (State::Passed, [wrong, again, again]),
            (State::Failed, [wrong, again, again]),
        ];
        for (state, expected) in table {
            let it = standing(state);
            assert_eq!(it.state_on(TODAY), state);
            let after = [it.clone().attend(TODAY), pass(it.clone()), fail(it)];
            let after = after.map(|it| it.map(|it| it.state_on(TODAY)).map_err(|it| it.reason().name));
            assert_eq!(after, expected, "{state:?}");
        }
    }

    #[test]
    fn each_state_holds_from_its_own_day() {
        let passed = standing(State::Passed);
        let states = [
            (date(2022, 2, 28), State::Enrolled),
            (date(2022, 3, 1), State::Attended),
            (date(2022, 3, 19), State::Attended),
            (date(2022, 3, 20), State::Passed),
        ];
        for (day, state) in states {
            assert_eq!(passed.state_on(day), state, "{day}");
        }
        assert_eq!(refused(enrolled(false, None).attend(date(2022, 2, 28))), "STATE_NOT_ALLOWED");
        assert!(enrolled(false, None).attend(date(2022, 3, 1)).is_ok());
    }

    #[test]
    fn a_result_lies_between_the_session_and_today() {
        let on = |day| enrolled(true, None).decide(decided(Outcome::Passed, day), TODAY);
        assert_eq!(refused(on(date(2022, 2, 28))), "STATUS_DATE_ORDER");
        assert!(on(date(2022, 3, 1)).is_ok());
        assert!(on(TODAY).is_ok());
        assert_eq!(refused(on(date(2022, 6, 2))), "FIELD_OUT_OF_RANGE");
    }
}
