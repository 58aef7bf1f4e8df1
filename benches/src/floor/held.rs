//! A place in a bulkhead that is held to the end of the response's body.

use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Response;
use http_body::{Body, Frame, SizeHint};

use super::bulkhead::{Keep, Place, Places};

/// Gives the place back when the body has ended, or at once if it has none.
#[derive(Clone, Copy, Debug)]
pub struct UntilRead;

impl<B: Body, R: Deref<Target = Places>> Keep<Response<B>, R> for UntilRead {
    type Answer = Response<Held<B, R>>;

    #[inline]
    fn keep(answer: Response<B>, place: Place<R>) -> Self::Answer {
        answer.map(|body| {
            let place = (!body.is_end_stream()).then_some(place);
            Held { body, place }
        })
    }
}

/// A body, and a place as long as it is read.
#[derive(Debug)]
pub struct Held<B, R: Deref<Target = Places>> {
    body: B,
    place: Option<Place<R>>,
}

impl<B, R> Body for Held<B, R>
where
    B: Body + Unpin,
    R: Deref<Target = Places> + Unpin,
{
    type Data = B::Data;
    type Error = B::Error;

    #[inline]
    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        // Looked at where it is: a frame is large enough for its moves to be seen.
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        let over = match &frame {
            // A host that knows the length does not ask again after the last frame.
            Poll::Ready(Some(Ok(_))) => self.body.is_end_stream(),
            Poll::Ready(_) => true,
            Poll::Pending => false,
        };
        if over {
            self.place = None;
        }
        frame
    }

    #[inline]
    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::UntilRead;
    use crate::floor::{Bulkhead, Places, Refused};
    use crate::svc::{Http, Page};
    use axum::body::Body;
    use http::Request;
    use http_body::Body as _;
    use std::future::Future;
    use std::pin::{Pin, pin};
    use std::task::{Context, Poll, Waker};
    use tower_service::Service;

    fn cx() -> Context<'static> {
        Context::from_waker(Waker::noop())
    }

    /// The response, if there is a place.
    fn call<S: Service<Request<Body>, Error = Refused<E>>, E>(
        service: &mut S,
    ) -> Option<S::Response> {
        match pin!(service.call(Request::default())).poll(&mut cx()) {
            Poll::Ready(result) => result.ok(),
            Poll::Pending => None,
        }
    }

    #[test]
    fn a_place_is_held_until_the_body_is_read_or_dropped() {
        let mut service: Bulkhead<_, _, UntilRead> = Bulkhead::new(Page, Places::forever(1));
        let mut response = call(&mut service).expect("there is a place");
        assert!(call(&mut service).is_none());
        while let Poll::Ready(Some(_)) = Pin::new(response.body_mut()).poll_frame(&mut cx()) {}
        let second = call(&mut service).expect("the first body has ended");
        assert!(call(&mut service).is_none());
        drop(second);
        assert!(call(&mut service).is_some());
    }

    #[test]
    fn a_response_without_a_body_holds_nothing() {
        let mut service: Bulkhead<_, _, UntilRead> = Bulkhead::new(Http, Places::forever(1));
        let _response = call(&mut service).expect("there is a place");
        assert!(call(&mut service).is_some());
    }
}
