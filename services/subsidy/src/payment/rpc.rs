//! `PaymentService`: batches, payment lines and the bank's statement at the edge.

use canopy_kernel::Failure;
use canopy_kernel::id::BatchId;
use canopy_persistence::{Write, db};
use canopy_platform::{Call, answer};
use canopy_proto::subsidy::v1 as pb;
use canopy_proto::subsidy::v1::payment_service_server::PaymentService;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::statement::{Statement, reconcile};
use super::store::view::{self, Filter};
use super::{Abandon, wire};
use crate::batch;
use crate::edge::{Subsidy, code_if_any, day, day_text, named, opened};

/// The service.
pub(crate) struct PaymentRpc(pub(crate) Subsidy);

#[tonic::async_trait]
impl PaymentService for PaymentRpc {
    async fn create_batch(
        &self,
        request: Request<pb::CreateBatchRequest>,
    ) -> Result<Response<pb::Batch>, Status> {
        answer(batch::rpc::create(&self.0, request).await)
    }

    async fn approve_batch(
        &self,
        request: Request<pb::ApproveBatchRequest>,
    ) -> Result<Response<pb::Batch>, Status> {
        answer(batch::rpc::approve(&self.0, request).await)
    }

    async fn fund_batch(
        &self,
        request: Request<pb::FundBatchRequest>,
    ) -> Result<Response<pb::Batch>, Status> {
        answer(batch::rpc::fund(&self.0, request).await)
    }

    async fn get_batch(&self, request: Request<pb::GetBatchRequest>) -> Result<Response<pb::Batch>, Status> {
        answer(batch::rpc::get(&self.0, request).await)
    }

    async fn list_payment_lines(
        &self,
        request: Request<pb::ListPaymentLinesRequest>,
    ) -> Result<Response<pb::ListPaymentLinesResponse>, Status> {
        answer(list(&self.0, request).await)
    }

    async fn reconcile_statement(
        &self,
        request: Request<pb::ReconcileStatementRequest>,
    ) -> Result<Response<pb::ReconcileStatementResponse>, Status> {
        answer(statement(&self.0, request).await)
    }

    async fn abandon_line(
        &self,
        request: Request<pb::AbandonLineRequest>,
    ) -> Result<Response<pb::PaymentLine>, Status> {
        answer(abandon(&self.0, request).await)
    }

    async fn summarize_payments(
        &self,
        request: Request<pb::SummarizePaymentsRequest>,
    ) -> Result<Response<pb::PaymentSummary>, Status> {
        answer(summarize(&self.0, request).await)
    }
}

async fn list(
    it: &Subsidy,
    request: Request<pb::ListPaymentLinesRequest>,
) -> Result<pb::ListPaymentLinesResponse, Failure> {
    let (call, request) = opened(request)?;
    let query = pb::ListPaymentLinesRequest { page_size: 0, page_token: String::new(), ..request.clone() };
    let page = it.store.page::<(String, Uuid)>(query, (request.page_size, &request.page_token), 100)?;
    let batch = match request.batch.as_str() {
        "" => None,
        name => Some(named::<BatchId>("batch", name)?.as_uuid()),
    };
    let asked = Filter {
        ids: Vec::new(),
        batch,
        uscc: code_if_any(&call, &request.uscc)?.map(|code| code.to_string()).unwrap_or_default(),
        policy_code: request.policy_code,
        credited_only: request.credited_only,
        on: it.store.as_of(&call, "as_of", &request.as_of)?,
        limit: page.limit(),
        after: page.after.clone().unwrap_or((String::new(), Uuid::nil())),
    };
    let mut conn = it.store.pool().acquire().await.map_err(db)?;
    let found = view::list(&mut conn, &asked).await?;
    let (found, next_page_token) = it.store.cut(&page, found, |line| (line.uscc.clone(), line.id))?;
    Ok(pb::ListPaymentLinesResponse { lines: found.into_iter().map(wire::line).collect(), next_page_token })
}

async fn read_statement(it: &Subsidy, call: &Call, stated: &str) -> Result<Statement, Failure> {
    let day = day("day", stated)?;
    Ok(Statement { day, entries: it.bank.statement(call, day).await? })
}

async fn statement(
    it: &Subsidy,
    request: Request<pb::ReconcileStatementRequest>,
) -> Result<pb::ReconcileStatementResponse, Failure> {
    let (call, request) = opened(request)?;
    let write = Write::new("reconcile_statement", &request.request_id, &request);
    let command = read_statement(it, &call, &request.day).await;
    it.store
        .write(&call, write, command, |tx, command| Box::pin(async move { reconcile(tx, &command).await }))
        .await
}

async fn abandon(it: &Subsidy, request: Request<pb::AbandonLineRequest>) -> Result<pb::PaymentLine, Failure> {
    let (call, request) = opened(request)?;
    let write = Write::new("abandon_line", &request.request_id, &request);
    let command = named("name", &request.name).map(|id| Abandon { id, reason: request.reason });
    it.store
        .write(&call, write, command, |tx, command| {
            Box::pin(async move { super::abandon(tx, &command).await })
        })
        .await
}

async fn summarize(
    it: &Subsidy,
    request: Request<pb::SummarizePaymentsRequest>,
) -> Result<pb::PaymentSummary, Failure> {
    let (call, request) = opened(request)?;
    let on = it.store.as_of(&call, "as_of", &request.as_of)?;
    let mut conn = it.store.pool().acquire().await.map_err(db)?;
    let sums = view::sums(&mut conn, &request.policy_code, on).await?;
    let last_day = view::publicity_last_day(&mut conn, &request.policy_code, on).await?;
    Ok(pb::PaymentSummary {
        policy_code: request.policy_code,
        payees: sums.payees,
        credited_fen: sums.credited_fen,
        first_recognition_lines: sums.first_recognition_lines,
        renewed_recognition_lines: sums.renewed_recognition_lines,
        credited_after_hold: sums.credited_after_hold,
        credited_after_return: sums.credited_after_return,
        publicity_last_day: day_text(last_day),
    })
}
