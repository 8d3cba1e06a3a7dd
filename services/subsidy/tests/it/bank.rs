//! The treasury bank stood in: idempotent on instructions, and able to misbehave on request.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use canopy_kernel::{Failure, reason};
use canopy_platform::to_status;
use canopy_proto::treasury::v1 as pb;
use canopy_proto::treasury::v1::treasury_service_server::{TreasuryService, TreasuryServiceServer};
use prost::Message;
use tonic::service::Routes;
use tonic::{Request, Response, Status};

type Answer<T> = Result<Response<T>, Status>;

/// How the next call goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misbehave {
    /// The work is done and the answer never comes.
    SilentAfter,
    /// Nothing is done and the answer never comes.
    SilentBefore,
    /// The call is refused as unavailable.
    Unavailable,
}

#[derive(Default)]
struct Book {
    instructions: BTreeMap<String, (pb::Instruction, pb::InstructionStatus)>,
    /// Entries by day.
    statements: BTreeMap<String, Vec<pb::StatementEntry>>,
    /// Payee → day on which the next transfer bounces.
    returns: HashMap<String, String>,
    /// Payees whose next instruction is refused.
    refusals: Vec<String>,
    next: VecDeque<Misbehave>,
    /// Entries of statements are given twice.
    twice: bool,
    /// Transfers are acknowledged and credited; else credited at once.
    slow: bool,
    submits: usize,
    queries: usize,
}

/// The bank; cheap to clone.
#[derive(Clone, Default)]
pub struct Bank(Arc<Mutex<Book>>);

impl Bank {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap()
    }

    pub fn routes(&self) -> Routes {
        Routes::new(TreasuryServiceServer::new(self.clone()))
    }

    /// The next calls go wrong like that, one after the other.
    pub fn misbehave(&self, how: &[Misbehave]) {
        self.book().next.extend(how);
    }

    /// Whether all that was asked for has gone wrong.
    pub fn is_behaving(&self) -> bool {
        self.book().next.is_empty()
    }

    /// From now on it behaves.
    pub fn forget_misbehaviour(&self) {
        self.book().next.clear();
    }

    /// From now on a submission is only acknowledged; the statement tells of the credit.
    pub fn only_acknowledge(&self) {
        self.book().slow = true;
    }

    pub fn give_entries_twice(&self) {
        self.book().twice = true;
    }

    /// The next transfer to a payee bounces on that day.
    pub fn bounce(&self, uscc: &str, on: &str) {
        self.book().returns.insert(uscc.to_owned(), on.to_owned());
    }

    /// The next instruction for a payee is refused.
    pub fn refuse(&self, uscc: &str) {
        self.book().refusals.push(uscc.to_owned());
    }

    /// Puts an entry on a day's statement.
    pub fn enter(&self, day: &str, entry: pb::StatementEntry) {
        let mut book = self.book();
        let entries = book.statements.entry(day.to_owned()).or_default();
        let number = i64::try_from(entries.len()).unwrap() + 1;
        entries.push(pb::StatementEntry { entry: number, ..entry });
    }

    /// How often each payment was credited.
    pub fn credits(&self) -> HashMap<String, usize> {
        let mut credits = HashMap::new();
        for entry in self.book().statements.values().flatten() {
            if entry.kind() == pb::EntryKind::Credit {
                *credits.entry(entry.end_to_end_id.clone()).or_default() += 1;
            }
        }
        credits
    }

    /// Instructions that it has, in the order of their ids.
    pub fn instructions(&self) -> Vec<pb::Instruction> {
        self.book().instructions.values().map(|(instruction, _)| instruction.clone()).collect()
    }

    pub fn calls(&self) -> (usize, usize) {
        let book = self.book();
        (book.submits, book.queries)
    }

    /// Lets the call go wrong if that was asked for: `Some(true)` when its work is done first.
    fn fate(&self) -> Result<Option<bool>, Status> {
        match self.book().next.pop_front() {
            None => Ok(None),
            Some(Misbehave::SilentAfter) => Ok(Some(true)),
            Some(Misbehave::SilentBefore) => Ok(Some(false)),
            Some(Misbehave::Unavailable) => Err(to_status(&Failure::new(&reason::SERVICE_DOWN))),
        }
    }
}

