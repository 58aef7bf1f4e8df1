//! Waiting for a place, by hand.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use palisade_core::guard::End;
use palisade_core::{Alarm, Rejection};
use pin_project_lite::pin_project;

use crate::permit::Permit;
use crate::shared::Shared;
use crate::shared::entry::Entry;
use crate::turn::Turn;

pin_project! {
    /// The future of [`Bulkhead::acquire`](crate::Bulkhead::acquire).
    ///
    /// It stands in the line from its first poll on. Dropping it gives the place up.
    #[must_use = "futures do nothing unless polled"]
    pub struct Acquire {
        shared: Arc<Shared>,
        weight: u32,
        turn: Option<Turn>,
        #[pin]
        alarm: Alarm,
    }
}

pin_project! {
    /// The future of [`Bulkhead::call`](crate::Bulkhead::call).
    ///
    /// Dropping it drops the inner future, then gives its place back.
    #[must_use = "futures do nothing unless polled"]
    pub struct Call<F> {
        #[pin]
        future: F,
        #[pin]
        acquire: Acquire,
        permit: Option<Permit>,
    }
}

impl Acquire {
    pub(crate) const fn new(shared: Arc<Shared>, weight: u32) -> Self {
        Self { shared, weight, turn: None, alarm: Alarm::new() }
    }
}

impl<F> Call<F> {
    pub(crate) const fn new(acquire: Acquire, future: F) -> Self {
        Self { future, acquire, permit: None }
    }
}

impl Future for Acquire {
    type Output = Result<Permit, Rejection>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if this.turn.is_none() {
            let shared = &*this.shared;
            if !shared.switch().enabled {
                return Poll::Ready(Ok(Permit::new(None)));
            }
            let (room, weight) = (shared.room(), *this.weight);
            if let Some(units) = shared.take(&room, weight) {
                return Poll::Ready(Ok(Permit::new(Some(shared.admit(room, units)))));
            }
            match shared.turn_away(room, weight) {
                Entry::Waits(turn) => *this.turn = Some(turn),
                Entry::Decided(decided) => return Poll::Ready(decided.map(Permit::new)),
            }
        }
        let Some(turn) = this.turn else { return Poll::Pending };
        let came = ready!(turn.poll(this.alarm, cx));
        Poll::Ready(came.map(|stay| Permit::new(Some(stay))))
    }
}

impl<F: Future> Future for Call<F> {
    type Output = Result<F::Output, Rejection>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if this.permit.is_none() {
            match ready!(this.acquire.poll(cx)) {
                Ok(permit) => *this.permit = Some(permit),
                Err(why) => return Poll::Ready(Err(why)),
            }
        }
        let output = ready!(this.future.poll(cx));
        if let Some(permit) = this.permit {
            permit.end(End::Success);
        }
        Poll::Ready(Ok(output))
    }
}

impl fmt::Debug for Acquire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acquire").field("waits", &self.turn.is_some()).finish_non_exhaustive()
    }
}

impl<F> fmt::Debug for Call<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("in", &self.permit.is_some()).finish_non_exhaustive()
    }
}
