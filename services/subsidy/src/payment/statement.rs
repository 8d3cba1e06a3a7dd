//! The bank's statement of a day: what it says is booked, once per entry, in whichever order things came.

use std::collections::{BTreeMap, BTreeSet};

use canopy_kernel::id::{InstructionId, StatementEntryId};
use canopy_kernel::{Failure, Fen, date, reason};
use canopy_persistence::Tx;
use canopy_platform::to_rpc_status;
use canopy_proto::subsidy::v1 as pb;
use canopy_proto::treasury::v1 as treasury;
use jiff::civil::Date;
use uuid::Uuid;

use super::model::Line;
use super::rule_bank::{Answer, take};
use super::store::attempt::{self, Entry, Known, Said};
use super::{store, write};

/// The statement of a day as the bank gave it.
#[derive(Debug)]
pub(crate) struct Statement {
    pub day: Date,
    pub entries: Vec<treasury::StatementEntry>,
}

/// Books a statement. An entry that cannot be booked is refused by itself, the rest is booked.
pub(crate) async fn reconcile(
    tx: &mut Tx,
    command: &Statement,
) -> Result<pb::ReconcileStatementResponse, Failure> {
    let mut ledger = Booking::open(tx, command).await?;
    for (index, entry) in command.entries.iter().enumerate() {
        ledger.enter(index, entry, tx.today(), StatementEntryId::at(tx.recorded_at()))?;
    }
    let Booking { answer, lines, touched, entries, said, .. } = ledger;
    attempt::insert_entries(tx, command.day, &entries).await?;
    attempt::update(tx, &said).await?;
    let moved: Vec<Line> = lines.into_values().filter(|line| touched.contains(&line.id.as_uuid())).collect();
    write(tx, moved, "").await?;
    Ok(answer)
}

/// A statement while it is booked.
struct Booking {
    answer: pb::ReconcileStatementResponse,
    known: std::collections::HashMap<Uuid, Known>,
    booked: std::collections::HashSet<(Uuid, String)>,
    lines: BTreeMap<Uuid, Line>,
    touched: BTreeSet<Uuid>,
    entries: Vec<Entry>,
    said: Vec<Said>,
}

impl Booking {
    async fn open(tx: &mut Tx, statement: &Statement) -> Result<Self, Failure> {
        let named: BTreeSet<Uuid> =
            statement.entries.iter().filter_map(instruction).map(|id| id.as_uuid()).collect();
        let named: Vec<Uuid> = named.into_iter().collect();
        let known = attempt::known(tx.conn(), &named).await?;
        let ids: BTreeSet<Uuid> = known.values().map(|it| it.line.as_uuid()).collect();
        let ids: Vec<Uuid> = ids.into_iter().collect();
        let lines = store::lock(tx, &ids).await?;
        // Asked under the locks: another statement that was booked meanwhile is seen, flags included.
        let known = attempt::known(tx.conn(), &named).await?;
        let booked = attempt::booked(tx.conn(), &named).await?;
        Ok(Self {
            answer: pb::ReconcileStatementResponse {
                day: statement.day.to_string(),
                entries: i64::try_from(statement.entries.len()).unwrap_or(i64::MAX),
                ..Default::default()
            },
            known,
            booked,
            lines: lines.into_iter().map(|line| (line.id.as_uuid(), line)).collect(),
            touched: BTreeSet::new(),
            entries: Vec::new(),
            said: Vec::new(),
        })
    }

