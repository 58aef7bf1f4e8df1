//! What a call costs that is answered by its first attempt, and who may have it.

mod support;

use std::convert::Infallible;
use std::future::ready as at_once;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use allocation_counter::measure;
use http::{Request, Response};
use http_body_util::{Empty, Full};
use palisade_core::test::{Canned, assert_layer, assert_send, assert_service, ready};
use palisade_retry::RetryLayer;
use support::upstream::{Fault, Req, Res, Upstream, eager, get, status};
use tower::{Layer, Service, ServiceExt, service_fn};

/// The allocations of ten calls after the first, which may set the thread up.
fn allocations<S: Service<Req>, Req>(mut service: S, request: impl Fn() -> Req) -> u64 {
    let mut cx = Context::from_waker(Waker::noop());
    let mut call = |request| {
        assert!(service.poll_ready(&mut cx).is_ready());
        let Poll::Ready(Ok(_)) = pin!(service.call(request)).poll(&mut cx) else {
            unreachable!("it is answered at once")
        };
    };
    call(request());
    let requests: Vec<_> = (0..10).map(|_| request()).collect();
    measure(|| requests.into_iter().for_each(&mut call)).count_total
}

fn http<B>() -> Canned<Request<B>, Response<Full<&'static [u8]>>> {
    ready(Response::new(Full::new(&b"pong"[..])))
}

#[test]
fn a_call_that_is_answered_allocates_nothing() {
    let layer = RetryLayer::standard();
    let plain = layer.clone().plain().layer(ready::<u64, _>("pong"));
    assert_eq!(allocations(plain, || 17), 0);
    assert_eq!(allocations(layer.layer(http()), || Request::new(())), 0);
    assert_eq!(allocations(layer.layer(http()), || Request::new(Full::new(&b"ping"[..]))), 0);
    assert_eq!(allocations(layer.layer(http()), || Request::new(Empty::<&[u8]>::new())), 0);
    let timed = layer.clone().max_elapsed(std::time::Duration::from_secs(1));
    assert_eq!(allocations(timed.layer(http()), || Request::new(())), 0);
    let off = layer.enabled(false);
    assert_eq!(allocations(off.layer(http()), || Request::new(())), 0);
}

/// What makes the above a test: a request's headers are cloned.
#[test]
fn a_request_with_headers_allocates_their_copy() {
    let request = || Request::get("/").header("x-tenant", "a").body(()).unwrap();
    assert!(allocations(RetryLayer::standard().layer(http()), request) > 0);
}

#[tokio::test]
async fn services_can_be_cloned_shared_and_spawned() {
    type Inner = Upstream<Req, Res, Fault>;
    assert_layer::<_, Inner>(&RetryLayer::standard());
    assert_layer::<_, Inner>(&RetryLayer::standard().boxed());
    let service = eager(2).layer(Inner::new([Ok(status(503)), Ok(status(200))]));
    assert_service(&service);
    let call = service.oneshot(get());
    assert_send(&call);
    assert_eq!(tokio::spawn(call).await.unwrap().unwrap().status(), 200);
}

/// A boxed clone of it, too, as routers have.
#[tokio::test]
async fn a_service_can_be_boxed() {
    let inner = Upstream::new([Ok::<Res, Fault>(status(503)), Ok(status(200))]);
    let boxed = tower::util::BoxCloneSyncService::new(eager(2).layer(inner));
    assert_eq!(boxed.clone().oneshot(get()).await.unwrap().status(), 200);
}

#[tokio::test(start_paused = true)]
async fn what_stays_on_one_thread_may() {
    let calls = Rc::new(std::cell::Cell::new(0));
    let counted = Rc::clone(&calls);
    let service = service_fn(move |request: Rc<str>| {
        counted.set(counted.get() + 1);
        let outcome = if counted.get() < 3 { Err(Fault("reset")) } else { Ok(request) };
        at_once(outcome)
    });
    let layer = RetryLayer::standard().plain();
    assert_eq!(layer.layer(service).oneshot(Rc::from("ping")).await, Ok(Rc::from("ping")));
    assert_eq!(calls.get(), 3);
}

#[tokio::test]
async fn a_service_that_cannot_fail_is_wrapped_as_well() {
    let service = service_fn(|_: Req| at_once(Ok::<_, Infallible>(status(200))));
    assert_eq!(RetryLayer::standard().layer(service).oneshot(get()).await.unwrap().status(), 200);
}