impl Book {
    fn take(&mut self, instruction: &pb::Instruction) -> pb::InstructionStatus {
        if let Some((first, status)) = self.instructions.get(&instruction.instruction_id) {
            return match first.encode_to_vec() == instruction.encode_to_vec() {
                true => status.clone(),
                false => status_of(instruction, pb::InstructionState::Rejected, "another body"),
            };
        }
        let uscc = instruction.payee_uscc.clone();
        if let Some(at) = self.refusals.iter().position(|it| *it == uscc) {
            self.refusals.remove(at);
            return self
                .keep(instruction, status_of(instruction, pb::InstructionState::Rejected, "账户不存在"));
        }
        let reference = format!("TB{:010}", self.instructions.len() + 1);
        let accepted = pb::InstructionStatus {
            treasury_ref: reference.clone(),
            ..status_of(instruction, pb::InstructionState::Accepted, "")
        };
        if let Some(day) = self.returns.remove(&uscc) {
            self.entry(&day, instruction, &reference, pb::EntryKind::Return);
            return self.keep(instruction, accepted);
        }
        let day = instruction.value_date.clone();
        self.entry(&day, instruction, &reference, pb::EntryKind::Credit);
        let credited = pb::InstructionStatus {
            state: pb::InstructionState::Credited.into(),
            value_date: day,
            ..accepted.clone()
        };
        self.keep(instruction, if self.slow { accepted } else { credited })
    }

    fn keep(
        &mut self,
        instruction: &pb::Instruction,
        status: pb::InstructionStatus,
    ) -> pb::InstructionStatus {
        let kept = (instruction.clone(), status.clone());
        self.instructions.insert(instruction.instruction_id.clone(), kept);
        status
    }

    fn entry(&mut self, day: &str, instruction: &pb::Instruction, reference: &str, kind: pb::EntryKind) {
        let entries = self.statements.entry(day.to_owned()).or_default();
        entries.push(pb::StatementEntry {
            entry: i64::try_from(entries.len()).unwrap() + 1,
            kind: kind.into(),
            treasury_ref: reference.to_owned(),
            instruction_id: instruction.instruction_id.clone(),
            end_to_end_id: instruction.end_to_end_id.clone(),
            amount_fen: instruction.amount_fen,
            value_date: day.to_owned(),
            reason: if kind == pb::EntryKind::Return {
                "账号错误退票".to_owned()
            } else {
                String::new()
            },
        });
    }
}

fn status_of(
    instruction: &pb::Instruction,
    state: pb::InstructionState,
    reason: &str,
) -> pb::InstructionStatus {
    pb::InstructionStatus {
        instruction_id: instruction.instruction_id.clone(),
        state: state.into(),
        reason: reason.to_owned(),
        ..Default::default()
    }
}

#[tonic::async_trait]
impl TreasuryService for Bank {
    async fn submit(&self, request: Request<pb::SubmitRequest>) -> Answer<pb::SubmitResponse> {
        self.book().submits += 1;
        let fate = self.fate()?;
        if fate == Some(false) {
            return std::future::pending().await;
        }
        let statuses = {
            let mut book = self.book();
            request.get_ref().instructions.iter().map(|it| book.take(it)).collect()
        };
        match fate {
            Some(_) => std::future::pending().await,
            None => Ok(Response::new(pb::SubmitResponse { statuses })),
        }
    }

    async fn query(&self, request: Request<pb::QueryRequest>) -> Answer<pb::QueryResponse> {
        self.book().queries += 1;
        if self.fate()?.is_some() {
            return std::future::pending().await;
        }
        let book = self.book();
        let status = |id: &String| match book.instructions.get(id) {
            Some((_, status)) => status.clone(),
            None => pb::InstructionStatus {
                instruction_id: id.clone(),
                state: pb::InstructionState::Unknown.into(),
                ..Default::default()
            },
        };
        let statuses = request.get_ref().instruction_ids.iter().map(status).collect();
        Ok(Response::new(pb::QueryResponse { statuses }))
    }

    async fn statement(&self, request: Request<pb::StatementRequest>) -> Answer<pb::StatementResponse> {
        if self.fate()?.is_some() {
            return std::future::pending().await;
        }
        let book = self.book();
        let asked = request.get_ref();
        let all = book.statements.get(&asked.day).cloned().unwrap_or_default();
        let behind: Vec<_> = all.into_iter().filter(|entry| entry.entry > asked.after_entry).collect();
        // Short pages, so that a day has several.
        let size = usize::try_from(asked.page_size).unwrap().min(100);
        let complete = behind.len() <= size;
        let times = if book.twice { 2 } else { 1 };
        let page = behind.into_iter().take(size);
        let entries = page.flat_map(|entry| std::iter::repeat_n(entry, times)).collect();
        Ok(Response::new(pb::StatementResponse { entries, complete }))
    }
}
