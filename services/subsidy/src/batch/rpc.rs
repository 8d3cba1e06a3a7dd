//! The RPCs about batches, and their messages.

use std::collections::HashMap;

use canopy_kernel::Failure;
use canopy_persistence::{Write, db};
use canopy_platform::Call;
use canopy_proto::subsidy::v1 as pb;
use tonic::Request;

use super::model::{Batch, State};
use super::{Create, Fund, StepOf, store, unknown};
use crate::edge::{Subsidy, day_text, named, opened};
use crate::registry::{Account, Standings};
use crate::run;

/// The batch on the wire, with its number of lines and their sum.
pub(crate) fn message(batch: &Batch, (lines, total_fen): (i64, i64)) -> pb::Batch {
    let state = match batch.state {
        State::Created => pb::BatchState::Created,
        State::Approved { .. } => pb::BatchState::Approved,
        State::Funded { .. } => pb::BatchState::Funded,
        State::Voided { .. } => pb::BatchState::Voided,
    };
    pb::Batch {
        name: batch.id.to_string(),
        batch_no: batch.batch_no.clone(),
        run: batch.run.to_string(),
        state: state.into(),
        maker: batch.maker.clone(),
        approver: batch.state.approver().to_owned(),
        funder: batch.state.funder().to_owned(),
        pay_on: day_text(batch.state.pay_on()),
        lines,
        total_fen,
        etag: batch.version.to_string(),
    }
}

pub(crate) async fn create(
    it: &Subsidy,
    request: Request<pb::CreateBatchRequest>,
) -> Result<pb::Batch, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("create_batch", &request.request_id, &request).validate_only(request.validate_only);
    let command = named("run", &request.run).map(|run| Create { run, etag: request.etag });
    it.store
        .write(&call, write, command, |tx, command| {
            Box::pin(async move { super::create(tx, &command).await })
        })
        .await
}

pub(crate) async fn approve(
    it: &Subsidy,
    request: Request<pb::ApproveBatchRequest>,
) -> Result<pb::Batch, Failure> {
    let (call, request) = opened(request)?;
    let write = Write::new("approve_batch", &request.request_id, &request);
    let command = named("name", &request.name).map(|id| StepOf { id, etag: request.etag });
    it.store
        .write(&call, write, command, |tx, command| {
            Box::pin(async move { super::approve(tx, &command).await })
        })
        .await
}

async fn read_funding(it: &Subsidy, call: &Call, request: pb::FundBatchRequest) -> Result<Fund, Failure> {
    let step = StepOf { id: named("name", &request.name)?, etag: request.etag };
    let (standings, accounts) = asked_today(it, call, &step).await?;
    Ok(Fund { step, standings, accounts })
}

pub(crate) async fn fund(it: &Subsidy, request: Request<pb::FundBatchRequest>) -> Result<pb::Batch, Failure> {
    let (call, request) = opened(request)?;
    let write = Write::new("fund_batch", &request.request_id, &request);
    let command = read_funding(it, &call, request).await;
    it.store
        .write(&call, write, command, |tx, command| Box::pin(async move { super::fund(tx, &command).await }))
        .await
}

/// Standing and accounts of those whom a batch would pay; nobody's where the write is going to refuse.
async fn asked_today(
    it: &Subsidy,
    call: &Call,
    step: &StepOf,
) -> Result<(Standings, HashMap<String, Account>), Failure> {
    let codes: Vec<String> = {
        let mut conn = it.store.pool().acquire().await.map_err(db)?;
        match store::find(&mut conn, step.id).await? {
            Some(batch) if matches!(batch.state, State::Approved { .. }) => {
                let candidates = run::store::codes(&mut conn, batch.run).await?;
                candidates.into_iter().map(|(_, code)| code).collect()
            }
            _ => Vec::new(),
        }
    };
    let today = it.store.today(call);
    let standings = it.registry.standings(call, &codes, today).await?;
    let accounts = it.registry.accounts(call, &codes, today).await?;
    Ok((standings, accounts))
}

pub(crate) async fn get(it: &Subsidy, request: Request<pb::GetBatchRequest>) -> Result<pb::Batch, Failure> {
    let (_, request) = opened(request)?;
    let id = named("name", &request.name)?;
    let mut conn = it.store.pool().acquire().await.map_err(db)?;
    let batch = store::find(&mut conn, id).await?.ok_or_else(unknown)?;
    let totals = store::totals(&mut conn, id).await?;
    Ok(message(&batch, totals))
}
