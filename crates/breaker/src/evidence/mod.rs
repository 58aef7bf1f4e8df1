//! What a breaker has seen of its service, while calls pass.

pub(crate) mod baseline;
pub(crate) mod buckets;
pub(crate) mod calm;
pub(crate) mod ring;
pub(crate) mod tally;

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use palisade_core::sync::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use palisade_core::telemetry::Gauge;
use palisade_core::{Cause, Micros, Ratio};

use self::baseline::Baseline;
use self::buckets::Buckets;
use self::calm::Calm;
use self::ring::{Mark, Ring};
use self::tally::Tally;
use crate::counters::{ELSEWHERE, PASSED};
use crate::plan::Flags;
use crate::settings::{MOST_CALLS, Settings, Window};
use crate::trip::count;

/// Counts, and what is derived from them. Written by each call as it ends, mostly not at all.
#[derive(Debug)]
pub(crate) struct Evidence {
    /// Successes are counted on each thread for itself, on the layer's row; of a key's own circuit
    /// here.
    own_successes: Option<AtomicU64>,
    row: AtomicU32,
    failures: AtomicU64,
    slow: AtomicU64,
    refused: AtomicU64,
    in_a_row: AtomicU32,
    ring: ArcSwapOption<Ring>,
    calm: Calm,
    buckets: Buckets,
    baseline: Baseline,
    /// Whether a success could be what opens the breaker, since it completes the minimum.
    watch: AtomicBool,
    /// The share of calls that is refused while calls pass, in parts per million.
    throttled: AtomicU32,
    /// Until when the service has asked to be left alone.
    hold: AtomicU64,
}

impl Evidence {
    /// Of the layer's own circuit, or of a key's.
    pub(crate) fn new(row: Gauge, keyed: bool) -> Self {
        Self {
            own_successes: keyed.then(|| AtomicU64::new(0)),
            row: AtomicU32::new(row.to_bits()),
            failures: AtomicU64::new(0),
            slow: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            in_a_row: AtomicU32::new(0),
            ring: ArcSwapOption::empty(),
            calm: Calm::new(),
            buckets: Buckets::new(),
            baseline: Baseline::new(),
            watch: AtomicBool::new(false),
            throttled: AtomicU32::new(0),
            hold: AtomicU64::new(0),
        }
    }

    /// Counts successes on another layer's row from now on.
    pub(crate) fn set_row(&self, row: Gauge) {
        self.row.store(row.to_bits(), Relaxed);
    }

    /// Forgets the window, and all else that a closed breaker starts without. What is usual stays.
    pub(crate) fn renew(&self, settings: &Settings) {
        // The calls that opened it are part of what is usual.
        self.baseline.learn(self.buckets.clear(self.tally()));
        let ring = match settings.window {
            Window::Calls(calls) => Some(Arc::new(Ring::new(calls.min(MOST_CALLS)))),
            Window::Time(_) => None,
        };
        self.calm.disturb(|| self.ring.store(ring));
        self.in_a_row.store(0, Relaxed);
        self.watch.store(false, Relaxed);
        self.throttled.store(0, Relaxed);
        self.hold.store(0, Relaxed);
    }

    /// Forgets what is usual, too.
    pub(crate) fn clear(&self, settings: &Settings) {
        self.renew(settings);
        self.baseline.clear();
    }

    /// Fits what was seen to other settings.
    pub(crate) fn fit(&self, settings: &Settings) {
        self.buckets.resize();
        let ring = self.ring.load_full();
        let resized = match (settings.window, ring) {
            (Window::Calls(calls), Some(ring)) if ring.size() == calls.clamp(1, MOST_CALLS) => {
                Some(ring)
            }
            (Window::Calls(calls), Some(ring)) => {
                Some(Arc::new(ring.resized(calls.min(MOST_CALLS))))
            }
            (Window::Calls(calls), None) => Some(Arc::new(Ring::new(calls.min(MOST_CALLS)))),
            (Window::Time(_), _) => None,
        };
        self.calm.disturb(|| self.ring.store(resized));
        if settings.trip.consecutive.is_none() {
            // Nobody counts on, or says when the row ends.
            self.in_a_row.store(0, Relaxed);
        }
        if settings.throttle.is_none() {
            self.throttled.store(0, Relaxed);
        }
        self.watch.store(true, Relaxed);
    }

    /// Moves the time window on to `now`, before the call is counted that ends at that time; `true`
    /// if it has moved.
    #[inline]
    pub(crate) fn roll(&self, now: Micros, span: impl FnOnce() -> Micros) -> bool {
        self.buckets.is_due(now) && self.roll_on(now, span())
    }

    #[cold]
    fn roll_on(&self, now: Micros, span: Micros) -> bool {
        let bucket = self.buckets.roll(now, span, || self.tally());
        bucket.inspect(|&bucket| self.baseline.learn(bucket)).is_some()
    }

