//! A run and its way: `CREDIT_CHECKED → PUBLICISED → CONFIRMED → BATCHED → PARTLY_PAID | PAID`, or `VOIDED` before it
//! is funded (RULES.md, state machines).

use canopy_kernel::id::{PolicyId, RunId};
use canopy_kernel::{Failure, reason};
use jiff::civil::Date;

use super::rule_publicity::Publicity;

mod candidate;

pub use candidate::{Candidate, CandidateState, Frozen};

/// How far the lines of a batch are credited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// None.
    Waiting,
    /// Some (部分兑现).
    Partly,
    /// All that were not excluded (已兑现).
    Paid,
}

impl Progress {
    /// By the number of lines credited, and of those that still may be.
    pub fn of(credited: i64, open: i64) -> Self {
        match (credited, open) {
            (0, _) => Progress::Waiting,
            (_, 0) => Progress::Paid,
            _ => Progress::Partly,
        }
    }
}

/// State of a run, with the days that brought it there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Matched and checked for credit (已核查).
    CreditChecked,
    /// Published (公示中).
    Publicised(Publicity),
    /// Confirmed after the publicity (已确认).
    Confirmed {
        /// Its publicity.
        publicity: Publicity,
        /// Day of confirmation.
        confirmed_on: Date,
    },
    /// In a batch (已制单), funded or not, and paid so far.
    Batched {
        /// Its publicity.
        publicity: Publicity,
        /// Day of confirmation.
        confirmed_on: Date,
        /// Day of funding, which makes it the accepted run.
        funded_on: Option<Date>,
        /// How far it is paid.
        progress: Progress,
    },
    /// Ended without payment (作废); its candidates are free.
    Voided {
        /// Its publicity, if it had one.
        publicity: Option<Publicity>,
        /// Day of confirmation, if it was.
        confirmed_on: Option<Date>,
        /// Why.
        reason: String,
    },
}

impl State {
    /// Name in the database and in audit rows.
    pub const fn as_str(&self) -> &'static str {
        match self {
            State::CreditChecked => "CREDIT_CHECKED",
            State::Publicised(_) => "PUBLICISED",
            State::Confirmed { .. } => "CONFIRMED",
            State::Batched { progress: Progress::Waiting, .. } => "BATCHED",
            State::Batched { progress: Progress::Partly, .. } => "PARTLY_PAID",
            State::Batched { progress: Progress::Paid, .. } => "PAID",
            State::Voided { .. } => "VOIDED",
        }
    }

    /// The publicity, once posted.
    pub fn publicity(&self) -> Option<Publicity> {
        match self {
            State::CreditChecked => None,
            State::Publicised(publicity)
            | State::Confirmed { publicity, .. }
            | State::Batched { publicity, .. } => Some(*publicity),
            State::Voided { publicity, .. } => *publicity,
        }
    }

    /// Day of confirmation, once confirmed.
    pub fn confirmed_on(&self) -> Option<Date> {
        match self {
            State::CreditChecked | State::Publicised(_) => None,
            State::Confirmed { confirmed_on, .. } | State::Batched { confirmed_on, .. } => {
                Some(*confirmed_on)
            }
            State::Voided { confirmed_on, .. } => *confirmed_on,
        }
    }

    /// Day of funding, once funded.
    pub fn funded_on(&self) -> Option<Date> {
        match self {
            State::Batched { funded_on, .. } => *funded_on,
            _ => None,
        }
    }

    /// Why it was ended; empty otherwise.
    pub fn void_reason(&self) -> &str {
        match self {
            State::Voided { reason, .. } => reason,
            _ => "",
        }
    }
}

/// The columns of a stored state.
#[derive(Clone, Debug)]
pub struct StoredState {
    /// Name.
    pub state: String,
    /// Day of posting.
    pub posted_on: Option<Date>,
    /// Last day of publicity.
    pub last_day: Option<Date>,
    /// Day of confirmation.
    pub confirmed_on: Option<Date>,
    /// Day of funding.
    pub funded_on: Option<Date>,
    /// Why it was ended.
    pub void_reason: String,
}

impl TryFrom<StoredState> for State {
    type Error = Failure;

