//! Hangs up on followers when the server is told to stop: a feed has no end of its own, and they know how to come
//! back. A stream that its caller fills, such as an import, is left to finish within the drain.

use std::sync::Arc;

use canopy_kernel::{Failure, reason};
use futures::FutureExt;
use tokio::sync::watch;

use super::body::end_when;
use super::{Next, Request, Response, Shared};

pub(super) async fn hang_up(stack: Arc<Shared>, request: Request, next: Next) -> Response {
    let rule = stack.table.get(request.uri().path());
    let follows = rule.is_some_and(|rule| rule.server_streaming && !rule.client_streaming);
    let response = next.call(request).await;
    if !follows {
        return response;
    }
    let down = Failure::new(&reason::SERVICE_DOWN).with("service", &stack.audience);
    end_when(response, stopped(stack.stopping.subscribe()).map(|()| down).boxed())
}

/// Over once the server is told to stop.
pub(crate) async fn stopped(mut stopping: watch::Receiver<bool>) {
    if stopping.wait_for(|stopping| *stopping).await.is_err() {
        std::future::pending::<()>().await;
    }
}
