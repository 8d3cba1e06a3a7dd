//! Turns a handler's panic into INTERNAL, so that it costs its own call and not the connection's others.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use canopy_kernel::{Failure, reason};
use futures::FutureExt;

use super::{Next, Request, Response, Shared, body};
use crate::status::to_http;

pub(super) async fn catch(stack: Arc<Shared>, request: Request, next: Next) -> Response {
    let streams = stack.answers_with_stream(request.uri().path());
    // The call itself is made inside the guarded future: it may panic before there is a future.
    let guarded = AssertUnwindSafe(async move { next.call(request).await }).catch_unwind();
    match guarded.await {
        Ok(response) if streams => body::guard(response),
        Ok(response) => response,
        Err(panic) => to_http(&failure(panic.as_ref())),
    }
}

pub(super) fn failure(panic: &(dyn Any + Send)) -> Failure {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no text");
    Failure::new(&reason::INTERNAL).because(format_args!("panic: {text}"))
}
