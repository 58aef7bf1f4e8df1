//! The service.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use palisade_core::base::Shared as _;
use palisade_core::{CallContext, Http, Ratio, Respond};
use tower_service::Service;

use crate::future::{ResponseFuture, Watch};
use crate::shared::Shared;

/// A service whose calls are cut when they take too long.
///
/// The time begins with the call. It is ready when the inner service is.
#[derive(Clone)]
pub struct Timeout<S, R = Http> {
    inner: S,
    shared: Arc<Shared>,
    respond: R,
}

palisade_core::inner_accessors!(Timeout<S, R>);

impl<S, R> Timeout<S, R> {
    pub(crate) const fn new(inner: S, shared: Arc<Shared>, respond: R) -> Self {
        Self { inner, shared, respond }
    }

    /// Begins to time a call, unless the layer is switched off.
    #[inline]
    fn watch(&self) -> Option<Watch> {
        let settings = self.shared.settings();
        if !settings.switch.enabled {
            return None;
        }
        let base = self.shared.base();
        let clock = base.clock().clone();
        let deadline = clock.now() + settings.head;
        let (switch, context) = (settings.switch, CallContext::current());
        // Those inside are told of a deadline only if it is one.
        let enforced = switch.enforce == Ratio::ONE;
        Some(Watch {
            name: base.name(),
            limit: settings.head,
            deadline,
            clock,
            context: if enforced { context.with_deadline(deadline) } else { context },
            ticket: base.meter().enter(),
            lenient: (!enforced).then(|| (Arc::clone(&self.shared), switch)),
        })
    }
}

impl<S, R, Req> Service<Req> for Timeout<S, R>
where
    S: Service<Req>,
    R: Respond<Req, S::Response, S::Error>,
{
    type Response = R::Response;
    type Error = R::Error;
    type Future = ResponseFuture<S::Future, Req, R, R::Meta>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), R::Error>> {
        self.inner.poll_ready(cx).map_err(R::fail)
    }

    fn call(&mut self, request: Req) -> Self::Future {
        let meta = R::meta(&request);
        let watch = self.watch();
        let future = match &watch {
            Some(watch) => watch.context.enter(|| self.inner.call(request)),
            None => self.inner.call(request),
        };
        ResponseFuture::new(future, watch, self.respond.clone(), meta)
    }
}

impl<S: fmt::Debug, R> fmt::Debug for Timeout<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timeout").field("inner", &self.inner).finish_non_exhaustive()
    }
}
