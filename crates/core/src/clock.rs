//! The one clock that every layer reads.
//!
//! A layer asks the time once per admission, so the clock is the largest part of what an admission
//! costs: reading the processor's time stamp counter through `quanta` takes about half of what
//! `Instant::now` does. Time is whole microseconds since the UNIX epoch, anchored once per process
//! and monotonic from there: a later change of the system's wall clock is not seen.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::Micros;

/// Where a layer reads the time.
///
/// The default is [`Clock::fast`]; with the feature `test-util` it is [`Clock::tokio`], so that
/// `#[tokio::test(start_paused = true)]` just works. Cloning is cheap; clones show the same time.
///
/// ```
/// use palisade_core::Clock;
///
/// let clock = Clock::fast();
/// let start = clock.now();
/// assert!(clock.now() >= start);
/// ```
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    Fast(&'static FastAnchor),
    Tokio(&'static TokioAnchor),
    Manual(Arc<AtomicU64>),
}

/// A clock that moves only when it is told to, for tests without a runtime.
///
/// ```
/// use std::time::Duration;
/// use palisade_core::ManualClock;
///
/// let manual = ManualClock::new();
/// let clock = manual.clock();
/// let start = clock.now();
/// manual.advance(Duration::from_secs(1));
/// assert_eq!(clock.now().since(start).0, 1_000_000);
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<AtomicU64>);

struct FastAnchor {
    clock: quanta::Clock,
    raw: u64,
    unix: u64,
    /// Microseconds per tick, times 2^64: the time is one multiplication away from the counter.
    scale: u64,
}

struct TokioAnchor {
    instant: tokio::time::Instant,
    unix: u64,
}

static FAST: LazyLock<FastAnchor> = LazyLock::new(|| {
    // As many ticks as give the rate to twelve digits.
    const MANY: u64 = 1 << 40;
    let clock = quanta::Clock::new();
    let nanos = u128::from(clock.delta_as_nanos(0, MANY));
    let scale = (nanos << 64) / (1_000 * u128::from(MANY));
    let scale = u64::try_from(scale).unwrap_or(u64::MAX);
    FastAnchor { raw: clock.raw(), unix: unix_now(), scale, clock }
});

static TOKIO: LazyLock<TokioAnchor> =
    LazyLock::new(|| TokioAnchor { instant: tokio::time::Instant::now(), unix: unix_now() });

// ===== impl Clock =====

impl Clock {
    /// The processor's time stamp counter, calibrated once per process (which takes some
    /// milliseconds, at most 200, when the first layer is built); `clock_gettime` where it cannot be trusted.
    #[must_use]
    pub fn fast() -> Self {
        Self(Source::Fast(&FAST))
    }

    /// Tokio's clock, which `tokio::time::pause` stops and `tokio::time::advance` moves.
    #[must_use]
    pub fn tokio() -> Self {
        Self(Source::Tokio(&TOKIO))
    }

    /// The time.
    #[inline]
    #[must_use]
    pub fn now(&self) -> Micros {
        match &self.0 {
            Source::Fast(anchor) => anchor.now(),
            Source::Tokio(anchor) => anchor.now(),
            Source::Manual(micros) => Micros(micros.load(Ordering::Acquire)),
        }
    }

    /// Whether this is [`Clock::fast`]. Benches and release examples assert it, to be sure that no
    /// dependency switched the feature `test-util` on.
    #[must_use]
    pub const fn is_fast(&self) -> bool {
        matches!(self.0, Source::Fast(_))
    }
}

impl Default for Clock {
    fn default() -> Self {
        if cfg!(feature = "test-util") { Self::tokio() } else { Self::fast() }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Source::Fast(_) => "Clock::fast",
            Source::Tokio(_) => "Clock::tokio",
            Source::Manual(_) => "Clock::manual",
        })
    }
}

// ===== impl ManualClock =====

impl ManualClock {
    /// A clock that stands at the start of 2026.
    #[must_use]
    pub fn new() -> Self {
        Self::at(Micros(1_767_225_600_000_000))
    }

    /// A clock that stands at `now`.
    #[must_use]
    pub fn at(now: Micros) -> Self {
        Self(Arc::new(AtomicU64::new(now.0)))
    }

    /// The clock to give to a layer.
    #[must_use]
    pub fn clock(&self) -> Clock {
        Clock(Source::Manual(Arc::clone(&self.0)))
    }

    /// Moves the time on by `span`, at most to the end of time.
    pub fn advance(&self, span: Duration) {
        let later = |now| Some((Micros(now) + Micros::from(span)).0);
        // Never an error: there always is a later time.
        let _ = self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, later);
    }

    /// Sets the time, also backwards.
    pub fn set(&self, now: Micros) {
        self.0.store(now.0, Ordering::Release);
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

// ===== impl anchors =====

impl FastAnchor {
    #[inline]
    fn now(&self) -> Micros {
        let ticks = self.clock.raw().saturating_sub(self.raw);
        let micros = (u128::from(ticks) * u128::from(self.scale)) >> 64;
        Micros(self.unix + micros as u64)
    }
}

impl TokioAnchor {
    /// A paused runtime's time may lie before the anchor, which another runtime set later.
    fn now(&self) -> Micros {
        let now = tokio::time::Instant::now();
        match now.checked_duration_since(self.instant) {
            Some(after) => Micros(self.unix + floor_micros(after)),
            None => {
                let before = self.instant.saturating_duration_since(now);
                Micros(self.unix.saturating_sub(Micros::from(before).0))
            }
        }
    }
}

fn floor_micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

/// A system clock before 1970 counts as 1970.
fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, floor_micros)
}
