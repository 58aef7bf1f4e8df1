//! Taking items out.

use std::time::Duration;

use tokio::task::coop::consume_budget;

use super::BackpressureQueue;
use super::wait::within;

impl<T> BackpressureQueue<T> {
    /// Takes the first item; waits for one where there is none. `None` once the queue is closed and
    /// empty.
    ///
    /// Dropped before it is done, it has taken nothing.
    ///
    /// ```
    /// use palisade_bulkhead::BackpressureQueue;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let queue = BackpressureQueue::new(10);
    /// queue.try_push("last").unwrap();
    /// queue.close();
    /// assert_eq!(queue.pop().await, Some("last"));
    /// assert_eq!(queue.pop().await, None);
    /// # }
    /// ```
    pub async fn pop(&self) -> Option<T> {
        consume_budget().await;
        self.shared.item().await;
        self.shared.take()
    }

    /// Takes the first item; waits up to `timeout` for one where there is none. `None` if there was none
    /// in time, or if the queue [was closed](Self::is_closed) and is empty.
    ///
    /// Dropped before it is done, it has taken nothing.
    ///
    /// ```
    /// use std::time::Duration;
    /// use palisade_bulkhead::BackpressureQueue;
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// let queue = BackpressureQueue::<u32>::new(10);
    /// assert_eq!(queue.pop_timeout(Duration::from_secs(1)).await, None);
    /// # }
    /// ```
    pub async fn pop_timeout(&self, timeout: Duration) -> Option<T> {
        consume_budget().await;
        within(timeout, self.shared.item()).await?;
        self.shared.take()
    }

    /// Takes the first item if there is one, and nobody else waits for it.
    pub fn try_pop(&self) -> Option<T> {
        if self.shared.item_now() { self.shared.take() } else { None }
    }
}
