//! What the gateway tells of its calls: a span within the caller's trace, and how long each took to
//! be passed on or refused. Without a collector none of it is made.

use std::time::Instant;

use canopy_kernel::Failure;
use canopy_platform::TelemetrySettings;
use canopy_platform::metadata::TRACEPARENT;
use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::KeyValue;
use opentelemetry::metrics::Histogram;
use opentelemetry::propagation::{Extractor, Injector};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// Histogram of the time until an answer begins, in seconds, by method and outcome.
const DURATION: &str = "gateway.call.duration";

/// Makes an observation per call, if somebody collects them.
pub(crate) struct Observer(Option<Histogram<f64>>);

/// One call under observation.
pub(crate) struct Observation {
    pub(crate) span: Span,
    method: String,
    begun: Instant,
    duration: Histogram<f64>,
}

impl Observer {
    pub(crate) fn new(settings: &TelemetrySettings) -> Self {
        if settings.otlp_endpoint.is_empty() {
            return Self(None);
        }
        let meter = opentelemetry::global::meter("canopy");
        let duration = meter.f64_histogram(DURATION).with_unit("s");
        Self(Some(duration.with_description("Time until an answer begins").build()))
    }

    /// Begins a span under the caller's and puts the service's under it.
    pub(crate) fn begin(&self, method: &str, headers: &mut HeaderMap) -> Option<Observation> {
        let duration = self.0.clone()?;
        let span = tracing::info_span!(
            "call",
            otel.name = method,
            otel.kind = "server",
            rpc.system = "grpc",
            rpc.method = method,
            refusal = tracing::field::Empty,
        );
        let parent = opentelemetry::global::get_text_map_propagator(|w3c| w3c.extract(&Headers(headers)));
        // Fails only while the log filter leaves the span out.
        let _ = span.set_parent(parent);
        let own = span.context();
        opentelemetry::global::get_text_map_propagator(|w3c| {
            w3c.inject_context(&own, &mut HeadersMut(headers))
        });
        Some(Observation { span, method: method.to_owned(), begun: Instant::now(), duration })
    }
}

impl Observation {
    /// The answer has begun, or the call is refused.
    pub(crate) fn end(self, refused: Option<&Failure>) {
        let outcome = refused.map_or("passed", |failure| failure.reason().name);
        if refused.is_some() {
            self.span.record("refusal", outcome);
        }
        let labels = [KeyValue::new("rpc.method", self.method), KeyValue::new("outcome", outcome)];
        self.duration.record(self.begun.elapsed().as_secs_f64(), &labels);
    }
}

struct Headers<'h>(&'h HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}

struct HeadersMut<'h>(&'h mut HeaderMap);

impl Injector for HeadersMut<'_> {
    fn set(&mut self, key: &str, value: String) {
        if let (TRACEPARENT, Ok(value)) = (key, HeaderValue::from_str(&value)) {
            self.0.insert(TRACEPARENT, value);
        }
    }
}
