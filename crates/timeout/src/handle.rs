//! A timeout in use, from outside.

use std::sync::Arc;
use std::time::Duration;

use palisade_core::base::Shared as _;
use palisade_core::telemetry::Counter;
use palisade_core::{Ratio, common_handle};

use crate::shared::{FAILED, PASSED, SHADOWED, Settings, Shared, TIMED_OUT};

/// Reads and changes a timeout while it is in use. Clones see the same timeout.
///
/// A change holds for the next call; calls under way keep the time that they were given.
#[derive(Clone, Debug)]
pub struct TimeoutHandle {
    shared: Arc<Shared>,
}

/// A timeout at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// Its name.
    pub name: &'static str,
    /// The time until the response's head.
    pub head: Duration,
    /// Whether it does anything.
    pub enabled: bool,
    /// The share of late calls that is cut.
    pub enforce: Ratio,
    /// Calls that were answered in time.
    pub passed: u64,
    /// Calls that failed in time.
    pub failed: u64,
    /// Calls that were cut.
    pub rejected: u64,
    /// Calls that were late and ran on, since `enforce` is below one.
    pub shadowed: u64,
    /// Calls that were dropped before their end.
    pub abandoned: u64,
    /// Calls under way.
    pub in_flight: u64,
}

common_handle! {
    TimeoutHandle, "timeout";
    /// Changes the share of late calls that is cut.
    enforce
}

impl TimeoutHandle {
    pub(crate) const fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// The timeout as it is now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let Settings { head, switch } = self.shared.settings();
        let meter = self.shared.base().meter();
        Snapshot {
            name: self.shared.base().name().as_str(),
            head: head.to_duration(),
            enabled: switch.enabled,
            enforce: switch.enforce,
            passed: meter.count(PASSED),
            failed: meter.count(FAILED),
            rejected: meter.count(TIMED_OUT),
            shadowed: meter.count(SHADOWED),
            abandoned: meter.count(Counter::ABANDONED),
            in_flight: meter.in_flight(),
        }
    }

    /// Changes the time until the response's head.
    pub fn set_head(&self, head: Duration) {
        self.shared.set(|old| Settings { head: head.into(), ..old });
    }
}
