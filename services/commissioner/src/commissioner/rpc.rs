//! `CommissionerService`: commissioners and postings at the edge.

use canopy_kernel::{AreaCode, Failure, on_the_wire, reason};
use canopy_persistence::{ImportRow, Turn, Write};
use canopy_platform::{Call, answer, check};
use canopy_proto::commissioner::v1 as pb;
use canopy_proto::commissioner::v1::commissioner_service_server::CommissionerService;
use canopy_proto::common::v1::RowResult;
use tonic::{Request, Response, Status, Streaming};

use super::model::{Commissioner, Place, Post, Service, Side, ordered};
use super::store::{self, After};
use super::{End, NewCommissioner, NewPost, unknown};
use crate::broker::require_own;
use crate::edge::{Answers, Desk, answers, code, day, day_if_any, day_text, opened, rows_of};

on_the_wire!(Side <=> pb::CommissionerSide { City, District });

/// The service.
pub(crate) struct CommissionerRpc(pub(crate) Desk);

#[tonic::async_trait]
impl CommissionerService for CommissionerRpc {
    type ImportCommissionersStream = Answers<pb::ImportCommissionersResponse>;
    type ImportPostsStream = Answers<pb::ImportPostsResponse>;

    async fn import_commissioners(
        &self,
        request: Request<Streaming<pb::ImportCommissionersRequest>>,
    ) -> Result<Response<Self::ImportCommissionersStream>, Status> {
        let it = self.0.clone();
        answer(Call::of(&request).map(|call| {
            answers(request.into_inner(), move |mut message: pb::ImportCommissionersRequest, turn| {
                let (it, call) = (it.clone(), call.clone());
                async move {
                    let rows = rows_of(&mut message, |it| &mut it.rows)?;
                    let results = enter(&it, &call, turn, &rows).await?;
                    Ok(pb::ImportCommissionersResponse { results })
                }
            })
        }))
    }

    async fn batch_import_commissioners(
        &self,
        request: Request<pb::BatchImportCommissionersRequest>,
    ) -> Result<Response<pb::BatchImportCommissionersResponse>, Status> {
        answer(batch(&self.0, request).await)
    }

    async fn import_posts(
        &self,
        request: Request<Streaming<pb::ImportPostsRequest>>,
    ) -> Result<Response<Self::ImportPostsStream>, Status> {
        let it = self.0.clone();
        answer(Call::of(&request).map(|call| {
            answers(request.into_inner(), move |mut message: pb::ImportPostsRequest, turn| {
                let (it, call) = (it.clone(), call.clone());
                async move {
                    let rows = rows_of(&mut message, |it| &mut it.rows)?;
                    let results = post(&it, &call, turn, &rows).await?;
                    Ok(pb::ImportPostsResponse { results })
                }
            })
        }))
    }

    async fn batch_import_posts(
        &self,
        request: Request<pb::BatchImportPostsRequest>,
    ) -> Result<Response<pb::BatchImportPostsResponse>, Status> {
        answer(batch_posts(&self.0, request).await)
    }

    async fn end_service(
        &self,
        request: Request<pb::EndServiceRequest>,
    ) -> Result<Response<pb::Commissioner>, Status> {
        answer(end(&self.0, request).await)
    }

    async fn get_commissioner(
        &self,
        request: Request<pb::GetCommissionerRequest>,
    ) -> Result<Response<pb::Commissioner>, Status> {
        answer(get(&self.0, request).await)
    }

    async fn list_commissioners(
        &self,
        request: Request<pb::ListCommissionersRequest>,
    ) -> Result<Response<pb::ListCommissionersResponse>, Status> {
        answer(list(&self.0, request).await)
    }

    async fn count_commissioners(
        &self,
        request: Request<pb::CountCommissionersRequest>,
    ) -> Result<Response<pb::CountCommissionersResponse>, Status> {
        answer(count(&self.0, request).await)
    }
}

/// The commissioner on the wire, without his name.
pub(crate) fn message(commissioner: &Commissioner) -> pb::Commissioner {
    pb::Commissioner {
        name: commissioner.id.to_string(),
        commissioner_no: commissioner.number.clone(),
        person_name: String::new(),
        side: commissioner.side.to_wire(),
        recruited_on: commissioner.service.recruited_on.to_string(),
        ended_on: day_text(commissioner.service.ended_on),
        posts: Vec::new(),
        etag: commissioner.version.to_string(),
    }
}

fn post_message(post: &Post) -> pb::Post {
    let kind = match post.place {
        Place::Institute(_) => pb::PostKind::Institute,
        Place::District(_) => pb::PostKind::District,
    };
    pb::Post {
        name: post.id.to_string(),
        kind: kind.into(),
        post_ref: post.place.code(),
        from_on: post.from_on.to_string(),
        to_on: day_text(post.to_on),
    }
}

fn read(row: &pb::CommissionerRow) -> Result<NewCommissioner, Failure> {
    check(row)?;
    let side = Side::from_wire(row.side).ok_or_else(|| Failure::new(&reason::ENUM_UNKNOWN).on("side"))?;
    let recruited_on = day("recruited_on", &row.recruited_on)?;
    Ok(NewCommissioner {
        number: row.commissioner_no.clone(),
        person_name: row.person_name.clone(),
        side,
        service: Service::new(recruited_on, day_if_any("ended_on", &row.ended_on)?)?,
    })
}

