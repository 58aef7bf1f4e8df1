//! The service.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::task::{Context, Poll};

use palisade_core::{Http, Respond};
use tower_service::Service;

use crate::begin::Begun;
use crate::future::ResponseFuture;
use crate::run::{Attached, Run};
use crate::shared::Shared;
use crate::times::{Fixed, Timing};

/// A service whose calls are cut when they take too long.
///
/// The time begins with the call. It is ready when the inner service is.
#[derive(Clone)]
pub struct Timeout<S, R = Http, T = Fixed, D = Attached> {
    pub(crate) inner: S,
    pub(crate) shared: Arc<Shared>,
    pub(crate) respond: R,
    pub(crate) times: T,
    pub(crate) run: PhantomData<fn() -> D>,
}

palisade_core::inner_accessors!(Timeout<S, R, T, D>);

impl<S, R, T, D, Req> Service<Req> for Timeout<S, R, T, D>
where
    S: Service<Req>,
    R: Respond<Req, S::Response, S::Error>,
    T: Timing<Req>,
    D: Run<S::Future>,
{
    type Response = R::Response;
    type Error = R::Error;
    type Future = ResponseFuture<S::Future, Req, R, R::Meta, D>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), R::Error>> {
        self.inner.poll_ready(cx).map_err(R::fail)
    }

    fn call(&mut self, mut request: Req) -> Self::Future {
        let meta = R::meta(&request);
        let timed = match self.shared.begin::<_, _, _, R, T>(&mut request, &self.times) {
            Begun::Timed(timed) => Some(timed),
            Begun::Untimed => None,
            Begun::Expired(name) => {
                return ResponseFuture::expired(name, self.respond.clone(), meta);
            }
        };
        let call = match &timed {
            Some(timed) => timed.context.enter(|| self.inner.call(request)),
            None => self.inner.call(request),
        };
        ResponseFuture::new(call, timed, self.respond.clone(), meta)
    }
}

impl<S: fmt::Debug, R, T, D> fmt::Debug for Timeout<S, R, T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timeout").field("inner", &self.inner).finish_non_exhaustive()
    }
}
