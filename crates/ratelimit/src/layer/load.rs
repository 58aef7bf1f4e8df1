//! What a call that passes takes along, where it is more than a stamp.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use palisade_core::store::Source;
use palisade_core::{Bill, Respond};
use tower_service::Service;

use crate::layer::stamp::{Stamps, tell};

/// What a call takes along that met several limits, or one that keeps bills: no larger than a stamp,
/// in whose place it stands.
#[derive(Debug)]
pub(crate) struct Load {
    stamps: Option<Stamps>,
    bill: Option<Bill>,
    /// Who decided, if a store was asked.
    source: Option<Source>,
}

impl Load {
    /// Nothing, if there is nothing.
    pub(crate) fn new(
        stamps: Option<Stamps>,
        bill: Option<Bill>,
        source: Option<Source>,
    ) -> Option<Self> {
        let is_something = stamps.is_some() || bill.is_some() || source.is_some();
        is_something.then_some(Self { stamps, bill, source })
    }

    /// Runs `f` with the call's bill, if it has one.
    pub(crate) fn enter<T>(&self, f: impl FnOnce() -> T) -> T {
        match &self.bill {
            Some(bill) => bill.enter(f),
            None => f(),
        }
    }

    #[inline(never)]
    pub(crate) fn poll<S, Req, R>(
        &self,
        future: Pin<&mut S::Future>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<R::Response, R::Error>>
    where
        S: Service<Req>,
        R: Respond<Req, S::Response, S::Error>,
    {
        match ready!(self.enter(|| future.poll(cx))) {
            Ok(response) => {
                let mut response = R::pass(response);
                if let Some(stamps) = &self.stamps {
                    stamps.apply::<Req, S::Response, S::Error, R>(&mut response);
                }
                tell::<Req, S::Response, S::Error, R>(self.source, &mut response);
                Poll::Ready(Ok(response))
            }
            Err(error) => Poll::Ready(Err(R::fail(error))),
        }
    }
}

/// Runs `f` with the bill of what is taken along, if there is any.
pub(crate) fn enter<T>(load: Option<&Load>, f: impl FnOnce() -> T) -> T {
    match load {
        Some(load) => load.enter(f),
        None => f(),
    }
}
