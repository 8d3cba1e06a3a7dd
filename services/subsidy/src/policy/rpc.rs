//! `PolicyService`: policies at the edge.

use canopy_kernel::{Failure, Fen, reason};
use canopy_persistence::{Write, db};
use canopy_platform::answer;
use canopy_proto::subsidy::v1 as pb;
use canopy_proto::subsidy::v1::policy_service_server::PolicyService;
use tonic::{Request, Response, Status};

use super::model::{Policy, State, Terms};
use super::rule_terms::{
    AmountKind, StatedAmounts, amount_rule, check_windows, evidence_source, evidence_text, required, stated,
};
use super::{Create, StepOf, store};
use crate::edge::{Subsidy, day, named, opened};

/// The service.
pub(crate) struct PolicyRpc(pub(crate) Subsidy);

#[tonic::async_trait]
impl PolicyService for PolicyRpc {
    async fn create_policy(
        &self,
        request: Request<pb::CreatePolicyRequest>,
    ) -> Result<Response<pb::Policy>, Status> {
        answer(create(&self.0, request).await)
    }

    async fn review_policy(
        &self,
        request: Request<pb::ReviewPolicyRequest>,
    ) -> Result<Response<pb::Policy>, Status> {
        answer(review(&self.0, request).await)
    }

    async fn activate_policy(
        &self,
        request: Request<pb::ActivatePolicyRequest>,
    ) -> Result<Response<pb::Policy>, Status> {
        answer(activate(&self.0, request).await)
    }

    async fn close_policy(
        &self,
        request: Request<pb::ClosePolicyRequest>,
    ) -> Result<Response<pb::Policy>, Status> {
        answer(close(&self.0, request).await)
    }

    async fn get_policy(
        &self,
        request: Request<pb::GetPolicyRequest>,
    ) -> Result<Response<pb::Policy>, Status> {
        answer(get(&self.0, request).await)
    }

    async fn list_policies(
        &self,
        request: Request<pb::ListPoliciesRequest>,
    ) -> Result<Response<pb::ListPoliciesResponse>, Status> {
        answer(list(&self.0, request).await)
    }
}

/// The policy on the wire.
pub(crate) fn message(policy: &Policy) -> pb::Policy {
    let state = match policy.state {
        State::Draft => pb::PolicyState::Draft,
        State::Reviewed { .. } => pb::PolicyState::Reviewed,
        State::Active { .. } => pb::PolicyState::Active,
        State::Closed { .. } => pb::PolicyState::Closed,
    };
    pb::Policy {
        name: policy.id.to_string(),
        version: policy.revision,
        state: state.into(),
        terms: Some(terms_message(&policy.terms)),
        maker: policy.maker.clone(),
        reviewer: policy.state.reviewer().to_owned(),
        etag: policy.version.to_string(),
    }
}

fn terms_message(terms: &Terms) -> pb::PolicyTerms {
    use super::model::AmountRule;
    let amount_kind = match terms.amount {
        AmountRule::ByRecognition { .. } => pb::AmountKind::FixedByRecognition,
        AmountRule::Fixed(_) => pb::AmountKind::Fixed,
        AmountRule::ByTier { .. } => pb::AmountKind::FixedByTier,
    };
    let amounts = stated(terms.amount);
    pb::PolicyTerms {
        code: terms.code.clone(),
        title: terms.title.clone(),
        doc_no: terms.doc_no.clone(),
        valid_from: terms.valid_from.to_string(),
        valid_to: terms.valid_to.to_string(),
        evidence_source: evidence_text(&terms.evidence),
        award_from: terms.award_from.to_string(),
        award_to: terms.award_to.to_string(),
        amount_kind: amount_kind.into(),
        fixed_first_fen: amounts.first.get(),
        fixed_repeat_fen: amounts.repeat.get(),
        tier1_fen: amounts.tier1.get(),
        tier2_fen: amounts.tier2.get(),
        cap_fen: terms.cap.map_or(0, Fen::get),
        requires_live: terms.requires.as_ref().map(|it| it.kind.clone()).unwrap_or_default(),
        requires_pass: terms.requires.as_ref().is_some_and(|it| it.must_pass),
        excluded_host_prefix: terms.excluded_host_prefix.clone().unwrap_or_default(),
        beneficiary_rule: terms.beneficiary_rule.clone(),
        amount_rule: terms.amount_rule.clone(),
        budget_line: terms.budget_line.clone(),
        publicity_working_days: i32::try_from(terms.publicity_working_days).unwrap_or(i32::MAX),
        shortfall: pb::ShortfallRule::RefuseRun.into(),
    }
}

