//! Rebuilds a [`Failure`] from a status of the suite, so that a refusal keeps its reason across services.

use std::time::Duration;

use canopy_kernel::failure::{StoredViolation, StoredWords};
use canopy_kernel::{Failure, Reason, StoredFailure, reason};
use prost::Message;
use tonic::Code;
use tonic_types::pb;

use super::{DOMAIN, TYPE_PREFIX, ZH};

/// The failure that a called service answered. A status from outside the suite is judged by its code alone.
pub fn from_status(status: &tonic::Status) -> Failure {
    let told = pb::Status::decode(status.details()).ok().and_then(|details| rebuild(&details));
    told.unwrap_or_else(|| by_code(status.code(), status.message()))
}

/// The failure that a row result or a stored refusal holds.
pub fn from_rpc_status(status: &tonic_types::Status) -> Failure {
    rebuild(status).unwrap_or_else(|| by_code(status.code.into(), &status.message))
}

fn by_code(code: Code, message: &str) -> Failure {
    let reason = match code {
        Code::Unavailable => &reason::SERVICE_DOWN,
        // tonic says CANCELLED when its own timer fires.
        Code::DeadlineExceeded | Code::Cancelled => &reason::DEADLINE_EXCEEDED,
        Code::Unimplemented => &reason::METHOD_UNKNOWN,
        _ => &reason::INTERNAL,
    };
    Failure::new(reason).because(format_args!("answered {code:?}: {message}"))
}

fn rebuild(status: &pb::Status) -> Option<Failure> {
    let info: pb::ErrorInfo = detail(status, "ErrorInfo")?;
    let reason = reason::by_name(&info.reason).filter(|_| info.domain == DOMAIN)?;
    let mut fields =
        detail::<pb::BadRequest>(status, "BadRequest").unwrap_or_default().field_violations.into_iter();
    // The governing violation has a field when the first of the list names the same reason.
    let own = fields.as_slice().first().is_some_and(|first| first.reason == info.reason);
    let first = StoredViolation {
        reason: info.reason,
        field: if own { fields.next().map(|violation| violation.field) } else { None },
        details: info.metadata.into_iter().collect(),
        words: words(status, reason),
    };
    let violations = fields.filter_map(further).collect();
    let retry_ms = detail::<pb::RetryInfo>(status, "RetryInfo")
        .and_then(|retry| Duration::try_from(retry.retry_delay?).ok())
        .map(|delay| u64::try_from(delay.as_millis()).unwrap_or(u64::MAX));
    Failure::from_stored(StoredFailure { first, violations, retry_ms })
}

/// The four texts as they were told; the table's own where the status says nothing.
fn words(status: &pb::Status, reason: &Reason) -> StoredWords {
    let passes = detail::<pb::Help>(status, "Help").unwrap_or_default().links;
    let pass = |index: usize, own: &str| passes.get(index).map_or(own, |link| &link.description).to_owned();
    let zh = details::<pb::LocalizedMessage>(status, "LocalizedMessage").find(|message| message.locale == ZH);
    StoredWords {
        zh: zh.map_or_else(|| reason.zh.to_owned(), |message| message.message),
        en: status.message.clone(),
        pass_zh: pass(0, reason.pass_zh),
        pass_en: pass(1, reason.pass_en),
    }
}

fn further(violation: pb::bad_request::FieldViolation) -> Option<StoredViolation> {
    let reason = reason::by_name(&violation.reason)?;
    Some(StoredViolation {
        reason: violation.reason,
        field: Some(violation.field),
        details: Default::default(),
        words: StoredWords {
            zh: violation.localized_message.map_or_else(|| reason.zh.to_owned(), |message| message.message),
            en: violation.description,
            pass_zh: reason.pass_zh.to_owned(),
            pass_en: reason.pass_en.to_owned(),
        },
    })
}

fn detail<M: Message + Default>(status: &pb::Status, name: &'static str) -> Option<M> {
    details(status, name).next()
}

fn details<'s, M: Message + Default>(
    status: &'s pb::Status,
    name: &'static str,
) -> impl Iterator<Item = M> + 's {
    let named = move |url: &str| url.strip_prefix(TYPE_PREFIX) == Some(name);
    status
        .details
        .iter()
        .filter(move |any| named(&any.type_url))
        .filter_map(|any| M::decode(any.value.as_slice()).ok())
}
