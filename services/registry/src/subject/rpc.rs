//! `SubjectService`: subjects, persons and payment accounts at the edge.

use canopy_kernel::actor::may_act_for;
use canopy_kernel::{Failure, Role, reason};
use canopy_persistence::{Turn, Write};
use canopy_platform::{Call, answer};
use canopy_proto::registry::v1 as pb;
use canopy_proto::registry::v1::subject_service_server::SubjectService;
use tonic::{Request, Response, Status, Streaming};

use super::import::{enterprises, firms, institutes, piece};
use super::model::{Identity, StatusChange, Subject, SubjectKey, SubjectKind, SubjectStatus};
use super::store::{self, Search};
use super::{ChangeStatus, Known};
use crate::edge::{Answers, Registry, answers, day, day_text, opened, rows_of};
use crate::{account, person};
use canopy_kernel::on_the_wire;

on_the_wire!(SubjectKind <=> pb::SubjectKind { Enterprise, University, ResearchInstitute, AdminUnit, Person });
on_the_wire!(SubjectStatus <=> pb::SubjectStatus { Active, MovedOut, Deregistered });

/// The service.
pub(crate) struct SubjectRpc(pub(crate) Registry);

#[tonic::async_trait]
impl SubjectService for SubjectRpc {
    type ImportEnterprisesStream = Answers<pb::ImportEnterprisesResponse>;
    type ImportInstitutesStream = Answers<pb::ImportInstitutesResponse>;

    async fn import_enterprises(
        &self,
        request: Request<Streaming<pb::ImportEnterprisesRequest>>,
    ) -> Result<Response<Self::ImportEnterprisesStream>, Status> {
        let it = self.0.clone();
        answer(Call::of(&request).map(|call| enterprises(it, call, request.into_inner())))
    }

    async fn batch_import_enterprises(
        &self,
        request: Request<pb::BatchImportEnterprisesRequest>,
    ) -> Result<Response<pb::BatchImportEnterprisesResponse>, Status> {
        answer(batch_enterprises(&self.0, request).await)
    }

    async fn import_institutes(
        &self,
        request: Request<Streaming<pb::ImportInstitutesRequest>>,
    ) -> Result<Response<Self::ImportInstitutesStream>, Status> {
        let it = self.0.clone();
        answer(Call::of(&request).map(|call| {
            answers(request.into_inner(), move |mut message: pb::ImportInstitutesRequest, turn| {
                let (it, call) = (it.clone(), call.clone());
                async move {
                    let rows = rows_of(&mut message, |it| &mut it.rows)?;
                    let results = piece(&it, &call, turn, institutes(&it, &rows), Known::Refused).await?;
                    Ok(pb::ImportInstitutesResponse { results })
                }
            })
        }))
    }

    async fn batch_import_institutes(
        &self,
        request: Request<pb::BatchImportInstitutesRequest>,
    ) -> Result<Response<pb::BatchImportInstitutesResponse>, Status> {
        answer(batch_institutes(&self.0, request).await)
    }

    async fn register_person(
        &self,
        request: Request<pb::RegisterPersonRequest>,
    ) -> Result<Response<pb::Subject>, Status> {
        answer(person::rpc::register(&self.0, request).await)
    }

    async fn renew_passport(
        &self,
        request: Request<pb::RenewPassportRequest>,
    ) -> Result<Response<pb::Subject>, Status> {
        answer(person::rpc::renew(&self.0, request).await)
    }

    async fn find_person(
        &self,
        request: Request<pb::FindPersonRequest>,
    ) -> Result<Response<pb::Subject>, Status> {
        answer(person::rpc::find(&self.0, request).await)
    }

    async fn get_subject(
        &self,
        request: Request<pb::GetSubjectRequest>,
    ) -> Result<Response<pb::Subject>, Status> {
        answer(get(&self.0, request).await)
    }

    async fn list_subjects(
        &self,
        request: Request<pb::ListSubjectsRequest>,
    ) -> Result<Response<pb::ListSubjectsResponse>, Status> {
        answer(list(&self.0, request).await)
    }

    async fn change_subject_status(
        &self,
        request: Request<pb::ChangeSubjectStatusRequest>,
    ) -> Result<Response<pb::Subject>, Status> {
        answer(change_status(&self.0, request).await)
    }

    async fn correct_payment_account(
        &self,
        request: Request<pb::CorrectPaymentAccountRequest>,
    ) -> Result<Response<pb::PaymentAccount>, Status> {
        answer(account::rpc::correct(&self.0, request).await)
    }

    async fn batch_get_payment_accounts(
        &self,
        request: Request<pb::BatchGetPaymentAccountsRequest>,
    ) -> Result<Response<pb::BatchGetPaymentAccountsResponse>, Status> {
        answer(account::rpc::batch_get(&self.0, request).await)
    }

    async fn count_subjects(
        &self,
        request: Request<pb::CountSubjectsRequest>,
    ) -> Result<Response<pb::CountSubjectsResponse>, Status> {
        answer(count(&self.0, request).await)
    }
}

