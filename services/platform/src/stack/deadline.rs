//! The deadline: what the caller allows, at most the service's cap. Past it the answer is DEADLINE_EXCEEDED.

use std::sync::Arc;
use std::time::Instant;

use canopy_kernel::{Failure, reason};
use futures::FutureExt;

use super::body::end_when;
use super::{Arrived, Next, Request, Response, Shared};
use crate::metadata::{GRPC_TIMEOUT, parse_timeout};
use crate::status::to_http;

/// Until when the caller waits.
#[derive(Clone, Copy)]
pub(super) struct Deadline(pub(super) Instant);

pub(super) async fn enforce(stack: Arc<Shared>, mut request: Request, next: Next) -> Response {
    let deadline = match deadline(&stack, &request) {
        Ok(Some(deadline)) => deadline,
        Ok(None) => return next.call(request).await,
        Err(failure) => return to_http(&failure),
    };
    if deadline <= Instant::now() {
        return to_http(&exceeded());
    }
    request.extensions_mut().insert(Deadline(deadline));
    let streams = stack.answers_with_stream(request.uri().path());
    match tokio::time::timeout_at(deadline.into(), next.call(request)).await {
        Ok(response) if streams => {
            end_when(response, tokio::time::sleep_until(deadline.into()).map(|()| exceeded()).boxed())
        }
        Ok(response) => response,
        Err(_) => to_http(&exceeded()),
    }
}

/// The caller's deadline and the cap, whichever is earlier. A stream lasts as long as its caller wants.
fn deadline(stack: &Shared, request: &Request) -> Result<Option<Instant>, Failure> {
    let arrived = request.extensions().get::<Arrived>().map_or_else(Instant::now, |arrived| arrived.0);
    let allowed = match request.headers().get(GRPC_TIMEOUT) {
        Some(text) => Some(text.to_str().ok().and_then(parse_timeout).ok_or_else(malformed)?),
        None => None,
    };
    let streams = stack.table.get(request.uri().path()).is_some_and(|rule| rule.streams());
    let cap = (!streams).then_some(stack.deadline_cap);
    Ok(allowed.into_iter().chain(cap).min().and_then(|time| arrived.checked_add(time)))
}

fn malformed() -> Failure {
    Failure::new(&reason::FIELD_INVALID).on(GRPC_TIMEOUT)
}

fn exceeded() -> Failure {
    Failure::new(&reason::DEADLINE_EXCEEDED)
}
