//! The service.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use palisade_core::Micros;
use palisade_core::base::Shared as _;
use tower_service::Service;

use crate::asked::Asked;
use crate::judge::{Again, Judge, Standard};
use crate::layer::call::Call;
use crate::layer::future::ResponseFuture;
use crate::repeat::{Repeat, Replay};
use crate::shared::Shared;
use crate::tools::Tools;

/// A service whose calls are made again when they fail.
///
/// The first attempt is made by the readied instance, each further one by a clone that is readied for
/// it. An error of readiness is an attempt that failed, also in `poll_ready`: if there is to be another
/// one it is ready all the same, and the next call begins with that, by a fresh clone.
pub struct Retry<S, J = Standard, K = Replay> {
    inner: S,
    /// The inner service could not be readied, a clone has taken its place, and this is how the next
    /// attempt is to be made.
    unready: Option<Again>,
    shared: Arc<Shared>,
    judge: J,
    repeat: K,
}

palisade_core::inner_accessors!(Retry<S, J, K>);

impl<S, J, K> Retry<S, J, K> {
    pub(crate) const fn new(inner: S, shared: Arc<Shared>, judge: J, repeat: K) -> Self {
        Self { inner, unready: None, shared, judge, repeat }
    }
}

impl<S, J, K, Req> Service<Req> for Retry<S, J, K>
where
    S: Service<Req> + Clone,
    J: Judge<S::Response, S::Error> + Clone,
    K: Repeat<Req> + Clone,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S, Req, J, K>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        match self.inner.poll_ready(cx) {
            Poll::Ready(Err(error)) => {
                let core = self.shared.core().get();
                // Whatever the call will be: errors are judged alike.
                let advice = self.judge.judge(Err(&error), &Asked::new(false, core));
                let paid = self.unready.take().is_some();
                let Some(again) = core.grant(advice, paid) else { return Poll::Ready(Err(error)) };
                self.inner = self.inner.clone();
                self.unready = Some(again);
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Ok(())) => {
                self.unready = None;
                Poll::Ready(Ok(()))
            }
            Poll::Pending => Poll::Pending,
        }
    }

    fn call(&mut self, request: Req) -> Self::Future {
        let unready = self.unready.take();
        let core = self.shared.core().get();
        let settings = core.settings();
        // A service that is not ready is not called, though the layer was switched off meanwhile.
        if !settings.enabled && unready.is_none() {
            return ResponseFuture::passing(self.inner.call(request));
        }
        self.shared.budget().earn();
        let base = self.shared.base();
        let call = Call {
            core,
            ticket: base.meter().enter(),
            since: if settings.timed { base.clock().now() } else { Micros::ZERO },
            is_idempotent: self.repeat.is_idempotent(&request),
            is_grpc: self.repeat.is_grpc(&request),
        };
        let (request, kept) = match settings.max_attempts {
            1 => (request, None),
            _ => self.repeat.keep(request, settings.max_replay as usize),
        };
        let tools = Tools {
            service: self.inner.clone(),
            judge: self.judge.clone(),
            repeat: self.repeat.clone(),
            kept,
        };
        if let Some(again) = unready {
            return ResponseFuture::unready(call, tools, request, again);
        }
        ResponseFuture::first(self.inner.call(request), call, tools)
    }
}

/// A clone is not ready, and knows nothing of what the original could not do.
impl<S: Clone, J: Clone, K: Clone> Clone for Retry<S, J, K> {
    fn clone(&self) -> Self {
        let (judge, repeat) = (self.judge.clone(), self.repeat.clone());
        Self::new(self.inner.clone(), Arc::clone(&self.shared), judge, repeat)
    }
}

impl<S: fmt::Debug, J, K> fmt::Debug for Retry<S, J, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retry").field("inner", &self.inner).finish_non_exhaustive()
    }
}
