//! What stands before every handler, as a list that reads top to bottom, outermost first.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use anyhow::ensure;
use futures::future::{BoxFuture, FutureExt};
use tokio::sync::{Semaphore, watch};
use tonic::body::Body;
use tonic::service::Routes;
use tower::Service;

use crate::assertion::AcceptedIssuers;
use crate::method::{MethodTable, service_of};
use crate::server::ServerSettings;

mod admission;
mod body;
mod deadline;
mod drain;
mod message_size;
mod metrics;
mod panic_guard;
mod shed;
mod trace;

pub(crate) use drain::stopped;

type Request = http::Request<Body>;
type Response = http::Response<Body>;
type Answer = BoxFuture<'static, Response>;
type Layer = fn(Arc<Shared>, Request, Next) -> Answer;

/// The layers, outermost first. Health and reflection pass by all of them.
const LAYERS: [Layer; 10] = [
    // First, so that the span covers refusals too and every log line below carries the trace.
    |stack, request, next| trace::span(stack, request, next).boxed(),
    // Counts and times what the caller sees, whoever answers it.
    |stack, request, next| metrics::record(stack, request, next).boxed(),
    // Before any work: an overloaded server must be cheap to be refused by.
    |stack, request, next| shed::limit(stack, request, next).boxed(),
    // Followers would keep a stopping server open for the whole drain.
    |stack, request, next| drain::hang_up(stack, request, next).boxed(),
    // Bounds all that follows; tonic's own timer would say CANCELLED.
    |stack, request, next| deadline::enforce(stack, request, next).boxed(),
    // Who is calling. Nothing else makes a caller known.
    |stack, request, next| admission::verify_assertion(stack, request, next).boxed(),
    // May they call this method: from the option beside it.
    |stack, request, next| admission::gate_roles(stack, request, next).boxed(),
    // A production suite lives at the system clock alone.
    |stack, request, next| admission::refuse_business_time(stack, request, next).boxed(),
    // Known callers only get this far; what they send is bounded before it is buffered.
    |stack, request, next| message_size::limit(stack, request, next).boxed(),
    // Innermost, so that a handler's panic is an answer like any other to the layers above.
    |stack, request, next| panic_guard::catch(stack, request, next).boxed(),
];

/// Served to anybody who reaches the port: probes and tools carry no assertion, and neither says anything secret.
const OPEN_SERVICES: [&str; 3] = [
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
];

/// Size of a message that tonic decodes at most, unless each generated server is told otherwise.
const TONIC_MESSAGE_BYTES: usize = 4 * 1024 * 1024;

/// What the layers of one server share.
pub(crate) struct Shared {
    table: MethodTable,
    issuers: AcceptedIssuers,
    audience: String,
    in_flight: Arc<Semaphore>,
    /// True from the moment the server is told to stop.
    pub(crate) stopping: watch::Sender<bool>,
    deadline_cap: Duration,
    max_message_bytes: usize,
    tryout: bool,
    metrics: metrics::Instruments,
}

impl Shared {
    pub(crate) fn new(settings: &ServerSettings, table: MethodTable) -> anyhow::Result<Self> {
        ensure!(
            settings.max_message_bytes <= TONIC_MESSAGE_BYTES,
            "server.max_message_bytes is above {TONIC_MESSAGE_BYTES}, which tonic refuses without a reason"
        );
        Ok(Self {
            table,
            issuers: settings.identity.issuers()?,
            audience: settings.identity.name.clone(),
            stopping: watch::Sender::new(false),
            in_flight: Arc::new(Semaphore::new(settings.max_in_flight.min(Semaphore::MAX_PERMITS))),
            deadline_cap: Duration::from_secs(settings.deadline_cap_seconds),
            max_message_bytes: settings.max_message_bytes,
            tryout: settings.tryout,
            metrics: metrics::Instruments::new(),
        })
    }

    /// Whether the method answers with a stream, so that its body outlives the handler.
    fn answers_with_stream(&self, path: &str) -> bool {
        self.table.get(path).is_some_and(|rule| rule.server_streaming)
    }
}

/// When the request arrived; the deadline counts from here.
#[derive(Clone, Copy)]
struct Arrived(Instant);

/// The rest of the stack below a layer.
struct Next {
    layers: &'static [Layer],
    stack: Arc<Shared>,
    routes: Routes,
}

impl Next {
    fn call(mut self, request: Request) -> Answer {
        match self.layers.split_first() {
            Some((layer, below)) => {
                self.layers = below;
                layer(self.stack.clone(), request, self)
            }
            None => {
                let routed = self.routes.call(request);
                async move { routed.await.unwrap_or_else(|never: Infallible| match never {}) }.boxed()
            }
        }
    }
}

/// The whole stack before these routes.
pub(crate) fn service(stack: Arc<Shared>, routes: Routes) -> Stack {
    Stack { stack, routes }
}

/// The stack as the service that tonic's server drives.
#[derive(Clone)]
pub(crate) struct Stack {
    stack: Arc<Shared>,
    routes: Routes,
}

impl Service<Request> for Stack {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let open = OPEN_SERVICES.contains(&service_of(request.uri().path()));
        let layers: &'static [Layer] = if open { &[] } else { &LAYERS };
        // Read here and not in a future: tonic starts its own timer right after this call, and loses.
        request.extensions_mut().insert(Arrived(Instant::now()));
        let next = Next { layers, stack: self.stack.clone(), routes: self.routes.clone() };
        next.call(request).map(Ok).boxed()
    }
}
