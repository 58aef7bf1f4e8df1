//! Whether a call went through, and what to do if it should not have.

use http::Response;

/// An answer that can be told from a refusal.
pub trait Answer {
    /// Whether the call went through to the service.
    fn passed(&self) -> bool;
}

impl Answer for u64 {
    fn passed(&self) -> bool {
        true
    }
}

impl<B> Answer for Response<B> {
    fn passed(&self) -> bool {
        self.status() == http::StatusCode::OK
    }
}

#[cold]
#[inline(never)]
pub(super) fn refused() -> ! {
    unreachable!("a call was refused: the limits of a benchmark let everything pass")
}

#[cold]
#[inline(never)]
pub(super) fn let_through() -> ! {
    unreachable!("a call passed: these limits are used up")
}

#[cold]
#[inline(never)]
pub(super) fn unanswered() -> ! {
    unreachable!("a call waits: nothing here does")
}
