//! A retry without anything else.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tower_service::Service;

/// Attempts after the first.
const FURTHER: u32 = 2;

/// Keeps a clone of the service and of the request; makes an attempt again as long as it fails.
#[derive(Clone, Copy, Debug)]
pub struct Again<S>(S);

impl<S> Again<S> {
    /// Repeats what `inner` fails with.
    pub fn new(inner: S) -> Self {
        Self(inner)
    }
}

impl<S: Service<Req> + Clone, Req: Clone> Service<Req> for Again<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = Attempts<S, Req>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Req) -> Self::Future {
        let (service, kept) = (self.0.clone(), request.clone());
        Attempts { future: Some(self.0.call(request)), service, kept, further: FURTHER }
    }
}

pin_project! {
    /// The future of [`Again`].
    #[derive(Debug)]
    pub struct Attempts<S, Req>
    where
        S: Service<Req>,
    {
        #[pin]
        future: Option<S::Future>,
        service: S,
        kept: Req,
        further: u32,
    }
}

impl<S: Service<Req>, Req: Clone> Future for Attempts<S, Req> {
    type Output = Result<S::Response, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            if let Some(future) = this.future.as_mut().as_pin_mut() {
                let outcome = ready!(future.poll(cx));
                if outcome.is_ok() || *this.further == 0 {
                    return Poll::Ready(outcome);
                }
                *this.further -= 1;
                this.future.set(None);
            }
            ready!(this.service.poll_ready(cx))?;
            this.future.set(Some(this.service.call(this.kept.clone())));
        }
    }
}
