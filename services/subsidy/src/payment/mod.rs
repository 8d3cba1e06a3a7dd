//! Payment lines (拨付明细): from approval to the day the bank credited, each paid exactly once.

pub mod model;
pub(crate) mod rpc;
pub mod rule_bank;
pub mod rule_resubmission;
pub(crate) mod statement;
pub(crate) mod store;
pub(crate) mod wire;

use std::collections::{BTreeMap, BTreeSet};

use canopy_kernel::clock::start_of_day;
use canopy_kernel::id::{PaymentLineId, TransferId};
use canopy_kernel::{Failure, reason};
use canopy_persistence::ledger::{self, PostOrVoid, Transfer};
use canopy_persistence::{Transition, Tx};
use canopy_proto::subsidy::v1 as pb;
use jiff::civil::Date;
use uuid::Uuid;

use crate::mirror::model::Correction;
use crate::mirror::store::corrections_of;
use crate::run::model::Progress;
use crate::run::rule_exclusion::{Exclusion, Hit};
use crate::{event, run};
use model::{Booking, Line, State, Step};
use rule_resubmission::releases;

/// Kind of the dated rows that send lines to the bank, keyed by line.
pub(crate) const PAY_LINE: &str = "pay_line";

/// Gives up a held or bounced line.
#[derive(Debug)]
pub(crate) struct Abandon {
    pub id: PaymentLineId,
    pub reason: String,
}

/// Gives up a line: its money and its entitlement are free again.
pub(crate) async fn abandon(tx: &mut Tx, command: &Abandon) -> Result<pb::PaymentLine, Failure> {
    let today = tx.today();
    let found = store::lock(tx, &[command.id.as_uuid()]).await?.pop();
    let line = found.ok_or_else(|| Failure::new(&reason::UNKNOWN_LINE).on("name"))?;
    let line = line.abandon(today)?;
    store::release_entitlement(tx, line.id).await?;
    write(tx, vec![line], &command.reason).await?;
    let line = wire::lines(tx.conn(), &[command.id.as_uuid()]).await?.pop();
    line.map(|(message, _)| message).ok_or_else(|| Failure::new(&reason::UNKNOWN_LINE).on("name"))
}

/// Writes the steps that lines have taken, with all that follows from them: history, audit, budget, hits, events,
/// the way of their runs, and the day on which a corrected account sends them again. `words` say why, where a person
/// does.
pub(crate) async fn write(tx: &mut Tx, lines: Vec<Line>, words: &str) -> Result<(), Failure> {
    if lines.is_empty() {
        return Ok(());
    }
    store::update(tx, &lines).await?;
    store::insert_steps(tx, &lines).await?;
    audit(tx, &lines, words);
    book(tx, &lines).await?;
    let hits: Vec<_> = lines.iter().flat_map(hits_of).collect();
    run::record_hits(tx, &hits).await?;
    tell(tx, &lines).await?;
    let codes: Vec<String> = lines.iter().filter(|line| waits(line)).map(|line| line.uscc.clone()).collect();
    if !codes.is_empty() {
        let corrections = corrections_of(tx.conn(), &codes).await?;
        schedule_resubmissions(tx, &lines, &corrections)?;
    }
    progress(tx, &lines).await
}

fn audit(tx: &mut Tx, lines: &[Line], words: &str) {
    for line in lines {
        for step in &line.steps {
            let reason = if words.is_empty() { step.to.reason_code() } else { words };
            tx.audit(Transition {
                aggregate: line.id.to_string(),
                from: step.from.as_str().to_owned(),
                to: step.to.as_str().to_owned(),
                reason: reason.to_owned(),
                rule_version: String::new(),
                effective_on: step.on,
            });
        }
    }
}

/// Moves the budget: money that comes back first, so that it can be encumbered again in the same write.
async fn book(tx: &mut Tx, lines: &[Line]) -> Result<(), Failure> {
    let (mut backs, mut reserves, mut pays, mut frees) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for line in lines {
        let Some(funding) = line.funding else { continue };
        let source = funding.source;
        for booking in &line.bookings {
            match *booking {
                Booking::Reserve { reservation, on } => reserves.push(Transfer {
                    id: reservation,
                    debit: source.grant,
                    credit: source.paid,
                    amount: line.amount,
                    effective_on: on,
                }),
                Booking::TakeBack { reservation, on } => backs.push(Transfer {
                    id: derived(reservation, "return"),
                    debit: source.paid,
                    credit: source.grant,
                    amount: line.amount,
                    effective_on: on,
                }),
                Booking::Pay { reservation, on } => pays.push(PostOrVoid {
                    id: derived(reservation, "pay"),
                    pending: reservation,
                    effective_on: on,
                }),
                Booking::Free { reservation, on } => frees.push(PostOrVoid {
                    id: derived(reservation, "free"),
                    pending: reservation,
                    effective_on: on,
                }),
            }
        }
    }
    let recorded_at = tx.recorded_at();
    // What was reserved before is paid first: a line may be credited and bounce on one statement.
    ledger::post(tx.conn(), &pays, recorded_at).await?;
    ledger::transfer(tx.conn(), &backs, recorded_at).await?;
    ledger::reserve(tx.conn(), &reserves, recorded_at).await?;
    ledger::void(tx.conn(), &frees, recorded_at).await
}