/// Reads the terms; the source comes first, since of a source that is not served nothing else is judged.
fn read(terms: pb::PolicyTerms) -> Result<Terms, Failure> {
    let evidence = evidence_source(&terms.evidence_source)?;
    let kind = match terms.amount_kind() {
        pb::AmountKind::FixedByRecognition => AmountKind::ByRecognition,
        pb::AmountKind::Fixed => AmountKind::Fixed,
        pb::AmountKind::FixedByTier => AmountKind::ByTier,
        pb::AmountKind::Unspecified => {
            return Err(Failure::new(&reason::ENUM_UNKNOWN).on("terms.amount_kind"));
        }
    };
    let amounts = StatedAmounts {
        first: Fen::new(terms.fixed_first_fen)?,
        repeat: Fen::new(terms.fixed_repeat_fen)?,
        tier1: Fen::new(terms.tier1_fen)?,
        tier2: Fen::new(terms.tier2_fen)?,
    };
    let read = Terms {
        valid_from: day("terms.valid_from", &terms.valid_from)?,
        valid_to: day("terms.valid_to", &terms.valid_to)?,
        award_from: day("terms.award_from", &terms.award_from)?,
        award_to: day("terms.award_to", &terms.award_to)?,
        evidence,
        amount: amount_rule(kind, amounts)?,
        cap: Some(Fen::new(terms.cap_fen)?).filter(|cap| !cap.is_zero()),
        requires: required(&terms.requires_live, terms.requires_pass)?,
        excluded_host_prefix: Some(terms.excluded_host_prefix).filter(|prefix| !prefix.is_empty()),
        code: terms.code,
        title: terms.title,
        doc_no: terms.doc_no,
        beneficiary_rule: terms.beneficiary_rule,
        amount_rule: terms.amount_rule,
        budget_line: terms.budget_line,
        publicity_working_days: u32::try_from(terms.publicity_working_days).unwrap_or_default(),
    };
    check_windows(&read)?;
    Ok(read)
}

async fn create(it: &Subsidy, request: Request<pb::CreatePolicyRequest>) -> Result<pb::Policy, Failure> {
    let (call, request) = opened(request)?;
    let write = Write::new("create_policy", &request.request_id, &request)
        .validate_only(request.validate_only)
        .external_ref(&request.external_ref);
    let terms = read(request.terms.unwrap_or_default());
    let command = terms.map(|terms| Create { terms, revise: request.revise });
    it.store
        .write(&call, write, command, |tx, command| {
            Box::pin(async move { super::create(tx, &command).await.map(|policy| message(&policy)) })
        })
        .await
}

async fn review(it: &Subsidy, request: Request<pb::ReviewPolicyRequest>) -> Result<pb::Policy, Failure> {
    let (call, request) = opened(request)?;
    let write = Write::new("review_policy", &request.request_id, &request);
    let command =
        named("name", &request.name).map(|id| StepOf { id, etag: request.etag, reason: String::new() });
    it.store
        .write(&call, write, command, |tx, command| {
            Box::pin(async move { super::review(tx, &command).await.map(|policy| message(&policy)) })
        })
        .await
}

async fn activate(it: &Subsidy, request: Request<pb::ActivatePolicyRequest>) -> Result<pb::Policy, Failure> {
    let (call, request) = opened(request)?;
    let write = Write::new("activate_policy", &request.request_id, &request);
    let command =
        named("name", &request.name).map(|id| StepOf { id, etag: request.etag, reason: String::new() });
    it.store
        .write(&call, write, command, |tx, command| {
            Box::pin(async move { super::activate(tx, &command).await.map(|policy| message(&policy)) })
        })
        .await
}

async fn close(it: &Subsidy, request: Request<pb::ClosePolicyRequest>) -> Result<pb::Policy, Failure> {
    let (call, request) = opened(request)?;
    let write = Write::new("close_policy", &request.request_id, &request);
    let command =
        named("name", &request.name).map(|id| StepOf { id, etag: request.etag, reason: request.reason });
    it.store
        .write(&call, write, command, |tx, command| {
            Box::pin(async move { super::close(tx, &command).await.map(|policy| message(&policy)) })
        })
        .await
}

async fn get(it: &Subsidy, request: Request<pb::GetPolicyRequest>) -> Result<pb::Policy, Failure> {
    let (_, request) = opened(request)?;
    let mut conn = it.store.pool().acquire().await.map_err(db)?;
    let found = match request.name.parse() {
        Ok(id) => store::by_id(&mut conn, id).await?,
        Err(_) => store::by_code(&mut conn, &request.name).await?,
    };
    let policy = found.ok_or_else(|| Failure::new(&reason::UNKNOWN_POLICY).on("name"))?;
    Ok(message(&policy))
}

async fn list(
    it: &Subsidy,
    request: Request<pb::ListPoliciesRequest>,
) -> Result<pb::ListPoliciesResponse, Failure> {
    let request = request.into_inner();
    let page = it.store.page::<String>("policies", (request.page_size, &request.page_token), 100)?;
    let found = store::list(it.store.pool(), page.after.as_deref().unwrap_or_default(), page.limit()).await?;
    let (found, next_page_token) = it.store.cut(&page, found, |policy| policy.terms.code.clone())?;
    Ok(pb::ListPoliciesResponse { policies: found.iter().map(message).collect(), next_page_token })
}
