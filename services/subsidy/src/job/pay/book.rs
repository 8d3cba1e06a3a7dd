//! The transactions of the pay job: what it found out is written with the rows that asked for it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use canopy_kernel::id::{InstructionId, PaymentLineId};
use canopy_kernel::{Failure, date};
use canopy_persistence::{Tx, db};
use canopy_proto::treasury::v1 as pb;
use jiff::civil::Date;
use uuid::Uuid;

use super::Turn;
use super::sort::Sorted;
use crate::payment::model::{Line, State};
use crate::payment::rule_bank::{Answer, take};
use crate::payment::store::attempt::{self, NewAttempt, Said};
use crate::payment::{store, write};
use crate::registry::{Account, Standings};
use crate::run;
use crate::run::rule_exclusion::{Stage, by_standing};

/// Finishes the rows of lines with nothing to do.
pub(super) async fn finish(turn: &Turn<'_>, done: &[PaymentLineId]) -> Result<(), Failure> {
    let rows = Arc::new(turn.rows_of(done));
    if rows.is_empty() {
        return Ok(());
    }
    turn.store
        .job_tx(&turn.call, "finish_lines", move |tx| {
            let rows = rows.clone();
            Box::pin(async move { tx.finish_due(&rows).await })
        })
        .await
}

/// Tries the rows about those instructions again after a while.
pub(super) async fn postpone(turn: &Turn<'_>, instructions: &[InstructionId]) -> Result<(), Failure> {
    if instructions.is_empty() {
        return Ok(());
    }
    let lines = lines_of(turn, instructions).await?;
    let (rows, pause) = (Arc::new(turn.rows_of(&lines)), turn.pause());
    turn.store
        .job_tx(&turn.call, "postpone_lines", move |tx| {
            let rows = rows.clone();
            Box::pin(async move { tx.postpone_due(&rows, pause).await })
        })
        .await
}

/// Marks lines whose instruction went out without an answer as in doubt.
pub(super) async fn doubt(turn: &Turn<'_>, instructions: &[InstructionId]) -> Result<(), Failure> {
    let lines = Arc::new(lines_of(turn, instructions).await?);
    let (open, day): (HashSet<InstructionId>, Date) = (instructions.iter().copied().collect(), turn.day);
    let open = Arc::new(open);
    turn.store
        .job_tx(&turn.call, "doubt_lines", move |tx| {
            let (lines, open) = (lines.clone(), open.clone());
            Box::pin(async move {
                let ids: Vec<Uuid> = lines.iter().map(|id| id.as_uuid()).collect();
                let mut moved = Vec::new();
                for line in store::lock(tx, &ids).await? {
                    let unanswered = matches!(line.state, State::Approved(Some(it)) | State::Corrected(Some(it))
                        if open.contains(&it));
                    if unanswered {
                        moved.push(line.doubt(day)?);
                    }
                }
                write(tx, moved, "").await
            })
        })
        .await
}

/// Books what the bank answered, status by status; returns the instructions that it definitely does not have.
pub(super) async fn answers(
    turn: &Turn<'_>,
    asked: &[InstructionId],
    statuses: Vec<pb::InstructionStatus>,
) -> Result<Vec<InstructionId>, Failure> {
    let answers: Vec<(InstructionId, pb::InstructionStatus)> = asked
        .iter()
        .copied()
        .zip(statuses)
        // A status that names another instruction than the one asked for is no answer to it.
        .filter(|(id, status)| status.instruction_id == id.to_string())
        .collect();
    let unknown: Vec<InstructionId> = answers
        .iter()
        .filter(|(_, status)| status.state() == pb::InstructionState::Unknown)
        .map(|(id, _)| *id)
        .collect();
    let silent = |id: &&InstructionId| {
        let says = |(it, status): &(InstructionId, pb::InstructionStatus)| {
            it == *id && status.state() != pb::InstructionState::Unspecified
        };
        !answers.iter().any(says)
    };
    let unsure: Vec<InstructionId> = asked.iter().filter(silent).copied().collect();
    let lines = lines_of(turn, asked).await?;
    let work = Arc::new((answers, lines));
    let rows: HashMap<Uuid, Vec<Uuid>> =
        work.1.iter().map(|line| (line.as_uuid(), turn.rows_of(&[*line]))).collect();
    let (rows, day) = (Arc::new(rows), turn.day);
    turn.store
        .job_tx(&turn.call, "book_answers", move |tx| {
            let (work, rows) = (work.clone(), rows.clone());
            Box::pin(async move { book(tx, &work.0, &work.1, &rows, day).await })
        })
        .await?;
    postpone(turn, &unsure).await?;
    Ok(unknown)
}

async fn book(
    tx: &mut Tx,
    answers: &[(InstructionId, pb::InstructionStatus)],
    lines: &[PaymentLineId],
    rows: &HashMap<Uuid, Vec<Uuid>>,
    day: Date,
) -> Result<(), Failure> {
    let ids: Vec<Uuid> = lines.iter().map(|id| id.as_uuid()).collect();
    let by_instruction: HashMap<InstructionId, &pb::InstructionStatus> =
        answers.iter().map(|(id, status)| (*id, status)).collect();
    let (mut moved, mut said, mut done) = (Vec::new(), Vec::new(), Vec::new());
    for line in store::lock(tx, &ids).await? {
        let Some(instruction) = line.state.instruction() else {
            // The statement was faster; what it said stands.
            done.push(line.id);
            continue;
        };
        let Some(status) = by_instruction.get(&instruction) else { continue };
        let Some(answer) = read(status, day)? else { continue };
        if answer == Answer::Unknown {
            continue;
        }
        said.push(kept(instruction, status, &answer, day));
        done.push(line.id);
        moved.extend(take(line, instruction, &answer, day)?);
    }
    attempt::update(tx, &said).await?;
    write(tx, moved, "").await?;
    let finished: Vec<Uuid> =
        done.iter().filter_map(|line| rows.get(&line.as_uuid())).flatten().copied().collect();
    tx.finish_due(&finished).await
}

