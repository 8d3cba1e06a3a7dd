//! What the bank says of an instruction and what that does to the line. The same rule reads the answer to a
//! submission, to a query and an entry of the statement, in whichever order they come (RULES.md R8).

use canopy_kernel::Failure;
use canopy_kernel::id::InstructionId;
use jiff::civil::Date;

use super::model::{Line, State};

/// What the bank says of an instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Definite: it does not have it and will not.
    Unknown,
    /// It has it, not booked yet.
    Accepted,
    /// Credited to the payee.
    Credited {
        /// Value date.
        on: Date,
    },
    /// Bounced.
    Returned {
        /// Value date of the return.
        on: Date,
    },
    /// Refused; no money moves.
    Refused,
}

/// The line after the answer, acting on `today`; `None` when it says nothing new.
pub fn take(
    line: Line,
    instruction: InstructionId,
    answer: &Answer,
    today: Date,
) -> Result<Option<Line>, Failure> {
    if line.state.instruction() != Some(instruction) {
        // An earlier attempt: what it came to is booked already.
        return Ok(None);
    }
    let has_it = matches!(line.state, State::Submitted(_) | State::Credited(_));
    let after = match answer {
        Answer::Unknown => return Ok(None),
        Answer::Accepted if has_it => return Ok(None),
        Answer::Accepted => line.acknowledge(today)?,
        Answer::Credited { .. } if matches!(line.state, State::Credited(_)) => return Ok(None),
        Answer::Credited { on } => known(line, *on)?.credit(*on)?,
        Answer::Returned { on } => known(line, *on)?.bounce(*on)?,
        Answer::Refused if matches!(line.state, State::Credited(_)) => return Ok(None),
        Answer::Refused => line.refuse(today)?,
    };
    Ok(Some(after))
}

/// The line as the bank has it: what it books it has acknowledged.
fn known(line: Line, on: Date) -> Result<Line, Failure> {
    match line.state {
        State::Submitted(_) | State::Credited(_) => Ok(line),
        _ => line.acknowledge(on),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::payment::model::tests::{
        PAY_ON, assigned, corrected, credited, in_doubt, returned, submitted,
    };

    const LATER: Date = date(2022, 9, 23);
    const CREDITED: Answer = Answer::Credited { on: PAY_ON };
    const RETURNED: Answer = Answer::Returned { on: LATER };

    fn first() -> InstructionId {
        assigned().state.instruction().unwrap()
    }

    fn outcome(line: Line, answer: &Answer) -> Option<&'static str> {
        take(line, first(), answer, PAY_ON).unwrap().map(|line| line.state.as_str())
    }

    #[test]
    fn every_answer_in_every_state_does_what_it_says_once() {
        let table = [
            (Answer::Unknown, [None, None, None, None]),
            (Answer::Accepted, [Some("SUBMITTED"), Some("SUBMITTED"), None, None]),
            (CREDITED, [Some("CREDITED"), Some("CREDITED"), Some("CREDITED"), None]),
            (RETURNED, [Some("RETURNED"), Some("RETURNED"), Some("RETURNED"), Some("RETURNED")]),
            (Answer::Refused, [Some("RETURNED"), Some("RETURNED"), Some("RETURNED"), None]),
        ];
        for (answer, expected) in table {
            let lines = [assigned(), in_doubt(), submitted(), credited()];
            assert_eq!(lines.map(|line| outcome(line, &answer)), expected, "{answer:?}");
        }
    }

    #[test]
    fn an_answer_about_an_earlier_attempt_changes_nothing() {
        let second = corrected().assign().unwrap().0;
        for answer in [Answer::Accepted, CREDITED, RETURNED, Answer::Refused] {
            assert_eq!(take(second.clone(), first(), &answer, PAY_ON), Ok(None));
            assert_eq!(take(returned(), first(), &answer, PAY_ON), Ok(None));
        }
    }

    #[test]
    fn a_credit_that_comes_before_the_acknowledgement_counts_from_its_value_date() {
        let line = take(in_doubt(), first(), &CREDITED, LATER).unwrap().unwrap();
        let states: Vec<_> = line.steps.iter().map(|step| (step.to.as_str(), step.on)).collect();
        assert_eq!(states[states.len() - 2..], [("SUBMITTED", PAY_ON), ("CREDITED", PAY_ON)]);
    }
}
