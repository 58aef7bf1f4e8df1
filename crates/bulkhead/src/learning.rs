//! A room whose limit follows how its calls fare.

use std::fmt;
use std::sync::Arc;

use palisade_core::guard::End;
use palisade_core::{Clock, Micros};

use crate::adaptive::{Adapt, Adaptive, Sample};
use crate::gate::Gate;

/// Makes the algorithm of each room.
#[derive(Clone)]
pub(crate) struct Algorithm(Arc<dyn Fn() -> Adaptive + Send + Sync>);

/// An algorithm at work, and the clock that it learns by.
#[derive(Debug)]
pub(crate) struct Learning {
    adaptive: Adaptive,
    clock: Clock,
}

impl Algorithm {
    pub(crate) fn new(algorithm: impl Adapt + Clone + Sync + 'static) -> Self {
        Self(Arc::new(move || Adaptive::new(algorithm.clone())))
    }

    pub(crate) fn begin(&self, clock: Clock) -> Learning {
        Learning { adaptive: (self.0)(), clock }
    }
}

impl Learning {
    pub(crate) fn limit(&self) -> u32 {
        self.adaptive.limit()
    }

    pub(crate) fn now(&self) -> Micros {
        self.clock.now()
    }

    /// A call that began then, with so many units in use, has ended.
    #[inline(never)]
    pub(crate) fn hear(&self, gate: &Gate, began: Micros, in_use: u32, end: End) {
        let sample = Sample::of(began, end, self.clock.now(), in_use);
        if !sample.is_some_and(|sample| self.adaptive.record(&sample)) {
            return;
        }
        // Whoever set a limit that is old by then sets the new one, too.
        loop {
            let limit = self.adaptive.limit();
            gate.set_limit(limit);
            if self.adaptive.limit() == limit {
                return;
            }
        }
    }
}

impl fmt::Debug for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Algorithm").finish_non_exhaustive()
    }
}
