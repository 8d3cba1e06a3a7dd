//! `RunService`: runs, their candidates, objections and explanations at the edge.

use canopy_kernel::{Failure, reason};
use canopy_persistence::{Write, db};
use canopy_platform::{Call, answer};
use canopy_proto::subsidy::v1 as pb;
use canopy_proto::subsidy::v1::run_service_server::RunService;
use jiff::civil::Date;
use std::time::Duration;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::model::State;
use super::store::candidate::{hits_of, page};
use super::store::matching::matched;
use super::{Confirm, Match, StepOf, Void, decide, store, wire};
use crate::edge::{Subsidy, named, opened, own_code};
use crate::registry::Standings;
use crate::{objection, policy};

/// How long a match waits for the registry's feed to be applied here.
const CATCH_UP: Duration = Duration::from_secs(20);

/// The service.
pub(crate) struct RunRpc(pub(crate) Subsidy);

#[tonic::async_trait]
impl RunService for RunRpc {
    async fn match_run(&self, request: Request<pb::MatchRunRequest>) -> Result<Response<pb::Run>, Status> {
        answer(match_run(&self.0, request).await)
    }

    async fn publish_run(
        &self,
        request: Request<pb::PublishRunRequest>,
    ) -> Result<Response<pb::Run>, Status> {
        answer(publish(&self.0, request).await)
    }

    async fn confirm_run(
        &self,
        request: Request<pb::ConfirmRunRequest>,
    ) -> Result<Response<pb::Run>, Status> {
        answer(confirm(&self.0, request).await)
    }

    async fn void_run(&self, request: Request<pb::VoidRunRequest>) -> Result<Response<pb::Run>, Status> {
        answer(void(&self.0, request).await)
    }

    async fn get_run(&self, request: Request<pb::GetRunRequest>) -> Result<Response<pb::Run>, Status> {
        answer(get(&self.0, request).await)
    }

    async fn list_runs(
        &self,
        request: Request<pb::ListRunsRequest>,
    ) -> Result<Response<pb::ListRunsResponse>, Status> {
        answer(list(&self.0, request).await)
    }

    async fn list_candidates(
        &self,
        request: Request<pb::ListCandidatesRequest>,
    ) -> Result<Response<pb::ListCandidatesResponse>, Status> {
        answer(candidates(&self.0, request).await)
    }

    async fn file_objection(
        &self,
        request: Request<pb::FileObjectionRequest>,
    ) -> Result<Response<pb::Objection>, Status> {
        answer(objection::rpc::file(&self.0, request).await)
    }

    async fn close_objection(
        &self,
        request: Request<pb::CloseObjectionRequest>,
    ) -> Result<Response<pb::Objection>, Status> {
        answer(objection::rpc::close(&self.0, request).await)
    }

    async fn list_objections(
        &self,
        request: Request<pb::ListObjectionsRequest>,
    ) -> Result<Response<pb::ListObjectionsResponse>, Status> {
        answer(objection::rpc::list(&self.0, request).await)
    }

    async fn get_decision(
        &self,
        request: Request<pb::GetDecisionRequest>,
    ) -> Result<Response<pb::Decision>, Status> {
        answer(decision(&self.0, request).await)
    }

    async fn list_exclusions(
        &self,
        request: Request<pb::ListExclusionsRequest>,
    ) -> Result<Response<pb::ListExclusionsResponse>, Status> {
        answer(exclusions(&self.0, request).await)
    }
}

async fn read_match(it: &Subsidy, call: &Call, request: pb::MatchRunRequest) -> Result<Match, Failure> {
    // A match must see everything that the registry has answered before it.
    it.feed.catch_up(call, CATCH_UP).await?;
    let standings = at_match(it, call, &request.policy_code).await?;
    let external_ref = Some(request.external_ref).filter(|number| !number.is_empty());
    Ok(Match { external_ref, policy_code: request.policy_code, standings })
}

async fn match_run(it: &Subsidy, request: Request<pb::MatchRunRequest>) -> Result<pb::Run, Failure> {
    let (call, request) = opened(request)?;
    let write = Write::new("match_run", &request.request_id, &request)
        .validate_only(request.validate_only)
        .external_ref(&request.external_ref);
    let command = read_match(it, &call, request).await;
    it.store
        .write(&call, write, command, |tx, command| {
            Box::pin(async move { super::match_run(tx, &command).await })
        })
        .await
}

/// The standing of those who would be matched; nobody's where the write is going to refuse.
async fn at_match(it: &Subsidy, call: &Call, policy_code: &str) -> Result<Standings, Failure> {
    let today = it.store.today(call);
    let frozen = {
        let mut conn = it.store.pool().acquire().await.map_err(db)?;
        match policy::store::by_code(&mut conn, policy_code).await? {
            Some(policy) if policy.require_matchable(today).is_ok() => {
                matched(&mut conn, &policy.terms, today).await?
            }
            _ => Vec::new(),
        }
    };
    let codes: Vec<String> = frozen.iter().map(|entry| entry.uscc.to_string()).collect();
    it.registry.standings(call, &codes, today).await
}

async fn publish(it: &Subsidy, request: Request<pb::PublishRunRequest>) -> Result<pb::Run, Failure> {
    let (call, request) = opened(request)?;
    let write = Write::new("publish_run", &request.request_id, &request);
    let command = named("name", &request.name).map(|id| StepOf { id, etag: request.etag });
    it.store
        .write(&call, write, command, |tx, command| {
            Box::pin(async move { super::publish(tx, &command).await })
        })
        .await
}

