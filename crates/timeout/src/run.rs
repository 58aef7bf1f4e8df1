//! Whether a call ends with whoever waits for it.

use std::fmt;
use std::future::Future;
use std::mem;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use palisade_core::CallContext;
use tokio::task::JoinHandle;

/// How an inner call is run: [`Attached`] or [`Detached`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot run a `{F}`",
    label = "not for this service",
    note = "`.detach()` spawns calls: the service's future and its output must be `Send` and `'static`"
)]
pub trait Run<F: Future> {
    /// The call.
    type Call: Future<Output = F::Output>;

    /// Runs `call`; plainly if the layer is not `on`.
    fn run(call: F, on: bool) -> Self::Call;

    /// Whether a call that is pending will be so for ever, since the runtime that it ran on is gone.
    fn is_lost(call: &Self::Call) -> bool;
}

/// The inner call is dropped when it is late, or the caller goes away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attached;

/// The inner call goes on to its end, whether somebody waits for it or not; see
/// [`detach`](crate::TimeoutLayer::detach).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Detached;

/// A call that goes on when this is dropped, once it was polled.
pub struct Detach<F: Future> {
    state: State<F>,
}

enum State<F: Future> {
    /// It is not spawned at all.
    Plain(Pin<Box<F>>),
    New(Pin<Box<F>>),
    Spawned(JoinHandle<F::Output>),
    Lost,
}

impl<F: Future> Run<F> for Attached {
    type Call = F;

    #[inline]
    fn run(call: F, _: bool) -> F {
        call
    }

    #[inline]
    fn is_lost(_: &F) -> bool {
        false
    }
}

impl<F> Run<F> for Detached
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    type Call = Detach<F>;

    fn run(call: F, on: bool) -> Detach<F> {
        let call = Box::pin(call);
        Detach { state: if on { State::New(call) } else { State::Plain(call) } }
    }

    fn is_lost(call: &Detach<F>) -> bool {
        matches!(call.state, State::Lost)
    }
}

impl<F> Future for Detach<F>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let state = &mut self.state;
        if let State::Plain(call) | State::New(call) = state {
            let output = call.as_mut().poll(cx);
            if output.is_ready() || matches!(state, State::Plain(_)) {
                return output;
            }
        }
        // A task begins by polling, so no wake is lost in between.
        *state = match mem::replace(state, State::Lost) {
            State::New(call) => State::Spawned(tokio::spawn(CallContext::current().scope(call))),
            other => other,
        };
        let State::Spawned(task) = state else { return Poll::Pending };
        match ready!(Pin::new(task).poll(cx)) {
            Ok(output) => Poll::Ready(output),
            Err(error) => match error.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                // Nobody aborts it but a runtime that shuts down.
                Err(_) => {
                    *state = State::Lost;
                    Poll::Pending
                }
            },
        }
    }
}

impl<F: Future> fmt::Debug for Detach<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spawned = matches!(self.state, State::Spawned(_));
        f.debug_struct("Detach").field("spawned", &spawned).finish_non_exhaustive()
    }
}
