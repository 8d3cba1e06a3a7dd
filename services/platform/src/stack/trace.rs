//! The span of a call, under the caller's trace context.

use std::sync::Arc;

use opentelemetry::propagation::{Extractor, Injector};
use tracing::Instrument;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::body::observe;
use super::{Next, Request, Response, Shared};
use crate::metadata::TRACEPARENT;

/// W3C trace context to pass on: of the own span when traces are on, else what the caller sent.
#[derive(Clone)]
pub(super) struct Traceparent(pub(super) String);

pub(super) async fn span(_: Arc<Shared>, mut request: Request, next: Next) -> Response {
    let method = request.uri().path().trim_start_matches('/').to_owned();
    let span = tracing::info_span!(
        "rpc",
        otel.name = method,
        otel.kind = "server",
        rpc.system = "grpc",
        rpc.method = method,
        rpc.grpc.status_code = tracing::field::Empty,
        enduser.agency = tracing::field::Empty,
    );
    adopt(&span, request.headers());
    if let Some(traceparent) = passed_on(&span, request.headers()) {
        request.extensions_mut().insert(Traceparent(traceparent));
    }
    let response = next.call(request).instrument(span.clone()).await;
    observe(response, move |code| {
        span.record("rpc.grpc.status_code", code);
    })
}

/// The trace context to pass on in a call made inside the present span.
fn passed_on(span: &tracing::Span, headers: &http::HeaderMap) -> Option<String> {
    let mut carrier = Carrier::default();
    opentelemetry::global::get_text_map_propagator(|propagator| {
        propagator.inject_context(&span.context(), &mut carrier);
    });
    carrier.0.or_else(|| Some(headers.get(TRACEPARENT)?.to_str().ok()?.to_owned()))
}

fn adopt(span: &tracing::Span, headers: &http::HeaderMap) {
    let parent =
        opentelemetry::global::get_text_map_propagator(|propagator| propagator.extract(&Headers(headers)));
    // Fails only while traces are switched off, when there is no context to keep either.
    let _ = span.set_parent(parent);
}

struct Headers<'h>(&'h http::HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}

#[derive(Default)]
struct Carrier(Option<String>);

impl Injector for Carrier {
    fn set(&mut self, key: &str, value: String) {
        if key == TRACEPARENT {
            self.0 = Some(value);
        }
    }
}