/// The subject on the wire.
pub(crate) fn message(subject: Subject) -> pb::Subject {
    let common = pb::Subject {
        name: subject.id.to_string(),
        kind: subject.kind.to_wire(),
        status: subject.status().to_wire(),
        status_since: day_text(subject.change.map(|change| change.effective_on)),
        etag: subject.version.to_string(),
        ..Default::default()
    };
    match subject.identity {
        Identity::Person => common,
        Identity::Organisation { uscc, profile } => pb::Subject {
            uscc: uscc.to_string(),
            title: profile.title,
            area_code: profile.area_code.to_string(),
            established_on: day_text(profile.established_on),
            registered_capital_fen: profile.registered_capital.get(),
            staff: profile.staff,
            first_loan_record: profile.first_loan_record,
            located_in_city: profile.located_in_city,
            is_pilot_unit: profile.is_pilot_unit,
            ..common
        },
    }
}

async fn batch_enterprises(
    it: &Registry,
    request: Request<pb::BatchImportEnterprisesRequest>,
) -> Result<pb::BatchImportEnterprisesResponse, Failure> {
    let call = Call::of(&request)?;
    let rows = rows_of(&mut request.into_inner(), |it| &mut it.rows)?;
    let results = piece(it, &call, Turn::alone(), firms(it, &rows), Known::Refused).await?;
    Ok(pb::BatchImportEnterprisesResponse { results })
}

async fn batch_institutes(
    it: &Registry,
    request: Request<pb::BatchImportInstitutesRequest>,
) -> Result<pb::BatchImportInstitutesResponse, Failure> {
    let call = Call::of(&request)?;
    let rows = rows_of(&mut request.into_inner(), |it| &mut it.rows)?;
    let results = piece(it, &call, Turn::alone(), institutes(it, &rows), Known::Refused).await?;
    Ok(pb::BatchImportInstitutesResponse { results })
}

async fn get(it: &Registry, request: Request<pb::GetSubjectRequest>) -> Result<pb::Subject, Failure> {
    let (call, request) = opened(request)?;
    let day = it.store.as_of(&call, "as_of", &request.as_of)?;
    let key = match request.name.starts_with("sub_") {
        true => SubjectKey::Id(request.name.parse().map_err(|failure: Failure| failure.on("name"))?),
        false => SubjectKey::Code(it.own_code(&call, "name", &request.name)?),
    };
    let unknown = || Failure::new(&reason::UNKNOWN_SUBJECT).on("name");
    let subject = store::find(it.store.pool(), &key, day).await?.ok_or_else(unknown)?;
    match subject.uscc() {
        Some(uscc) => may_act_for(call.actor(), uscc).map_err(|failure| failure.on("name"))?,
        // A person has no code that an ENTERPRISE could represent.
        None if call.actor().has(Role::Enterprise) => {
            return Err(Failure::new(&reason::NOT_REPRESENTED).on("name"));
        }
        None => {}
    }
    Ok(message(subject))
}

async fn list(
    it: &Registry,
    request: Request<pb::ListSubjectsRequest>,
) -> Result<pb::ListSubjectsResponse, Failure> {
    let (call, request) = opened(request)?;
    let query = pb::ListSubjectsRequest { page_size: 0, page_token: String::new(), ..request.clone() };
    let page = it.store.page::<String>(query, (request.page_size, &request.page_token), 100)?;
    let search = Search {
        query: &request.query,
        kind: SubjectKind::from_wire(request.kind),
        day: it.store.as_of(&call, "as_of", &request.as_of)?,
        after: page.after.as_deref().unwrap_or_default(),
        limit: page.limit(),
    };
    let found = store::search(it.store.pool(), &search).await?;
    let (found, next_page_token) = it
        .store
        .cut(&page, found, |subject| subject.uscc().map(|code| code.to_string()).unwrap_or_default())?;
    Ok(pb::ListSubjectsResponse { subjects: found.into_iter().map(message).collect(), next_page_token })
}

async fn count(
    it: &Registry,
    request: Request<pb::CountSubjectsRequest>,
) -> Result<pb::CountSubjectsResponse, Failure> {
    let (call, request) = opened(request)?;
    let day = it.store.as_of(&call, "as_of", &request.as_of)?;
    let counts = store::count(it.store.pool(), day).await?;
    let message = |(kind, status, count): (SubjectKind, SubjectStatus, i64)| pb::SubjectCount {
        kind: kind.to_wire(),
        status: status.to_wire(),
        count,
    };
    Ok(pb::CountSubjectsResponse { counts: counts.into_iter().map(message).collect() })
}

fn read_change(it: &Registry, request: pb::ChangeSubjectStatusRequest) -> Result<ChangeStatus, Failure> {
    let status = SubjectStatus::from_wire(request.status);
    Ok(ChangeStatus {
        uscc: it.code("uscc", &request.uscc)?,
        change: StatusChange {
            status: status.ok_or_else(|| Failure::new(&reason::ENUM_UNKNOWN).on("status"))?,
            effective_on: day("effective_on", &request.effective_on)?,
        },
        reason: request.reason,
        etag: request.etag,
    })
}

async fn change_status(
    it: &Registry,
    request: Request<pb::ChangeSubjectStatusRequest>,
) -> Result<pb::Subject, Failure> {
    let (call, request) = opened(request)?;
    let write = Write::new("change_subject_status", &request.request_id, &request)
        .validate_only(request.validate_only);
    it.store
        .write(&call, write, read_change(it, request), |tx, command| {
            Box::pin(async move { super::change_status(tx, &command).await.map(message) })
        })
        .await
}