/// The transfer that follows from a reservation; a repeat of the step names the same one.
fn derived(reservation: TransferId, what: &str) -> TransferId {
    TransferId::derived(reservation.as_uuid(), what)
}

/// A hold or a return is a hit against the entry, told while it is not put right.
fn hits_of(line: &Line) -> impl Iterator<Item = (canopy_kernel::id::CandidateId, Hit)> + '_ {
    let waits = |step: &&Step| matches!(step.to, State::Held | State::Returned);
    line.steps.iter().filter(waits).filter_map(|step| {
        let reason: Exclusion = step.to.reason()?;
        let hit = Hit { reason, checked_on: step.on, detail: String::new(), rule_version: String::new() };
        Some((line.candidate, hit))
    })
}

/// Tells credits and returns, each line as it is after the write.
async fn tell(tx: &mut Tx, lines: &[Line]) -> Result<(), Failure> {
    let news: BTreeMap<Uuid, State> = lines
        .iter()
        .filter(|line| matches!(line.state, State::Credited(_) | State::Returned) && !line.steps.is_empty())
        .map(|line| (line.id.as_uuid(), line.state))
        .collect();
    if news.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = news.keys().copied().collect();
    let days: BTreeMap<Uuid, Date> = lines.iter().map(|line| (line.id.as_uuid(), line.state_on)).collect();
    for (message, (id, version)) in wire::lines(tx.conn(), &ids).await? {
        let on = days.get(&id).copied().unwrap_or(tx.today());
        match news.get(&id) {
            Some(State::Returned) => event::line_returned(tx, message, version, on),
            _ => event::line_credited(tx, message, version, on),
        }
    }
    Ok(())
}

/// Moves the runs of lines that were credited, came back or were given up.
async fn progress(tx: &mut Tx, lines: &[Line]) -> Result<(), Failure> {
    let moves = |line: &&Line| matches!(line.state, State::Credited(_) | State::Returned | State::Abandoned);
    let batches: BTreeSet<Uuid> = lines.iter().filter(moves).map(|line| line.batch.as_uuid()).collect();
    if batches.is_empty() {
        return Ok(());
    }
    let batches: Vec<Uuid> = batches.into_iter().collect();
    for (id, credited, open) in store::progress(tx, &batches).await? {
        let before = run::store::lock(tx, id).await?;
        let from = before.state.as_str();
        if let Some(after) = before.progress(Progress::of(credited, open))? {
            run::store::update(tx, &after).await?;
            run::tell(tx, &after, from, "").await?;
        }
    }
    Ok(())
}

/// Sends lines again that wait for corrections which have arrived now. Their rows are locked first: whoever holds a
/// line at this moment either sees the corrections or is seen here.
pub(crate) async fn await_corrections<'f>(
    tx: &mut Tx,
    corrections: impl Iterator<Item = &'f Correction>,
) -> Result<(), Failure> {
    let corrections: Vec<(String, Date)> = corrections.map(|it| (it.uscc.clone(), it.effective_on)).collect();
    let codes: Vec<String> = corrections.iter().map(|(code, _)| code.clone()).collect();
    let lines = store::lock_payees(tx, &codes).await?;
    schedule_resubmissions(tx, &lines, &corrections)
}

fn waits(line: &Line) -> bool {
    matches!(line.state, State::Held | State::Returned)
}

/// Schedules lines that are held or have bounced for the days on which corrections release them. The first that puts
/// the account right sends the line; on the others there is nothing left to do.
fn schedule_resubmissions(
    tx: &mut Tx,
    lines: &[Line],
    corrections: &[(String, Date)],
) -> Result<(), Failure> {
    for line in lines.iter().filter(|line| waits(line)) {
        for (_, day) in corrections.iter().filter(|(code, _)| *code == line.uscc) {
            if releases(line.state, line.state_on, *day) {
                let due_at = start_of_day(*day, tx.store().zone())?;
                tx.schedule(PAY_LINE, line.id.to_string(), due_at);
            }
        }
    }
    Ok(())
}
