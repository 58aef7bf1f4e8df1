//! The limit that watches latency.

use std::time::Duration;

use palisade_core::{Micros, Ratio};

use super::bounds::Bounds;
use super::long::LongAverage;
use super::window::{Seen, Window};
use super::{Adapt, Sample};

/// Falls when calls take longer than they usually do, and grows while they do not.
///
/// Netflix' Gradient2 (`Gradient2Limit` of their `concurrency-limits`, whose names these are), for
/// each [window](Self::window) of calls:
///
/// ```text
/// short    = the window's mean latency
/// long     = exponential average of short over long_window windows (at first the mean of ten)
/// gradient = max(0.5, min(1, (1 + tolerance) * long / short))
/// target   = gradient * limit + queue
/// limit    = limit * (1 - smoothing) + target * smoothing
/// if long > 2 * short: long = 0.9 * long          the overload is over: forget it sooner
/// ```
///
/// `queue` is how many calls may wait inside what is called: it makes the limit grow while latency
/// is as usual, and find the point where it begins to rise. Two things are ours:
///
/// - A window in which a call was dropped has a gradient of a half, and the latency of dropped calls
///   counts for nothing. Refusals are often quick, and would otherwise pass for good answers.
/// - Windows are of 100 ms, and 6000 of them are "usual": the published ten minutes, at ten times the
///   pace, so that an overload of seconds is met within seconds.
///
/// The long average learns from every served call, also from those without load: they show what latency is
/// at its best. The limit moves only in windows in which it was in use.
///
/// **Know its limits.** Latency that rises for good is held against the caller until the long
/// average has followed it, for minutes; and an overload that lasts as long becomes usual. Give it a
/// `max` that you could live with.
#[derive(Clone, Debug)]
pub struct Gradient2 {
    bounds: Bounds,
    tolerance: Ratio,
    smoothing: Ratio,
    queue: Queue,
    window: Window,
    long: LongAverage,
    /// In millionths.
    limit: u64,
}

#[derive(Clone, Copy, Debug)]
enum Queue {
    Of(u32),
    SquareRoot,
}

/// Of what ratios, limits and latencies are kept in.
const MILLION: u64 = 1_000_000;

// ===== impl Gradient2 =====

impl Gradient2 {
    /// A limit from `min` to `max`, both included. A `min` of 0 counts as 1, a `max` below `min` as
    /// `min`.
    ///
    /// ```
    /// use palisade_bulkhead::adaptive::{Adapt, Gradient2};
    /// use palisade_core::Ratio;
    ///
    /// let gradient = Gradient2::new(10, 500).tolerance(Ratio::percent(25)).queue_sqrt();
    /// assert_eq!(gradient.limit(), 20);
    /// ```
    #[must_use]
    pub fn new(min: u32, max: u32) -> Self {
        let bounds = Bounds::new(min, max);
        Self {
            bounds,
            tolerance: Ratio::percent(50),
            smoothing: Ratio::percent(20),
            queue: Queue::Of(4),
            window: Window::new(Micros(100_000)),
            long: LongAverage::new(6_000),
            limit: millionths(bounds.clamp(Bounds::START)),
        }
    }

    /// The limit to start at; the nearest within the bounds. 20 by default.
    #[must_use]
    pub const fn start(mut self, limit: u32) -> Self {
        self.limit = millionths(self.bounds.clamp(limit));
        self
    }

    /// How much slower than usual calls may be before the limit falls. 50 % by default.
    #[must_use]
    pub const fn tolerance(mut self, slower: Ratio) -> Self {
        self.tolerance = slower;
        self
    }

    /// How far each window moves the limit to where it should be. 20 % by default.
    #[must_use]
    pub const fn smoothing(mut self, share: Ratio) -> Self {
        self.smoothing = share;
        self
    }

    /// How many calls may queue up in what is called. 4 by default; with 0 the limit never grows.
    #[must_use]
    pub const fn queue(mut self, calls: u32) -> Self {
        self.queue = Queue::Of(calls);
        self
    }

    /// As many calls may queue up as the limit's square root, rounded down: for limits of hundreds.
    #[must_use]
    pub const fn queue_sqrt(mut self) -> Self {
        self.queue = Queue::SquareRoot;
        self
    }

    /// For how long calls are gathered before the limit moves. 100 ms by default; longer while they
    /// are fewer than ten.
    #[must_use]
    pub fn window(mut self, span: Duration) -> Self {
        self.window = Window::new(Micros::from(span));
        self
    }

    /// Over how many windows latency is what it "usually" is. 6000 by default; 0 counts as 1.
    #[must_use]
    pub const fn long_window(mut self, windows: u32) -> Self {
        self.long = LongAverage::new(windows);
        self
    }

    fn follow(&mut self, seen: Seen) {
        let measured = seen.mean().map(|short| self.compare(short));
        if !seen.in_use {
            return;
        }
        let gradient = match measured {
            Some(gradient) if !seen.dropped => gradient,
            // Nothing was served, or something refused.
            _ => MILLION / 2,
        };
        let target = share(self.limit, gradient) + millionths(self.queue.at(self.limit()));
        let smoothing = u64::from(self.smoothing.ppm());
        let limit = share(self.limit, MILLION - smoothing) + share(target, smoothing);
        self.limit = limit.clamp(millionths(self.bounds.least), millionths(self.bounds.most));
    }

    /// The gradient of a window with this mean latency, in millionths.
    fn compare(&mut self, short: u64) -> u64 {
        let long = self.long.add(short);
        if long / 2 > short {
            self.long.ease();
        }
        let tolerated = u128::from(long) * u128::from(MILLION + u64::from(self.tolerance.ppm()));
        let gradient = tolerated / u128::from(short.max(1));
        // In range once it is at most a million.
        (gradient.min(MILLION.into()) as u64).max(MILLION / 2)
    }
}

impl Adapt for Gradient2 {
    fn limit(&self) -> u32 {
        // Within the bounds, which are of 32 bits.
        (self.limit / MILLION) as u32
    }

    fn adapt(&mut self, sample: &Sample) {
        let in_use = sample.uses(self.limit());
        if let Some(seen) = self.window.add(sample, in_use) {
            self.follow(seen);
        }
    }
}

// ===== impl Queue =====

impl Queue {
    const fn at(self, limit: u32) -> u32 {
        match self {
            Self::Of(calls) => calls,
            Self::SquareRoot => limit.isqrt(),
        }
    }
}

const fn millionths(whole: u32) -> u64 {
    whole as u64 * MILLION
}

/// A share of up to all of an amount, in millionths.
const fn share(amount: u64, millionths: u64) -> u64 {
    (amount as u128 * millionths as u128 / MILLION as u128) as u64
}
