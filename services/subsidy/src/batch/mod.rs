//! Payment batches (拨付批次): made by one person, approved by a second, funded by a third for the finance bureau.

pub mod model;
pub(crate) mod rpc;
pub(crate) mod store;

use std::collections::{HashMap, HashSet};

use canopy_kernel::id::{BatchId, CandidateId, PaymentLineId, RunId};
use canopy_kernel::{Failure, Fen, reason};
use canopy_persistence::{Transition, Tx};
use canopy_proto::subsidy::v1 as pb;
use jiff::civil::Date;

use crate::budget::rule_cover::{Limits, cover};
use crate::edge::{guard, person};
use crate::payment::model::{Line, Source, State as LineState};
use crate::payment::{self, PAY_LINE};
use crate::policy::model::Policy;
use crate::registry::{Account, Standings};
use crate::run::model::Run;
use crate::run::rule_exclusion::{Exclusion, Hit, Stage};
use crate::{budget, event, policy, run};
use model::{Batch, State, batch_no};

/// Makes a batch of a confirmed run.
#[derive(Debug)]
pub(crate) struct Create {
    pub run: RunId,
    pub etag: String,
}

/// A step of a batch that is known by name.
#[derive(Debug)]
pub(crate) struct StepOf {
    pub id: BatchId,
    pub etag: String,
}

/// Funds a batch, with what the registry said today of its run's candidates and payees.
pub(crate) struct Fund {
    pub step: StepOf,
    pub standings: Standings,
    pub accounts: HashMap<String, Account>,
}

/// Makes a batch of the confirmed entries of a run; the caller is the maker.
pub(crate) async fn create(tx: &mut Tx, command: &Create) -> Result<pb::Batch, Failure> {
    let today = tx.today();
    let run = run::store::lock(tx, command.run).await.map_err(|failure| failure.on("run"))?;
    guard(&command.etag, run.version)?;
    let from = run.state.as_str();
    let run = run.put_in_batch(today)?;
    let batch = Batch {
        id: BatchId::at(tx.recorded_at()),
        batch_no: batch_no(today, store::serial(tx, today).await?),
        run: run.id,
        state: State::Created,
        maker: person(tx),
        created_on: today,
        version: 1,
    };
    store::insert(tx, &batch).await?;
    let confirmed = store::confirmed(tx.conn(), run.id).await?;
    // A candidate has one line, so a database that was put back names to the bank the line that it knows.
    let line = |candidate: CandidateId| PaymentLineId::derived(candidate.as_uuid(), "line");
    let new = |candidate| payment::store::NewLine { id: line(candidate), candidate };
    let lines: Vec<_> = confirmed.into_iter().map(new).collect();
    payment::store::insert(tx, batch.id, &lines, today).await?;
    for line in &lines {
        audit(tx, line.id.to_string(), ("", LineState::Created.as_str()), "");
    }
    run::store::update(tx, &run).await?;
    run::tell(tx, &run, from, "").await?;
    tell(tx, &batch, "", "").await
}

/// Approves a batch; the approver is not the maker.
pub(crate) async fn approve(tx: &mut Tx, command: &StepOf) -> Result<pb::Batch, Failure> {
    let batch = locked(tx, command).await?;
    let from = batch.state.as_str();
    let batch = batch.approve(&person(tx))?;
    store::update(tx, &batch).await?;
    tell(tx, &batch, from, "").await
}

/// Ends the batch of a run that is voided, if it has one.
pub(crate) async fn void_of(tx: &mut Tx, run: RunId, reason: &str) -> Result<(), Failure> {
    let Some(batch) = store::lock_of(tx, run).await? else { return Ok(()) };
    let from = batch.state.as_str();
    let batch = batch.void()?;
    store::update(tx, &batch).await?;
    tell(tx, &batch, from, reason).await?;
    Ok(())
}

/// Funds a batch in one step: standing and uniqueness leave lines out, the budget is encumbered for the others, those
/// whose account name differs are held, the rest is released to the bank.
pub(crate) async fn fund(tx: &mut Tx, command: &Fund) -> Result<pb::Batch, Failure> {
    let today = tx.today();
    let run = store::run_of(tx.conn(), command.step.id).await?.ok_or_else(unknown)?;
    // The run before its batch, as everyone locks them.
    let run = run::store::lock(tx, run).await?;
    let batch = locked(tx, &command.step).await?;
    let from = batch.state.as_str();
    let batch = batch.fund(&person(tx), today)?;
    let policy = policy::store::by_id(tx.conn(), run.policy).await?;
    let policy = policy.ok_or_else(|| Failure::new(&reason::INTERNAL).because("a run without its policy"))?;

    let candidates = run::store::codes(tx.conn(), run.id).await?;
    let mut hits = run::check(&command.standings, Stage::Payment, &candidates, today)?;
    let lines = payment::store::lock_batch(tx, batch.id).await?;
    hits.extend(already_taken(tx, &run, &lines, &hits).await?);
    let (payable, excluded) = divided(lines, &hits, today)?;
    let mut lines = encumbered(tx, &policy, payable, today).await?;
    lines = with_holds(lines, &command.accounts, today)?;

    run::record_check(tx, run.id, Stage::Payment, &command.standings, &hits, (today, candidates.len()))
        .await?;
    let now = tx.now();
    for line in lines.iter().filter(|line| line.state == LineState::Approved(None)) {
        tx.schedule(PAY_LINE, line.id.to_string(), now);
    }
    lines.extend(excluded);
    payment::write(tx, lines, "").await?;
    let run_from = run.state.as_str();
    let run = run.fund(today)?;
    run::store::update(tx, &run).await?;
    run::tell(tx, &run, run_from, "FUNDED").await?;
    store::update(tx, &batch).await?;
    let message = tell(tx, &batch, from, "").await?;
    event::batch_funded(tx, message.clone(), batch.version);
    Ok(message)
}

