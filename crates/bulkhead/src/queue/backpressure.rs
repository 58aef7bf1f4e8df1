//! The queue: how it is made, and how it is.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use palisade_core::Ratio;

use super::shared::Shared;

/// A bounded first-in, first-out queue whose producers wait for room, up to a timeout.
///
/// Clones share the queue. See the [module](super) for what it is for, its order and its cost.
pub struct BackpressureQueue<T> {
    pub(super) shared: Arc<Shared<T>>,
    pub(super) timeout: Duration,
}

// ===== impl BackpressureQueue =====

impl<T> BackpressureQueue<T> {
    const TIMEOUT: Duration = Duration::from_secs(5);

    /// A queue for `max_size` items; 0 counts as 1. Nothing is allocated for them yet.
    ///
    /// ```
    /// use palisade_bulkhead::BackpressureQueue;
    ///
    /// let queue = BackpressureQueue::new(2);
    /// queue.try_push("a").unwrap();
    /// queue.try_push("b").unwrap();
    /// assert_eq!(queue.try_push("c").unwrap_err().into_item(), "c");
    /// assert_eq!((queue.size(), queue.dropped()), (2, 1));
    /// assert_eq!(queue.try_pop(), Some("a"));
    /// ```
    #[must_use]
    pub fn new(max_size: usize) -> Self {
        Self { shared: Arc::new(Shared::new(max_size)), timeout: Self::TIMEOUT }
    }

    /// How long [`push`](Self::push) waits for room; 5 s by default. Zero: not at all.
    ///
    /// This is the handle's own: another clone may wait for another time.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// From which share of `max_size` on the queue is pressed, rounded up; 80 % by default. It holds for all
    /// clones, from now on.
    ///
    /// ```
    /// use palisade_bulkhead::BackpressureQueue;
    /// use palisade_core::Ratio;
    ///
    /// let queue = BackpressureQueue::new(10).high_water(Ratio::percent(30)).low_water(Ratio::percent(10));
    /// for item in 0..3 {
    ///     queue.try_push(item).unwrap();
    /// }
    /// assert!(queue.is_pressed());
    /// queue.try_pop();
    /// assert!(queue.is_pressed(), "two are still more than one");
    /// queue.try_pop();
    /// assert!(!queue.is_pressed());
    /// ```
    #[must_use]
    pub fn high_water(self, share: Ratio) -> Self {
        self.shared.mark(|gauge, max_size| gauge.set_high(share, max_size));
        self
    }

    /// Down to which share of `max_size` the queue must come to be relieved, rounded down; 50 % by default,
    /// and always less than what presses it. It holds for all clones, from now on.
    #[must_use]
    pub fn low_water(self, share: Ratio) -> Self {
        self.shared.mark(|gauge, max_size| gauge.set_low(share, max_size));
        self
    }

    /// How many items are in it.
    #[must_use]
    pub fn size(&self) -> usize {
        self.shared.look(|state| state.items.len())
    }

    /// How many items it has room for.
    #[must_use]
    pub fn max_size(&self) -> usize {
        self.shared.max_size
    }

    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.size() == 0
    }

    /// How many pushes found no room in time, `try_push` included, since the queue was made.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.shared.dropped()
    }

    /// Whether it is filling up: it has reached the [high water mark](Self::high_water) and not come down
    /// to the [low one](Self::low_water) since. Producers that can should send less.
    #[must_use]
    pub fn is_pressed(&self) -> bool {
        self.shared.look(|state| state.gauge.is_pressed())
    }

    /// Waits until the queue [is pressed](Self::is_pressed); at once if it is. Returns `false` if the queue
    /// was closed before that.
    ///
    /// A change that is over before the waiting task runs may go unnoticed.
    pub async fn pressed(&self) -> bool {
        self.shared.until_pressed(true).await
    }

    /// Waits until the queue is no longer [pressed](Self::is_pressed); at once if it is not. Returns
    /// `false` if the queue was closed before that.
    ///
    /// A change that is over before the waiting task runs may go unnoticed.
    pub async fn relieved(&self) -> bool {
        self.shared.until_pressed(false).await
    }

    /// Closes the queue, for all clones: pushes are refused, also those that wait, and once all is taken
    /// out every pop is `None`. Nothing that is in it is lost.
    ///
    /// Dropping handles does not close it: any of them may push, so a consumer would wait for itself.
    pub fn close(&self) {
        self.shared.close();
    }

    /// Whether it was closed; there may still be items in it.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.shared.look(|state| state.closed)
    }
}

/// Shares the queue; the clone begins with the same timeout.
impl<T> Clone for BackpressureQueue<T> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), timeout: self.timeout }
    }
}

impl<T> fmt::Debug for BackpressureQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackpressureQueue")
            .field("size", &self.size())
            .field("max_size", &self.max_size())
            .field("timeout", &self.timeout)
            .field("dropped", &self.dropped())
            .field("is_pressed", &self.is_pressed())
            .field("is_closed", &self.is_closed())
            .finish()
    }
}
