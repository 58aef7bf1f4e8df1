//! Putting items in.

use std::time::Duration;

use tokio::task::coop::consume_budget;

use super::wait::within;
use super::{BackpressureQueue, Refused};

impl<T> BackpressureQueue<T> {
    /// Puts `item` at the end; waits for room where there is none, up to the
    /// [timeout](BackpressureQueue::timeout).
    ///
    /// Dropped before it is done, it has not put the item in.
    ///
    /// # Errors
    ///
    /// The item, if there was no room in time (counted in [`dropped`](Self::dropped)) or the queue was closed.
    ///
    /// ```
    /// use std::time::Duration;
    /// use palisade_bulkhead::BackpressureQueue;
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// let queue = BackpressureQueue::new(1).timeout(Duration::from_secs(2));
    /// queue.push(1).await.unwrap();
    /// let refused = queue.push(2).await.unwrap_err();
    /// assert_eq!(refused.to_string(), "queue full: no room among 1 within 2s");
    /// # }
    /// ```
    pub async fn push(&self, item: T) -> Result<(), Refused<T>> {
        // Not after the item is in: a push that is dropped must not have done its work.
        consume_budget().await;
        match within(self.timeout, self.shared.room()).await {
            Some(()) => self.shared.insert(item),
            None => Err(self.shared.refuse(item, self.timeout)),
        }
    }

    /// Puts `item` at the end if there is room, and nobody else waits for it.
    ///
    /// # Errors
    ///
    /// The item, if there is no room (counted in [`dropped`](Self::dropped)) or the queue is closed.
    pub fn try_push(&self, item: T) -> Result<(), Refused<T>> {
        match self.shared.room_now() {
            true => self.shared.insert(item),
            false => Err(self.shared.refuse(item, Duration::ZERO)),
        }
    }
}