fn read_post(row: &pb::PostRow) -> Result<NewPost, Failure> {
    check(row)?;
    let place = match row.kind() {
        pb::PostKind::Institute => Place::Institute(code("post_ref", &row.post_ref)?),
        _ => Place::District(AreaCode::parse(&row.post_ref).map_err(|failure| failure.on("post_ref"))?),
    };
    let from_on = day("from_on", &row.from_on)?;
    let to_on = day_if_any("to_on", &row.to_on)?;
    ordered("to_on", from_on, to_on)?;
    Ok(NewPost { number: row.commissioner_no.clone(), place, from_on, to_on })
}

async fn enter(
    it: &Desk,
    call: &Call,
    turn: Turn,
    rows: &[pb::CommissionerRow],
) -> Result<Vec<RowResult>, Failure> {
    let rows = rows.iter().map(|row| ImportRow::of(row, &row.request_id, &row.external_ref, read(row)));
    it.store
        .import(call, "import_commissioners", turn, rows.collect(), |tx, rows| {
            Box::pin(async move { super::enter(tx, &rows).await })
        })
        .await
}

async fn post(it: &Desk, call: &Call, turn: Turn, rows: &[pb::PostRow]) -> Result<Vec<RowResult>, Failure> {
    let rows = rows.iter().map(|row| ImportRow::of(row, &row.request_id, &row.external_ref, read_post(row)));
    it.store
        .import(call, "import_posts", turn, rows.collect(), |tx, rows| {
            Box::pin(async move { super::post(tx, &rows).await })
        })
        .await
}

async fn batch(
    it: &Desk,
    request: Request<pb::BatchImportCommissionersRequest>,
) -> Result<pb::BatchImportCommissionersResponse, Failure> {
    let call = Call::of(&request)?;
    let rows = rows_of(&mut request.into_inner(), |it| &mut it.rows)?;
    Ok(pb::BatchImportCommissionersResponse { results: enter(it, &call, Turn::alone(), &rows).await? })
}

async fn batch_posts(
    it: &Desk,
    request: Request<pb::BatchImportPostsRequest>,
) -> Result<pb::BatchImportPostsResponse, Failure> {
    let call = Call::of(&request)?;
    let rows = rows_of(&mut request.into_inner(), |it| &mut it.rows)?;
    Ok(pb::BatchImportPostsResponse { results: post(it, &call, Turn::alone(), &rows).await? })
}

async fn end(it: &Desk, request: Request<pb::EndServiceRequest>) -> Result<pb::Commissioner, Failure> {
    let (call, request) = opened(request)?;
    let write = Write::new("end_service", &request.request_id, &request).validate_only(request.validate_only);
    let command = day("ended_on", &request.ended_on).map(|last| End {
        last,
        number: request.commissioner_no.clone(),
        reason: request.reason,
        etag: request.etag,
    });
    // The answer is kept for a repeat, so the name does not stand in it.
    let ended: pb::Commissioner = it
        .store
        .write(&call, write, command, |tx, command| {
            Box::pin(async move { super::end(tx, &command).await.map(|it| message(&it)) })
        })
        .await?;
    let whole = whole(it, &request.commissioner_no).await?;
    Ok(pb::Commissioner { person_name: whole.person_name, posts: whole.posts, ..ended })
}

async fn get(it: &Desk, request: Request<pb::GetCommissionerRequest>) -> Result<pb::Commissioner, Failure> {
    let (call, request) = opened(request)?;
    require_own(call.actor(), &request.commissioner_no)?;
    whole(it, &request.commissioner_no).await
}

/// The commissioner with name and postings.
async fn whole(it: &Desk, number: &str) -> Result<pb::Commissioner, Failure> {
    let pool = it.store.pool();
    let mut known = store::known(pool, &[number.to_owned()]).await?;
    let found = known.remove(number).ok_or_else(|| unknown(number))?;
    let posts = store::posts(pool, &[found.id]).await?;
    let mut names = store::person_names(pool, it.store.crypt(), &[found.id]).await?;
    Ok(pb::Commissioner {
        person_name: names.remove(&found.id).unwrap_or_default(),
        posts: posts.iter().map(|(_, post)| post_message(post)).collect(),
        ..message(&found)
    })
}

async fn list(
    it: &Desk,
    request: Request<pb::ListCommissionersRequest>,
) -> Result<pb::ListCommissionersResponse, Failure> {
    let (_, request) = opened(request)?;
    let query = pb::ListCommissionersRequest { page_size: 0, page_token: String::new(), ..request.clone() };
    let page = it.store.page::<After>(query, (request.page_size, &request.page_token), 100)?;
    let serving_on = day_if_any("serving_on", &request.serving_on)?;
    let pool = it.store.pool();
    let found = store::list(pool, serving_on, page.after.as_ref(), page.limit()).await?;
    let (found, next_page_token) = it.store.cut(&page, found, |last| After(last.number.clone()))?;
    let ids: Vec<_> = found.iter().map(|it| it.id).collect();
    let mut names = store::person_names(pool, it.store.crypt(), &ids).await?;
    let commissioners = found
        .iter()
        .map(|it| pb::Commissioner { person_name: names.remove(&it.id).unwrap_or_default(), ..message(it) })
        .collect();
    Ok(pb::ListCommissionersResponse { commissioners, next_page_token })
}

async fn count(
    it: &Desk,
    request: Request<pb::CountCommissionersRequest>,
) -> Result<pb::CountCommissionersResponse, Failure> {
    let (call, request) = opened(request)?;
    let day = it.store.as_of(&call, "as_of", &request.as_of)?;
    let serving = store::count(it.store.pool(), day).await?;
    Ok(pb::CountCommissionersResponse {
        serving: serving.all,
        city: serving.city,
        district: serving.all - serving.city,
        posted_to_institutes: serving.at_institutes,
    })
}