    /// A call has succeeded and not been slow; it is counted by its ticket.
    #[inline]
    pub(crate) fn succeed(&self, flags: Flags) {
        if let Some(successes) = &self.own_successes {
            successes.fetch_add(1, Relaxed);
        }
        if flags.row() && self.in_a_row.load(Relaxed) != 0 {
            self.in_a_row.store(0, Relaxed);
        }
        if flags.ring() && !self.calm.is_calm() {
            self.push(Mark { failed: false, slow: false });
        }
    }

    /// A call has failed or been slow, or both.
    pub(crate) fn strain(&self, flags: Flags, mark: Mark, hold: Micros) {
        match mark.failed {
            true => {
                self.failures.fetch_add(1, Relaxed);
                if flags.row() {
                    let saturating = |row: u32| row.checked_add(1);
                    let _ = self.in_a_row.fetch_update(Relaxed, Relaxed, saturating);
                }
                self.hold.fetch_max(hold.0, Relaxed);
            }
            false => {
                if let Some(successes) = &self.own_successes {
                    successes.fetch_add(1, Relaxed);
                }
                self.in_a_row.store(0, Relaxed);
            }
        }
        if mark.slow {
            self.slow.fetch_add(1, Relaxed);
        }
        self.calm.disturb(|| self.push(mark));
    }

    /// A throttle has refused a call.
    pub(crate) fn refuse(&self) {
        self.refused.fetch_add(1, Relaxed);
    }

    #[inline(never)]
    fn push(&self, mark: Mark) {
        self.calm.look(|| {
            let ring = self.ring.load();
            ring.as_deref().is_some_and(|ring| {
                ring.push(mark);
                ring.is_calm()
            })
        });
    }

    /// Whether an end that changed nothing by itself is to be looked at all the same.
    #[inline]
    pub(crate) fn is_watched(&self) -> bool {
        self.watch.load(Relaxed) || self.is_throttled()
    }

    /// Why the breaker should open, if it should.
    pub(crate) fn judge(&self, settings: &Settings, load: impl FnOnce() -> Ratio) -> Option<Cause> {
        if let Some(throttle) = settings.throttle {
            let window = self.buckets.window(|| self.tally());
            self.throttled.store(throttle.share(window).ppm(), Relaxed);
        }
        let trip = &settings.trip;
        let in_a_row = self.in_a_row.load(Relaxed);
        if trip.consecutive.is_some_and(|most| in_a_row >= most) {
            return Some(Cause::InARow { calls: in_a_row });
        }
        let window = self.window(settings);
        let minimum = settings.minimum_calls;
        let is_strained = window.failures > 0 || window.slow > 0;
        let mut completes = window.calls() < u64::from(minimum);
        let cause = trip.judge(window, minimum).or_else(|| {
            let raised = trip.raised?;
            let timed = self.buckets.window(|| self.tally());
            completes |= timed.calls() < u64::from(minimum);
            raised.judge(timed, minimum, self.baseline.usual(), load())
        });
        self.watch.store(is_strained && completes, Relaxed);
        cause
    }

    /// What is in the window now, whether or not there were calls lately.
    pub(crate) fn window_at(&self, now: Micros, settings: &Settings) -> Tally {
        if self.roll(now, || settings.span().into()) {
            // The next call does not see that it has moved.
            self.watch.store(true, Relaxed);
        }
        self.window(settings)
    }

    /// What is in the window.
    fn window(&self, settings: &Settings) -> Tally {
        match (settings.window, &*self.ring.load()) {
            (Window::Calls(_), Some(ring)) => ring.window(),
            _ => self.buckets.window(|| self.tally()),
        }
    }

    /// Whether any call is refused while calls pass.
    #[inline]
    pub(crate) fn is_throttled(&self) -> bool {
        self.throttled.load(Relaxed) > 0
    }

    /// The share of calls that is refused while calls pass.
    pub(crate) fn throttled(&self) -> Ratio {
        Ratio::per_million(self.throttled.load(Relaxed))
    }

    /// What a throttle has seen, for its refusal.
    pub(crate) fn throttle_cause(&self) -> Cause {
        let window = self.buckets.window(|| self.tally());
        let of = window.calls().saturating_add(window.refused);
        Cause::Throttled { accepts: count(window.successes), of: count(of) }
    }

    /// How often calls usually fail, if that is known.
    pub(crate) fn usual(&self) -> Option<Ratio> {
        self.baseline.usual()
    }

    /// Until when the service has asked to be left alone.
    pub(crate) fn hold(&self) -> Micros {
        Micros(self.hold.load(Relaxed))
    }

    /// What was counted since the beginning.
    fn tally(&self) -> Tally {
        let successes = match &self.own_successes {
            Some(successes) => successes.load(Relaxed),
            None => {
                let row = Gauge::from_bits(self.row.load(Relaxed));
                row.sum(PASSED).wrapping_sub(row.sum(ELSEWHERE))
            }
        };
        Tally {
            successes,
            failures: self.failures.load(Relaxed),
            slow: self.slow.load(Relaxed),
            refused: self.refused.load(Relaxed),
        }
    }
}
