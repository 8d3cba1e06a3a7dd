//! Budget lines (预算指标) with the cumulative month plan (用款计划) and mid-year adjustments; every payment stands on one.

pub mod model;
pub(crate) mod rpc;
pub mod rule_cover;
pub(crate) mod store;

use canopy_kernel::id::{AdjustmentId, BudgetLineId, LedgerAccountId, TransferId};
use canopy_kernel::{Failure, Fen, SignedFen, reason};
use canopy_persistence::ledger::{self, Cap, NewAccount, Transfer};
use canopy_persistence::{Transition, Tx};
use jiff::civil::{Date, date};
use uuid::Uuid;

use model::{Accounts, Adjustment, BudgetLine, MonthPlan};

/// Enters a budget line of a year.
#[derive(Debug)]
pub(crate) struct Create {
    pub code: String,
    pub year: i16,
    pub approved: Fen,
    pub plan: MonthPlan,
}

/// Records an adjustment of the line of its year.
#[derive(Debug)]
pub(crate) struct Adjust {
    pub decision_no: String,
    pub line: String,
    pub decided_on: Date,
    pub amount: SignedFen,
    pub reason: String,
}

/// Enters a line and opens its accounts, ring-fenced (专款专用): what was approved is granted to it.
pub(crate) async fn create(tx: &mut Tx, command: &Create) -> Result<BudgetLine, Failure> {
    let now = tx.recorded_at();
    let id = BudgetLineId::at(now);
    let accounts = Accounts {
        treasury: LedgerAccountId::at(now),
        grant: LedgerAccountId::at(now),
        paid: LedgerAccountId::at(now),
    };
    let line = BudgetLine {
        id,
        code: command.code.clone(),
        year: command.year,
        approved: command.approved,
        plan: command.plan,
        accounts,
    };
    store::insert(tx, &line).await?;
    let account =
        |id, scope: &str, cap| NewAccount { id, ring: line.id.as_uuid(), scope: scope.to_owned(), cap };
    let opened = [
        account(accounts.treasury, "treasury", Cap::None),
        account(accounts.grant, "quota", Cap::Debits),
        account(accounts.paid, "paid", Cap::None),
    ];
    ledger::open_accounts(tx.conn(), &opened).await?;
    grant(tx, &line, id.as_uuid(), SignedFen::from(line.approved), date(line.year, 1, 1)).await?;
    audit(tx, &line, "", "APPROVED", date(line.year, 1, 1));
    Ok(line)
}

/// Records an adjustment; the line must not fall below what is taken of it.
pub(crate) async fn adjust(tx: &mut Tx, command: &Adjust) -> Result<Adjustment, Failure> {
    let line = store::lock(tx, &command.line, command.decided_on.year()).await?;
    let used = store::taken(tx.conn(), &line, None).await?.total()?;
    let before = store::adjusted(tx.conn(), line.id, command.decided_on).await?;
    let quota = SignedFen::from(line.approved).checked_add(before).unwrap_or(SignedFen::ZERO);
    rule_cover::adjust(quota, command.amount, used)?;
    let adjustment = Adjustment {
        id: AdjustmentId::at(tx.recorded_at()),
        decision_no: command.decision_no.clone(),
        line: command.line.clone(),
        decided_on: command.decided_on,
        amount: command.amount,
        reason: command.reason.clone(),
    };
    store::insert_adjustment(tx, &line, &adjustment).await?;
    grant(tx, &line, adjustment.id.as_uuid(), command.amount, command.decided_on).await?;
    audit(tx, &line, &command.decision_no, "ADJUSTED", command.decided_on);
    Ok(adjustment)
}

/// Moves what is granted into the line, or back out of it.
async fn grant(tx: &mut Tx, line: &BudgetLine, id: Uuid, amount: SignedFen, on: Date) -> Result<(), Failure> {
    let (treasury, grant) = (line.accounts.treasury, line.accounts.grant);
    let (debit, credit) = if amount.get() > 0 { (treasury, grant) } else { (grant, treasury) };
    let size = amount
        .get()
        .checked_abs()
        .ok_or_else(|| Failure::new(&reason::FIELD_OUT_OF_RANGE).on("amount_fen"))?;
    if size == 0 {
        return Ok(());
    }
    let transfer =
        Transfer { id: TransferId::new(id), debit, credit, amount: Fen::new(size)?, effective_on: on };
    let recorded_at = tx.recorded_at();
    ledger::transfer(tx.conn(), &[transfer], recorded_at).await
}

fn audit(tx: &mut Tx, line: &BudgetLine, reason: &str, to: &str, effective_on: Date) {
    let from = if to == "APPROVED" { "" } else { "APPROVED" };
    tx.audit(Transition {
        aggregate: line.id.to_string(),
        from: from.to_owned(),
        to: to.to_owned(),
        reason: reason.to_owned(),
        rule_version: String::new(),
        effective_on,
    });
}
