//! Traces, metrics and logs: to standard error, and over OTLP when a collector is configured.

use std::sync::OnceLock;

use anyhow::Context;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_otlp::{LogExporter, MetricExporter, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use serde::Deserialize;
use tracing_subscriber::filter::{EnvFilter, FilterFn, filter_fn};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// Section `server.telemetry`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TelemetrySettings {
    /// OTLP collector (gRPC), such as `http://127.0.0.1:4317`; empty = off.
    pub otlp_endpoint: String,
    /// Name under which telemetry is sent.
    pub service_name: String,
    /// Log filter, such as `info,canopy_registry=debug`.
    pub log_filter: String,
    /// How a log line looks.
    pub log_format: LogFormat,
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl Default for TelemetrySettings {
    fn default() -> Self {
        Self {
            otlp_endpoint: String::new(),
            service_name: "canopy".to_owned(),
            log_filter: "info".to_owned(),
            log_format: LogFormat::Text,
        }
    }
}

/// What the process set up first; later calls of [`init`] change nothing.
static EXPORT: OnceLock<Option<Export>> = OnceLock::new();

/// The exporters of the process.
#[derive(Clone)]
struct Export {
    traces: SdkTracerProvider,
    metrics: SdkMeterProvider,
    logs: SdkLoggerProvider,
}

/// Whoever set telemetry up ends it. Of several servers in one process only the first holds a guard that acts.
#[must_use = "telemetry is flushed by shutdown"]
pub struct Guard(Option<Export>);

impl Guard {
    /// Sends what is left and ends the exporters. A collector that is away is logged, no more.
    pub async fn shutdown(self) {
        if let Some(export) = self.0 {
            blocking(move || [export.traces.shutdown(), export.metrics.shutdown(), export.logs.shutdown()])
                .await;
        }
    }
}

/// Sets telemetry up for the process. Must be called inside a runtime when a collector is configured; a second call
/// changes nothing.
pub fn init(settings: &TelemetrySettings) -> anyhow::Result<Guard> {
    let mut outcome = Ok(Guard(None));
    EXPORT.get_or_init(|| match start(settings) {
        Ok(export) => {
            outcome = Ok(Guard(export.clone()));
            export
        }
        Err(fault) => {
            outcome = Err(fault);
            None
        }
    });
    outcome
}

/// Sends what has been gathered so far.
pub async fn flush() {
    if let Some(Some(export)) = EXPORT.get().cloned() {
        blocking(move || {
            [export.traces.force_flush(), export.metrics.force_flush(), export.logs.force_flush()]
        })
        .await;
    }
}

fn start(settings: &TelemetrySettings) -> anyhow::Result<Option<Export>> {
    let filter = EnvFilter::try_new(&settings.log_filter)
        .with_context(|| format!("server.telemetry.log_filter {:?}", settings.log_filter))?;
    let export = match settings.otlp_endpoint.as_str() {
        "" => None,
        endpoint => Some(exporters(endpoint, &settings.service_name)?),
    };
    let plain = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = match settings.log_format {
        LogFormat::Text => plain.boxed(),
        LogFormat::Json => plain.json().boxed(),
    };
    let traces = export.as_ref().map(|export| {
        tracing_opentelemetry::layer().with_tracer(export.traces.tracer("canopy")).with_filter(own_targets())
    });
    let logs = export
        .as_ref()
        .map(|export| OpenTelemetryTracingBridge::new(&export.logs).with_filter(own_targets()));
    let subscriber = tracing_subscriber::registry().with(filter).with(lines).with(traces).with(logs);
    subscriber.try_init().context("another log subscriber is set up already")?;
    if let Some(export) = &export {
        opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
        opentelemetry::global::set_tracer_provider(export.traces.clone());
        opentelemetry::global::set_meter_provider(export.metrics.clone());
    }
    Ok(export)
}

fn exporters(endpoint: &str, service: &str) -> anyhow::Result<Export> {
    let resource = Resource::builder().with_service_name(service.to_owned()).build();
    let context = || format!("server.telemetry.otlp_endpoint {endpoint:?}");
    let spans = SpanExporter::builder().with_tonic().with_endpoint(endpoint).build().with_context(context)?;
    let metrics =
        MetricExporter::builder().with_tonic().with_endpoint(endpoint).build().with_context(context)?;
    let logs = LogExporter::builder().with_tonic().with_endpoint(endpoint).build().with_context(context)?;
    Ok(Export {
        traces: SdkTracerProvider::builder()
            .with_batch_exporter(spans)
            .with_resource(resource.clone())
            .build(),
        metrics: SdkMeterProvider::builder()
            .with_periodic_exporter(metrics)
            .with_resource(resource.clone())
            .build(),
        logs: SdkLoggerProvider::builder().with_batch_exporter(logs).with_resource(resource).build(),
    })
}

/// The transport's own targets stay out: sending telemetry would make more of it.
fn own_targets() -> FilterFn {
    const TRANSPORT: [&str; 5] = ["h2", "hyper", "tonic", "tower", "opentelemetry"];
    filter_fn(|metadata| !TRANSPORT.iter().any(|target| metadata.target().starts_with(target)))
}

/// The exporters block until the collector answers, which a runtime's thread must not.
async fn blocking(work: impl FnOnce() -> [OTelSdkResult; 3] + Send + 'static) {
    let Ok(results) = tokio::task::spawn_blocking(work).await else { return };
    for fault in results.into_iter().filter_map(Result::err) {
        tracing::warn!(failure = %fault, "telemetry is incomplete");
    }
}
