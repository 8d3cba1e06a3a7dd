//! Sends lines to the bank on the day they are due, each exactly once (RULES.md R8).
//!
//! An instruction is assigned and kept whole before the bank is called, so a call that does not come back leaves a
//! line whose instruction is known and in doubt. The bank is asked until it answers; only its definite "unknown" lets
//! the same instruction go out again. A line that was never sent gets no second instruction by this.

mod book;
mod sort;

use std::collections::HashMap;
use std::time::Duration;

use canopy_kernel::Failure;
use canopy_kernel::id::{InstructionId, PaymentLineId};
use canopy_persistence::{DueItem, Job, Store};
use canopy_platform::Call;
use canopy_proto::treasury::v1 as pb;
use futures::future::BoxFuture;
use jiff::civil::Date;
use uuid::Uuid;

use crate::bank::Bank;
use crate::payment::PAY_LINE;
use crate::payment::store::attempt::{Attempt, bodies};
use crate::registry::Registry;
use sort::Sorted;

/// The job.
pub(crate) struct Pay {
    /// For standing and accounts on the day.
    pub registry: Registry,
    /// For the money.
    pub bank: Bank,
}

/// One turn: the rows, the call on whose behalf they are worked, and the day they are due.
pub(crate) struct Turn<'a> {
    store: &'a Store,
    call: Call,
    day: Date,
    items: Vec<DueItem>,
}

impl Job for Pay {
    fn kind(&self) -> &'static str {
        PAY_LINE
    }

    fn run<'a>(&'a self, store: &'a Store, items: Vec<DueItem>) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            let Some(first) = items.first() else { return Ok(()) };
            let call = Call::internal(store.service(), PAY_LINE, Some(first.due_at), *store.clock());
            let day = store.day_of(first.due_at);
            self.turn(&Turn { store, call, day, items }).await
        })
    }
}

impl Pay {
    /// First what is in doubt, then what is new: an answer is never waited for with a line that could go out.
    async fn turn(&self, turn: &Turn<'_>) -> Result<(), Failure> {
        let sorted = sort::sort(turn).await?;
        book::finish(turn, &sorted.done).await?;
        let again = self.ask(turn, &sorted).await?;
        let new = self.assign(turn, &sorted).await?;
        self.send(turn, [again, new].concat()).await
    }

    /// Asks the bank about instructions in doubt, and books what it answers; those it does not have may go out again.
    async fn ask(&self, turn: &Turn<'_>, sorted: &Sorted) -> Result<Vec<InstructionId>, Failure> {
        if sorted.doubtful.is_empty() {
            return Ok(Vec::new());
        }
        book::doubt(turn, &sorted.doubtful).await?;
        let ids = sorted.doubtful.iter().map(|instruction| instruction.to_string()).collect();
        match self.bank.query(&turn.call, ids).await {
            Ok(statuses) => book::answers(turn, &sorted.doubtful, statuses).await,
            Err(failure) => {
                tracing::warn!(%failure, lines = sorted.doubtful.len(), "the bank does not say what became of lines");
                book::postpone(turn, &sorted.doubtful).await?;
                Ok(Vec::new())
            }
        }
    }

    /// Checks what is about to go out, holds what must not, and assigns an instruction to the rest.
    async fn assign(&self, turn: &Turn<'_>, sorted: &Sorted) -> Result<Vec<InstructionId>, Failure> {
        let again: Vec<String> = sorted.again.iter().map(|line| line.uscc.clone()).collect();
        let all: Vec<String> =
            sorted.fresh.iter().chain(&sorted.again).map(|line| line.uscc.clone()).collect();
        if all.is_empty() {
            return Ok(Vec::new());
        }
        let standings = self.registry.standings(&turn.call, &again, turn.day).await?;
        let accounts = self.registry.accounts(&turn.call, &all, turn.day).await?;
        book::assign(turn, sorted, standings, accounts).await
    }

    /// Sends instructions as they were kept. Without an answer they are in doubt.
    async fn send(&self, turn: &Turn<'_>, ids: Vec<InstructionId>) -> Result<(), Failure> {
        if ids.is_empty() {
            return Ok(());
        }
        let uuids: Vec<Uuid> = ids.iter().map(|id| id.as_uuid()).collect();
        let attempts = bodies(turn.store, &uuids).await?;
        let sent: Vec<InstructionId> = attempts.iter().map(|attempt| attempt.id).collect();
        match self.hand_in(turn, &attempts).await {
            Ok(statuses) => {
                let unknown = book::answers(turn, &sent, statuses).await?;
                book::postpone(turn, &unknown).await
            }
            Err(failure) => {
                tracing::warn!(%failure, lines = sent.len(), "the bank did not acknowledge lines; they are in doubt");
                book::doubt(turn, &sent).await?;
                book::postpone(turn, &sent).await
            }
        }
    }

    /// Hands instructions in; a status each, in order. What the bank refuses it may have with another body, as after this
    /// database was put back to a copy: then the first stands, and what became of that one is the answer.
    async fn hand_in(
        &self,
        turn: &Turn<'_>,
        attempts: &[Attempt],
    ) -> Result<Vec<pb::InstructionStatus>, Failure> {
        let mut statuses = self.bank.submit(&turn.call, attempts.iter().map(instruction).collect()).await?;
        let refused: Vec<String> = statuses
            .iter()
            .filter(|status| status.state() == pb::InstructionState::Rejected)
            .map(|status| status.instruction_id.clone())
            .collect();
        if refused.is_empty() {
            return Ok(statuses);
        }
        let definite = |status: &pb::InstructionStatus| {
            !matches!(status.state(), pb::InstructionState::Unknown | pb::InstructionState::Unspecified)
        };
        let first = self.bank.query(&turn.call, refused).await?.into_iter().filter(definite);
        let mut first: HashMap<String, pb::InstructionStatus> =
            first.map(|status| (status.instruction_id.clone(), status)).collect();
        for status in &mut statuses {
            if let Some(stands) = first.remove(&status.instruction_id) {
                *status = stands;
            }
        }
        Ok(statuses)
    }
}

impl Turn<'_> {
    /// The rows about those lines.
    fn rows_of(&self, lines: &[PaymentLineId]) -> Vec<Uuid> {
        let keys: std::collections::HashSet<String> = lines.iter().map(ToString::to_string).collect();
        self.items.iter().filter(|item| keys.contains(&item.key)).map(|item| item.id).collect()
    }

    /// Pause before rows are tried again: longer each time, half a minute at most.
    fn pause(&self) -> Duration {
        let tries = self.items.iter().map(|item| item.attempts).max().unwrap_or_default();
        let doubled = 100_u64 << u32::try_from(tries).unwrap_or_default().min(9);
        Duration::from_millis(doubled.min(30_000))
    }
}

/// The instruction on the wire: the same words each time it is sent.
fn instruction(attempt: &Attempt) -> pb::Instruction {
    pb::Instruction {
        instruction_id: attempt.id.to_string(),
        end_to_end_id: attempt.line.to_string(),
        amount_fen: attempt.amount.get(),
        payee_name: attempt.payee_name.clone(),
        payee_uscc: attempt.uscc.clone(),
        payee_bank: attempt.payee_bank.clone(),
        payee_account_no: attempt.account_no.clone(),
        purpose: attempt.policy_code.clone(),
        value_date: attempt.value_date.to_string(),
    }
}
