//! Bulkheads: how much may be in flight, and what waits for room.
//!
//! | part | what it is for |
//! |---|---|
//! | [`adaptive`] | a limit that follows what it protects |
//! | [`queue`] | a bounded queue that slows its producers down |

pub mod adaptive;
pub mod queue;

pub use self::adaptive::{Adapt, Adaptive, Aimd, Gradient2};
pub use self::queue::BackpressureQueue;