    /// Enters one entry of the statement.
    fn enter(
        &mut self,
        index: usize,
        entry: &treasury::StatementEntry,
        today: Date,
        id: StatementEntryId,
    ) -> Result<(), Failure> {
        let Some((attempt, known)) = self.ours(entry) else {
            let named = reference(entry);
            let unknown = Failure::new(&reason::UNKNOWN_TREASURY_REFERENCE).with("reference", named);
            self.refuse(entry, unknown.on(field(index, "treasury_ref")));
            return Ok(());
        };
        let amount = amount_of(index, entry, known.amount)?;
        let value_date = date::parse(&entry.value_date)?;
        let (kind, answer, told_before) = match entry.kind() {
            treasury::EntryKind::Credit => ("CREDIT", Answer::Credited { on: value_date }, known.credited),
            treasury::EntryKind::Return => ("RETURN", Answer::Returned { on: value_date }, known.returned),
            treasury::EntryKind::Unspecified => {
                self.refuse(entry, Failure::new(&reason::ENUM_UNKNOWN).on(field(index, "kind")));
                return Ok(());
            }
        };
        if !self.booked.insert((attempt.as_uuid(), kind.to_owned())) {
            self.answer.booked_before += 1;
            return Ok(());
        }
        let moved = self.step(known.line.as_uuid(), attempt, &answer, today)?;
        match (moved, told_before) {
            (true, _) if kind == "CREDIT" => self.answer.credited += 1,
            (true, _) => self.answer.returned += 1,
            // The bank had said so in an answer to an instruction.
            (false, true) => self.answer.booked_before += 1,
            (false, false) => {
                tracing::error!(treasury.entry = entry.entry, "the statement contradicts what is booked");
                let state = self.lines.get(&known.line.as_uuid()).map_or("", |line| line.state.as_str());
                let refused = Failure::new(&reason::STATE_NOT_ALLOWED).with("state", state);
                self.refuse(entry, refused.on(field(index, "kind")));
                return Ok(());
            }
        }
        let (treasury_ref, reason) = (entry.treasury_ref.clone(), entry.reason.clone());
        self.said.push(Said {
            id: attempt,
            treasury_ref: treasury_ref.clone(),
            bank_reason: reason.clone(),
            credited_on: (kind == "CREDIT").then_some(value_date),
            returned_on: (kind == "RETURN").then_some(value_date),
        });
        self.entries.push(Entry {
            id,
            entry: entry.entry,
            kind,
            attempt,
            treasury_ref,
            amount,
            value_date,
            reason,
        });
        Ok(())
    }

    /// The instruction that the entry names, if it is ours and of that payment.
    fn ours(&self, entry: &treasury::StatementEntry) -> Option<(InstructionId, Known)> {
        let attempt = instruction(entry)?;
        let known = self.known.get(&attempt.as_uuid())?;
        let same_payment = entry.end_to_end_id == known.line.to_string();
        same_payment.then(|| (attempt, known.clone()))
    }

    /// Lists the entry with why it is not booked.
    fn refuse(&mut self, entry: &treasury::StatementEntry, why: Failure) {
        self.answer.refused.push(pb::StatementRefusal {
            entry: entry.entry,
            reference: reference(entry).to_owned(),
            refusal: Some(to_rpc_status(&why)),
        });
    }

    /// Moves the line; true when the entry says something new.
    fn step(
        &mut self,
        line: Uuid,
        attempt: InstructionId,
        answer: &Answer,
        today: Date,
    ) -> Result<bool, Failure> {
        let Some(before) = self.lines.get(&line) else { return Ok(false) };
        match take(before.clone(), attempt, answer, today)? {
            Some(after) => {
                self.lines.insert(line, after);
                self.touched.insert(line);
                Ok(true)
            }
            None => Ok(false),
        }
    }
}

/// What the entry names: the bank's reference, else the instruction.
fn reference(entry: &treasury::StatementEntry) -> &str {
    if entry.treasury_ref.is_empty() { &entry.instruction_id } else { &entry.treasury_ref }
}

fn field(index: usize, name: &str) -> String {
    format!("entries[{index}].{name}")
}

fn instruction(entry: &treasury::StatementEntry) -> Option<InstructionId> {
    entry.instruction_id.parse().ok()
}

/// The amount of an entry; it is that of the line, neither more nor less.
fn amount_of(index: usize, entry: &treasury::StatementEntry, paid: Fen) -> Result<Fen, Failure> {
    match entry.amount_fen == paid.get() {
        true => Ok(paid),
        false => Err(Failure::new(&reason::FIELD_OUT_OF_RANGE)
            .on(field(index, "amount_fen"))
            .with("min", paid.get())
            .with("max", paid.get())),
    }
}