async fn read_confirmation(
    it: &Subsidy,
    call: &Call,
    request: pb::ConfirmRunRequest,
) -> Result<Confirm, Failure> {
    let step = StepOf { id: named("name", &request.name)?, etag: request.etag };
    let standings = at_publicity_end(it, call, &step).await?;
    Ok(Confirm { step, standings })
}

async fn confirm(it: &Subsidy, request: Request<pb::ConfirmRunRequest>) -> Result<pb::Run, Failure> {
    let (call, request) = opened(request)?;
    let write = Write::new("confirm_run", &request.request_id, &request);
    let command = read_confirmation(it, &call, request).await;
    it.store
        .write(&call, write, command, |tx, command| {
            Box::pin(async move { super::confirm(tx, &command).await })
        })
        .await
}

/// The standing of a run's candidates on the last day of its publicity; nobody's where the write is going to refuse.
async fn at_publicity_end(it: &Subsidy, call: &Call, step: &StepOf) -> Result<Standings, Failure> {
    let (codes, on) = {
        let mut conn = it.store.pool().acquire().await.map_err(db)?;
        let run = store::find(&mut conn, step.id).await?;
        match run.map(|run| run.state) {
            Some(State::Publicised(publicity)) if publicity.require_over(it.store.today(call)).is_ok() => {
                (store::codes(&mut conn, step.id).await?, publicity.last_day)
            }
            _ => (Vec::new(), Date::MIN),
        }
    };
    let codes: Vec<String> = codes.into_iter().map(|(_, code)| code).collect();
    it.registry.standings(call, &codes, on).await
}

async fn void(it: &Subsidy, request: Request<pb::VoidRunRequest>) -> Result<pb::Run, Failure> {
    let (call, request) = opened(request)?;
    let write = Write::new("void_run", &request.request_id, &request);
    let step = named("name", &request.name).map(|id| StepOf { id, etag: request.etag });
    let command = step.map(|step| Void { step, reason: request.reason });
    it.store
        .write(&call, write, command, |tx, command| Box::pin(async move { super::void(tx, &command).await }))
        .await
}

async fn get(it: &Subsidy, request: Request<pb::GetRunRequest>) -> Result<pb::Run, Failure> {
    let (_, request) = opened(request)?;
    let id = named("name", &request.name)?;
    let mut conn = it.store.pool().acquire().await.map_err(db)?;
    let run = store::find(&mut conn, id).await?.ok_or_else(store::unknown)?;
    let totals = store::totals(&mut conn, id).await?;
    Ok(wire::run(&run, &totals))
}

async fn list(it: &Subsidy, request: Request<pb::ListRunsRequest>) -> Result<pb::ListRunsResponse, Failure> {
    let (_, request) = opened(request)?;
    let page = it.store.page::<Uuid>(
        ("runs", &request.policy_code),
        (request.page_size, &request.page_token),
        100,
    )?;
    let after = page.after.unwrap_or(Uuid::nil());
    let found = store::list(it.store.pool(), &request.policy_code, after, page.limit()).await?;
    let (found, next_page_token) = it.store.cut(&page, found, |run| run.id.as_uuid())?;
    let mut conn = it.store.pool().acquire().await.map_err(db)?;
    let mut runs = Vec::with_capacity(found.len());
    for run in found {
        let totals = store::totals(&mut conn, run.id).await?;
        runs.push(wire::run(&run, &totals));
    }
    Ok(pb::ListRunsResponse { runs, next_page_token })
}

async fn candidates(
    it: &Subsidy,
    request: Request<pb::ListCandidatesRequest>,
) -> Result<pb::ListCandidatesResponse, Failure> {
    let (_, request) = opened(request)?;
    let asked = it.store.page::<String>(
        ("candidates", &request.run),
        (request.page_size, &request.page_token),
        100,
    )?;
    let id = named("run", &request.run)?;
    let mut conn = it.store.pool().acquire().await.map_err(db)?;
    let unknown = || Failure::new(&reason::UNKNOWN_RUN).on("run");
    let run = store::find(&mut conn, id).await?.ok_or_else(unknown)?;
    let after = asked.after.as_deref().unwrap_or_default();
    let found = page(&mut conn, id, after, asked.limit()).await?;
    let (found, next_page_token) =
        it.store.cut(&asked, found, |listed| listed.candidate.frozen.uscc.to_string())?;
    let ids: Vec<Uuid> = found.iter().map(|listed| listed.candidate.id.as_uuid()).collect();
    let mut hits = hits_of(&mut conn, &ids, Date::MAX).await?;
    let candidates = found
        .into_iter()
        .map(|listed| {
            let found = hits.remove(&listed.candidate.id.as_uuid()).unwrap_or_default();
            wire::candidate(&run, listed, &found)
        })
        .collect();
    Ok(pb::ListCandidatesResponse { candidates, next_page_token })
}

async fn decision(it: &Subsidy, request: Request<pb::GetDecisionRequest>) -> Result<pb::Decision, Failure> {
    let (call, request) = opened(request)?;
    let uscc = own_code(&call, &request.uscc)?;
    let as_of = it.store.as_of(&call, "as_of", &request.as_of)?;
    decide::decision(it, &request.policy_code, uscc, as_of).await
}

async fn exclusions(
    it: &Subsidy,
    request: Request<pb::ListExclusionsRequest>,
) -> Result<pb::ListExclusionsResponse, Failure> {
    let (call, request) = opened(request)?;
    let as_of = it.store.as_of(&call, "as_of", &request.as_of)?;
    let query = ("exclusions", &request.policy_code, &request.as_of);
    let page = it.store.page::<String>(query, (request.page_size, &request.page_token), 100)?;
    decide::exclusions(it, &request.policy_code, as_of, &page).await
}
