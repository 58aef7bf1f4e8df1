//! A timeout in use, from outside.

use std::sync::Arc;
use std::time::Duration;

use palisade_core::base::Shared as _;
use palisade_core::telemetry::Counter;
use palisade_core::{Ratio, common_handle};

use crate::shared::Shared;
use crate::shared::counters::{EXPIRED, FAILED, HEAD, IDLE, PASSED, REJECTED, SHADOWED, TOTAL};
use crate::shared::settings::{Settings, limit, micros};

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
    /// For each wait for more of the body, if that is limited.
    pub idle: Option<Duration>,
    /// Until the end of the body, if that is limited.
    pub total: Option<Duration>,
    /// Whether it does anything.
    pub enabled: bool,
    /// The share of late calls that is cut.
    pub enforce: Ratio,
    /// Calls that were answered in time; where the body is timed, all of it.
    pub passed: u64,
    /// Calls that failed in time; where the body is timed, also those whose body broke off, or whose gRPC
    /// trailers say so.
    pub failed: u64,
    /// Calls that were cut, or were late before they began.
    pub rejected: u64,
    /// Of these, the ones that were late before they began.
    pub expired: u64,
    /// Of these, the ones whose head was late.
    pub late_head: u64,
    /// Of these, the ones whose body had nothing for too long.
    pub late_idle: u64,
    /// Of these, the ones that did not end in time, by the layer's total or by their deadline.
    pub late_total: u64,
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
        let Settings { head, idle, total, switch } = self.shared.settings();
        let meter = self.shared.base().meter();
        Snapshot {
            name: self.shared.base().name().as_str(),
            head: head.to_duration(),
            idle: limit(idle),
            total: limit(total),
            enabled: switch.enabled,
            enforce: switch.enforce,
            passed: meter.count(PASSED),
            failed: meter.count(FAILED),
            rejected: meter.count(REJECTED),
            expired: meter.count(EXPIRED),
            late_head: meter.count(HEAD),
            late_idle: meter.count(IDLE),
            late_total: meter.count(TOTAL),
            shadowed: meter.count(SHADOWED),
            abandoned: meter.count(Counter::ABANDONED),
            in_flight: meter.in_flight(),
        }
    }

    /// Changes the time until the response's head.
    pub fn set_head(&self, head: Duration) {
        self.shared.set(|old| Settings { head: head.into(), ..old });
    }

    /// Changes the time for each wait for more of the body; `None` is unlimited.
    pub fn set_idle(&self, idle: impl Into<Option<Duration>>) {
        let idle = micros(idle.into());
        self.shared.set(|old| Settings { idle, ..old });
    }

    /// Changes the time until the end of the body; `None` is unlimited.
    pub fn set_total(&self, total: impl Into<Option<Duration>>) {
        let total = micros(total.into());
        self.shared.set(|old| Settings { total, ..old });
    }
}
