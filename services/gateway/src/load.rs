//! How many calls are in flight, and the refusal of one too many.

use std::sync::Arc;
use std::time::Duration;

use canopy_kernel::{Failure, reason};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The places for calls in flight.
pub(crate) struct Load(Arc<Semaphore>);

/// A place, held until the answer's last frame.
pub(crate) struct Permit(#[expect(dead_code, reason = "held for its release")] OwnedSemaphorePermit);

impl Load {
    pub(crate) fn new(most: usize) -> Self {
        Self(Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS))))
    }

    /// A place, at once or not at all: a queue would only make every caller late.
    pub(crate) fn enter(&self) -> Result<Permit, Failure> {
        let place = self.0.clone().try_acquire_owned();
        place
            .map(Permit)
            .map_err(|_| Failure::new(&reason::OVERLOADED).retry_after(Duration::from_millis(500)))
    }
}
