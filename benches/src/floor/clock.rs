//! The two clocks that a limiter may read.

use std::time::Instant;

/// A clock that counts ticks.
pub trait Ticks {
    /// Ticks since some moment.
    fn now(&self) -> u64;

    /// Ticks in a second.
    fn per_second(&self) -> u64;
}

/// The processor's time-stamp counter, not even scaled to nanoseconds.
#[derive(Clone, Debug)]
pub struct Tsc {
    clock: quanta::Clock,
    per_second: u64,
}

impl Tsc {
    /// Reads how fast the counter is.
    #[must_use]
    pub fn new() -> Self {
        const MANY: u64 = 1 << 40;
        let clock = quanta::Clock::new();
        let nanos = clock.delta_as_nanos(0, MANY).max(1);
        let per_second = u128::from(MANY) * 1_000_000_000 / u128::from(nanos);
        Self { clock, per_second: per_second as u64 }
    }
}

impl Default for Tsc {
    fn default() -> Self {
        Self::new()
    }
}

impl Ticks for Tsc {
    #[inline]
    fn now(&self) -> u64 {
        self.clock.raw()
    }

    fn per_second(&self) -> u64 {
        self.per_second
    }
}

/// The standard library's clock, as most crates read it.
#[derive(Clone, Copy, Debug)]
pub struct Std(Instant);

impl Std {
    /// Counts nanoseconds from now on.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the floor with this clock is measured too")]
    pub fn new() -> Self {
        Self(Instant::now())
    }
}

impl Default for Std {
    fn default() -> Self {
        Self::new()
    }
}

impl Ticks for Std {
    #[inline]
    #[expect(clippy::disallowed_methods, reason = "the floor with this clock is measured too")]
    fn now(&self) -> u64 {
        self.0.elapsed().as_nanos() as u64
    }

    fn per_second(&self) -> u64 {
        1_000_000_000
    }
}

/// A clock of a thousand ticks a second that is moved by hand.
#[cfg(test)]
pub(super) struct Manual(pub(super) std::cell::Cell<u64>);

#[cfg(test)]
impl Ticks for &Manual {
    fn now(&self) -> u64 {
        self.0.get()
    }

    fn per_second(&self) -> u64 {
        1_000
    }
}
