//! What else counts than a bucket: windows, a log, and a queue.
//!
//! | | never more than | remembers of a key |
//! |---|---|---|
//! | [`Gcra`](crate::Gcra) | burst + rate in any span | 12 bytes |
//! | [`Shaper`] | one per interval, the others wait | 12 bytes |
//! | [`FixedWindow`] | the limit in a window, twice that around its edge | 16 bytes |
//! | [`SlidingWindow`] | twice the limit less one in any period | 20 bytes |
//! | [`SlidingLog`] | the limit in any period | 12 bytes for each grant |
//!
//! All of it is whole numbers. A window's state keeps what was granted, and no setting: after a
//! change of the quota the same counts meet other numbers.

mod ask;
mod buckets;
mod events;
mod fixed_window;
pub(crate) mod gcra;
mod packed;
mod queue;
mod shaper;
mod sliding_log;
mod sliding_window;

pub use self::buckets::Buckets;
pub use self::fixed_window::{Anchor, FixedWindow, Window};
pub use self::queue::Queue;
pub use self::shaper::Shaper;
pub use self::sliding_log::{Log, SlidingLog};
pub use self::sliding_window::SlidingWindow;
