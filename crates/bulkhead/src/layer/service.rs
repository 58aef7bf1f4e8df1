//! The service.

use std::fmt;
use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};

use palisade_core::guard::Ref;
use palisade_core::key::Missing;
use palisade_core::{Global, Http, KeyBy, Reason, Respond};
use tower_service::Service;

use crate::layer::front::Front;
use crate::layer::future::ResponseFuture;
use crate::layer::waiting::Waiting;
use crate::room::Room;
use crate::shared::entry::{Decided, Entry};
use crate::weight::{One, Weigh};

/// A service with a bulkhead in front.
///
/// It is ready when the inner service is: a refusal is an answer to a call, never to `poll_ready`.
/// `S: Clone` is asked for because a call may have to wait for a place: then the readied inner
/// service is given up, and a clone is called when the wait is over.
#[derive(Clone)]
pub struct BulkheadService<S, K = Global, R = Http, W = One> {
    pub(crate) inner: S,
    pub(crate) front: Arc<Front>,
    pub(crate) by: K,
    pub(crate) respond: R,
    pub(crate) weight: W,
}

palisade_core::inner_accessors!(BulkheadService<S, K, R, W>);

impl<S, K, R, W> BulkheadService<S, K, R, W> {
    /// Where a request without a key goes.
    #[cold]
    #[inline(never)]
    fn room_without_key<Req>(&self) -> Result<Ref<Room>, Decided>
    where
        K: KeyBy<Req>,
    {
        let (shared, missing, by) = (&self.front.shared, self.front.missing, self.by.describe());
        shared.keyless(by, missing);
        match missing {
            Missing::Shared => Ok(shared.room()),
            Missing::Pass => Err(Ok(shared.pass())),
            Missing::Reject => Err(shared.refuse(Reason::key_missing(by))),
        }
    }

    /// What follows for a call that does not simply come in.
    #[inline(never)]
    fn conclude<Req>(&mut self, request: Req, entry: Entry) -> ResponseFuture<S, Req, R>
    where
        S: Service<Req> + Clone,
        R: Respond<Req, S::Response, S::Error>,
    {
        let until = self.front.until;
        match entry {
            Entry::Decided(Ok(stay)) => {
                ResponseFuture::passing(self.inner.call(request), stay, until)
            }
            Entry::Decided(Err(why)) => {
                let meta = R::meta(&request);
                ResponseFuture::refused(self.respond.reject(why, meta))
            }
            Entry::Waits(turn) => {
                let (inner, respond) = (self.give_up(), self.respond.clone());
                ResponseFuture::waiting(Waiting::new(turn, inner, request, respond), until)
            }
        }
    }

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
}

impl<S, Req, K, R, W> Service<Req> for BulkheadService<S, K, R, W>
where
    S: Service<Req> + Clone,
    K: KeyBy<Req>,
    R: Respond<Req, S::Response, S::Error>,
    W: Weigh<Req>,
{
    type Response = R::Response;
    type Error = R::Error;
    type Future = ResponseFuture<S, Req, R>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), R::Error>> {
        self.inner.poll_ready(cx).map_err(R::fail)
    }

    /// A call that comes in at once is apart from all others, so that its stay is written once, where
    /// it stays.
    fn call(&mut self, request: Req) -> Self::Future {
        let Front { shared, until, .. } = &*self.front;
        if !shared.switch().enabled {
            return ResponseFuture::passing(self.inner.call(request), None, *until);
        }
        let room = if K::UNKEYED {
            shared.room()
        } else if let Some(key) = self.by.key(&request) {
            shared.room_of(&key)
        } else {
            match self.room_without_key::<Req>() {
                Ok(room) => room,
                Err(decided) => return self.conclude(request, Entry::Decided(decided)),
            }
        };
        let weight = self.weight.weight(&request);
        match shared.take(&room, weight) {
            Some(units) => {
                // Should the inner service panic, the stay ends.
                let stay = shared.admit(room, units);
                ResponseFuture::passing(self.inner.call(request), Some(stay), *until)
            }
            None => {
                let entry = shared.turn_away(room, weight);
                self.conclude(request, entry)
            }
        }
    }
}

impl<S: fmt::Debug, K, R, W> fmt::Debug for BulkheadService<S, K, R, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BulkheadService").field("inner", &self.inner).finish_non_exhaustive()
    }
}
