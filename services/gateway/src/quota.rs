//! How many units a calling system may use: a token bucket per agency and system.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use canopy_kernel::{Actor, Failure, reason};
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

use crate::config::{Allowance, QuotaSettings};

/// Above so many buckets, those that no cached token holds are dropped.
const SWEEP_AT: usize = 4_096;

/// The buckets of all callers.
#[derive(Debug)]
pub(crate) struct Quotas {
    standard: Allowance,
    special: BTreeMap<String, Allowance>,
    buckets: Mutex<HashMap<String, Arc<Bucket>>>,
}

impl Quotas {
    pub(crate) fn new(settings: &QuotaSettings) -> Self {
        Self {
            standard: settings.standard,
            special: settings.callers.clone(),
            buckets: Mutex::new(HashMap::new()),
        }
    }

    /// The bucket of the actor's system; persons and tokens of one system share it.
    pub(crate) fn bucket(&self, actor: &Actor) -> Arc<Bucket> {
        let caller = format!("{}/{}", actor.agency, actor.system);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = buckets.get(&caller) {
            return bucket.clone();
        }
        if buckets.len() >= SWEEP_AT {
            buckets.retain(|_, bucket| Arc::strong_count(bucket) > 1);
        }
        let allowance = self.special.get(&caller).unwrap_or(&self.standard);
        let bucket = Arc::new(Bucket::new(*allowance));
        buckets.insert(caller, bucket.clone());
        bucket
    }
}

/// One caller's bucket.
#[derive(Debug)]
pub(crate) struct Bucket {
    limiter: DefaultDirectRateLimiter,
    burst: NonZeroU32,
}

impl Bucket {
    fn new(allowance: Allowance) -> Self {
        let quota = Quota::per_second(allowance.units_per_second).allow_burst(allowance.burst);
        Self { limiter: RateLimiter::direct(quota), burst: allowance.burst }
    }

    /// Takes the units, or says when they will be there. A call that costs more than the bucket
    /// holds takes the whole bucket, else it could never be made.
    pub(crate) fn take(&self, units: NonZeroU32) -> Result<(), Failure> {
        match self.limiter.check_n(units.min(self.burst)) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(not_yet)) => {
                Err(exceeded().retry_after(not_yet.wait_time_from(DefaultClock::default().now())))
            }
            Err(over) => Err(exceeded().retry_after(Duration::from_secs(1)).because(over)),
        }
    }
}

fn exceeded() -> Failure {
    Failure::new(&reason::QUOTA_EXCEEDED)
}
