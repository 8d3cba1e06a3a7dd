//! Health: the empty name says that the process lives; the service names and `readiness` say that it may be called.

use tokio::sync::watch;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

/// Name under which readiness as a whole is asked.
pub const READINESS: &str = "readiness";

/// Sets every readiness name.
pub(super) async fn set(reporter: &HealthReporter, services: &[&str], ready: bool) {
    let status = if ready { ServingStatus::Serving } else { ServingStatus::NotServing };
    for name in services.iter().copied().chain([READINESS]) {
        reporter.set_service_status(name, status).await;
    }
}

/// Follows the readiness; when nobody says it any more, the last word stands.
pub(super) async fn follow(
    reporter: HealthReporter,
    services: &'static [&'static str],
    mut ready: watch::Receiver<bool>,
) {
    loop {
        let now = *ready.borrow_and_update();
        set(&reporter, services, now).await;
        if ready.changed().await.is_err() {
            return;
        }
    }
}
