//! What can be set.

use std::time::Duration;

use palisade_core::Ratio;

use crate::recovery::Recovery;
use crate::trip::{Throttle, Trip};

/// What a breaker decides by. Each field means what the [layer](crate::BreakerLayer)'s setter of its
/// name says; any value has a meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// When it opens.
    pub trip: Trip,
    /// What is looked at.
    pub window: Window,
    /// How many calls there must be in the window for a rate to count.
    pub minimum_calls: u32,
    /// Refuses a share of the calls instead of opening, or before it does.
    pub throttle: Option<Throttle>,
    /// What a call says that was dropped before its end.
    pub abandoned: Abandoned,
    /// How long it refuses calls when it opens.
    pub open_for: Duration,
    /// How long that is at most, after recoveries that failed.
    pub open_at_most: Duration,
    /// By which share of it the wait is longer at random.
    pub jitter: Ratio,
    /// How long a `Retry-After` of the service may keep it open; zero: none is heard.
    pub retry_after_at_most: Duration,
    /// How many calls try whether the service has recovered.
    pub probes: u32,
    /// After how many successes it closes; `None`: the rate of the probes decides.
    pub close_after: Option<u32>,
    /// How long a probe may take before another call may take its place.
    pub probe_timeout: Duration,
    /// How long it is half-open at most.
    pub half_open_at_most: Duration,
    /// Over which time calls are let through again when it closes.
    pub ramp: Duration,
}

/// What a breaker looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Window {
    /// The calls that ended within this time; it moves on by a tenth of itself at a time. At least
    /// 10 µs.
    Time(Duration),
    /// The last so many calls; it moves on with each. 0 counts as 1, and 2^20 are the most.
    Calls(u32),
}

/// What a call says of the service that was dropped before its response was there: because its caller
/// went away, or a timeout outside of the breaker cut it.
///
/// Within, a timeout's verdict is clear, so that is where to put one; this is for those outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Abandoned {
    /// Nothing.
    Neutral,
    /// Nothing, but if it had run for this long, or to its deadline if it has one: then the service
    /// failed.
    FailsAfter(Duration),
}

/// Up to which number of calls a window goes.
pub(crate) const MOST_CALLS: u32 = 1 << 20;

impl Default for Settings {
    /// What `BreakerLayer::new()` sets.
    fn default() -> Self {
        let Recovery { jitter, probes, close_after, .. } = Recovery::default();
        Self {
            trip: Trip::failure_rate(Ratio::percent(50)),
            window: Window::Time(Duration::from_secs(10)),
            minimum_calls: 20,
            throttle: None,
            abandoned: Abandoned::default(),
            open_for: Duration::from_secs(5),
            open_at_most: Duration::from_secs(60),
            jitter,
            retry_after_at_most: Duration::from_secs(60),
            probes,
            close_after,
            probe_timeout: Duration::from_secs(10),
            half_open_at_most: Duration::from_secs(30),
            ramp: Duration::ZERO,
        }
    }
}

impl Default for Abandoned {
    /// A failure after 5 s.
    fn default() -> Self {
        Self::FailsAfter(Duration::from_secs(5))
    }
}

impl Settings {
    pub(crate) fn recovery(&self) -> Recovery {
        Recovery {
            open_for: self.open_for.into(),
            open_at_most: self.open_at_most.into(),
            jitter: self.jitter,
            retry_after_at_most: self.retry_after_at_most.into(),
            probes: self.probes,
            close_after: self.close_after,
            probe_rate: self.trip.failure_rate.unwrap_or(Ratio::percent(50)),
            probe_timeout: self.probe_timeout.into(),
            half_open_at_most: self.half_open_at_most.into(),
            ramp: self.ramp.into(),
        }
    }

    /// Whether time windows are looked at.
    pub(crate) const fn is_timed(&self) -> bool {
        matches!(self.window, Window::Time(_))
            || self.trip.raised.is_some()
            || self.throttle.is_some()
    }

    /// The length of the time window.
    pub(crate) const fn span(&self) -> Duration {
        match self.window {
            Window::Time(span) => span,
            Window::Calls(_) => Duration::from_secs(10),
        }
    }
}
