//! The way of a list from match to money, step by step, as the tests tell it.

use canopy_kernel::{Role, Uscc};
use canopy_proto::subsidy::v1 as pb;
use tonic::Status;

use crate::registry::qualification;
use crate::suite::{Suite, id};

pub const MATCH_ON: &str = "2022-08-15";
pub const POSTED_ON: &str = "2022-09-07";
pub const LAST_DAY: &str = "2022-09-14";
pub const CONFIRM_ON: &str = "2022-09-15";
pub const PAY_ON: &str = "2022-09-22";
pub const CUT_OFF: &str = "2022-11-30";
/// Amount of a first recognition, fen.
pub const FIRST: i64 = 10_000_000;
/// Amount of a renewed recognition, fen.
pub const REPEAT: i64 = 5_000_000;

/// The `n`-th sound code of a firm.
pub fn code(n: usize) -> String {
    let organisation = format!("MA4K{n:04}");
    let candidates = "0123456789X".chars().flat_map(|inner| {
        let stem = format!("91420100{organisation}{inner}");
        "0123456789ABCDEFGHJKLMNPQRTUWXY".chars().map(move |outer| format!("{stem}{outer}"))
    });
    candidates.into_iter().find(|code| Uscc::parse(code).is_ok()).unwrap()
}

pub fn title(n: usize) -> String {
    format!("武汉测试{n}有限公司")
}

/// The terms of the high-tech reward.
pub fn terms() -> pb::PolicyTerms {
    pb::PolicyTerms {
        code: "HNTE".to_owned(),
        title: "高新技术企业培育奖励".to_owned(),
        doc_no: "武科规〔2021〕3号".to_owned(),
        valid_from: "2021-01-01".to_owned(),
        valid_to: "2023-12-31".to_owned(),
        evidence_source: "QUALIFICATION:HNTE".to_owned(),
        award_from: "2022-01-01".to_owned(),
        award_to: "2022-07-31".to_owned(),
        amount_kind: pb::AmountKind::FixedByRecognition.into(),
        fixed_first_fen: FIRST,
        fixed_repeat_fen: REPEAT,
        requires_live: "HNTE".to_owned(),
        budget_line: "BL01".to_owned(),
        publicity_working_days: 5,
        ..Default::default()
    }
}

impl Suite {
    /// Firms 1 to `n` enter, each with a certificate of March.
    pub fn firms(&self, n: usize) {
        for firm in 1..=n {
            self.registry.enter(&code(firm), &title(firm));
            self.registry.grant(qualification(&code(firm), "HNTE", &certificate(firm), "2022-03-01"));
        }
    }

    pub async fn policy(&self, terms: pb::PolicyTerms) -> pb::Policy {
        let on = "2022-01-10";
        let create = pb::CreatePolicyRequest { request_id: id(), terms: Some(terms), ..Default::default() };
        let draft = self.policies("zhang", on).create_policy(create).await.unwrap().into_inner();
        let review = pb::ReviewPolicyRequest { request_id: id(), name: draft.name, ..Default::default() };
        let reviewed = self.policies("liu", on).review_policy(review).await.unwrap().into_inner();
        let activate =
            pb::ActivatePolicyRequest { request_id: id(), name: reviewed.name, ..Default::default() };
        self.policies("zhang", on).activate_policy(activate).await.unwrap().into_inner()
    }

    /// A budget line of 2022 whose whole amount may be used from January on.
    pub async fn budget(&self, line: &str, approved_fen: i64) -> pb::BudgetLine {
        let request = pb::CreateBudgetLineRequest {
            request_id: id(),
            line: line.to_owned(),
            year: 2022,
            approved_fen,
            plan_fen: vec![approved_fen; 12],
            ..Default::default()
        };
        self.budgets("2022-01-05").create_budget_line(request).await.unwrap().into_inner()
    }

    pub async fn try_match(&self, policy: &str, on: &str) -> Result<pb::Run, Status> {
        let request =
            pb::MatchRunRequest { request_id: id(), policy_code: policy.to_owned(), ..Default::default() };
        Ok(self.runs("zhang", on).match_run(request).await?.into_inner())
    }

    pub async fn matched(&self, policy: &str) -> pb::Run {
        self.try_match(policy, MATCH_ON).await.unwrap()
    }

    pub async fn published(&self, policy: &str) -> pb::Run {
        let name = self.matched(policy).await.name;
        let request = pb::PublishRunRequest { request_id: id(), name, ..Default::default() };
        self.runs("zhang", POSTED_ON).publish_run(request).await.unwrap().into_inner()
    }

    pub async fn confirm(&self, run: &str, on: &str) -> Result<pb::Run, Status> {
        let request = pb::ConfirmRunRequest { request_id: id(), name: run.to_owned(), ..Default::default() };
        Ok(self.runs("zhang", on).confirm_run(request).await?.into_inner())
    }

    pub async fn confirmed(&self, policy: &str) -> pb::Run {
        let run = self.published(policy).await;
        self.confirm(&run.name, CONFIRM_ON).await.unwrap()
    }