/// What a status says; `None` when it says nothing definite.
fn read(status: &pb::InstructionStatus, day: Date) -> Result<Option<Answer>, Failure> {
    let on = || match status.value_date.as_str() {
        "" => Ok(day),
        text => date::parse(text),
    };
    Ok(match status.state() {
        pb::InstructionState::Unspecified => None,
        pb::InstructionState::Unknown => Some(Answer::Unknown),
        pb::InstructionState::Accepted => Some(Answer::Accepted),
        pb::InstructionState::Credited => Some(Answer::Credited { on: on()? }),
        pb::InstructionState::Returned => Some(Answer::Returned { on: on()? }),
        pb::InstructionState::Rejected => Some(Answer::Refused),
    })
}

fn kept(id: InstructionId, status: &pb::InstructionStatus, answer: &Answer, day: Date) -> Said {
    let (credited_on, returned_on) = match answer {
        Answer::Credited { on } => (Some(*on), None),
        Answer::Returned { on } => (None, Some(*on)),
        Answer::Refused => (None, Some(day)),
        Answer::Accepted | Answer::Unknown => (None, None),
    };
    let (treasury_ref, bank_reason) = (status.treasury_ref.clone(), status.reason.clone());
    Said { id, treasury_ref, bank_reason, credited_on, returned_on }
}

/// Assigns an instruction to each line that may go out, durably, before the bank is called; returns them.
pub(super) async fn assign(
    turn: &Turn<'_>,
    sorted: &Sorted,
    standings: Standings,
    accounts: HashMap<String, Account>,
) -> Result<Vec<InstructionId>, Failure> {
    let seen: HashMap<Uuid, i32> =
        sorted.fresh.iter().chain(&sorted.again).map(|line| (line.id.as_uuid(), line.seq)).collect();
    let rows: HashMap<Uuid, Vec<Uuid>> = sorted
        .fresh
        .iter()
        .chain(&sorted.again)
        .map(|line| (line.id.as_uuid(), turn.rows_of(&[line.id])))
        .collect();
    let work = Arc::new(Assignment { seen, rows, standings, accounts, day: turn.day });
    turn.store
        .job_tx(&turn.call, "assign_instructions", move |tx| {
            let work = work.clone();
            Box::pin(async move { work.carry_out(tx).await })
        })
        .await
}

/// Lines that may go out, with what the registry said of them on the day.
struct Assignment {
    /// Lines and where their history stood when the registry was asked.
    seen: HashMap<Uuid, i32>,
    /// The rows about each line.
    rows: HashMap<Uuid, Vec<Uuid>>,
    standings: Standings,
    accounts: HashMap<String, Account>,
    day: Date,
}

impl Assignment {
    async fn carry_out(&self, tx: &mut Tx) -> Result<Vec<InstructionId>, Failure> {
        let ids: Vec<Uuid> = self.seen.keys().copied().collect();
        let (mut moved, mut new, mut hits, mut done) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for line in store::lock(tx, &ids).await? {
            // Whoever moved it meanwhile decides; its row comes up again.
            if self.seen.get(&line.id.as_uuid()) != Some(&line.seq) {
                continue;
            }
            let id = line.id;
            let waits = matches!(line.state, State::Held | State::Returned);
            if waits {
                let standing = self.standings.of(&line.uscc)?;
                let against = by_standing(Stage::Payment, standing, self.day);
                if !against.is_empty() {
                    hits.extend(against.into_iter().map(|hit| (line.candidate, hit)));
                    done.push(id);
                    continue;
                }
            }
            match self.accounts.get(&line.uscc).filter(|account| account.name_matches) {
                Some(account) => {
                    let (line, instruction) = released(line, self.day)?.assign()?;
                    let attempt_no = line.attempts;
                    new.push(NewAttempt {
                        id: instruction,
                        line: id,
                        attempt_no,
                        value_date: self.day,
                        account,
                    });
                    moved.push(line);
                }
                // A corrected account with another wrong name leaves the line waiting as it was.
                None if waits => done.push(id),
                None => {
                    moved.push(line.hold(self.day)?);
                    done.push(id);
                }
            }
        }
        let assigned = new.iter().map(|attempt| attempt.id).collect();
        attempt::insert(tx, &new).await?;
        run::record_hits(tx, &hits).await?;
        write(tx, moved, "").await?;
        let finished: Vec<Uuid> =
            done.iter().filter_map(|line| self.rows.get(&line.as_uuid())).flatten().copied().collect();
        tx.finish_due(&finished).await?;
        Ok(assigned)
    }
}

/// The line ready for an instruction.
fn released(line: Line, on: Date) -> Result<Line, Failure> {
    match line.state {
        State::Held | State::Returned => line.correct(on),
        _ => Ok(line),
    }
}

/// The lines of instructions.
async fn lines_of(turn: &Turn<'_>, instructions: &[InstructionId]) -> Result<Vec<PaymentLineId>, Failure> {
    let ids: Vec<Uuid> = instructions.iter().map(|id| id.as_uuid()).collect();
    let mut conn = turn.store.pool().acquire().await.map_err(db)?;
    let known = attempt::known(&mut conn, &ids).await?;
    Ok(known.into_values().map(|it| it.line).collect())
}
