//! The rest of a body while one reader polls it.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame};

use super::frame::Recorded;
use super::seat::Shared;
use crate::replay::Lost;

/// The rest, out of its place. If it does not come back (it panicked) the body has broken off, and nobody waits for it.
pub(super) struct Loan<'a, B> {
    shared: &'a Shared<B>,
    number: usize,
    rest: Option<B>,
    settled: bool,
}

impl<'a, B> Loan<'a, B> {
    /// Takes the rest, on behalf of the reader whom the tape has told to.
    pub(super) fn new(shared: &'a Shared<B>, number: usize) -> Self {
        Self { shared, number, rest: shared.take_rest(), settled: false }
    }

    fn put_back(&mut self) {
        *self.shared.rest.lock() = self.rest.take();
        self.settled = true;
    }
}

impl<B> Loan<'_, B>
where
    B: Body<Data = Bytes, Error: From<Lost>> + Unpin,
{
    /// Polls the rest, writes down what it gave, and puts it back.
    pub(super) fn poll_frame(mut self) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let (tape, number) = (&self.shared.tape, self.number);
        let Some(rest) = &mut self.rest else {
            return Poll::Ready(Some(Err(Lost::BrokeOff.into())));
        };
        let polled = Pin::new(&mut *rest).poll_frame(&mut Context::from_waker(&self.shared.waker));
        match &polled {
            Poll::Pending => {
                self.put_back();
                tape.with(|state, after| state.pending(number, after));
            }
            Poll::Ready(Some(Ok(frame))) => {
                let recorded = Recorded::of(frame);
                let left =
                    (!frame.is_trailers() && !rest.is_end_stream()).then(|| rest.size_hint());
                if left.is_some() {
                    self.put_back();
                }
                self.settled = true;
                tape.with(|state, after| state.record(number, recorded, left, after));
            }
            Poll::Ready(None) => {
                self.settled = true;
                tape.with(|state, after| state.end(number, after));
            }
            // Not settled: broken off.
            Poll::Ready(Some(Err(_))) => {}
        }
        polled
    }
}

impl<B> Drop for Loan<'_, B> {
    fn drop(&mut self) {
        if !self.settled {
            self.shared.tape.with(|state, after| state.break_off(self.number, after));
        }
    }
}