    fn try_from(row: StoredState) -> Result<Self, Failure> {
        let publicity =
            row.posted_on.zip(row.last_day).map(|(posted_on, last_day)| Publicity { posted_on, last_day });
        let batched = |progress| {
            publicity.zip(row.confirmed_on).map(|(publicity, confirmed_on)| State::Batched {
                publicity,
                confirmed_on,
                funded_on: row.funded_on,
                progress,
            })
        };
        let state = match row.state.as_str() {
            "CREDIT_CHECKED" => Some(State::CreditChecked),
            "PUBLICISED" => publicity.map(State::Publicised),
            "CONFIRMED" => publicity
                .zip(row.confirmed_on)
                .map(|(publicity, confirmed_on)| State::Confirmed { publicity, confirmed_on }),
            "BATCHED" => batched(Progress::Waiting),
            "PARTLY_PAID" => batched(Progress::Partly),
            "PAID" => batched(Progress::Paid),
            "VOIDED" => Some(State::Voided {
                publicity,
                confirmed_on: row.confirmed_on,
                reason: row.void_reason.clone(),
            }),
            _ => None,
        };
        state.ok_or_else(|| Failure::new(&reason::INTERNAL).because(format_args!("run state {}", row.state)))
    }
}

/// A run of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Id.
    pub id: RunId,
    /// The importer's own number.
    pub external_ref: Option<String>,
    /// Policy version used.
    pub policy: PolicyId,
    /// Policy code.
    pub policy_code: String,
    /// Year whose entitlement it takes.
    pub year: i16,
    /// State.
    pub state: State,
    /// Who matched it.
    pub maker: String,
    /// Day of the snapshot.
    pub match_on: Date,
    /// SHA-256 over the frozen candidates.
    pub snapshot_digest: Vec<u8>,
    /// Feed position of the registry that the snapshot includes.
    pub snapshot_position: i64,
    /// Guards writes.
    pub version: i64,
}

impl Run {
    /// `CREDIT_CHECKED → PUBLICISED`.
    pub fn publish(self, publicity: Publicity) -> Result<Self, Failure> {
        match self.state {
            State::CreditChecked => Ok(self.next(State::Publicised(publicity))),
            _ => Err(self.refused()),
        }
    }

    /// `PUBLICISED → CONFIRMED`, once the publicity is over.
    pub fn confirm(self, today: Date) -> Result<Self, Failure> {
        match self.state {
            State::Publicised(publicity) => {
                publicity.require_over(today)?;
                Ok(self.next(State::Confirmed { publicity, confirmed_on: today }))
            }
            _ => Err(self.refused()),
        }
    }

    /// `CONFIRMED → BATCHED`. While the list is still in publicity, that is why it cannot be.
    pub fn put_in_batch(self, today: Date) -> Result<Self, Failure> {
        match self.state {
            State::Publicised(publicity) => {
                publicity.require_over(today)?;
                Err(self.refused())
            }
            State::Confirmed { publicity, confirmed_on } => Ok(self.next(State::Batched {
                publicity,
                confirmed_on,
                funded_on: None,
                progress: Progress::Waiting,
            })),
            _ => Err(self.refused()),
        }
    }

    /// `BATCHED`, not funded, becomes the accepted run.
    pub fn fund(self, on: Date) -> Result<Self, Failure> {
        match self.state {
            State::Batched { publicity, confirmed_on, funded_on: None, progress } => {
                Ok(self.next(State::Batched { publicity, confirmed_on, funded_on: Some(on), progress }))
            }
            _ => Err(self.refused()),
        }
    }

    /// `BATCHED ↔ PARTLY_PAID ↔ PAID` by what its lines say; `None` when nothing changes.
    pub fn progress(self, now: Progress) -> Result<Option<Self>, Failure> {
        match self.state {
            State::Batched { progress, .. } if progress == now => Ok(None),
            State::Batched { publicity, confirmed_on, funded_on: Some(on), .. } => {
                Ok(Some(self.next(State::Batched {
                    publicity,
                    confirmed_on,
                    funded_on: Some(on),
                    progress: now,
                })))
            }
            _ => Err(self.refused()),
        }
    }

    /// To `VOIDED` from any state before the funding.
    pub fn void(self, reason: String) -> Result<Self, Failure> {
        match self.state {
            State::Voided { .. } | State::Batched { funded_on: Some(_), .. } => Err(self.refused()),
            _ => {
                let (publicity, confirmed_on) = (self.state.publicity(), self.state.confirmed_on());
                Ok(self.next(State::Voided { publicity, confirmed_on, reason }))
            }
        }
    }

    fn next(self, state: State) -> Self {
        Self { state, version: self.version + 1, ..self }
    }

    fn refused(&self) -> Failure {
        Failure::new(&reason::STATE_NOT_ALLOWED).with("state", self.state.as_str())
    }
}

#[cfg(test)]
mod tests;
