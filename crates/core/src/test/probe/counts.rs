//! What a probe counts, and the handle that reads it.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

/// What a [`Probe`](super::Probe) and its clones have seen so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Polls of `poll_ready`.
    pub polls_ready: usize,
    /// Calls of an instance whose own last `poll_ready` was not `Ready(Ok)`, or that had been
    /// called since.
    pub violations: usize,
    /// Clones made.
    pub clones: usize,
    /// Calls.
    pub calls: usize,
    /// Calls whose future is alive and unfinished.
    pub in_flight: usize,
    /// The most calls that were in flight at once.
    pub peak: usize,
    /// Polls of the calls' futures.
    pub future_polls: usize,
    /// Calls whose future was dropped (or whose service panicked) before it had finished.
    pub dropped: usize,
    /// Instances that were dropped ready, without the call that they were readied for.
    pub unused: usize,
}

/// Reads the counts of a [`Probe`](super::Probe) or a [`ProbeLayer`](super::ProbeLayer).
///
/// ```
/// use palisade_core::test::{Probe, echo};
///
/// let service = Probe::new(echo::<String>());
/// let probe = service.handle();
///
/// drop(service.clone());
/// drop(service);
///
/// assert_eq!(probe.counts().clones, 1);
/// ```
#[derive(Clone, Debug)]
pub struct ProbeHandle {
    counters: Arc<Counters>,
}

impl ProbeHandle {
    pub(super) fn new(counters: &Arc<Counters>) -> Self {
        Self { counters: Arc::clone(counters) }
    }

    /// The counts at this moment.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let Counters {
            polls_ready,
            violations,
            clones,
            calls,
            in_flight,
            peak,
            future_polls,
            dropped,
            unused,
        } = &*self.counters;
        Counts {
            polls_ready: polls_ready.load(SeqCst),
            violations: violations.load(SeqCst),
            clones: clones.load(SeqCst),
            calls: calls.load(SeqCst),
            in_flight: in_flight.load(SeqCst),
            peak: peak.load(SeqCst),
            future_polls: future_polls.load(SeqCst),
            dropped: dropped.load(SeqCst),
            unused: unused.load(SeqCst),
        }
    }
}

/// The counts as they grow. One cache line or two, strictly ordered: this is for tests, not for
/// measurements.
#[derive(Debug, Default)]
pub(super) struct Counters {
    polls_ready: AtomicUsize,
    violations: AtomicUsize,
    clones: AtomicUsize,
    calls: AtomicUsize,
    in_flight: AtomicUsize,
    peak: AtomicUsize,
    future_polls: AtomicUsize,
    dropped: AtomicUsize,
    unused: AtomicUsize,
}

impl Counters {
    pub(super) fn polled_ready(&self) {
        self.polls_ready.fetch_add(1, SeqCst);
    }

    pub(super) fn called(&self, ready: bool) {
        self.calls.fetch_add(1, SeqCst);
        if !ready {
            self.violations.fetch_add(1, SeqCst);
        }
    }

    pub(super) fn cloned(&self) {
        self.clones.fetch_add(1, SeqCst);
    }

    pub(super) fn readied_for_nothing(&self) {
        self.unused.fetch_add(1, SeqCst);
    }

    pub(super) fn took_off(&self) {
        let now = self.in_flight.fetch_add(1, SeqCst) + 1;
        self.peak.fetch_max(now, SeqCst);
    }

    pub(super) fn polled_future(&self) {
        self.future_polls.fetch_add(1, SeqCst);
    }

    pub(super) fn landed(&self, finished: bool) {
        if !finished {
            self.dropped.fetch_add(1, SeqCst);
        }
        self.in_flight.fetch_sub(1, SeqCst);
    }
}
