//! Services of numbers.

use std::cell::Cell;
use std::convert::Infallible;
use std::error::Error;
use std::fmt;
use std::future::{Ready, ready};
use std::rc::Rc;
use std::task::{Context, Poll};

use tower_service::Service;

/// Answers a number with itself.
#[derive(Clone, Copy, Debug)]
pub struct Plain;

impl Service<u64> for Plain {
    type Response = u64;
    type Error = Infallible;
    type Future = Ready<Result<u64, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: u64) -> Self::Future {
        ready(Ok(request))
    }
}

/// Answers a number with itself, and fails for each that [`FAILS`] divides.
#[derive(Clone, Copy, Debug)]
pub struct Flaky;

/// Of so many calls of [`Flaky`], with numbers that follow each other, one fails.
pub const FAILS: u64 = 100;

/// What [`Flaky`] fails with.
#[derive(Clone, Copy, Debug)]
pub struct Failed;

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the service has failed")
    }
}

impl Error for Failed {}

impl Service<u64> for Flaky {
    type Response = u64;
    type Error = Failed;
    type Future = Ready<Result<u64, Failed>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failed>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: u64) -> Self::Future {
        ready(if request.is_multiple_of(FAILS) { Err(Failed) } else { Ok(request) })
    }
}

/// Answers a number with itself, and fails at each call that [`FAILS`] divides, whatever is asked: so that
/// the next attempt succeeds. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct FlakyOnce(Rc<Cell<u64>>);

impl Service<u64> for FlakyOnce {
    type Response = u64;
    type Error = Failed;
    type Future = Ready<Result<u64, Failed>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failed>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: u64) -> Self::Future {
        self.0.set(self.0.get() + 1);
        ready(if self.0.get().is_multiple_of(FAILS) { Err(Failed) } else { Ok(request) })
    }
}
