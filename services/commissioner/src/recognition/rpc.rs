//! `RecognitionService`: recognition at the edge.

use canopy_kernel::id::RecognitionId;
use canopy_kernel::{Failure, Role, Uscc, reason};
use canopy_persistence::edge::named;
use canopy_persistence::{Write, is_remembered};
use canopy_platform::{Call, answer};
use canopy_proto::commissioner::v1 as pb;
use canopy_proto::commissioner::v1::recognition_service_server::RecognitionService;
use tonic::{Request, Response, Status};

use super::model::State;
use super::store::{self, Listing};
use super::wire::{message, subject};
use super::{Aim, Apply, Certificate, Recognise, unknown};
use crate::assessment;
use crate::edge::{CATCH_UP, Desk, opened, own_code};

/// The service.
pub(crate) struct RecognitionRpc(pub(crate) Desk);

#[tonic::async_trait]
impl RecognitionService for RecognitionRpc {
    async fn apply_recognition(
        &self,
        request: Request<pb::ApplyRecognitionRequest>,
    ) -> Result<Response<pb::Recognition>, Status> {
        answer(apply(&self.0, request).await)
    }

    async fn recommend_recognition(
        &self,
        request: Request<pb::RecommendRecognitionRequest>,
    ) -> Result<Response<pb::Recognition>, Status> {
        answer(recommend(&self.0, request).await)
    }

    async fn review_recognition(
        &self,
        request: Request<pb::ReviewRecognitionRequest>,
    ) -> Result<Response<pb::Recognition>, Status> {
        answer(review(&self.0, request).await)
    }

    async fn publish_recognition(
        &self,
        request: Request<pb::PublishRecognitionRequest>,
    ) -> Result<Response<pb::Recognition>, Status> {
        answer(publish(&self.0, request).await)
    }

    async fn recognise(
        &self,
        request: Request<pb::RecogniseRequest>,
    ) -> Result<Response<pb::Recognition>, Status> {
        answer(recognise(&self.0, request).await)
    }

    async fn assess_institution(
        &self,
        request: Request<pb::AssessInstitutionRequest>,
    ) -> Result<Response<pb::AssessInstitutionResponse>, Status> {
        answer(assessment::rpc::assess(&self.0, request).await)
    }

    async fn close_rectification(
        &self,
        request: Request<pb::CloseRectificationRequest>,
    ) -> Result<Response<pb::Assessment>, Status> {
        answer(assessment::rpc::close(&self.0, request).await)
    }

    async fn list_assessments(
        &self,
        request: Request<pb::ListAssessmentsRequest>,
    ) -> Result<Response<pb::ListAssessmentsResponse>, Status> {
        answer(assessment::rpc::list(&self.0, request).await)
    }

    async fn get_recognition(
        &self,
        request: Request<pb::GetRecognitionRequest>,
    ) -> Result<Response<pb::Recognition>, Status> {
        answer(get(&self.0, request).await)
    }

    async fn list_recognitions(
        &self,
        request: Request<pb::ListRecognitionsRequest>,
    ) -> Result<Response<pb::ListRecognitionsResponse>, Status> {
        answer(list(&self.0, request).await)
    }
}

async fn read_application(
    it: &Desk,
    call: &Call,
    request: &pb::ApplyRecognitionRequest,
) -> Result<Apply, Failure> {
    let applicant = own_code(call, "applicant_uscc", &request.applicant_uscc)?;
    let application = Apply { applicant, subject: subject(request)? };
    it.feed.catch_up(call, CATCH_UP).await?;
    Ok(application)
}

async fn apply(it: &Desk, request: Request<pb::ApplyRecognitionRequest>) -> Result<pb::Recognition, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("apply_recognition", &request.request_id, &request).validate_only(request.validate_only);
    let command = read_application(it, &call, &request).await;
    it.store
        .write(&call, write, command, |tx, command| {
            Box::pin(async move { super::apply(tx, &command).await.map(|it| message(&it)) })
        })
        .await
}

fn aim(name: &str, etag: &str) -> Result<Aim, Failure> {
    Ok(Aim { id: named("name", name)?, etag: etag.to_owned() })
}

async fn recommend(
    it: &Desk,
    request: Request<pb::RecommendRecognitionRequest>,
) -> Result<pb::Recognition, Failure> {
    let (call, request) = opened(request)?;
    let write = Write::new("recommend_recognition", &request.request_id, &request)
        .validate_only(request.validate_only);
    it.store
        .write(&call, write, aim(&request.name, &request.etag), |tx, aim| {
            Box::pin(async move { super::recommend(tx, &aim).await.map(|it| message(&it)) })
        })
        .await
}

