//! The RPCs about persons. Their answers show the name: they are for the registrar and the suite itself.

use canopy_kernel::{Failure, Passport, reason};
use canopy_persistence::Write;
use canopy_proto::registry::v1 as pb;
use tonic::Request;

use super::model::{NewPerson, Renewal};
use super::store;
use crate::edge::{Registry, opened};
use crate::subject::model::SubjectKey;
use crate::subject::{self, rpc::message};

fn read(passport: Option<&pb::PassportData>) -> Result<Passport, Failure> {
    let missing = || Failure::new(&reason::FIELD_MISSING).on("passport");
    let passport = passport.ok_or_else(missing)?;
    Passport::parse(&passport.nationality, &passport.passport_no).map_err(|failure| {
        let field = match failure.details().get("fault").map(String::as_str) {
            Some("NATIONALITY") => "passport.nationality",
            _ => "passport.passport_no",
        };
        failure.on(field)
    })
}

pub(crate) async fn register(
    it: &Registry,
    request: Request<pb::RegisterPersonRequest>,
) -> Result<pb::Subject, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("register_person", &request.request_id, &request).validate_only(request.validate_only);
    let title = request.title;
    let command =
        read(request.passport.as_ref()).map(|passport| NewPerson { passport, title: title.clone() });
    let stored: pb::Subject = it
        .store
        .write(&call, write, command, |tx, command| {
            Box::pin(async move { super::register(tx, &command).await.map(message) })
        })
        .await?;
    Ok(pb::Subject { title, ..stored })
}

fn read_renewal(request: &pb::RenewPassportRequest) -> Result<Renewal, Failure> {
    let person = request.name.parse().map_err(|failure: Failure| failure.on("name"))?;
    Ok(Renewal { person, passport: read(request.passport.as_ref())? })
}

pub(crate) async fn renew(
    it: &Registry,
    request: Request<pb::RenewPassportRequest>,
) -> Result<pb::Subject, Failure> {
    let (call, request) = opened(request)?;
    let write = Write::new("renew_passport", &request.request_id, &request);
    let command = read_renewal(&request);
    let stored: pb::Subject = it
        .store
        .write(&call, write, command, |tx, command| {
            Box::pin(async move { super::renew(tx, &command).await.map(message) })
        })
        .await?;
    let title = store::title(it.store.pool(), it.store.crypt(), stored.name.parse()?).await?;
    Ok(pb::Subject { title, ..stored })
}

pub(crate) async fn find(
    it: &Registry,
    request: Request<pb::FindPersonRequest>,
) -> Result<pb::Subject, Failure> {
    let (call, request) = opened(request)?;
    let passport = read(request.passport.as_ref())?;
    let unknown = || Failure::new(&reason::UNKNOWN_SUBJECT).on("passport");
    let (pool, crypt) = (it.store.pool(), it.store.crypt());
    let id = store::find(pool, crypt, &passport).await?.ok_or_else(unknown)?;
    let key = SubjectKey::Id(id);
    let person = subject::store::find(pool, &key, it.store.today(&call)).await?.ok_or_else(unknown)?;
    let title = store::title(pool, crypt, id).await?;
    Ok(pb::Subject { title, ..message(person) })
}
