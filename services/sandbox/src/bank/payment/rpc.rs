//! `canopy.treasury.v1.TreasuryService`: where the contract meets the book.

use canopy_kernel::page::PageSize;
use canopy_kernel::{Failure, Fen, date, reason};
use canopy_platform::{Call, answer, check};
use canopy_proto::treasury::v1 as wire;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use tonic::{Request, Response, Status};

use super::model::{Entry, EntryKind, Instruction, State};
use super::store;
use crate::bank::behave::obey;
use crate::bank::digest::Digest;
use crate::bank::store::Store;
use crate::bank::switch::model::{Asked, Misbehaviour};

/// Entries of a statement's page when the caller does not say.
const PAGE_DEFAULT: u32 = 500;
/// Entries of a statement's page at most.
const PAGE_MAX: u32 = 1000;

/// Serves the treasury's contract from the book.
#[derive(Clone, Debug)]
pub struct Treasury {
    book: Store,
    zone: TimeZone,
}

impl Treasury {
    /// Serves this book; days are those of the zone.
    pub fn new(book: Store, zone: TimeZone) -> Self {
        Self { book, zone }
    }

    async fn submitted(&self, request: wire::SubmitRequest) -> Result<wire::SubmitResponse, Failure> {
        check(&request)?;
        let instructions =
            request.instructions.iter().enumerate().map(|(index, one)| instruction(index, one));
        let instructions = instructions.collect::<Result<Vec<_>, _>>()?;
        let ids: Vec<String> = instructions.iter().map(|one| one.id.clone()).collect();
        let work = self.book.write(move |transaction| store::submit(transaction, &instructions));
        let (states, _) = obey(&self.book, Asked::Instructions, work).await?;
        Ok(wire::SubmitResponse { statuses: statuses(ids, states) })
    }

    async fn queried(&self, call: Call, request: wire::QueryRequest) -> Result<wire::QueryResponse, Failure> {
        check(&request)?;
        let (ids, today) = (request.instruction_ids.clone(), call.on_day(&self.zone));
        let work = self.book.read(move |transaction| store::states(transaction, &ids, today));
        let (states, _) = obey(&self.book, Asked::Instructions, work).await?;
        Ok(wire::QueryResponse { statuses: statuses(request.instruction_ids, states) })
    }

    async fn stated(
        &self,
        call: Call,
        request: wire::StatementRequest,
    ) -> Result<wire::StatementResponse, Failure> {
        check(&request)?;
        let day = date::parse(&request.day).map_err(|failure| failure.on("day"))?;
        let after = u64::try_from(request.after_entry)
            .map_err(|_| Failure::new(&reason::FIELD_OUT_OF_RANGE).on("after_entry").with("min", 0))?;
        let size = PageSize::parse(request.page_size, PAGE_DEFAULT, PAGE_MAX)?.get() as usize;
        let asked_on = call.on_day(&self.zone);
        let work = async {
            match day > asked_on {
                // There is no statement of a day to come, though its returns are settled.
                true => Ok(store::Page { entries: Vec::new(), complete: true }),
                false => {
                    self.book.read(move |transaction| store::statement(transaction, day, after, size)).await
                }
            }
        };
        let (page, misbehaviour) = obey(&self.book, Asked::Statement, work).await?;
        let entries = page.entries.into_iter().map(|(number, entry)| wire_entry(number, entry)).collect();
        Ok(wire::StatementResponse { entries: told(entries, misbehaviour, day), complete: page.complete })
    }
}

#[tonic::async_trait]
impl wire::treasury_service_server::TreasuryService for Treasury {
    async fn submit(
        &self,
        request: Request<wire::SubmitRequest>,
    ) -> Result<Response<wire::SubmitResponse>, Status> {
        answer(self.submitted(request.into_inner()).await)
    }

    async fn query(
        &self,
        request: Request<wire::QueryRequest>,
    ) -> Result<Response<wire::QueryResponse>, Status> {
        answer(match Call::of(&request) {
            Ok(call) => self.queried(call, request.into_inner()).await,
            Err(failure) => Err(failure),
        })
    }

