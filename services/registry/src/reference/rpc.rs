//! `ReferenceService`: reference data at the edge.

use canopy_kernel::id::ReferenceSetId;
use canopy_kernel::{Failure, reason};
use canopy_persistence::{ImportRow, Turn, Write};
use canopy_platform::{Call, answer, check};
use canopy_proto::registry::v1 as pb;
use canopy_proto::registry::v1::reference_service_server::ReferenceService;
use tonic::{Request, Response, Status};

use super::model::{ReferenceKind, ReferenceSet, SetState};
use super::{row, store};
use crate::edge::{Registry, opened, rows_of};
use canopy_kernel::on_the_wire;

on_the_wire!(
    ReferenceKind <=> pb::ReferenceKind { Settings, Calendar, RuleParameters, Lpr, AreaCodes, OfficeHours }
);
on_the_wire!(SetState => pb::ReferenceSetState { Draft, Active, Superseded });

/// The service.
pub(crate) struct ReferenceRpc(pub(crate) Registry);

#[tonic::async_trait]
impl ReferenceService for ReferenceRpc {
    async fn create_reference_set(
        &self,
        request: Request<pb::CreateReferenceSetRequest>,
    ) -> Result<Response<pb::ReferenceSet>, Status> {
        answer(create(&self.0, request).await)
    }

    async fn add_reference_rows(
        &self,
        request: Request<pb::AddReferenceRowsRequest>,
    ) -> Result<Response<pb::AddReferenceRowsResponse>, Status> {
        answer(add_rows(&self.0, request).await)
    }

    async fn activate_reference_set(
        &self,
        request: Request<pb::ActivateReferenceSetRequest>,
    ) -> Result<Response<pb::ReferenceSet>, Status> {
        answer(activate(&self.0, request).await)
    }

    async fn list_reference_sets(
        &self,
        request: Request<pb::ListReferenceSetsRequest>,
    ) -> Result<Response<pb::ListReferenceSetsResponse>, Status> {
        answer(list(&self.0, request).await)
    }

    async fn list_reference_rows(
        &self,
        request: Request<pb::ListReferenceRowsRequest>,
    ) -> Result<Response<pb::ListReferenceRowsResponse>, Status> {
        answer(list_rows(&self.0, request).await)
    }
}

/// The set on the wire.
pub(crate) fn message(set: &ReferenceSet) -> pb::ReferenceSet {
    pb::ReferenceSet {
        name: set.id.to_string(),
        kind: set.kind.to_wire(),
        state: set.state.to_wire(),
        maker: set.maker.clone(),
        approver: set.approver.clone(),
        rows: i64::from(set.rows),
        etag: set.version.to_string(),
    }
}

fn name(text: &str) -> Result<ReferenceSetId, Failure> {
    text.parse().map_err(|failure: Failure| failure.on("name"))
}

async fn create(
    it: &Registry,
    request: Request<pb::CreateReferenceSetRequest>,
) -> Result<pb::ReferenceSet, Failure> {
    let (call, request) = opened(request)?;
    let write = Write::new("create_reference_set", &request.request_id, &request);
    let kind =
        ReferenceKind::from_wire(request.kind).ok_or_else(|| Failure::new(&reason::ENUM_UNKNOWN).on("kind"));
    it.store
        .write(&call, write, kind, |tx, kind| {
            Box::pin(async move { super::create(tx, *kind).await.map(|set| message(&set)) })
        })
        .await
}

async fn add_rows(
    it: &Registry,
    request: Request<pb::AddReferenceRowsRequest>,
) -> Result<pb::AddReferenceRowsResponse, Failure> {
    let call = Call::of(&request)?;
    let mut request = request.into_inner();
    let rows = rows_of(&mut request, |it| &mut it.rows)?;
    let id = name(&request.name)?;
    let rows = rows
        .iter()
        .map(|row| {
            // The set belongs to the body: the same row for another set is another request.
            let body = pb::AddReferenceRowsRequest { name: request.name.clone(), rows: vec![row.clone()] };
            let value = check(row).and_then(|()| row::read(row));
            ImportRow::of(&body, &row.request_id, &row.external_ref, value)
        })
        .collect();
    let results = it
        .store
        .import(&call, "add_reference_rows", Turn::alone(), rows, move |tx, rows| {
            Box::pin(async move { super::add_rows(tx, id, &rows).await })
        })
        .await?;
    Ok(pb::AddReferenceRowsResponse { results })
}

async fn activate(
    it: &Registry,
    request: Request<pb::ActivateReferenceSetRequest>,
) -> Result<pb::ReferenceSet, Failure> {
    let (call, request) = opened(request)?;
    let write = Write::new("activate_reference_set", &request.request_id, &request);
    let command = name(&request.name).map(|id| (id, request.etag));
    it.store
        .write(&call, write, command, |tx, command| {
            Box::pin(async move {
                let (id, etag) = &*command;
                super::activate(tx, *id, etag).await.map(|set| message(&set))
            })
        })
        .await
}

async fn list(
    it: &Registry,
    request: Request<pb::ListReferenceSetsRequest>,
) -> Result<pb::ListReferenceSetsResponse, Failure> {
    let (_, request) = opened(request)?;
    let query = pb::ListReferenceSetsRequest { page_size: 0, page_token: String::new(), ..request.clone() };
    let page = it.store.page::<ReferenceSetId>(query, (request.page_size, &request.page_token), 100)?;
    let kind = ReferenceKind::from_wire(request.kind);
    let found = store::list(it.store.pool(), kind, page.after, page.limit()).await?;
    let (found, next_page_token) = it.store.cut(&page, found, |set| set.id)?;
    Ok(pb::ListReferenceSetsResponse { sets: found.iter().map(message).collect(), next_page_token })
}

async fn list_rows(
    it: &Registry,
    request: Request<pb::ListReferenceRowsRequest>,
) -> Result<pb::ListReferenceRowsResponse, Failure> {
    let (_, request) = opened(request)?;
    let set = named_or_active(it, &request).await?;
    // The token goes on with the set that it began with, even when another is activated meanwhile.
    let query = (set.id, "rows");
    let page = it.store.page::<i32>(query, (request.page_size, &request.page_token), 1000)?;
    let found = store::rows(it.store.pool(), set.id, page.after.unwrap_or(-1), page.limit()).await?;
    let (found, next_page_token) = it.store.cut(&page, found, |(position, _)| *position)?;
    Ok(pb::ListReferenceRowsResponse {
        set: Some(message(&set)),
        rows: found.into_iter().map(|(_, row)| row::message(row)).collect(),
        next_page_token,
    })
}

/// The set of that name, else the active one of the kind.
async fn named_or_active(
    it: &Registry,
    request: &pb::ListReferenceRowsRequest,
) -> Result<ReferenceSet, Failure> {
    let found = match (request.name.is_empty(), ReferenceKind::from_wire(request.kind)) {
        (false, _) => store::find(it.store.pool(), name(&request.name)?).await?,
        (true, Some(kind)) => store::active(it.store.pool(), kind).await?,
        (true, None) => return Err(Failure::new(&reason::FIELD_MISSING).on("kind")),
    };
    found.ok_or_else(|| Failure::new(&reason::UNKNOWN_REFERENCE_SET).on("name"))
}
