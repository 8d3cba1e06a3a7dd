//! `BudgetService`: budget lines at the edge.

use canopy_kernel::{Failure, Fen, SignedFen};
use canopy_persistence::{Write, db};
use canopy_platform::answer;
use canopy_proto::subsidy::v1 as pb;
use canopy_proto::subsidy::v1::budget_service_server::BudgetService;
use jiff::civil::Date;
use sqlx::PgConnection;
use tonic::{Request, Response, Status};

use super::model::{Adjustment, BudgetLine, MonthPlan};
use super::{Adjust, Create, store};
use crate::edge::{Subsidy, day, opened};

/// The service.
pub(crate) struct BudgetRpc(pub(crate) Subsidy);

#[tonic::async_trait]
impl BudgetService for BudgetRpc {
    async fn create_budget_line(
        &self,
        request: Request<pb::CreateBudgetLineRequest>,
    ) -> Result<Response<pb::BudgetLine>, Status> {
        answer(create(&self.0, request).await)
    }

    async fn record_adjustment(
        &self,
        request: Request<pb::RecordAdjustmentRequest>,
    ) -> Result<Response<pb::BudgetAdjustment>, Status> {
        answer(adjust(&self.0, request).await)
    }

    async fn get_budget_line(
        &self,
        request: Request<pb::GetBudgetLineRequest>,
    ) -> Result<Response<pb::BudgetLine>, Status> {
        answer(get(&self.0, request).await)
    }

    async fn list_budget_lines(
        &self,
        request: Request<pb::ListBudgetLinesRequest>,
    ) -> Result<Response<pb::ListBudgetLinesResponse>, Status> {
        answer(list(&self.0, request).await)
    }
}

/// The years that a request may name fit; its range was checked with the message.
fn year(year: i32) -> i16 {
    i16::try_from(year).unwrap_or(i16::MAX)
}

/// The line on the wire, as of a day.
async fn message(conn: &mut PgConnection, line: BudgetLine, on: Date) -> Result<pb::BudgetLine, Failure> {
    let adjusted = store::adjusted(conn, line.id, on).await?.get();
    let taken = store::taken(conn, &line, Some(on)).await?;
    Ok(pb::BudgetLine {
        name: line.id.to_string(),
        line: line.code,
        year: line.year.into(),
        approved_fen: line.approved.get(),
        plan_fen: line.plan.to_vec(),
        adjusted_fen: adjusted,
        encumbered_fen: taken.encumbered.get(),
        paid_fen: taken.paid.get(),
        left_fen: line.approved.get().saturating_add(adjusted).saturating_sub(taken.paid.get()),
    })
}

fn adjustment_message(adjustment: Adjustment) -> pb::BudgetAdjustment {
    pb::BudgetAdjustment {
        name: adjustment.id.to_string(),
        decision_no: adjustment.decision_no,
        line: adjustment.line,
        decided_on: adjustment.decided_on.to_string(),
        amount_fen: adjustment.amount.get(),
    }
}

fn read(request: pb::CreateBudgetLineRequest) -> Result<Create, Failure> {
    Ok(Create {
        plan: MonthPlan::of(&request.plan_fen)?,
        approved: Fen::new(request.approved_fen)?,
        year: year(request.year),
        code: request.line,
    })
}

async fn create(
    it: &Subsidy,
    request: Request<pb::CreateBudgetLineRequest>,
) -> Result<pb::BudgetLine, Failure> {
    let (call, request) = opened(request)?;
    let write = Write::new("create_budget_line", &request.request_id, &request)
        .validate_only(request.validate_only)
        .external_ref(&request.external_ref);
    it.store
        .write(&call, write, read(request), |tx, command| {
            Box::pin(async move {
                let line = super::create(tx, &command).await?;
                let today = tx.today();
                message(tx.conn(), line, today).await
            })
        })
        .await
}

async fn adjust(
    it: &Subsidy,
    request: Request<pb::RecordAdjustmentRequest>,
) -> Result<pb::BudgetAdjustment, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("record_adjustment", &request.request_id, &request).validate_only(request.validate_only);
    let command = day("decided_on", &request.decided_on).map(|decided_on| Adjust {
        decided_on,
        amount: SignedFen::new(request.amount_fen),
        decision_no: request.decision_no,
        line: request.line,
        reason: request.reason,
    });
    it.store
        .write(&call, write, command, |tx, command| {
            Box::pin(async move { super::adjust(tx, &command).await.map(adjustment_message) })
        })
        .await
}

async fn get(it: &Subsidy, request: Request<pb::GetBudgetLineRequest>) -> Result<pb::BudgetLine, Failure> {
    let (call, request) = opened(request)?;
    let on = it.store.as_of(&call, "as_of", &request.as_of)?;
    let mut conn = it.store.pool().acquire().await.map_err(db)?;
    let line = store::find(&mut conn, &request.line, year(request.year)).await?;
    message(&mut conn, line, on).await
}

async fn list(
    it: &Subsidy,
    request: Request<pb::ListBudgetLinesRequest>,
) -> Result<pb::ListBudgetLinesResponse, Failure> {
    let (call, request) = opened(request)?;
    let on = it.store.as_of(&call, "as_of", &request.as_of)?;
    let page = it.store.page::<String>(
        ("budget lines", request.year, &request.as_of),
        (request.page_size, &request.page_token),
        100,
    )?;
    let mut conn = it.store.pool().acquire().await.map_err(db)?;
    let after = page.after.as_deref().unwrap_or_default();
    let found = store::list(&mut conn, year(request.year), after, page.limit()).await?;
    let (found, next_page_token) = it.store.cut(&page, found, |line| line.code.clone())?;
    let mut lines = Vec::with_capacity(found.len());
    for line in found {
        lines.push(message(&mut conn, line, on).await?);
    }
    Ok(pb::ListBudgetLinesResponse { lines, next_page_token })
}
