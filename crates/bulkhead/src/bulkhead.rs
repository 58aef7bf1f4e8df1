//! The bulkhead without Tower.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use palisade_core::base::{self, edit, share};
use palisade_core::{Rejection, common_setters};

use crate::acquire::{Acquire, Call};
use crate::adaptive::Adapt;
use crate::handle::BulkheadHandle;
use crate::layer::BulkheadLayer;
use crate::learning::Algorithm;
use crate::permit::Permit;
use crate::shared::Shared;
use crate::shared::settings::Settings;

/// A limit on how much runs at once, for work of any kind.
///
/// Clones share it. A setter on a bulkhead that already has a clone, a layer or a handle starts
/// afresh; after that its [handle](Self::handle) changes it.
///
/// ```
/// use palisade_bulkhead::Bulkhead;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), palisade_bulkhead::Rejection> {
/// let exports = Bulkhead::new(2).name("exports");
/// let sum = exports.call(async { 1 + 1 }).await?;
///
/// let (first, second) = (exports.try_acquire()?, exports.acquire().await?);
/// let why = exports.try_acquire().unwrap_err();
/// assert_eq!(why.to_string(), r#"bulkhead full: "exports" allows 2 at once"#);
/// drop(first);
/// assert!(exports.try_acquire().is_ok());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Bulkhead {
    shared: Arc<Shared>,
}

common_setters! {
    Bulkhead, "bulkhead";
    /// Acts on this share of refusals and waits only; on all unless set. The rest pass at once,
    /// without a place, and are counted as `shadowed`: with
    /// [`Ratio::ZERO`](palisade_core::Ratio::ZERO) the bulkhead is tried out and nobody is refused.
    enforce
}

impl Bulkhead {
    /// Lets `max_concurrent` units of work run at once; 0 lets nothing run that weighs anything.
    ///
    /// Whoever finds it full is refused, unless there is a [queue](Self::max_queued).
    #[must_use]
    pub fn new(max_concurrent: u32) -> Self {
        Self { shared: share(Shared::new(max_concurrent)) }
    }

    /// Lets so many wait for a place; none unless set. See
    /// [`BulkheadLayer::max_queued`].
    #[must_use]
    pub fn max_queued(self, most: u32) -> Self {
        self.edit(|shared| shared.set(|old| Settings { max_queued: most, ..old }))
    }

    /// Lets them wait this long at most; a second unless set. See [`BulkheadLayer::max_wait`].
    #[must_use]
    pub fn max_wait(self, most: Duration) -> Self {
        self.edit(|shared| shared.set(|old| Settings { max_wait: most.into(), ..old }))
    }

    /// Lets the limit follow how calls fare, instead of a number; see
    /// [`BulkheadLayer::adaptive`]. Here nobody looks at what the work results in:
    /// [`Permit::failure`] says that it failed.
    #[must_use]
    pub fn adaptive<A: Adapt + Clone + Sync + 'static>(self, algorithm: A) -> Self {
        let algorithm = Algorithm::new(algorithm);
        self.edit(|shared| shared.plan(|plan| plan.algorithm = Some(algorithm)))
    }

    /// Takes a place if one is free and nobody waits.
    ///
    /// # Errors
    /// The bulkhead is full, or the deadline of the [call](palisade_core::CallContext) has passed.
    pub fn try_acquire(&self) -> Result<Permit, Rejection> {
        self.try_acquire_many(1)
    }

    /// Takes `weight` units at once; of a larger weight than the limit, all there are. A weight of 0
    /// takes none, and is never refused for want of room.
    ///
    /// # Errors
    /// As [`try_acquire`](Self::try_acquire).
    ///
    /// ```
    /// use palisade_bulkhead::Bulkhead;
    ///
    /// let memory = Bulkhead::new(512);
    /// let large = memory.try_acquire_many(500)?;
    /// assert!(memory.try_acquire_many(13).is_err());
    /// # Ok::<(), palisade_bulkhead::Rejection>(())
    /// ```
    pub fn try_acquire_many(&self, weight: u32) -> Result<Permit, Rejection> {
        if !self.shared.switch().enabled {
            return Ok(Permit::new(None));
        }
        let room = self.shared.room();
        match self.shared.take(&room, weight) {
            Some(units) => Ok(Permit::new(Some(self.shared.admit(room, units)))),
            None => self.shared.turn_down(&room).map(Permit::new),
        }
    }

    /// Waits for a place, behind all who came before and no longer than
    /// [`max_wait`](Self::max_wait). Resolves to what [`try_acquire`](Self::try_acquire) returns, or
    /// to a rejection that says that the queue is full or that the wait was in vain.
    ///
    /// The future owns a reference to the bulkhead, so it may be spawned.
    ///
    /// # Runtime
    /// Who has to wait needs tokio's timers, unless [`max_wait`](Self::max_wait) is
    /// [`Duration::MAX`] and there is no deadline.
    pub fn acquire(&self) -> Acquire {
        self.acquire_many(1)
    }

    /// Waits for `weight` units at once; see [`try_acquire_many`](Self::try_acquire_many).
    pub fn acquire_many(&self, weight: u32) -> Acquire {
        Acquire::new(Arc::clone(&self.shared), weight)
    }

    /// Runs `future` when it has a place. Resolves to its output, or to the rejection of
    /// [`acquire`](Self::acquire).
    ///
    /// Whatever the output is, an `Err` too, the call counts as passed, and as served for an
    /// [adaptive](Self::adaptive) limit: only a panic counts as failed. Where errors are to count, take a
    /// permit:
    ///
    /// ```
    /// use palisade_bulkhead::Bulkhead;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), palisade_bulkhead::Rejection> {
    /// # async fn query() -> Result<(), String> { Err("broken".to_owned()) }
    /// let database = Bulkhead::new(10);
    /// let permit = database.acquire().await?;
    /// if query().await.is_err() {
    ///     permit.failure();
    /// }
    /// assert_eq!(database.handle().snapshot().failed, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn call<F: Future>(&self, future: F) -> Call<F> {
        Call::new(self.acquire(), future)
    }

    /// A layer that shares this bulkhead.
    ///
    /// ```
    /// use palisade_bulkhead::Bulkhead;
    ///
    /// let database = Bulkhead::new(10).name("database");
    /// let layer = database.layer();
    /// let permit = database.try_acquire()?;
    /// assert_eq!(layer.handle().snapshot().in_use, 1);
    /// # Ok::<(), palisade_bulkhead::Rejection>(())
    /// ```
    #[must_use]
    pub fn layer(&self) -> BulkheadLayer {
        BulkheadLayer::on(Arc::clone(&self.shared))
    }

    /// Reads and changes the bulkhead while it is in use.
    #[must_use]
    pub fn handle(&self) -> BulkheadHandle {
        BulkheadHandle::new(Arc::clone(&self.shared))
    }

    fn edit(self, change: impl FnOnce(&mut Shared)) -> Self {
        Self { shared: edit(self.shared, change) }
    }
}

/// Says the bulkhead as a sentence.
impl fmt::Debug for Bulkhead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = base::Shared::base(&*self.shared).name();
        write!(f, "Bulkhead({name:?}: {})", self.shared.settings())
    }
}
