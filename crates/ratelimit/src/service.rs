//! The service.

use std::fmt;
use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};

use palisade_core::{Global, Http, Key, KeyBy, Reason, Respond, base};
use tower_service::Service;

use crate::future::ResponseFuture;
use crate::options::Missing;
use crate::shared::{Bucket, Shared};
use crate::stamp::Stamp;
use crate::verdict::Verdict;
use crate::waiting::{Decision, Waiting};

/// A service with a rate limit in front.
///
/// It is ready when the inner service is: a refusal is an answer to a call, never to `poll_ready`.
/// `S: Clone` is asked for because a limit may be kept in a store that takes its time: then the
/// readied inner service is given up, and a clone is called once the store has decided.
#[derive(Clone)]
pub struct RateLimit<S, K = Global, R = Http> {
    inner: S,
    shared: Arc<Shared>,
    by: K,
    respond: R,
}

impl<S, K, R> RateLimit<S, K, R> {
    pub(crate) const fn new(inner: S, shared: Arc<Shared>, by: K, respond: R) -> Self {
        Self { inner, shared, by, respond }
    }

    /// The inner service.
    pub const fn get_ref(&self) -> &S {
        &self.inner
    }

    /// The inner service.
    pub const fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// The inner service.
    pub fn into_inner(self) -> S {
        self.inner
    }

    fn decide<Req>(&self, request: &Req) -> Verdict
    where
        K: KeyBy<Req>,
    {
        let by = self.by.describe();
        if K::UNKEYED {
            return self.shared.decide(Bucket::Everybody, by);
        }
        match &self.by.key(request) {
            Some(key) => self.shared.decide(Bucket::Keyed(self.shared.fingerprint(key)), by),
            None => self.decide_keyless(by),
        }
    }

    /// Asks the store, if the limit is kept in one, may let something pass, and the request has a
    /// key there.
    #[inline]
    fn ask<Req>(&self, request: &Req) -> Option<Decision>
    where
        K: KeyBy<Req>,
    {
        let store = self.shared.fixed.store.as_ref()?;
        if self.shared.quota().denies_all() {
            return None;
        }
        let (key, by) = (self.by.key(request), self.by.describe());
        if key.is_none() {
            if self.shared.fixed.missing != Missing::Shared {
                return None;
            }
            self.shared.warn_missing(by);
        }
        let bucket = match &key {
            Some(key) if !K::UNKEYED => Bucket::Keyed(self.shared.fingerprint(key)),
            _ => Bucket::Everybody,
        };
        let name = base::Shared::base(&*self.shared).name();
        let mut text = String::new();
        Key::from(name.as_str()).and(key.unwrap_or_else(Key::global)).spell(&mut text);
        Some(Decision::ask(store, &self.shared, text.into(), bucket, by))
    }

    #[cold]
    fn decide_keyless(&self, by: &'static str) -> Verdict {
        if self.shared.fixed.missing != Missing::Pass {
            self.shared.warn_missing(by);
        }
        match self.shared.fixed.missing {
            Missing::Shared => self.shared.decide(Bucket::Everybody, by),
            Missing::Pass => self.shared.pass_free(),
            Missing::Reject => {
                let switch = self.shared.switch();
                self.shared.refuse(switch, Reason::key_missing(by), None)
            }
        }
    }
}

impl<S, K, R, Req> Service<Req> for RateLimit<S, K, R>
where
    S: Service<Req> + Clone,
    K: KeyBy<Req>,
    R: Respond<Req, S::Response, S::Error>,
{
    type Response = R::Response;
    type Error = R::Error;
    type Future = ResponseFuture<S, Req, R>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), R::Error>> {
        self.inner.poll_ready(cx).map_err(R::fail)
    }

    #[inline]
    fn call(&mut self, request: Req) -> Self::Future {
        if !self.shared.switch().enabled {
            return ResponseFuture::passing(self.inner.call(request), None);
        }
        if self.shared.fixed.skip_preflights
            && R::head(&request).is_some_and(|head| head.is_preflight())
        {
            self.shared.pass_free();
            return ResponseFuture::passing(self.inner.call(request), None);
        }
        if let Some(decision) = self.ask(&request) {
            // The readied service is given up, so that nothing of it is held while the store takes
            // its time; a clone is readied after that.
            let clone = self.inner.clone();
            drop(mem::replace(&mut self.inner, clone));
            let (inner, respond) = (self.inner.clone(), self.respond.clone());
            return ResponseFuture::waiting(Waiting::new(decision, inner, request, respond));
        }
        match self.decide(&request) {
            Verdict::Pass(outcome) => {
                let stamp = Stamp::of::<_, _, _, R>(&self.shared, outcome);
                ResponseFuture::passing(self.inner.call(request), stamp)
            }
            Verdict::Refuse(why, outcome) => {
                let meta = R::meta(&request);
                let answer = Stamp::refuse(&self.shared, outcome, &self.respond, why, meta);
                ResponseFuture::refused(answer)
            }
        }
    }
}

impl<S: fmt::Debug, K, R> fmt::Debug for RateLimit<S, K, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimit").field("inner", &self.inner).finish_non_exhaustive()
    }
}
