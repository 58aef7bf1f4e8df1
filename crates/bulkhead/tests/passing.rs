//! What it costs to come in at once: no allocation.

use std::pin::pin;
use std::task::{Context, Waker};

use allocation_counter::measure;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use palisade_bulkhead::{Aimd, Bulkhead, BulkheadLayer, Header};
use palisade_core::test::ready;
use tower::{Layer, Service};

/// The allocations of ten calls after the first, which may set the thread up.
fn allocations<S, B>(mut service: S, request: impl Fn() -> Request<()>) -> u64
where
    S: Service<Request<()>, Response = Response<B>>,
    B: Body + Unpin,
{
    let mut cx = Context::from_waker(Waker::noop());
    let mut call = |request| {
        assert!(service.poll_ready(&mut cx).is_ready());
        let mut answer = pin!(service.call(request));
        let std::task::Poll::Ready(Ok(response)) = answer.as_mut().poll(&mut cx) else {
            unreachable!("it is ready at once")
        };
        let mut body = response.into_body();
        while let std::task::Poll::Ready(Some(_)) = pin!(&mut body).poll_frame(&mut cx) {}
    };
    call(request());
    let requests: Vec<_> = (0..10).map(|_| request()).collect();
    measure(|| requests.into_iter().for_each(&mut call)).count_total
}

fn get() -> Request<()> {
    Request::get("/").header("x-tenant", "a").body(()).expect("it is valid")
}

#[test]
fn a_call_that_comes_in_at_once_allocates_nothing() {
    let inner = || ready(Response::new(Full::from("ok")));
    let layer = BulkheadLayer::new(10).max_queued(10);
    assert_eq!(allocations(layer.clone().layer(inner()), get), 0);
    assert_eq!(allocations(layer.clone().backpressure().layer(inner()), get), 0);
    assert_eq!(allocations(layer.clone().adaptive(Aimd::new(1, 9)).layer(inner()), get), 0);
    assert_eq!(allocations(layer.by(Header("x-tenant")).layer(inner()), get), 0);
}

#[test]
fn nor_does_a_permit() {
    let bulkhead = Bulkhead::new(1);
    drop(bulkhead.try_acquire());
    let counted = measure(|| {
        for _ in 0..10 {
            assert!(bulkhead.try_acquire().is_ok());
        }
    });
    assert_eq!(counted.count_total, 0);
}
