//! A bulkhead as a layer.

use std::future::Future;
use std::marker::PhantomData;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tower_service::Service;

use super::gate::Refused;

/// How many calls there may be at once.
///
/// A place that is free must be looked for and taken in one step, and given back in another, which
/// other threads see: two locked instructions.
#[derive(Debug)]
pub struct Places {
    all: usize,
    taken: AtomicUsize,
}

impl Places {
    /// All free.
    #[must_use]
    pub fn new(all: usize) -> Self {
        Self { all, taken: AtomicUsize::new(0) }
    }

    /// The same, never freed, so that calls may refer to it without counting references.
    #[must_use]
    pub fn forever(all: usize) -> &'static Self {
        Box::leak(Box::new(Self::new(all)))
    }

    #[inline]
    fn take(&self) -> bool {
        let mut taken = self.taken.load(Ordering::Relaxed);
        while taken < self.all {
            let more = self.taken.compare_exchange_weak(
                taken,
                taken + 1,
                Ordering::Acquire,
                Ordering::Relaxed,
            );
            match more {
                Ok(_) => return true,
                Err(actual) => taken = actual,
            }
        }
        false
    }
}

/// A place, given back when it is dropped: with the call's future, if its caller leaves.
#[derive(Debug)]
pub struct Place<R: Deref<Target = Places>>(R);

impl<R: Deref<Target = Places>> Drop for Place<R> {
    #[inline]
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::Release);
    }
}

/// What becomes of a call's place when there is an answer.
pub trait Keep<T, R: Deref<Target = Places>> {
    /// The answer, or the answer and the place.
    type Answer;

    /// Gives the place back, or puts it into the answer.
    fn keep(answer: T, place: Place<R>) -> Self::Answer;
}

/// Gives the place back when the answer is there.
#[derive(Clone, Copy, Debug)]
pub struct UntilAnswer;

impl<T, R: Deref<Target = Places>> Keep<T, R> for UntilAnswer {
    type Answer = T;

    #[inline]
    fn keep(answer: T, place: Place<R>) -> T {
        drop(place);
        answer
    }
}

/// Calls the inner service if there is a place.
#[derive(Clone, Copy, Debug)]
pub struct Bulkhead<S, R, K = UntilAnswer> {
    inner: S,
    places: R,
    keep: PhantomData<fn() -> K>,
}

impl<S, R, K> Bulkhead<S, R, K> {
    /// Puts `places` before `inner`.
    pub fn new(inner: S, places: R) -> Self {
        Self { inner, places, keep: PhantomData }
    }
}

impl<S, R, K, Req> Service<Req> for Bulkhead<S, R, K>
where
    S: Service<Req>,
    R: Deref<Target = Places> + Clone,
    K: Keep<S::Response, R>,
{
    type Response = K::Answer;
    type Error = Refused<S::Error>;
    type Future = Holding<S::Future, R, K>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx).map_err(Refused::Inner)
    }

    fn call(&mut self, request: Req) -> Self::Future {
        let place = self.places.take().then(|| Place(self.places.clone()));
        let inner = place.is_some().then(|| self.inner.call(request));
        Holding { inner, place, keep: PhantomData }
    }
}

pin_project! {
    /// The future of [`Bulkhead`].
    #[derive(Debug)]
    pub struct Holding<F, R: Deref<Target = Places>, K> {
        // `None`: refused.
        #[pin]
        inner: Option<F>,
        place: Option<Place<R>>,
        keep: PhantomData<fn() -> K>,
    }
}

impl<F, T, E, R, K> Future for Holding<F, R, K>
where
    F: Future<Output = Result<T, E>>,
    R: Deref<Target = Places>,
    K: Keep<T, R>,
{
    type Output = Result<K::Answer, Refused<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let (Some(inner), place) = (this.inner.as_pin_mut(), this.place) else {
            return Poll::Ready(Err(Refused::Limit));
        };
        // Given back here, and not when the caller drops the future.
        match (ready!(inner.poll(cx)), place.take()) {
            (Ok(answer), Some(place)) => Poll::Ready(Ok(K::keep(answer, place))),
            (Ok(_), None) => Poll::Ready(Err(Refused::Limit)),
            (Err(error), _) => Poll::Ready(Err(Refused::Inner(error))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Bulkhead, Places};
    use crate::floor::Refused;
    use crate::svc::{PendingOnce, Plain};
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};
    use tower_service::Service;

    #[test]
    fn a_place_is_held_until_the_answer_or_the_drop() {
        let cx = &mut Context::from_waker(Waker::noop());
        let mut service: Bulkhead<_, _> = Bulkhead::new(PendingOnce(Plain), Places::forever(1));
        {
            let mut first = pin!(service.call(1));
            assert!(first.as_mut().poll(cx).is_pending());
            let refused = pin!(service.call(2)).poll(cx);
            assert!(matches!(refused, Poll::Ready(Err(Refused::Limit))));
            assert!(matches!(first.as_mut().poll(cx), Poll::Ready(Ok(1))));
            assert!(pin!(service.call(3)).poll(cx).is_pending(), "the answer has come");
        }
        assert!(pin!(service.call(4)).poll(cx).is_pending(), "the future has gone");
    }
}
