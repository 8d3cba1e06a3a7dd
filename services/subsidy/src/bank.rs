//! The treasury bank (代理银行), an outside party: instructions go in, answers and statements come out. Whatever is
//! not a definite answer leaves an instruction in doubt.

use std::time::Duration;

use canopy_kernel::{Failure, reason};
use canopy_platform::{Call, Peer};
use canopy_proto::treasury::v1 as pb;
use canopy_proto::treasury::v1::treasury_service_client::TreasuryServiceClient;
use jiff::civil::Date;

/// Entries asked for in one page of a statement.
const PAGE: i32 = 1000;

/// The bank, reached over one channel. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Bank {
    peer: Peer,
    patience: Duration,
}

impl Bank {
    /// The bank behind that peer; after `patience` without an answer it counts as silent.
    pub(crate) fn new(peer: Peer, patience: Duration) -> Self {
        Self { peer, patience }
    }

    /// Hands in at most 500 instructions; a status per instruction, in order.
    pub(crate) async fn submit(
        &self,
        call: &Call,
        instructions: Vec<pb::Instruction>,
    ) -> Result<Vec<pb::InstructionStatus>, Failure> {
        let asked = instructions.len();
        let request = self.request(call, pb::SubmitRequest { instructions })?;
        let mut client = TreasuryServiceClient::new(self.peer.channel());
        let answer = self.wait(client.submit(request)).await?;
        complete(answer.statuses, asked)
    }

    /// Asks what became of at most 500 instructions; a status per id, in order.
    pub(crate) async fn query(
        &self,
        call: &Call,
        instruction_ids: Vec<String>,
    ) -> Result<Vec<pb::InstructionStatus>, Failure> {
        let asked = instruction_ids.len();
        let request = self.request(call, pb::QueryRequest { instruction_ids })?;
        let mut client = TreasuryServiceClient::new(self.peer.channel());
        let answer = self.wait(client.query(request)).await?;
        complete(answer.statuses, asked)
    }

    /// All entries of a day's statement, page by page, in booking order.
    pub(crate) async fn statement(&self, call: &Call, day: Date) -> Result<Vec<pb::StatementEntry>, Failure> {
        let mut entries: Vec<pb::StatementEntry> = Vec::new();
        let mut after_entry = 0;
        loop {
            let message = pb::StatementRequest { day: day.to_string(), after_entry, page_size: PAGE };
            let request = self.request(call, message)?;
            let mut client = TreasuryServiceClient::new(self.peer.channel());
            let page = self.wait(client.statement(request)).await?;
            let last = page.entries.iter().map(|entry| entry.entry).max();
            entries.extend(page.entries);
            match last {
                // A page that brings nothing further ends the day, whatever it says of itself.
                Some(last) if !page.complete && last > after_entry => after_entry = last,
                _ => return Ok(entries),
            }
        }
    }

    fn request<M>(&self, call: &Call, message: M) -> Result<tonic::Request<M>, Failure> {
        let mut request = self.peer.request(call, message)?;
        if call.deadline().is_none() {
            request.set_timeout(self.patience);
        }
        Ok(request)
    }

    async fn wait<T>(
        &self,
        answer: impl Future<Output = Result<tonic::Response<T>, tonic::Status>>,
    ) -> Result<T, Failure> {
        let silent = || Failure::new(&reason::BANK_SILENT).retry_after(self.patience);
        match tokio::time::timeout(self.patience, answer).await {
            Ok(Ok(answer)) => Ok(answer.into_inner()),
            Ok(Err(status)) => Err(silent().because(self.peer.failure(status))),
            Err(_) => Err(silent().because("no answer in time")),
        }
    }
}

/// An answer that leaves an instruction out is none.
fn complete(
    statuses: Vec<pb::InstructionStatus>,
    asked: usize,
) -> Result<Vec<pb::InstructionStatus>, Failure> {
    match statuses.len() == asked {
        true => Ok(statuses),
        false => {
            let internal = format!("{} statuses for {asked} instructions", statuses.len());
            Err(Failure::new(&reason::BANK_SILENT).because(internal))
        }
    }
}
