//! The service.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use palisade_core::Micros;
use palisade_core::base::Shared as _;
use tower_service::Service;

use super::core::Delay;
use super::future::{Call, ResponseFuture};
use super::shared::{NOT_IDEMPOTENT, Shared};
use crate::judge::{Judge, Standard};
use crate::repeat::{Repeat, Replay};
use crate::tools::Tools;

/// A service whose slow calls get a second request.
///
/// It is ready when the inner service is; the second request is made by a clone, which is readied when
/// it is needed.
#[derive(Clone)]
pub struct Hedge<S, J = Standard, K = Replay> {
    inner: S,
    shared: Arc<Shared>,
    judge: J,
    repeat: K,
}

palisade_core::inner_accessors!(Hedge<S, J, K>);

impl<S, J, K> Hedge<S, J, K> {
    pub(crate) const fn new(inner: S, shared: Arc<Shared>, judge: J, repeat: K) -> Self {
        Self { inner, shared, judge, repeat }
    }
}

impl<S, J, K, Req> Service<Req> for Hedge<S, J, K>
where
    S: Service<Req> + Clone,
    J: Judge<S::Response, S::Error> + Clone,
    K: Repeat<Req> + Clone,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S, Req, J, K>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Req) -> Self::Future {
        let core = self.shared.core().get();
        let settings = core.settings();
        if !settings.enabled {
            return ResponseFuture::passing(self.inner.call(request));
        }
        self.shared.budget().earn();
        let base = self.shared.base();
        let learns = matches!(core.delay(), Delay::Share(_));
        let call = Call {
            core,
            ticket: base.meter().enter(),
            since: if learns { base.clock().now() } else { Micros::ZERO },
            is_idempotent: self.repeat.is_idempotent(&request),
            is_grpc: self.repeat.is_grpc(&request),
        };
        // What is not sent twice is neither kept nor timed.
        let (request, kept) = match call.is_idempotent {
            true => self.repeat.keep(request, settings.max_replay as usize),
            false => {
                call.ticket.add(NOT_IDEMPOTENT);
                (request, None)
            }
        };
        let tools = Tools {
            service: self.inner.clone(),
            judge: self.judge.clone(),
            repeat: self.repeat.clone(),
            kept,
        };
        ResponseFuture::first(self.inner.call(request), call, tools)
    }
}

impl<S: fmt::Debug, J, K> fmt::Debug for Hedge<S, J, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hedge").field("inner", &self.inner).finish_non_exhaustive()
    }
}
