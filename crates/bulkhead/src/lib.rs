//! Bulkheads: how much may be in flight, and what waits for room.
//!
//! | part | what it is for |
//! |---|---|
//! | [`adaptive`] | a limit that follows what it protects |

pub mod adaptive;

pub use self::adaptive::{Adapt, Adaptive, Aimd, Gradient2};