    pub async fn batch(&self, run: &str, on: &str) -> Result<pb::Batch, Status> {
        let request = pb::CreateBatchRequest { request_id: id(), run: run.to_owned(), ..Default::default() };
        Ok(self.payments("zhang", Role::StBureau, on).create_batch(request).await?.into_inner())
    }

    pub async fn approve(&self, batch: &str, who: &str) -> Result<pb::Batch, Status> {
        let request =
            pb::ApproveBatchRequest { request_id: id(), name: batch.to_owned(), ..Default::default() };
        Ok(self.payments(who, Role::StBureau, PAY_ON).approve_batch(request).await?.into_inner())
    }

    /// An approved batch of the policy's confirmed list.
    pub async fn approved(&self, policy: &str) -> pb::Batch {
        let run = self.confirmed(policy).await;
        let batch = self.batch(&run.name, PAY_ON).await.unwrap();
        self.approve(&batch.name, "liu").await.unwrap()
    }

    pub async fn fund(&self, batch: &str, on: &str) -> Result<pb::Batch, Status> {
        let request = pb::FundBatchRequest { request_id: id(), name: batch.to_owned(), ..Default::default() };
        Ok(self.payments("chen", Role::FinanceBureau, on).fund_batch(request).await?.into_inner())
    }

    /// A funded batch of the policy, which nobody has sent to the bank yet.
    pub async fn funded(&self, policy: &str) -> pb::Batch {
        let batch = self.approved(policy).await;
        self.fund(&batch.name, PAY_ON).await.unwrap()
    }

    /// A funded batch whose lines went to the bank.
    pub async fn paid(&self, policy: &str) -> pb::Batch {
        let batch = self.funded(policy).await;
        self.open(PAY_ON).await;
        batch
    }

    pub async fn reconcile(&self, day: &str) -> Result<pb::ReconcileStatementResponse, Status> {
        let request = pb::ReconcileStatementRequest { request_id: id(), day: day.to_owned() };
        let mut clerk = self.payments("clerk", Role::TreasuryBank, day);
        Ok(clerk.reconcile_statement(request).await?.into_inner())
    }

    /// All lines of a policy as of a day.
    pub async fn lines(&self, policy: &str, as_of: &str) -> Vec<pb::PaymentLine> {
        let request = pb::ListPaymentLinesRequest {
            policy_code: policy.to_owned(),
            as_of: as_of.to_owned(),
            page_size: 1000,
            ..Default::default()
        };
        let mut reader = self.payments("audit", Role::Auditor, CUT_OFF);
        reader.list_payment_lines(request).await.unwrap().into_inner().lines
    }

    /// State and reason of a firm's line as of a day.
    pub async fn line(&self, n: usize, as_of: &str) -> (pb::LineState, String) {
        let line = self.lines("HNTE", as_of).await.into_iter().find(|line| line.uscc == code(n)).unwrap();
        (line.state(), line.reason_code)
    }

    pub async fn summary(&self, policy: &str, as_of: &str) -> pb::PaymentSummary {
        let request =
            pb::SummarizePaymentsRequest { policy_code: policy.to_owned(), as_of: as_of.to_owned() };
        let mut reader = self.payments("audit", Role::Auditor, CUT_OFF);
        reader.summarize_payments(request).await.unwrap().into_inner()
    }

    /// A budget line of 2022 as of a day.
    pub async fn line_of_budget(&self, line: &str, as_of: &str) -> pb::BudgetLine {
        let request = pb::GetBudgetLineRequest { line: line.to_owned(), year: 2022, as_of: as_of.to_owned() };
        self.budgets(CUT_OFF).get_budget_line(request).await.unwrap().into_inner()
    }

    pub async fn run(&self, name: &str) -> pb::Run {
        let request = pb::GetRunRequest { name: name.to_owned() };
        self.runs("zhang", CUT_OFF).get_run(request).await.unwrap().into_inner()
    }

    /// Candidates of a run that are not as they were matched: code and reasons of their hits.
    pub async fn candidates(&self, run: &str) -> Vec<pb::Candidate> {
        let request =
            pb::ListCandidatesRequest { run: run.to_owned(), page_size: 1000, ..Default::default() };
        self.runs("zhang", CUT_OFF).list_candidates(request).await.unwrap().into_inner().candidates
    }

    /// Who of a policy is not paid as of a day: code and first reason.
    pub async fn exclusions(&self, policy: &str, as_of: &str) -> Vec<(String, String)> {
        let request = pb::ListExclusionsRequest {
            policy_code: policy.to_owned(),
            as_of: as_of.to_owned(),
            page_size: 1000,
            ..Default::default()
        };
        let found = self.runs("zhang", CUT_OFF).list_exclusions(request).await.unwrap().into_inner();
        found.exclusions.into_iter().map(|it| (it.uscc, it.reason_code)).collect()
    }
}

/// Certificate number of a firm.
pub fn certificate(n: usize) -> String {
    format!("GR2022420{n:05}")
}
