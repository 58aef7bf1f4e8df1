//! Whoever looks after a body on its way to the caller.

use std::pin::Pin;
use std::task::{Context, Poll};

use crate::Rejection;
use crate::guard::End;

/// Looks after a response's body, and may cut it off: with an error, or, if the response is a gRPC one,
/// with trailers that say why. Never as if it were complete.
///
/// Dropped before its [`end`](Self::end), the caller has gone away. Pinned, so that it can hold a timer
/// without a box of the timer's own.
pub trait Watch: Send + Sync {
    /// The inner body has the next frame; a rejection cuts it off in its place.
    fn frame(self: Pin<&mut Self>) -> Option<Rejection>;

    /// The inner body has nothing yet; ready when it is to be cut off. Polled after the inner body, by
    /// the same task.
    fn poll_cut(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Rejection>;

    /// The body has come to its end, its proper one or not. Not called after it was cut off.
    fn end(self: Pin<&mut Self>, end: End);
}
