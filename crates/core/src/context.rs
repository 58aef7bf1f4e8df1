//! What a call carries along through the layers, without touching the request.
//!
//! Request extensions cost three allocations for the first entry; a thread-local scope, set while
//! the inner service is called and its future polled, costs a few nanoseconds and works for any
//! request type. Each layer that has something to say enters a scope with its addition, so what is
//! inside sees what everything outside decided.
//!
//! A spawned task does not inherit the scope: carry it with [`CallContext::scope`].

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::{Bill, Micros};

/// What the layers around the current call decided about it.
///
/// ```
/// use palisade_core::{CallContext, Micros};
///
/// assert_eq!(CallContext::current().deadline(), None);
/// let seen = CallContext::current().with_deadline(Micros(5)).enter(|| CallContext::current().deadline());
/// assert_eq!(seen, Some(Micros(5)));
/// assert_eq!(CallContext::current().deadline(), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallContext {
    /// `Micros::MAX` if there is none.
    deadline: Micros,
    /// The same; never before the deadline.
    end: Micros,
    attempt: u32,
}

thread_local! {
    static CURRENT: Cell<CallContext> = const { Cell::new(CallContext::NONE) };
}

impl CallContext {
    const NONE: Self = Self { deadline: Micros::MAX, end: Micros::MAX, attempt: 1 };

    /// The context of the call that this thread is working on; empty outside of all layers.
    #[inline]
    #[must_use]
    pub fn current() -> Self {
        CURRENT.get()
    }

    /// When the answer must be there, by the clock of the layer that said so; `None` if never. Of an
    /// answer with a body that is its head: the body may take longer, unless there is an
    /// [`end`](Self::end).
    #[must_use]
    pub fn deadline(&self) -> Option<Micros> {
        (self.deadline != Micros::MAX).then_some(self.deadline)
    }

    /// The same context with this deadline, unless it already has an earlier one: a deadline is
    /// never extended.
    #[inline]
    #[must_use]
    pub fn with_deadline(mut self, deadline: Micros) -> Self {
        self.deadline = self.deadline.min(deadline);
        self
    }

    /// When all of the answer must be there, the end of its body included; `None` if the body may take
    /// its time. This is what travels with a request from one process to the next.
    #[must_use]
    pub fn end(&self) -> Option<Micros> {
        (self.end != Micros::MAX).then_some(self.end)
    }

    /// The same context, in which all of the answer must be there by `end`, and so its head as well;
    /// never later than was said before.
    #[inline]
    #[must_use]
    pub fn with_end(mut self, end: Micros) -> Self {
        self.end = self.end.min(end);
        self.with_deadline(end)
    }

    /// Which attempt to make the call this is: 1 for the first, and where nothing repeats calls.
    #[must_use]
    pub const fn attempt(&self) -> u32 {
        self.attempt
    }

    /// The same context for the attempt of this number.
    #[inline]
    #[must_use]
    pub const fn with_attempt(mut self, attempt: u32) -> Self {
        self.attempt = attempt;
        self
    }

    /// Runs `f` in this context.
    #[inline]
    pub fn enter<T>(self, f: impl FnOnce() -> T) -> T {
        let _restore = Restore(CURRENT.replace(self));
        f()
    }

    /// Polls `future` in this context, and with the [`Bill`] that is current now, for example in a
    /// spawned task.
    pub fn scope<F: Future>(self, future: F) -> Scope<F> {
        Scope { future, context: self, bill: Bill::current() }
    }
}

impl Default for CallContext {
    fn default() -> Self {
        Self::NONE
    }
}

/// Leaves the scope, also when the inner service panics.
struct Restore(CallContext);

impl Drop for Restore {
    #[inline]
    fn drop(&mut self) {
        CURRENT.set(self.0);
    }
}

pin_project! {
    /// The future of [`CallContext::scope`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Scope<F> {
        #[pin]
        future: F,
        context: CallContext,
        bill: Option<Bill>,
    }
}

impl<F: Future> Future for Scope<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        this.context.enter(|| match this.bill {
            Some(bill) => bill.enter(|| this.future.poll(cx)),
            None => this.future.poll(cx),
        })
    }
}
