//! The service.

use std::fmt;
use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};

use palisade_core::base::Shared as _;
use palisade_core::{Global, Http, Key, KeyBy, Micros, Rejection, Respond};
use tower_service::Service;

use crate::engine::Engine;
use crate::engine::call::{Bucket, Call};
use crate::engine::several::{Several, Sole};
use crate::layer::future::ResponseFuture;
use crate::layer::gather::Gathered;
use crate::layer::load::{Load, enter};
use crate::layer::manner::Front;
use crate::layer::stamp::{Stamp, Stamps, refuse};
use crate::layer::waiting::Waiting;
use crate::limit::asks::{Asks, One};
use crate::shared::ask::Ask;
use crate::shared::turn::Turn;
use crate::shared::verdict::{Seen, Verdict};

/// A service with a rate limit in front.
///
/// It is ready when the inner service is: a refusal is an answer to a call, never to `poll_ready`.
/// `S: Clone` is asked for because a call may have to wait, for its turn or for a store: then the
/// readied inner service is given up, and a clone is called when the wait is over.
#[derive(Clone)]
pub struct RateLimit<S, K = Global, R = Http, A = One> {
    pub(crate) inner: S,
    pub(crate) front: Arc<Front>,
    pub(crate) by: K,
    pub(crate) respond: R,
    pub(crate) asks: A,
}

palisade_core::inner_accessors!(RateLimit<S, K, R, A>);

impl<S, K, R, A> RateLimit<S, K, R, A> {
    /// The readied service is given up, so that nothing of it is held while the call waits; a clone
    /// is readied after that.
    fn give_up(&mut self) -> S
    where
        S: Clone,
    {
        let clone = self.inner.clone();
        drop(mem::replace(&mut self.inner, clone));
        self.inner.clone()
    }

    /// Calls with limits of any kind, wherever they are kept.
    #[inline(never)]
    fn call_any<Req>(&mut self, request: Req) -> ResponseFuture<S, Req, R>
    where
        S: Service<Req> + Clone,
        K: KeyBy<Req>,
        R: Respond<Req, S::Response, S::Error>,
        A: Asks<Req>,
    {
        let decided = self.decide_any(&request);
        self.go_on(request, decided)
    }

    fn go_on<Req>(&mut self, request: Req, decided: Decided) -> ResponseFuture<S, Req, R>
    where
        S: Service<Req> + Clone,
        R: Respond<Req, S::Response, S::Error>,
    {
        match decided {
            Decided::Pass(load) => {
                let future = enter(load.as_ref(), || self.inner.call(request));
                ResponseFuture::laden(future, load)
            }
            Decided::Refuse(why, stamps) => {
                let meta = R::meta(&request);
                ResponseFuture::refused(refuse(stamps.as_ref(), &self.respond, why, meta))
            }
            Decided::Ask(ask) => {
                let (front, respond) = (Arc::clone(&self.front), self.respond.clone());
                let waiting = Waiting::answer(ask, front, self.give_up(), request, respond);
                ResponseFuture::waiting(waiting)
            }
            Decided::Wait(turn, load) => {
                let (front, respond) = (Arc::clone(&self.front), self.respond.clone());
                let waiting = Waiting::turn(turn, load, front, self.give_up(), request, respond);
                ResponseFuture::waiting(waiting)
            }
        }
    }

    fn decide_any<Req>(&self, request: &Req) -> Decided
    where
        S: Service<Req>,
        K: KeyBy<Req>,
        R: Respond<Req, S::Response, S::Error>,
        A: Asks<Req>,
    {
        let shared = &self.front.shared;
        let call = match self.gather(request) {
            Gathered::Call(call) => call,
            Gathered::Free => {
                shared.pass_free();
                return Decided::Pass(None);
            }
            Gathered::Keyless(limit, by) => {
                return match shared.refuse_keyless(limit, by) {
                    Verdict::Pass(()) => Decided::Pass(None),
                    Verdict::Refuse(why, ()) => Decided::Refuse(why, None),
                };
            }
        };
        if let Some(remote) = self.remote(request, &call) {
            let by = self.described(&call);
            return match shared.ask(call, by, remote) {
                Ok(ask) => Decided::Ask(ask),
                Err(Verdict::Pass(())) => Decided::Pass(None),
                Err(Verdict::Refuse(why, ())) => Decided::Refuse(why, None),
            };
        }
        let seen = shared.decide(&call);
        self.conclude_any(request, call, seen)
    }

    /// What follows for a call that was decided in memory.
    #[inline(never)]
    fn conclude_any<Req>(&self, request: &Req, call: Call, seen: Seen) -> Decided
    where
        S: Service<Req>,
        K: KeyBy<Req>,
        R: Respond<Req, S::Response, S::Error>,
    {
        let shared = &self.front.shared;
        match self.conclude(request, &call, seen) {
            Verdict::Refuse(why, seen) => {
                Decided::Refuse(why, self.front.stamps::<_, _, _, R>(&call, &seen))
            }
            Verdict::Pass(seen) => {
                let stamps = self.front.stamps::<_, _, _, R>(&call, &seen);
                let load = Load::new(stamps, shared.bill(&call, None), None);
                if seen.wait == Micros::ZERO {
                    return Decided::Pass(load);
                }
                let ticket = shared.base().meter().enter();
                let turn = Turn::new(Arc::clone(shared), call, None, &seen, ticket);
                Decided::Wait(turn, load)
            }
        }
    }

