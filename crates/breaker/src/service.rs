//! The service.

use std::fmt;
use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};

use palisade_core::base::Shared as _;
use palisade_core::classify::{Classify, Standard};
use palisade_core::key::Missing;
use palisade_core::{Global, Http, KeyBy, Ratio, Respond};
use tower_service::Service;

use crate::future::{Flight, ResponseFuture};
use crate::plan::Flags;
use crate::shared::{Decided, Shared};

/// A service behind a circuit breaker.
///
/// While the breaker is open it is ready without asking the inner service, which may never be; the
/// call is refused. Otherwise it is ready when the inner service is.
pub struct CircuitBreaker<S, K = Global, R = Http, C = Standard> {
    pub(crate) inner: S,
    pub(crate) shared: Arc<Shared>,
    pub(crate) by: K,
    pub(crate) respond: R,
    pub(crate) classify: C,
    pub(crate) missing: Missing,
    /// The last poll did not ask the inner service, so that the next call must not reach it.
    pub(crate) skipped: bool,
}

palisade_core::inner_accessors!(CircuitBreaker<S, K, R, C>);

impl<S, K, R, C> CircuitBreaker<S, K, R, C> {
    /// Whether a call would be refused whoever makes it, so that the inner service need not be asked.
    #[inline]
    fn refuses(&self, unkeyed: bool) -> bool {
        let desk = self.shared.desk.get();
        if !unkeyed || desk.circuit.machine.glance().is_closed() {
            return false;
        }
        let switch = desk.terms().switch;
        switch.enabled
            && switch.enforce == Ratio::ONE
            && desk.circuit.refuses(desk, self.shared.clock().now()).is_some()
    }

    /// `None`: the call goes straight through.
    fn decide<Req>(&self, flags: Flags, request: &Req) -> Option<Decided>
    where
        K: KeyBy<Req>,
    {
        if !flags.enabled() {
            return None;
        }
        if K::UNKEYED {
            return Some(self.shared.decide(flags));
        }
        match self.by.key(request) {
            Some(key) if !key.is_global() => Some(self.shared.decide_keyed(flags, &key)),
            Some(_) => Some(self.shared.decide(flags)),
            None => self.shared.decide_keyless(flags, self.missing, self.by.describe()),
        }
    }
}

impl<S, K, R, C, Req> Service<Req> for CircuitBreaker<S, K, R, C>
where
    S: Service<Req>,
    K: KeyBy<Req>,
    R: Respond<Req, S::Response, S::Error>,
    C: Classify<R, Req, S::Response, S::Error> + Clone,
{
    type Response = R::Response;
    type Error = R::Error;
    type Future = ResponseFuture<S::Future, Req, R, C, R::Response, R::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), R::Error>> {
        self.skipped = self.refuses(K::UNKEYED);
        if self.skipped {
            return Poll::Ready(Ok(()));
        }
        self.inner.poll_ready(cx).map_err(|error| {
            let (verdict, error) = self.classify.error(error);
            let flags = self.shared.desk.flags();
            if K::UNKEYED && flags.enabled() {
                self.shared.fail_unready(flags, verdict);
            }
            error
        })
    }

    #[inline]
    fn call(&mut self, request: Req) -> Self::Future {
        let flags = self.shared.desk.flags();
        if K::UNKEYED
            && !self.skipped
            && flags.enabled()
            && let Some(call) = self.shared.admit_quickly(flags)
        {
            let future = self.inner.call(request);
            return ResponseFuture::calling(future, Flight::Judged { call }, self.classify.clone());
        }
        self.call_slowly(flags, request)
    }
}

impl<S, K, R, C> CircuitBreaker<S, K, R, C> {
    #[inline(never)]
    #[allow(clippy::type_complexity)] // The service's own associated types, spelled out.
    fn call_slowly<Req>(
        &mut self,
        flags: Flags,
        request: Req,
    ) -> ResponseFuture<S::Future, Req, R, C, R::Response, R::Error>
    where
        S: Service<Req>,
        K: KeyBy<Req>,
        R: Respond<Req, S::Response, S::Error>,
        C: Classify<R, Req, S::Response, S::Error> + Clone,
    {
        if mem::take(&mut self.skipped) {
            let why = self.shared.refuse_unready();
            return ResponseFuture::refused(self.respond.reject(why, R::meta(&request)));
        }
        let flight = match self.decide(flags, &request) {
            None => Flight::Free,
            Some(Decided::Admitted(call)) => Flight::Judged { call },
            Some(Decided::Shadowed(ticket)) => Flight::Shadowed { ticket },
            Some(Decided::Refused(why)) => {
                let meta = R::meta(&request);
                return ResponseFuture::refused(self.respond.reject(why, meta));
            }
        };
        ResponseFuture::calling(self.inner.call(request), flight, self.classify.clone())
    }
}

/// A clone has not been readied.
impl<S: Clone, K: Clone, R: Clone, C: Clone> Clone for CircuitBreaker<S, K, R, C> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            shared: Arc::clone(&self.shared),
            by: self.by.clone(),
            respond: self.respond.clone(),
            classify: self.classify.clone(),
            missing: self.missing,
            skipped: false,
        }
    }
}

impl<S: fmt::Debug, K, R, C> fmt::Debug for CircuitBreaker<S, K, R, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreaker")
            .field("name", &self.shared.base().name())
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}
