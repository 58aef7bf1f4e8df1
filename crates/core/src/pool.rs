//! State that calls in flight may refer to without counting references.
//!
//! A call that was admitted must find its way back to the state that admitted it, even if the layer
//! is gone by then. A reference count per call would be two locked instructions on a cache line that
//! all threads share (row "a reference counted up and down" of the benches' ingredients): more than
//! all the rest of an admission. So the state is never freed: when its layer ends it waits, with its
//! place in memory, until the tickets of all calls are closed, and is then used for the next layer.
//! There are as many as there were layers (and calls that outlived theirs) at once.

use std::fmt;
use std::ops::Deref;

use parking_lot::Mutex;

use crate::telemetry::{Departure, Meter};

/// State that can be used again.
pub trait Reuse: Send + Sync + 'static {
    /// What it is made of.
    type Seed;

    /// Makes one.
    fn make(seed: Self::Seed) -> Self;

    /// Makes a used one, that no call refers to any more, as good as new.
    fn renew(&self, seed: Self::Seed);

    /// Lets go of what need not outlive the layer; calls may still be in flight.
    fn retire(&self) {}
}

/// States that are in nobody's use: a `static` of the crate whose states they are.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
/// use palisade_core::Name;
/// use palisade_core::pool::{Pool, Reuse};
/// use palisade_core::telemetry::{Meter, Schema};
///
/// struct Word(AtomicU64);
///
/// impl Reuse for Word {
///     type Seed = u64;
///     fn make(seed: u64) -> Self { Self(AtomicU64::new(seed)) }
///     fn renew(&self, seed: u64) { self.0.store(seed, Relaxed); }
/// }
///
/// static POOL: Pool<Word> = Pool::new();
/// const SCHEMA: Schema = Schema { layer: "example", series: &[] };
///
/// let meter = Meter::new(&SCHEMA, Name::default());
/// let word = POOL.take(&meter, 7);
/// assert_eq!(word.get().0.load(Relaxed), 7);
/// ```
pub struct Pool<T: 'static> {
    leaving: Mutex<Vec<Leaving<T>>>,
}

struct Leaving<T: 'static> {
    state: &'static T,
    departure: Departure,
}

/// A state in use by a layer, in its shared state; dropped, it goes back to its pool.
pub struct Pooled<T: Reuse> {
    state: &'static T,
    departure: Departure,
    pool: &'static Pool<T>,
}

impl<T> Pool<T> {
    /// A pool of no states.
    #[must_use]
    pub const fn new() -> Self {
        Self { leaving: Mutex::new(Vec::new()) }
    }
}

impl<T: Reuse> Pool<T> {
    /// A state for the layer that `meter` counts for: whoever refers to the state without owning it
    /// must hold an open ticket of that meter.
    #[must_use]
    pub fn take(&'static self, meter: &Meter, seed: T::Seed) -> Pooled<T> {
        let free = {
            let mut leaving = self.leaving.lock();
            let free = leaving.iter().position(|state| state.departure.is_over());
            free.map(|at| leaving.swap_remove(at).state)
        };
        let state = match free {
            Some(state) => {
                state.renew(seed);
                state
            }
            None => Box::leak(Box::new(T::make(seed))),
        };
        Pooled { state, departure: meter.departure(), pool: self }
    }
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for Pool<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("leaving", &self.leaving.lock().len()).finish()
    }
}

// ===== impl Pooled =====

impl<T: Reuse> Pooled<T> {
    /// The state, for whoever holds an open ticket.
    #[inline]
    #[must_use]
    pub const fn get(&self) -> &'static T {
        self.state
    }
}

impl<T: Reuse> Deref for Pooled<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        self.state
    }
}

impl<T: Reuse> Drop for Pooled<T> {
    fn drop(&mut self) {
        self.state.retire();
        let leaving = Leaving { state: self.state, departure: self.departure };
        self.pool.leaving.lock().push(leaving);
    }
}

impl<T: Reuse + fmt::Debug> fmt::Debug for Pooled<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.state.fmt(f)
    }
}
