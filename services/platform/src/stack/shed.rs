//! Load shedding: a call beyond the limit is refused at once instead of waiting for its deadline.

use std::sync::Arc;
use std::time::Duration;

use canopy_kernel::{Failure, reason};

use super::body::hold;
use super::{Next, Request, Response, Shared};
use crate::status::to_http;

const RETRY_AFTER: Duration = Duration::from_millis(200);

pub(super) async fn limit(stack: Arc<Shared>, request: Request, next: Next) -> Response {
    let Ok(permit) = stack.in_flight.clone().try_acquire_owned() else {
        return to_http(&Failure::new(&reason::OVERLOADED).retry_after(RETRY_AFTER));
    };
    let streams = stack.answers_with_stream(request.uri().path());
    let response = next.call(request).await;
    // A stream is in flight until its last message.
    if streams { hold(response, permit) } else { response }
}
