//! A limit in use, from outside.

use std::sync::Arc;

use palisade_core::base::Shared as _;
use palisade_core::switch::Switch;
use palisade_core::telemetry::Counter;
use palisade_core::{Key, Quota, Ratio};

use crate::counters::{PASSED, REJECTED, SHADOWED, STORE_ERRORS};
use crate::shared::{Bucket, Shared};

/// Reads and changes a limit while it is in use. Clones see the same limit.
///
/// A change holds for the next call; what was taken so far stays taken.
#[derive(Clone, Debug)]
pub struct RateLimitHandle {
    shared: Arc<Shared>,
}

/// A limit at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// Its name.
    pub name: &'static str,
    /// What a key may do.
    pub quota: Quota,
    /// Whether it does anything.
    pub enabled: bool,
    /// The share of refusals that is acted on.
    pub enforce: Ratio,
    /// Calls that passed.
    pub passed: u64,
    /// Calls that were refused.
    pub rejected: u64,
    /// Calls that passed although they were to be refused, since `enforce` is below one.
    pub shadowed: u64,
    /// Calls that were dropped while they waited for the store.
    pub abandoned: u64,
    /// Calls that wait for the store.
    pub in_flight: u64,
    /// Decisions that the store did not make.
    pub store_errors: u64,
    /// Keys that have a bucket of their own.
    pub keys: usize,
    /// Buckets that were dropped because they were full again.
    pub evictions: u64,
    /// Decisions on the bucket that new keys share when there are too many keys.
    pub overflows: u64,
}

impl RateLimitHandle {
    pub(crate) const fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// The limit as it is now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let (switch, meter) = (self.shared.switch(), self.shared.base().meter());
        let table = self.shared.table();
        Snapshot {
            name: self.shared.base().name().as_str(),
            quota: self.shared.quota(),
            enabled: switch.enabled,
            enforce: switch.enforce,
            passed: meter.count(PASSED),
            rejected: meter.count(REJECTED),
            shadowed: meter.count(SHADOWED),
            abandoned: meter.count(Counter::ABANDONED),
            in_flight: meter.in_flight(),
            store_errors: meter.count(STORE_ERRORS),
            keys: table.len(),
            evictions: table.evicted(),
            overflows: table.overflowed(),
        }
    }

    /// Changes the quota. Debt is kept as time: who had to wait a second still has to. What is more
    /// than a bucket of the new quota takes to fill is dropped when the key calls next.
    pub fn set_quota(&self, quota: Quota) {
        self.shared.set_quota(quota);
    }

    /// Switches the limit on or off.
    pub fn set_enabled(&self, enabled: bool) {
        self.shared.set_switch(|switch| Switch { enabled, ..switch });
    }

    /// Changes the share of refusals that is acted on.
    pub fn set_enforce(&self, enforce: Ratio) {
        self.shared.set_switch(|switch| Switch { enforce, ..switch });
    }

    /// Gives the bucket that callers without a key share back in full.
    pub fn reset(&self) {
        self.shared.reset(Bucket::Everybody);
    }

    /// Gives a key its bucket back in full. The key is what the layer's `by` makes of a request,
    /// such as an `IpAddr` for `ClientIp`. What a [store](crate::RateLimitLayer::store) keeps stays.
    pub fn reset_key<'k>(&self, key: impl Into<Key<'k>>) {
        self.shared.reset(Bucket::Keyed(self.shared.fingerprint(&key.into())));
    }
}
