//! Bulkheads around a service in the test's hands.

#![allow(dead_code, reason = "each test takes what it needs")]

use std::task::{Context, Waker};
use std::time::Duration;

use palisade_bulkhead::{BulkheadHandle, BulkheadLayer, BulkheadService, Global, One};
use palisade_core::respond::Plain;
use palisade_core::test::{Inner, InnerHandle, Probe, inner};
use palisade_core::{CallContext, Clock, LayerError, Micros};
use tokio_test::task::{self, Spawn};
use tower::{Layer, Service};

pub(crate) type Scripted =
    BulkheadService<Probe<Inner<u32, u32, &'static str>>, Global, Plain, One>;
pub(crate) type Script = InnerHandle<u32, u32, &'static str>;
pub(crate) type Answer = Spawn<<Scripted as Service<u32>>::Future>;
pub(crate) type Outcome = Result<u32, LayerError<&'static str>>;

pub(crate) const WAIT: Duration = Duration::from_millis(250);

/// A bulkhead around a service in the test's hands.
pub(crate) fn scripted(layer: BulkheadLayer) -> (Scripted, Script, BulkheadHandle) {
    let (service, script) = inner();
    let handle = layer.handle();
    (layer.plain().layer(Probe::new(service)), script, handle)
}

/// Calls a clone that has been readied.
pub(crate) fn call(service: &Scripted, request: u32) -> Answer {
    let mut service = service.clone();
    assert!(service.poll_ready(&mut Context::from_waker(Waker::noop())).is_ready());
    task::spawn(service.call(request))
}

/// Calls a clone, polls once, and leaves it at that.
pub(crate) fn start(service: &Scripted, request: u32) -> Answer {
    let mut answer = call(service, request);
    assert!(answer.poll().is_pending(), "{request}");
    answer
}

/// The context of a call that must be answered in so much time.
pub(crate) fn due_in(span: Duration) -> CallContext {
    CallContext::current().with_deadline(Clock::default().now() + Micros::from(span))
}

/// Passed, failed, rejected, shadowed, abandoned; nothing is held.
pub(crate) fn counts(handle: &BulkheadHandle) -> [u64; 5] {
    let now = handle.snapshot();
    assert_eq!((now.in_use, now.waiting, now.in_flight), (0, 0, 0), "{now:?}");
    [now.passed, now.failed, now.rejected, now.shadowed, now.abandoned]
}

/// In use, and waiting.
pub(crate) fn load(handle: &BulkheadHandle) -> (u64, u64) {
    let now = handle.snapshot();
    (now.in_use, now.waiting)
}
