//! The way of a list from match to money, step by step, as the agencies take it through the gateway.

use canopy_kernel::Role;
use canopy_proto::common::v1::AdvanceToRequest;
use canopy_proto::subsidy::v1 as pb;
use canopy_proto::subsidy::v1::operations_service_client::OperationsServiceClient;
use tonic::{Response, Status};

use super::world::{World, id};
use super::year::{CONFIRM_ON, MATCH_ON, PAY_ON, POSTED_ON};

type Answer<T> = Result<Response<T>, Status>;

impl World {
    pub async fn try_match(&self, policy: &str, on: &str) -> Answer<pb::Run> {
        let policy_code = policy.to_owned();
        let request = pb::MatchRunRequest { request_id: id(), policy_code, ..Default::default() };
        self.runs("zhang", on).await.match_run(request).await
    }

    /// A run of the policy that is posted.
    pub async fn published(&self, policy: &str) -> pb::Run {
        let name = self.try_match(policy, MATCH_ON).await.unwrap().into_inner().name;
        let request = pb::PublishRunRequest { request_id: id(), name, ..Default::default() };
        self.runs("zhang", POSTED_ON).await.publish_run(request).await.unwrap().into_inner()
    }

    pub async fn confirm(&self, run: &str, on: &str) -> Answer<pb::Run> {
        let request = pb::ConfirmRunRequest { request_id: id(), name: run.to_owned(), ..Default::default() };
        self.runs("zhang", on).await.confirm_run(request).await
    }

    pub async fn batch(&self, run: &str, on: &str) -> Answer<pb::Batch> {
        let request = pb::CreateBatchRequest { request_id: id(), run: run.to_owned(), ..Default::default() };
        self.payments("zhang", Role::StBureau, on).await.create_batch(request).await
    }

    pub async fn approve(&self, batch: &str, person: &str) -> Answer<pb::Batch> {
        let name = batch.to_owned();
        let request = pb::ApproveBatchRequest { request_id: id(), name, ..Default::default() };
        self.payments(person, Role::StBureau, PAY_ON).await.approve_batch(request).await
    }

    pub async fn fund(&self, batch: &str, person: &str) -> Answer<pb::Batch> {
        let request = pb::FundBatchRequest { request_id: id(), name: batch.to_owned(), ..Default::default() };
        self.payments(person, Role::FinanceBureau, PAY_ON).await.fund_batch(request).await
    }

    /// A batch of the policy's list, made by zhang and approved by liu.
    pub async fn approved(&self, policy: &str) -> pb::Batch {
        let run = self.published(policy).await.name;
        self.confirm(&run, CONFIRM_ON).await.unwrap();
        let batch = self.batch(&run, PAY_ON).await.unwrap().into_inner().name;
        self.approve(&batch, "liu").await.unwrap().into_inner()
    }

    /// Opens a day: what is due by its end is done when this returns.
    pub async fn open(&self, day: &str) {
        let mut operations = OperationsServiceClient::new(self.desk("li", Role::Operator, "").await);
        let request = AdvanceToRequest { request_id: id(), day: day.to_owned() };
        operations.advance_to(request).await.unwrap();
    }

    pub async fn reconcile(&self, day: &str) -> Answer<pb::ReconcileStatementResponse> {
        let request = pb::ReconcileStatementRequest { request_id: id(), day: day.to_owned() };
        self.payments("clerk", Role::TreasuryBank, day).await.reconcile_statement(request).await
    }

    /// Payment lines of a policy as of a day, by code.
    pub async fn lines(&self, policy: &str, as_of: &str) -> Vec<pb::PaymentLine> {
        let request = pb::ListPaymentLinesRequest {
            policy_code: policy.to_owned(),
            as_of: as_of.to_owned(),
            page_size: 1000,
            ..Default::default()
        };
        let mut reader = self.payments("zhao", Role::Auditor, as_of).await;
        reader.list_payment_lines(request).await.unwrap().into_inner().lines
    }

    pub async fn line_of_budget(&self, line: &str) -> pb::BudgetLine {
        let request =
            pb::GetBudgetLineRequest { line: line.to_owned(), year: 2022, as_of: "2022-12-31".to_owned() };
        self.budgets().await.get_budget_line(request).await.unwrap().into_inner()
    }
}
