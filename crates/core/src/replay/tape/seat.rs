//! A reader's part in a record.

use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::loan::Loan;
use super::state::State;
use super::step::{After, Next};
use crate::replay::Lost;
use crate::sync::Mutex;

/// The record and the rest of a body. Never are both locks held.
pub(super) struct Shared<B> {
    pub(super) tape: Arc<Tape>,
    /// The tape, as the rest's waker.
    pub(super) waker: Waker,
    /// Touched only by whom the tape lets, so nobody waits for its lock.
    pub(super) rest: Mutex<Option<B>>,
}

/// The lock of the record. As a waker it wakes all who wait for the rest.
pub(super) struct Tape(Mutex<State>);

/// A reader's place among the others, given back when it is dropped.
pub(super) struct Seat<B> {
    shared: Arc<Shared<B>>,
    number: usize,
}

/// What a reader is served.
pub(super) enum Serving<B, E> {
    Polled(Poll<Option<Result<Frame<Bytes>, E>>>),
    /// Nobody else is there: the rest of the body, for good.
    Rest(B),
}

impl Tape {
    /// Does something under the lock, and afterwards what follows from it.
    pub(super) fn with<T>(&self, act: impl FnOnce(&mut State, &mut After) -> T) -> T {
        let mut after = After::default();
        let done = act(&mut self.0.lock(), &mut after);
        after.run();
        done
    }
}

impl Wake for Tape {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.with(State::wake_all);
    }
}

impl<B: Body> Shared<B> {
    pub(super) fn new(body: B, most: usize) -> Self {
        let tape = Arc::new(Tape(Mutex::new(State::new(most, body.size_hint()))));
        Self { waker: Waker::from(Arc::clone(&tape)), tape, rest: Mutex::new(Some(body)) }
    }
}

impl<B> Shared<B> {
    /// Another reader's place, if there can be one.
    pub(super) fn sit(shared: &Arc<Self>) -> Option<Seat<B>> {
        let number = shared.tape.with(|state, _| state.sit())?;
        Some(Seat { shared: Arc::clone(shared), number })
    }

    /// Whether there can be another reader.
    pub(super) fn is_whole(&self) -> bool {
        self.tape.with(|state, _| state.is_whole())
    }

    /// There will be no other readers.
    pub(super) fn close(&self) {
        self.tape.with(State::close);
    }

    pub(super) fn take_rest(&self) -> Option<B> {
        self.rest.lock().take()
    }
}

impl<B> Seat<B> {
    pub(super) fn poll_frame(&self, cx: &Context<'_>) -> Serving<B, B::Error>
    where
        B: Body<Data = Bytes, Error: From<Lost>> + Unpin,
    {
        // Cloned ahead, and dropped behind: wakers are others' code as well.
        let mut waker = Some(cx.waker().clone());
        let next = self.shared.tape.with(|state, after| state.next(self.number, &mut waker, after));
        Serving::Polled(match next {
            Next::Frame(frame) => Poll::Ready(Some(Ok(frame.into()))),
            Next::End => Poll::Ready(None),
            Next::Wait => Poll::Pending,
            Next::Lost(lost) => Poll::Ready(Some(Err(lost.into()))),
            Next::Poll => Loan::new(&self.shared, self.number).poll_frame(),
            Next::Own => match self.shared.take_rest() {
                Some(rest) => return Serving::Rest(rest),
                None => Poll::Ready(Some(Err(Lost::BrokeOff.into()))),
            },
        })
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.shared.tape.with(|state, _| state.is_at_end(self.number))
    }

    pub(super) fn size_hint(&self) -> SizeHint {
        self.shared.tape.with(|state, _| state.size_hint(self.number))
    }
}

impl<B> Drop for Seat<B> {
    fn drop(&mut self) {
        let (waker, last) = self.shared.tape.with(|state, after| state.leave(self.number, after));
        drop(waker);
        if last {
            drop(self.shared.take_rest());
        }
    }
}