async fn review(
    it: &Desk,
    request: Request<pb::ReviewRecognitionRequest>,
) -> Result<pb::Recognition, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("review_recognition", &request.request_id, &request).validate_only(request.validate_only);
    let command = aim(&request.name, &request.etag).map(|aim| (aim, it.config.clone()));
    it.store
        .write(&call, write, command, |tx, command| {
            Box::pin(async move {
                let (aim, config) = command.as_ref();
                super::review(tx, aim, &config.recognition).await.map(|it| message(&it))
            })
        })
        .await
}

async fn publish(
    it: &Desk,
    request: Request<pb::PublishRecognitionRequest>,
) -> Result<pb::Recognition, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("publish_recognition", &request.request_id, &request).validate_only(request.validate_only);
    let caught_up = it.feed.catch_up(&call, CATCH_UP).await;
    let command = caught_up.and_then(|_| aim(&request.name, &request.etag));
    it.store
        .write(&call, write, command, |tx, aim| {
            Box::pin(async move { super::publish(tx, &aim).await.map(|it| message(&it)) })
        })
        .await
}

/// Has the registry grant what is due, outside of any transaction: it is laid down before, and recognised afterwards.
async fn granted(it: &Desk, call: &Call, request: pb::RecogniseRequest) -> Result<Recognise, Failure> {
    let aim = aim(&request.name, &request.etag)?;
    let certificate = Certificate {
        request: assessment::rpc::request_id(&request.request_id)?,
        validate_only: request.validate_only,
        number: request.number,
        batch_no: request.batch_no,
    };
    let asked = (aim.clone(), certificate);
    let laid = it
        .store
        .job_tx(call, "lay_down_grant", move |tx| {
            let (aim, certificate) = asked.clone();
            Box::pin(async move { super::lay_down(tx, &aim, &certificate).await })
        })
        .await?;
    let Some(laid) = laid else { return Ok(Recognise { aim, granted: None }) };
    let failure = match it.registry.grant(call, &laid).await {
        Ok(qualification) => return Ok(Recognise { aim, granted: Some((qualification, laid.grant.on)) }),
        Err(failure) => failure,
    };
    if is_remembered(&failure) && !laid.validate_only {
        // What the registry has granted for another call of the same stands.
        it.feed.catch_up(call, CATCH_UP).await?;
        it.store
            .job_tx(call, "take_back_grant", move |tx| {
                let laid = laid.clone();
                Box::pin(async move { super::take_back(tx, &laid).await })
            })
            .await?;
    }
    Err(failure)
}

async fn recognise(it: &Desk, request: Request<pb::RecogniseRequest>) -> Result<pb::Recognition, Failure> {
    let (call, request) = opened(request)?;
    let write = Write::new("recognise", &request.request_id, &request).validate_only(request.validate_only);
    if let Some(before) = it.store.answered(&call, &write).await? {
        return Ok(before);
    }
    let command = granted(it, &call, request).await;
    it.store
        .write(&call, write, command, |tx, command| {
            Box::pin(async move { super::recognise(tx, &command).await.map(|it| message(&it)) })
        })
        .await
}

/// The organisation that a caller is kept to: an ENTERPRISE or INSTITUTE reads what is its own.
pub(crate) fn own(call: &Call) -> Result<Option<Uscc>, Failure> {
    match call.actor().has(Role::Enterprise) || call.actor().has(Role::Institute) {
        true => call.actor().represented.map(Some).ok_or_else(|| Failure::new(&reason::NOT_REPRESENTED)),
        false => Ok(None),
    }
}

async fn get(it: &Desk, request: Request<pb::GetRecognitionRequest>) -> Result<pb::Recognition, Failure> {
    let (call, request) = opened(request)?;
    let id = named("name", &request.name)?;
    let asked = Listing { id: Some(id), applicant: None, state: None, after: None, limit: 1 };
    let found = store::list(it.store.pool(), &asked).await?.pop().ok_or_else(unknown)?;
    match own(&call)?.is_none_or(|own| own == found.applicant) {
        true => Ok(message(&found)),
        false => Err(Failure::new(&reason::NOT_REPRESENTED)),
    }
}

async fn list(
    it: &Desk,
    request: Request<pb::ListRecognitionsRequest>,
) -> Result<pb::ListRecognitionsResponse, Failure> {
    let (call, request) = opened(request)?;
    let query = pb::ListRecognitionsRequest { page_size: 0, page_token: String::new(), ..request.clone() };
    let page = it.store.page::<RecognitionId>(query, (request.page_size, &request.page_token), 100)?;
    let applicant = match request.applicant_uscc.is_empty() {
        true => own(&call)?,
        false => Some(own_code(&call, "applicant_uscc", &request.applicant_uscc)?),
    };
    let asked = Listing {
        id: None,
        applicant,
        state: State::from_wire(request.state),
        after: page.after.as_ref(),
        limit: page.limit(),
    };
    let found = store::list(it.store.pool(), &asked).await?;
    let (found, next_page_token) = it.store.cut(&page, found, |it| it.id)?;
    Ok(pb::ListRecognitionsResponse { recognitions: found.iter().map(message).collect(), next_page_token })
}
