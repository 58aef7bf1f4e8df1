//! What the documentation says, written so plainly that it can hardly be wrong. Slow, and allowed
//! to allocate.

pub(crate) mod bits;
mod element;
pub(crate) mod spelling;
pub(crate) mod walk;
