//! A batch and its way: `CREATED → APPROVED → FUNDED`, or `VOIDED` with its run before the funding
//! (RULES.md, state machines).

use canopy_kernel::actor::require_distinct;
use canopy_kernel::id::{BatchId, RunId};
use canopy_kernel::{Failure, reason};
use jiff::civil::Date;

/// State of a batch, with who brought it there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Made (制单).
    Created,
    /// Approved by a second person (已审批).
    Approved {
        /// Who approved it.
        approver: String,
    },
    /// Funded by the finance bureau (已拨付).
    Funded {
        /// Who approved it.
        approver: String,
        /// Who funded it.
        funder: String,
        /// Business day of the funding.
        pay_on: Date,
    },
    /// Ended without payment (作废).
    Voided {
        /// Who had approved it; empty if nobody had.
        approver: String,
    },
}

impl State {
    /// Name in the database and in audit rows.
    pub const fn as_str(&self) -> &'static str {
        match self {
            State::Created => "CREATED",
            State::Approved { .. } => "APPROVED",
            State::Funded { .. } => "FUNDED",
            State::Voided { .. } => "VOIDED",
        }
    }

    /// Who approved it; empty before.
    pub fn approver(&self) -> &str {
        match self {
            State::Created => "",
            State::Approved { approver } | State::Funded { approver, .. } | State::Voided { approver } => {
                approver
            }
        }
    }

    /// Who funded it; empty before.
    pub fn funder(&self) -> &str {
        match self {
            State::Funded { funder, .. } => funder,
            _ => "",
        }
    }

    /// Business day of the funding.
    pub const fn pay_on(&self) -> Option<Date> {
        match self {
            State::Funded { pay_on, .. } => Some(*pay_on),
            _ => None,
        }
    }

    /// Reads back a stored state.
    pub fn from_stored(
        name: &str,
        approver: String,
        funder: String,
        pay_on: Option<Date>,
    ) -> Result<Self, Failure> {
        match (name, pay_on) {
            ("CREATED", None) => Ok(State::Created),
            ("APPROVED", None) => Ok(State::Approved { approver }),
            ("FUNDED", Some(pay_on)) => Ok(State::Funded { approver, funder, pay_on }),
            ("VOIDED", None) => Ok(State::Voided { approver }),
            _ => Err(Failure::new(&reason::INTERNAL).because(format_args!("batch state {name}"))),
        }
    }
}

/// A batch of payment lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Id.
    pub id: BatchId,
    /// Business number.
    pub batch_no: String,
    /// The run that it pays.
    pub run: RunId,
    /// State.
    pub state: State,
    /// Who made it.
    pub maker: String,
    /// Business day it was made.
    pub created_on: Date,
    /// Guards writes.
    pub version: i64,
}

impl Batch {
    /// `CREATED → APPROVED` by someone else than the maker.
    pub fn approve(self, approver: &str) -> Result<Self, Failure> {
        match self.state {
            State::Created => {
                let pair = require_distinct(&self.maker, approver)?;
                let approver = pair.approver().to_owned();
                Ok(self.next(State::Approved { approver }))
            }
            _ => Err(self.refused()),
        }
    }

    /// `APPROVED → FUNDED` by a third person.
    pub fn fund(self, funder: &str, pay_on: Date) -> Result<Self, Failure> {
        match self.state.clone() {
            State::Approved { approver } => {
                require_distinct(&self.maker, funder)?;
                let funder = require_distinct(&approver, funder)?.approver().to_owned();
                Ok(self.next(State::Funded { approver, funder, pay_on }))
            }
            _ => Err(self.refused()),
        }
    }

    /// To `VOIDED` with its run, before the funding.
    pub fn void(self) -> Result<Self, Failure> {
        match self.state.clone() {
            State::Created => Ok(self.next(State::Voided { approver: String::new() })),
            State::Approved { approver } => Ok(self.next(State::Voided { approver })),
            _ => Err(self.refused()),
        }
    }

    fn next(self, state: State) -> Self {
        Self { state, version: self.version + 1, ..self }
    }

    fn refused(&self) -> Failure {
        Failure::new(&reason::STATE_NOT_ALLOWED).with("state", self.state.as_str())
    }
}

/// The business number of the day's `serial`-th batch: `PB`, day, serial of three digits or more.
pub fn batch_no(day: Date, serial: i64) -> String {
    format!("PB{}{serial:03}", day.strftime("%Y%m%d"))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const PAY_ON: Date = date(2022, 9, 22);

    fn created() -> Batch {
        Batch {
            id: BatchId::new(uuid::Uuid::from_u128(1)),
            batch_no: batch_no(PAY_ON, 1),
            run: RunId::new(uuid::Uuid::from_u128(2)),
            state: State::Created,
            maker: "张晓岚".to_owned(),
            created_on: PAY_ON,
            version: 1,
        }
    }

    fn approved() -> Batch {
        created().approve("刘卫东").unwrap()
    }

    fn funded() -> Batch {
        approved().fund("陈静", PAY_ON).unwrap()
    }

    fn reason_of<T: std::fmt::Debug>(outcome: Result<T, Failure>) -> &'static str {
        outcome.unwrap_err().reason().name
    }

    #[test]
    fn a_batch_is_funded_by_a_third_person() {
        let funded = funded();
        assert_eq!((funded.state.approver(), funded.state.funder()), ("刘卫东", "陈静"));
        assert_eq!((funded.state.pay_on(), funded.version), (Some(PAY_ON), 3));
    }

    #[test]
    fn maker_approver_and_funder_are_three_named_persons() {
        assert_eq!(reason_of(created().approve("张晓岚")), "MAKER_IS_APPROVER");
        assert_eq!(reason_of(created().approve(" ")), "MAKER_IS_APPROVER");
        assert_eq!(reason_of(approved().fund("张晓岚", PAY_ON)), "MAKER_IS_APPROVER");
        assert_eq!(reason_of(approved().fund("刘卫东", PAY_ON)), "MAKER_IS_APPROVER");
    }

    #[test]
    fn every_other_step_is_refused_in_every_state() {
        let voided = created().void().unwrap();
        for batch in [approved(), funded(), voided.clone()] {
            assert_eq!(reason_of(batch.approve("王敏")), "STATE_NOT_ALLOWED");
        }
        for batch in [created(), funded(), voided.clone()] {
            assert_eq!(reason_of(batch.fund("王敏", PAY_ON)), "STATE_NOT_ALLOWED");
        }
        for batch in [funded(), voided] {
            assert_eq!(reason_of(batch.void()), "STATE_NOT_ALLOWED");
        }
        assert_eq!(approved().void().unwrap().state.as_str(), "VOIDED");
    }

    #[test]
    fn a_stored_state_reads_back_as_it_was() {
        for batch in [created(), approved(), funded(), approved().void().unwrap()] {
            let state = &batch.state;
            let (approver, funder) = (state.approver().to_owned(), state.funder().to_owned());
            assert_eq!(State::from_stored(state.as_str(), approver, funder, state.pay_on()), Ok(batch.state));
        }
    }

    #[test]
    fn a_batch_number_names_its_day() {
        assert_eq!(batch_no(PAY_ON, 7), "PB20220922007");
        assert_eq!(batch_no(PAY_ON, 1234), "PB202209221234");
    }
}