    /// Decides in the usual case: a single bucket in memory, and a request with a key.
    ///
    /// Apart from the call itself, so that the request is moved once.
    #[inline(always)]
    fn decide_quickly<Req>(&self, request: &Req) -> Quick
    where
        S: Service<Req>,
        K: KeyBy<Req>,
        R: Respond<Req, S::Response, S::Error>,
        A: Asks<Req>,
    {
        let shared = &*self.front.shared;
        if !shared.switch().enabled {
            return Quick::Pass(None);
        }
        if self.front.manner.skips(R::head(request)) {
            shared.pass_free();
            return Quick::Pass(None);
        }
        if shared.fixed.store.is_some() {
            return Quick::Not;
        }
        let (units, by) = (|| self.asks.units(request, 0), self.by.describe());
        let key = if K::UNKEYED { None } else { self.by.key_of(request, 0) };
        let key = match &key {
            None if !K::UNKEYED => return Quick::Not,
            Some(key) if !key.is_global() => Some((key, shared.fingerprint(key))),
            _ => None,
        };
        let single = match &shared.engine {
            Engine::Single(single) => single,
            Engine::Several(several) if several.is_sole && !several.chargeable => {
                return self.decide_sole(request, several, key, units());
            }
            Engine::Several(_) => return Quick::Not,
        };
        let verdict = shared.decide_single(single, key, units(), by);
        match verdict {
            Verdict::Pass(Some(outcome)) if outcome.allowed => {
                let quota = || shared.engine.quota();
                Quick::Pass(self.front.stamp_of::<_, _, _, R>(&outcome, quota))
            }
            Verdict::Pass(outcome) => {
                Quick::Shadow(self.front.stamp_refusal::<_, _, _, R>(outcome))
            }
            Verdict::Refuse(why, outcome) => {
                Quick::Refuse(why, self.front.stamp_refusal::<_, _, _, R>(outcome))
            }
        }
    }

    /// Decides on a limit of any kind, if there is no other.
    fn decide_sole<Req>(
        &self,
        request: &Req,
        several: &Several,
        key: Option<(&Key<'_>, u64)>,
        units: u64,
    ) -> Quick
    where
        S: Service<Req>,
        K: KeyBy<Req>,
        R: Respond<Req, S::Response, S::Error>,
        A: Asks<Req>,
    {
        let shared = &*self.front.shared;
        let bucket = key.map_or(Bucket::Everybody, |(_, print)| Bucket::Keyed(print));
        let (tier, class) = (self.asks.tier(request), self.asks.class(request));
        let note = |calls, refused| shared.record(key, calls, refused);
        let ask = Sole { bucket, units, tier, class };
        let told = shared.decide_sole(several, &ask, note);
        if told.passes() {
            return Quick::Pass(self.front.stamp_of::<_, _, _, R>(&told.outcome, || told.quota));
        }
        let (call, outcomes, at) = told.unfold(&ask);
        Quick::Decided(self.conclude_any(request, call, Seen::new(outcomes, at)))
    }
}

/// What was decided.
enum Decided {
    Pass(Option<Load>),
    Refuse(Rejection, Option<Stamps>),
    /// A store decides.
    Ask(Ask),
    /// It passes when its turn comes.
    Wait(Turn, Option<Load>),
}

/// What was decided, if it was.
enum Quick {
    Pass(Option<Stamp>),
    /// It passes, though it should not.
    Shadow(Option<Stamps>),
    Refuse(Rejection, Option<Stamps>),
    Decided(Decided),
    /// It takes longer.
    Not,
}

impl<S, K, R, A, Req> Service<Req> for RateLimit<S, K, R, A>
where
    S: Service<Req> + Clone,
    K: KeyBy<Req>,
    R: Respond<Req, S::Response, S::Error>,
    A: Asks<Req>,
{
    type Response = R::Response;
    type Error = R::Error;
    type Future = ResponseFuture<S, Req, R>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), R::Error>> {
        self.inner.poll_ready(cx).map_err(R::fail)
    }

    #[inline]
    fn call(&mut self, request: Req) -> Self::Future {
        match self.decide_quickly(&request) {
            Quick::Pass(stamp) => ResponseFuture::passing(self.inner.call(request), stamp),
            Quick::Shadow(stamps) => {
                ResponseFuture::laden(self.inner.call(request), Load::new(stamps, None, None))
            }
            Quick::Refuse(why, stamps) => {
                let meta = R::meta(&request);
                ResponseFuture::refused(refuse(stamps.as_ref(), &self.respond, why, meta))
            }
            Quick::Decided(decided) => self.go_on(request, decided),
            Quick::Not => self.call_any(request),
        }
    }
}

impl<S: fmt::Debug, K, R, A> fmt::Debug for RateLimit<S, K, R, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimit").field("inner", &self.inner).finish_non_exhaustive()
    }
}
