//! Concurrency limits as a tower layer.

mod gate;
#[cfg(loom)]
#[doc(hidden)]
pub mod model;
