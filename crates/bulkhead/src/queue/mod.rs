//! A bounded queue that slows its producers down.
//!
//! A queue without bounds hides an overload until memory is gone; one that just drops hides it from
//! those who could do something about it. Here a producer that finds the queue full waits for room,
//! but not for ever; and before that it is told that the queue is filling up.
//!
//! ```text
//!  push ──► │▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓░░░░░░░│ ──► pop
//!           0        low        high     max_size
//!           relieved ◄┘          └► pressed
//! ```
//!
//! **When to use it.** Between tasks of one process, where producers can slow down. **When not to.** If
//! nothing may be refused, use a channel; around a service, use the bulkhead's layer.
//!
//! A producer of twenty a second and a consumer of ten, on paused time:
//!
//! ```
//! use std::time::Duration;
//! use palisade_bulkhead::BackpressureQueue;
//! use tokio::time::{Instant, sleep};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() {
//! let queue = BackpressureQueue::new(50).timeout(Duration::from_secs(5));
//! let start = Instant::now();
//!
//! let producer = tokio::spawn({
//!     let queue = queue.clone();
//!     async move {
//!         for item in 0..400 {
//!             match queue.push(format!("item-{item}")).await {
//!                 Ok(()) => sleep(Duration::from_millis(50)).await,
//!                 // It is full, and stays so: slow down.
//!                 Err(_) => sleep(Duration::from_millis(500)).await,
//!             }
//!         }
//!         queue.close();
//!     }
//! });
//!
//! let mut processed = 0;
//! while let Some(_item) = queue.pop().await {
//!     sleep(Duration::from_millis(100)).await;
//!     processed += 1;
//! }
//! producer.await.unwrap();
//!
//! // All arrived, at the consumer's pace.
//! assert_eq!((processed, queue.dropped()), (400, 0));
//! assert_eq!(start.elapsed(), Duration::from_secs(40));
//! # }
//! ```
//!
//! A producer that can do with less sends less as soon as [`is_pressed`](BackpressureQueue::is_pressed)
//! says so, or stops until the queue is [`relieved`](BackpressureQueue::relieved).
//!
//! # Coming from `queue.Queue(maxsize)`
//!
//! | there | here |
//! |---|---|
//! | `max_size` | [`BackpressureQueue::new`]; 0 is not "without bounds" but 1 |
//! | `timeout` | [`timeout`](BackpressureQueue::timeout), 5 s by default as well |
//! | `push(item)`, `True` or `False` | [`push`](BackpressureQueue::push): `Ok`, or the item back |
//! | `pop()`, which waits for 1 s | [`pop_timeout`](BackpressureQueue::pop_timeout) of 1 s; [`pop`](BackpressureQueue::pop) waits |
//! | `size()` | [`size`](BackpressureQueue::size) |
//! | `dropped_requests` | [`dropped`](BackpressureQueue::dropped) |
//!
//! # Order
//!
//! Items leave in the order in which they entered. Room goes to producers in the order in which they
//! began to wait, and items to consumers likewise; nobody overtakes those who wait.
//!
//! # Cancellation
//!
//! Everything may be dropped at any point. A push that is dropped has not put its item in, a pop that is
//! dropped has taken nothing out; what either had been promised goes to the next in line. A push that
//! is dropped counts as nothing: its producer gave up.
//!
//! # Runtime
//!
//! What has to wait *with a timeout* needs tokio's timers: it panics outside of a tokio runtime, and in
//! one built without `enable_time`. All else needs no runtime.
//!
//! # Cost
//!
//! A push or a pop takes an atomic and two short locks, of which none is held while user code runs,
//! and a timer only if it has to wait. Memory grows with the items, up to `max_size`, and is kept.

mod backpressure;
mod pop;
mod pressure;
mod push;
mod refused;
mod shared;
mod wait;

pub use self::backpressure::BackpressureQueue;
pub use self::refused::Refused;
