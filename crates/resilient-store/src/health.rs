//! Whether the store is there.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed};

use palisade_core::algorithm::Portion;
use tokio::sync::Notify;

/// Says whether the store is there, as far as the last health check knows.
///
/// Clones tell of the same store. See [`ResilientStore::health_checker`](crate::ResilientStore::health_checker).
#[derive(Clone)]
pub struct HealthChecker(pub(crate) Arc<Health>);

/// What health checks have found, and outages have left.
#[derive(Default)]
pub(crate) struct Health {
    status: AtomicU8,
    /// Instances in the upper half, this one's rank in the lower; 0 if they are not counted.
    portion: AtomicU64,
    outage: AtomicU32,
    failing: AtomicBool,
    /// Whether there may be keys that the store has to be told of.
    pub(crate) owing: AtomicBool,
    /// Rung when there is a reason to look at the store now.
    pub(crate) bell: Notify,
}

/// What a health check finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Up,
    /// It answers, and does not do what it is asked for. What decisions say counts: it may be the check
    /// alone that is not permitted.
    Refusing,
    Away,
}

impl HealthChecker {
    /// Whether the last health check found the store there and doing its work; `true` before the first
    /// one, and if there are none since there is no runtime.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.0.status() == Status::Up
    }
}

impl fmt::Debug for HealthChecker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HealthChecker").field(&self.0.status()).finish()
    }
}

impl Health {
    pub(crate) fn status(&self) -> Status {
        match self.status.load(Relaxed) {
            0 => Status::Up,
            1 => Status::Refusing,
            _ => Status::Away,
        }
    }

    /// What a check has found; what was found before.
    pub(crate) fn set_status(&self, status: Status) -> Status {
        let before = self.status();
        self.status.store(status as u8, Relaxed);
        before
    }

    pub(crate) fn is_away(&self) -> bool {
        self.status() == Status::Away
    }

    /// Which part of the instances this one is, if the store counts them.
    pub(crate) fn portion(&self) -> Option<Portion> {
        let word = self.portion.load(Relaxed);
        let of = NonZeroU32::new((word >> 32) as u32)?;
        Some(Portion::new(word as u32, of))
    }

    pub(crate) fn set_portion(&self, portion: Option<Portion>) {
        let word = portion.map_or(0, |portion| {
            u64::from(portion.instances().get()) << 32 | u64::from(portion.rank())
        });
        self.portion.store(word, Relaxed);
    }

    /// The number of the last outage; 0 before the first.
    pub(crate) fn outage(&self) -> u32 {
        self.outage.load(Relaxed)
    }

    /// The store may have lost what it knew: with the first failure after a success an outage begins, and
    /// after it every key is looked at.
    pub(crate) fn fail(&self) {
        if !self.failing.swap(true, Relaxed) {
            self.outage.fetch_add(1, Relaxed);
        }
        self.owing.store(true, Relaxed);
    }

    /// The store has decided.
    pub(crate) fn succeed(&self) {
        if self.failing.load(Relaxed) {
            self.failing.store(false, Relaxed);
        }
    }
}