    async fn statement(
        &self,
        request: Request<wire::StatementRequest>,
    ) -> Result<Response<wire::StatementResponse>, Status> {
        answer(match Call::of(&request) {
            Ok(call) => self.stated(call, request.into_inner()).await,
            Err(failure) => Err(failure),
        })
    }
}

/// Reads an instruction; name and account go into the digest and no further.
fn instruction(index: usize, one: &wire::Instruction) -> Result<Instruction, Failure> {
    let field = |name: &str| format!("instructions[{index}].{name}");
    Ok(Instruction {
        id: one.instruction_id.clone(),
        end_to_end_id: one.end_to_end_id.clone(),
        amount: Fen::new(one.amount_fen).map_err(|failure| failure.on(field("amount_fen")))?,
        payee: one.payee_uscc.clone(),
        purpose: one.purpose.clone(),
        value_date: date::parse(&one.value_date).map_err(|failure| failure.on(field("value_date")))?,
        body: Digest::of_message(one),
    })
}

fn statuses(ids: Vec<String>, states: Vec<State>) -> Vec<wire::InstructionStatus> {
    ids.into_iter().zip(states).map(|(id, state)| status(id, state)).collect()
}

fn status(instruction_id: String, state: State) -> wire::InstructionStatus {
    use wire::InstructionState as Said;

    let (said, reference, value_date, reason) = match state {
        State::Unknown => (Said::Unknown, None, None, String::new()),
        State::Accepted(reference) => (Said::Accepted, Some(reference), None, String::new()),
        State::Credited(reference, on) => (Said::Credited, Some(reference), Some(on), String::new()),
        State::Returned(reference, bounce) => {
            (Said::Returned, Some(reference), Some(bounce.on), bounce.reason)
        }
        State::Rejected => (Said::Rejected, None, None, "指令编号已用于内容不同的指令".to_owned()),
    };
    wire::InstructionStatus {
        instruction_id,
        state: said.into(),
        treasury_ref: reference.map(|reference| reference.to_string()).unwrap_or_default(),
        value_date: value_date.map(|day| day.to_string()).unwrap_or_default(),
        reason,
    }
}

/// The entries as the bank gives them: with the fault that it was asked for.
fn told(
    entries: Vec<wire::StatementEntry>,
    fault: Option<Misbehaviour>,
    day: Date,
) -> Vec<wire::StatementEntry> {
    let mut told = entries;
    match fault {
        Some(Misbehaviour::Twice) => {
            told = told.into_iter().flat_map(|entry| std::iter::repeat_n(entry, 2)).collect();
        }
        Some(Misbehaviour::Unordered) => told.push(unordered(told.last(), day)),
        Some(Misbehaviour::Larger) => {
            for entry in told.iter_mut().filter(|entry| entry.kind() == wire::EntryKind::Return) {
                entry.amount_fen = entry.amount_fen.saturating_add(1);
            }
        }
        _ => {}
    }
    told
}

/// An entry of the day behind the last one, of a payment that nobody ordered.
fn unordered(last: Option<&wire::StatementEntry>, day: Date) -> wire::StatementEntry {
    wire::StatementEntry {
        entry: last.map_or(1, |last| last.entry.saturating_add(1)),
        kind: wire::EntryKind::Credit.into(),
        treasury_ref: "TB9999999999".to_owned(),
        instruction_id: "nobody-ordered-this".to_owned(),
        end_to_end_id: "nobody-ordered-this".to_owned(),
        amount_fen: 1,
        value_date: day.to_string(),
        reason: String::new(),
    }
}

fn wire_entry(number: u64, entry: Entry) -> wire::StatementEntry {
    let kind = match entry.kind {
        EntryKind::Credit => wire::EntryKind::Credit,
        EntryKind::Return => wire::EntryKind::Return,
    };
    wire::StatementEntry {
        entry: i64::try_from(number).unwrap_or(i64::MAX),
        kind: kind.into(),
        treasury_ref: entry.reference.to_string(),
        instruction_id: entry.instruction_id,
        end_to_end_id: entry.end_to_end_id,
        amount_fen: entry.amount.get(),
        value_date: entry.value_date.to_string(),
        reason: entry.reason,
    }
}
