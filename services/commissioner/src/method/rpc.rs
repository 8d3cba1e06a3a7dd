//! `MethodService`: the method dictionary at the edge.

use canopy_kernel::{Failure, on_the_wire, reason};
use canopy_persistence::{ImportRow, Turn, Write};
use canopy_platform::{Call, answer, check};
use canopy_proto::commissioner::v1 as pb;
use canopy_proto::commissioner::v1::method_service_server::MethodService;
use tonic::{Request, Response, Status};

use super::model::{Family, MethodLabel, Words};
use super::{End, NewLabel, Revise, store};
use crate::commissioner::model::ordered;
use crate::edge::{Desk, day, day_if_any, day_text, opened, rows_of};

on_the_wire!(Family <=> pb::MethodFamily { Watch, Seek, Track });

/// The service.
pub(crate) struct MethodRpc(pub(crate) Desk);

#[tonic::async_trait]
impl MethodService for MethodRpc {
    async fn batch_import_method_labels(
        &self,
        request: Request<pb::BatchImportMethodLabelsRequest>,
    ) -> Result<Response<pb::BatchImportMethodLabelsResponse>, Status> {
        answer(batch(&self.0, request).await)
    }

    async fn revise_method_label(
        &self,
        request: Request<pb::ReviseMethodLabelRequest>,
    ) -> Result<Response<pb::MethodLabel>, Status> {
        answer(revise(&self.0, request).await)
    }

    async fn end_method_label(
        &self,
        request: Request<pb::EndMethodLabelRequest>,
    ) -> Result<Response<pb::MethodLabel>, Status> {
        answer(end(&self.0, request).await)
    }

    async fn list_method_labels(
        &self,
        request: Request<pb::ListMethodLabelsRequest>,
    ) -> Result<Response<pb::ListMethodLabelsResponse>, Status> {
        answer(list(&self.0, request).await)
    }
}

fn message(label: &MethodLabel) -> pb::MethodLabel {
    pb::MethodLabel {
        name: label.id.to_string(),
        code: label.words.code.clone(),
        family: label.words.family.to_wire(),
        label_zh: label.words.label_zh.clone(),
        valid_from: label.valid_from.to_string(),
        valid_to: day_text(label.valid_to),
        revision: label.revision,
    }
}

fn words(code: &str, family: i32, label_zh: &str) -> Result<Words, Failure> {
    let family = Family::from_wire(family).ok_or_else(|| Failure::new(&reason::ENUM_UNKNOWN).on("family"))?;
    Ok(Words { code: code.to_owned(), family, label_zh: label_zh.to_owned() })
}

fn read(row: &pb::MethodLabelRow) -> Result<NewLabel, Failure> {
    check(row)?;
    let valid_from = day("valid_from", &row.valid_from)?;
    let valid_to = day_if_any("valid_to", &row.valid_to)?;
    ordered("valid_to", valid_from, valid_to)?;
    Ok(NewLabel { words: words(&row.code, row.family, &row.label_zh)?, valid_from, valid_to })
}

async fn batch(
    it: &Desk,
    request: Request<pb::BatchImportMethodLabelsRequest>,
) -> Result<pb::BatchImportMethodLabelsResponse, Failure> {
    let call = Call::of(&request)?;
    let rows = rows_of(&mut request.into_inner(), |it| &mut it.rows)?;
    let rows = rows.iter().map(|row| ImportRow::of(row, &row.request_id, &row.external_ref, read(row)));
    let results = it
        .store
        .import(&call, "import_method_labels", Turn::alone(), rows.collect(), |tx, rows| {
            Box::pin(async move { super::enter(tx, &rows).await })
        })
        .await?;
    Ok(pb::BatchImportMethodLabelsResponse { results })
}

fn read_revision(request: &pb::ReviseMethodLabelRequest) -> Result<Revise, Failure> {
    Ok(Revise {
        words: words(&request.code, request.family, &request.label_zh)?,
        valid_from: day("valid_from", &request.valid_from)?,
    })
}

async fn revise(
    it: &Desk,
    request: Request<pb::ReviseMethodLabelRequest>,
) -> Result<pb::MethodLabel, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("revise_method_label", &request.request_id, &request).validate_only(request.validate_only);
    it.store
        .write(&call, write, read_revision(&request), |tx, command| {
            Box::pin(async move { super::revise(tx, &command).await.map(|it| message(&it)) })
        })
        .await
}

async fn end(it: &Desk, request: Request<pb::EndMethodLabelRequest>) -> Result<pb::MethodLabel, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("end_method_label", &request.request_id, &request).validate_only(request.validate_only);
    let command = day("valid_to", &request.valid_to).map(|last| End { last, code: request.code });
    it.store
        .write(&call, write, command, |tx, command| {
            Box::pin(async move { super::end(tx, &command).await.map(|it| message(&it)) })
        })
        .await
}

async fn list(
    it: &Desk,
    request: Request<pb::ListMethodLabelsRequest>,
) -> Result<pb::ListMethodLabelsResponse, Failure> {
    let (call, request) = opened(request)?;
    let day = it.store.as_of(&call, "as_of", &request.as_of)?;
    let mut conn = it.store.pool().acquire().await.map_err(canopy_persistence::db)?;
    let dictionary = store::dictionary(&mut conn).await?;
    let in_force: Vec<&MethodLabel> = dictionary.in_force_on(day).collect();
    let of = |family: Family| in_force.iter().filter(|label| label.words.family == family).count();
    Ok(pb::ListMethodLabelsResponse {
        watch: count(of(Family::Watch)),
        seek: count(of(Family::Seek)),
        track: count(of(Family::Track)),
        revision: dictionary.version(),
        labels: in_force.into_iter().map(message).collect(),
    })
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
