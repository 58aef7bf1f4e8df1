//! The planned waits, before cap and jitter.

use std::iter::Fuse;
use std::sync::Arc;
use std::time::Duration;
use std::{fmt, mem};

use palisade_core::Micros;

use super::{CAP, Factor};

/// How planned waits go on.
#[derive(Clone, Debug)]
pub(super) enum Course {
    Fixed(Micros),
    Linear(Micros),
    Exponential { first: Micros, factor: Factor },
    Own(Source),
}

/// The planned waits of one call.
#[derive(Debug)]
pub(super) enum Steps {
    Fixed(Micros),
    Linear {
        next: Micros,
        step: Micros,
    },
    /// With parts of a microsecond, or a short wait that grows by half would never grow.
    Exponential {
        next: u128,
        factor: Factor,
    },
    Own(Rest),
}

/// Makes the waits of a call.
#[derive(Clone)]
pub(super) struct Source(Arc<dyn Fn() -> Rest + Send + Sync>);

/// What is left of them. After their end nothing follows.
pub(super) struct Rest(Fuse<Box<dyn Iterator<Item = Duration> + Send>>);

/// Bits for the parts of a microsecond.
const FRACTION: u32 = 32;

/// The end of time, with parts.
const MOST: u128 = (u64::MAX as u128) << FRACTION;

// ===== impl Course =====

impl Course {
    /// The longest wait of one that was not told.
    pub(super) fn usual_cap(&self) -> Micros {
        match *self {
            // Who asks for a longer first wait means it.
            Self::Fixed(first) | Self::Linear(first) | Self::Exponential { first, .. } => {
                first.max(CAP)
            }
            Self::Own(_) => Micros::MAX,
        }
    }

    pub(super) fn begin(&self) -> Steps {
        match *self {
            Self::Fixed(wait) => Steps::Fixed(wait),
            Self::Linear(step) => Steps::Linear { next: step, step },
            Self::Exponential { first, factor } => {
                Steps::Exponential { next: u128::from(first.0) << FRACTION, factor }
            }
            Self::Own(ref source) => Steps::Own((source.0)()),
        }
    }
}

// ===== impl Steps =====

impl Steps {
    pub(super) fn next(&mut self) -> Option<Micros> {
        Some(match self {
            Self::Fixed(wait) => *wait,
            Self::Linear { next, step } => {
                let after = *next + *step;
                mem::replace(next, after)
            }
            Self::Exponential { next, factor } => {
                let after = factor.of(*next).min(MOST);
                // At most `MOST`.
                Micros((mem::replace(next, after) >> FRACTION) as u64)
            }
            Self::Own(rest) => rest.0.next()?.into(),
        })
    }
}

// ===== impl Source =====

impl Source {
    pub(super) fn new<F, I>(waits: F) -> Self
    where
        F: Fn() -> I + Send + Sync + 'static,
        I: IntoIterator<Item = Duration>,
        I::IntoIter: Send + 'static,
    {
        Self(Arc::new(move || {
            let rest: Box<dyn Iterator<Item = Duration> + Send> = Box::new(waits().into_iter());
            Rest(rest.fuse())
        }))
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Source")
    }
}

impl fmt::Debug for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rest")
    }
}