/// Takes the entitlement of the year for lines that no hit excludes; hits for those whose payee has it already.
async fn already_taken(
    tx: &mut Tx,
    run: &Run,
    lines: &[Line],
    hits: &[(CandidateId, Hit)],
) -> Result<Vec<(CandidateId, Hit)>, Failure> {
    let today = tx.today();
    let excluded: HashSet<CandidateId> = hits.iter().map(|(candidate, _)| *candidate).collect();
    let asking: Vec<&Line> = lines.iter().filter(|line| !excluded.contains(&line.candidate)).collect();
    let rows: Vec<(String, PaymentLineId)> = asking.iter().map(|line| (line.uscc.clone(), line.id)).collect();
    let key = (run.policy_code.as_str(), run.year);
    let taken = payment::store::take_entitlements(tx, key, &rows, today).await?;
    let late = asking.into_iter().filter(|line| !taken.contains(&line.id));
    Ok(late
        .map(|line| {
            let hit = Hit {
                reason: Exclusion::AlreadyPaidThisYear,
                checked_on: today,
                detail: run.year.to_string(),
                rule_version: String::new(),
            };
            (line.candidate, hit)
        })
        .collect())
}

/// Divides lines into those that may be paid and those that are left out, each for its first reason.
fn divided(
    lines: Vec<Line>,
    hits: &[(CandidateId, Hit)],
    today: Date,
) -> Result<(Vec<Line>, Vec<Line>), Failure> {
    let mut first: HashMap<CandidateId, Exclusion> = HashMap::new();
    for (candidate, hit) in hits {
        first
            .entry(*candidate)
            .and_modify(|reason| *reason = (*reason).min(hit.reason))
            .or_insert(hit.reason);
    }
    let (mut payable, mut excluded) = (Vec::new(), Vec::new());
    for line in lines {
        match first.get(&line.candidate) {
            Some(reason) => excluded.push(line.exclude(*reason, today)?),
            None => payable.push(line),
        }
    }
    Ok((payable, excluded))
}

/// Encumbers the budget line for all of them or for none; its row is locked, so that no two batches take the same
/// money (RULES.md R3).
async fn encumbered(
    tx: &mut Tx,
    policy: &Policy,
    lines: Vec<Line>,
    today: Date,
) -> Result<Vec<Line>, Failure> {
    let budget = budget::store::lock(tx, &policy.terms.budget_line, today.year()).await?;
    let used = budget::store::taken(tx.conn(), &budget, None).await?.total()?;
    let adjusted = budget::store::adjusted(tx.conn(), budget.id, today).await?;
    let limits = Limits::on(today, budget.approved, &budget.plan, adjusted)?;
    let asked = Fen::sum(lines.iter().map(|line| line.amount));
    let asked = asked.ok_or_else(|| Failure::new(&reason::INTERNAL).because("a batch beyond i64"))?;
    cover(limits, used, asked)?;
    let (grant, paid) = (budget.accounts.grant, budget.accounts.paid);
    let source = Source { budget_line: budget.id, grant, paid };
    lines.into_iter().map(|line| line.fund(source, today)).collect()
}

/// Holds lines whose payee name is not the registered name, or whose payee has no account.
fn with_holds(
    lines: Vec<Line>,
    accounts: &HashMap<String, Account>,
    today: Date,
) -> Result<Vec<Line>, Failure> {
    let matches = |line: &Line| accounts.get(&line.uscc).is_some_and(|account| account.name_matches);
    lines.into_iter().map(|line| if matches(&line) { Ok(line) } else { line.hold(today) }).collect()
}

async fn locked(tx: &mut Tx, command: &StepOf) -> Result<Batch, Failure> {
    let batch = store::lock(tx, command.id).await?.ok_or_else(unknown)?;
    guard(&command.etag, batch.version)?;
    Ok(batch)
}

/// There is no batch of that name.
pub(crate) fn unknown() -> Failure {
    Failure::new(&reason::UNKNOWN_BATCH).on("name")
}

fn audit(tx: &mut Tx, aggregate: String, (from, to): (&str, &str), reason: &str) {
    tx.audit(Transition {
        aggregate,
        from: from.to_owned(),
        to: to.to_owned(),
        reason: reason.to_owned(),
        rule_version: String::new(),
        effective_on: tx.today(),
    });
}

/// Audits the step; the answer is the batch on the wire.
async fn tell(tx: &mut Tx, batch: &Batch, from: &str, reason: &str) -> Result<pb::Batch, Failure> {
    audit(tx, batch.id.to_string(), (from, batch.state.as_str()), reason);
    let totals = store::totals(tx.conn(), batch.id).await?;
    Ok(rpc::message(batch, totals))
}
