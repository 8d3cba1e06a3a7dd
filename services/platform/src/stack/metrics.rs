//! How long calls take and how they end, by method and status.

use std::sync::Arc;
use std::time::Instant;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Histogram, UpDownCounter};

use super::body::observe;
use super::{Arrived, Next, Request, Response, Shared};

/// Histogram of a call's duration in seconds.
pub(crate) const DURATION: &str = "rpc.server.duration";
/// Calls in flight.
pub(crate) const ACTIVE: &str = "rpc.server.active_requests";

pub(super) struct Instruments {
    duration: Histogram<f64>,
    active: UpDownCounter<i64>,
}

impl Instruments {
    pub(super) fn new() -> Self {
        let meter = opentelemetry::global::meter("canopy");
        Self {
            duration: meter
                .f64_histogram(DURATION)
                .with_unit("s")
                .with_description("Duration of a call")
                .build(),
            active: meter.i64_up_down_counter(ACTIVE).with_description("Calls in flight").build(),
        }
    }
}

pub(super) async fn record(stack: Arc<Shared>, request: Request, next: Next) -> Response {
    let arrived = request.extensions().get::<Arrived>().map_or_else(Instant::now, |arrived| arrived.0);
    // A path that is not served is the caller's invention: it must not become a label.
    let path = request.uri().path();
    let method = stack.table.get(path).map_or("unknown", |rule| rule.path.as_str()).to_owned();
    let active = Active::start(&stack);
    let response = next.call(request).await;
    observe(response, move |code| {
        drop(active);
        let labels =
            [KeyValue::new("rpc.method", method), KeyValue::new("rpc.grpc.status_code", i64::from(code))];
        stack.metrics.duration.record(arrived.elapsed().as_secs_f64(), &labels);
    })
}

/// One call in flight, counted down even when its caller goes away.
struct Active(UpDownCounter<i64>);

impl Active {
    fn start(stack: &Shared) -> Self {
        stack.metrics.active.add(1, &[]);
        Self(stack.metrics.active.clone())
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        self.0.add(-1, &[]);
    }
}
